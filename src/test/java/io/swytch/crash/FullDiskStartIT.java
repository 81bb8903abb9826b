package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Starts on a disk that has nothing left. Needs the right to mount a file system in memory, and is skipped without. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class FullDiskStartIT {
    private static final Duration RECOVERY_MAX = Duration.ofSeconds(10);
    private static final String VALUE = "v".repeat(10_000);
    private static final int KEYS = 500;
    private static final long RESERVE_BYTES = 16 << 20;

    private final Path room = ServerProcess.temporaryDirectory("swytch-full-start");
    private final Path disk = room.resolve("disk");
    private int acked;

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        Files.createDirectory(disk);
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=280m", "tmpfs", disk.toString()), "cannot mount a tmpfs");
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        run("umount", disk.toString());
        ServerProcess.delete(room);
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    private Child serving(String log) {
        return Child.server(disk.resolve("data"), room.resolve(log)).serving();
    }

    /** Takes what is left of the disk, to the last block. */
    private void fill() throws IOException {
        for (int bytes = 1 << 16; bytes > 0; bytes >>= 8) {
            byte[] block = new byte[bytes];
            try (OutputStream out = Files.newOutputStream(
                    disk.resolve("filler"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while (Files.getFileStore(disk).getUsableSpace() > 0) {
                    out.write(block);
                }
            } catch (IOException e) {
                assertTrue(String.valueOf(e.getMessage()).contains("No space"), () -> "" + e);
            }
        }
        assertEquals(0, Files.getFileStore(disk).getUsableSpace());
    }

    private static String set(RespConnection client, int number) {
        return client.ask("SET", "key:" + number, VALUE);
    }

    /** Writes until the server says that it does not take it. */
    private void writeOn(RespConnection client) {
        String reply = set(client, acked);
        while (reply.equals("+OK\r\n")) {
            acked++;
            reply = set(client, acked);
        }
        assertTrue(reply.startsWith("-MISCONF Errors writing to "), reply);
    }

    /** All that was acknowledged is there; the first {@code deleted} keys are not. */
    private void assertHolds(RespConnection client, int deleted) {
        for (int i = 0; i < acked; i++) {
            String expected = i < deleted ? "$-1\r\n" : "$" + VALUE.length() + "\r\n" + VALUE + "\r\n";
            assertEquals(expected, client.ask("GET", "key:" + i), "key:" + i);
        }
    }

    @Test
    void startOnAFullDisk_readsAndDeletes_andWritesWhenThereIsRoom() throws Exception {
        try (Child first = serving("first.log");
                RespConnection client = first.connect()) {
            for (; acked < KEYS; acked++) {
                assertEquals("+OK\r\n", set(client, acked));
            }
            await().atMost(RECOVERY_MAX).until(() -> client.figure("disk_reserve_bytes") == RESERVE_BYTES);
            fill();
            writeOn(client);
            first.kill();
        }
        // The reserve is enough for two starts, though somebody else takes what the first has left of it.
        for (int starts = 1; starts <= 2; starts++) {
            fill();
            try (Child again = serving("again-" + starts + ".log");
                    RespConnection client = again.connect()) {
                assertEquals("+PONG\r\n", client.ask("PING"));
                assertTrue(again.output().contains("the disk is full: a part of the reserve"), again::output);
                assertHolds(client, starts - 1);
                fill();
                writeOn(client);
                assertEquals(":1\r\n", client.ask("DEL", "key:" + (starts - 1)));
                assertEquals(":1\r\n", client.ask("EXPIRE", "key:100", "100000"));
                await().atMost(RECOVERY_MAX).until(() -> again.output().contains("writes are refused"));
                again.kill();
            }
        }
        Files.delete(disk.resolve("filler"));
        fillBut(60 << 20);
        try (Child last = serving("last.log");
                RespConnection client = last.connect()) {
            assertHolds(client, 2);
            writeOn(client);
            Files.delete(disk.resolve("filler"));
            await().atMost(RECOVERY_MAX)
                    .until(() -> client.ask("SET", "new", "v").equals("+OK\r\n"));
            await().atMost(RECOVERY_MAX).until(() -> last.output().contains("writes are accepted again"));
            await().atMost(RECOVERY_MAX).until(() -> client.figure("disk_reserve_bytes") == RESERVE_BYTES);
            // A full disk is nothing wrong with the server, and no stack of calls tells more of it.
            assertTrue(!last.output().contains("\tat "), last::output);
            assertEquals(0, last.stop());
        }
    }

    private void fillBut(long bytes) throws IOException {
        byte[] block = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(disk.resolve("filler"))) {
            while (Files.getFileStore(disk).getUsableSpace() > bytes) {
                out.write(block);
            }
        }
    }
}
