package io.swytch.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swytch.config.Settings;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server whose disk fills up and has room again. Needs the right to mount a file system in memory, and is skipped without. */
@Timeout(90)
class FullDiskIT {
    private static final Duration RECOVERY_MAX = Duration.ofSeconds(10);
    private static final String VALUE = "v".repeat(10_000);

    /** Less than a file of the journal. */
    private static final long NEARLY_FULL_BYTES = 40 << 20;

    private final Path disk = ServerProcess.temporaryDirectory("swytch-full");
    private @Nullable RedisServer server;

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=280m", "tmpfs", disk.toString());
        assumeTrue(mounted, "cannot mount a tmpfs");
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (server != null) {
            server.stop();
        }
        run("umount", disk.toString());
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    private RedisServer start() throws StartException {
        RedisServer started = RedisServer.start(Settings.of(
                "port",
                Integer.toString(ServerProcess.freePort()),
                "maxmemory",
                "8mb",
                "l2-write-buffer",
                "4mb",
                "l2-cache-size",
                "4mb",
                "persistent",
                "yes",
                "data-dir",
                disk.resolve("data").toString()));
        server = started;
        return started;
    }

    /** Writes until the disk has no room. */
    private void fill(Path filler) throws IOException {
        byte[] block = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (freeBytes() > 0) {
                out.write(block);
            }
        } catch (IOException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("No space"), () -> "" + e);
        }
    }

    @Test
    void fullDisk_refusesWritesInRedissWords_andGoesOnWhenThereIsRoom() throws Exception {
        RedisServer full = start();
        Path filler = disk.resolve("filler");
        int acked = 0;
        try (Client client = new Client(full.port())) {
            for (; acked < 1000; acked++) {
                assertEquals("+OK", client.call("SET key:" + acked + " " + VALUE));
            }
            fill(filler);
            String refusal = "";
            for (; refusal.isEmpty(); acked++) {
                String reply = client.call("SET key:" + acked + " " + VALUE);
                if (!reply.equals("+OK")) {
                    refusal = reply;
                    break;
                }
            }
            assertTrue(refusal.startsWith("-MISCONF Errors writing to "), refusal);
            assertTrue(refusal.contains("No space left on device"), refusal);
            assertNotNull(full.trouble());
            assertTrue(client.call("INFO persistence").contains("aof_last_write_status:err"));
            for (int i = 0; i < acked; i += 97) {
                assertEquals("$" + VALUE, client.call("GET key:" + i));
            }
            assertEquals(":1", client.call("DEL key:1"));
            assertEquals("+OK", client.call("MULTI"));
            assertTrue(client.call("SET key:0 x").startsWith("-MISCONF "));
            assertTrue(client.call("EXEC").startsWith("-EXECABORT "));
            Files.delete(filler);
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> client.call("SET again v").equals("+OK"));
            await().atMost(RECOVERY_MAX).until(() -> full.trouble() == null);
            assertTrue(client.call("INFO persistence").contains("aof_last_write_status:ok"));
            assertEquals("+OK", client.call("SET key:0 " + VALUE));
            check(client, acked);
        }
        full.stop();
        try (Client client = new Client(start().port())) {
            check(client, acked);
        }
    }

    /** The journal alone meets the full disk: no drain is due, and the file it writes to cannot grow. */
    @Test
    void fullDisk_atTheFirstWrite_losesNothingThatWasAcknowledged() throws Exception {
        RedisServer full = start();
        Path filler = disk.resolve("filler");
        int acked = 0;
        try (Client client = new Client(full.port())) {
            fill(filler);
            assertEquals("$-1", client.call("GET nothing"));
            while (acked < 100_000 && write(full, acked)) {
                acked++;
            }
            assertTrue(acked < 100_000);
            Files.delete(filler);
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> client.call("SET again v").equals("+OK"));
        }
        full.stop();
        try (Client client = new Client(start().port())) {
            assertEquals("$v", client.call("GET again"));
            check(client, acked);
        }
    }

    private boolean hasSpare() {
        String[] names = disk.resolve("data/journal")
                .toFile()
                .list((folder, name) -> name.startsWith("journal-spare-") && name.endsWith(".log"));
        return names != null && names.length > 0;
    }

    private long freeBytes() throws IOException {
        return Files.getFileStore(disk).getUsableSpace();
    }

    /** Makes the filler longer or shorter, so that about as many bytes are free. */
    private void leave(Path filler, long bytes) throws IOException {
        byte[] block = new byte[1 << 16];
        try (FileChannel out = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            out.position(out.size());
            while (freeBytes() > bytes) {
                out.write(ByteBuffer.wrap(block));
            }
            out.truncate(Math.max(0, out.size() - Math.max(0, bytes - freeBytes())));
        }
    }

    /** Writes one key until that is refused. Returns in what words. */
    private static String refusal(Client client) throws IOException {
        String reply = "+OK";
        while (reply.equals("+OK")) {
            reply = client.call("SET again " + VALUE);
        }
        assertTrue(reply.startsWith("-MISCONF Errors writing to "), reply);
        assertTrue(reply.contains("No space left on device"), reply);
        return reply;
    }

    /** What the journal's next file does not fit into is left to drains and compactions, and not filled and emptied again and again. */
    @Test
    void nearlyFullDisk_isLeftAlone_andDeletesGoOn() throws Exception {
        RedisServer full = start();
        int acked = 0;
        try (Client client = new Client(full.port())) {
            for (; acked < 1000; acked++) {
                assertEquals("+OK", client.call("SET key:" + acked + " " + VALUE));
            }
            assertEquals("+OK", client.call("SAVE"));
            await().atMost(RECOVERY_MAX).until(this::hasSpare);
            Path filler = disk.resolve("filler");
            // One key, which makes nothing for a drain to do: that would let the journal have its old files again.
            // A file that was begun while the disk filled fails in other words and gives its room back, and one that
            // was made in a hurry takes its room as it is written: both change what is free, which is mended then.
            await().atMost(RECOVERY_MAX).until(() -> {
                leave(filler, NEARLY_FULL_BYTES);
                return refusal(client).contains("AOF file: No space left on device: the journal's next")
                        && freeBytes() > NEARLY_FULL_BYTES * 3 / 4;
            });
            await().during(Duration.ofMillis(1500))
                    .atMost(Duration.ofSeconds(4))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> freeBytes() > NEARLY_FULL_BYTES / 2);
            assertEquals(":1", client.call("DEL key:1"));
            assertEquals("$" + VALUE, client.call("GET key:2"));
            Files.delete(filler);
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> client.call("SET again v").equals("+OK"));
        }
    }

    /** On a connection of its own, which the server closes where it cannot take a promise back. */
    private static boolean write(RedisServer server, int number) {
        try (Client client = new Client(server.port())) {
            return client.call("SET key:" + number + " " + VALUE).equals("+OK");
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private static void check(Client client, int acked) {
        for (int i = 0; i < acked; i++) {
            if (i != 1 || acked < 2) {
                assertEquals("$" + VALUE, client.call("GET key:" + i), "key:" + i);
            }
        }
    }
}
