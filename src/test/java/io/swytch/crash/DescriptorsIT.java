package io.swytch.crash;

import static io.swytch.crash.Child.words;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server with few file descriptors: clients who are too many are told so, and the disk always has those that it needs. */
@Timeout(60)
class DescriptorsIT {
    private static final int LIMIT = 256;
    private static final int CROWD = 400;

    private final Path room = ServerProcess.temporaryDirectory("swytch-descriptors");
    private final List<RespConnection> crowd = new ArrayList<>();

    @AfterEach
    void leave() {
        crowd.forEach(RespConnection::close);
        ServerProcess.delete(room);
    }

    private Child server(int limit) {
        int port = ServerProcess.freePort();
        List<String> before = List.of("sh", "-c", "ulimit -n " + limit + "; exec \"$0\" \"$@\"");
        List<String> words = List.of(
                "redis",
                "--port",
                Integer.toString(port),
                "--persistent",
                "--data-dir",
                room.resolve("data").toString(),
                "--maxmemory",
                "8mb");
        return Child.start(before, Map.of(), room.resolve("log"), port, words);
    }

    private static String call(RespConnection connection, String... words) {
        return connection.call(words(words)).raw().toString();
    }

    private static long figure(RespConnection connection, String name) {
        String info = call(connection, "INFO", "everything");
        int at = info.indexOf("\n" + name + ":");
        assertTrue(at >= 0, name);
        return Long.parseLong(info.substring(at + name.length() + 2, info.indexOf('\r', at)));
    }

    @Test
    void moreClientsThanDescriptors_areTold_andTheDiskHasItsOwn() {
        try (Child server = server(LIMIT).serving();
                RespConnection healthy = server.connect()) {
            String reduced = "Current maximum open files is " + LIMIT + ". maxclients has been reduced to ";
            assertTrue(server.output().contains(reduced), server::output);
            long max = figure(healthy, "maxclients");
            String refusal = call(healthy, "CONFIG", "SET", "maxclients", "5000");
            assertTrue(
                    refusal.contains("is not able to handle the specified number of clients, try with " + max),
                    refusal);

            int served = 0;
            for (int i = 0; i < CROWD; i++) {
                crowd.add(server.connect());
            }
            for (RespConnection client : crowd) {
                try {
                    String reply = call(client, "PING");
                    if (reply.equals("+PONG\r\n")) {
                        served++;
                    } else {
                        assertEquals("-ERR max number of clients reached\r\n", reply);
                    }
                } catch (UncheckedIOException reset) {
                    // The refusal had left, and what was sent after it was not read any more.
                }
            }
            assertEquals(max - 1, served);
            assertEquals(max, figure(healthy, "connected_clients"));
            assertEquals(CROWD - served, figure(healthy, "rejected_connections"));
            assertEquals(0, figure(healthy, "accepts_failed"));

            for (int i = 0; i < 20; i++) {
                assertEquals("+OK\r\n", call(healthy, "SET", "key:" + i, "v".repeat(100_000)));
                assertEquals("+OK\r\n", call(healthy, "SAVE"));
            }
            assertEquals("+OK\r\n", call(healthy, "CONFIG", "SET", "maxmemory", "1mb"));
            for (int i = 0; i < 20; i++) {
                assertEquals("$100000\r\n", call(healthy, "GET", "key:" + i).substring(0, 9));
            }
            crowd.forEach(RespConnection::close);
            await().until(() -> figure(healthy, "connected_clients") == 1);
            assertEquals(0, server.stop());
        }
    }

    @Test
    void noDescriptorsAtAll_thoseWhoAreInAreServed_andTheOthersLater() throws Exception {
        try (Child server = server(1024).serving();
                RespConnection healthy = server.connect()) {
            // Here classes lie in folders, so that each one that is new needs a descriptor; in a server they lie in a
            // jar, which is open.
            assertEquals("+OK\r\n", call(healthy, "SET", "key", "before"));
            assertEquals("$6\r\nbefore\r\n", call(healthy, "GET", "key"));
            assertEquals(0, figure(healthy, "accepts_failed"));
            // Everything that the server opens from here on fails with EMFILE.
            limit(server, 20);
            for (int i = 0; i < 8; i++) {
                RespConnection waiting = server.connect();
                crowd.add(waiting);
                waiting.send(words("PING"));
            }
            await().until(() -> figure(healthy, "accepts_failed") >= 3);
            long failed = figure(healthy, "accepts_failed");
            Duration used = cpu(server);
            assertEquals("+OK\r\n", call(healthy, "SET", "key", "value"));
            await().until(() -> figure(healthy, "accepts_failed") >= failed + 5);
            // Five tries are a second. A loop that spins takes all of that, twenty INFOs a tenth.
            Duration took = cpu(server).minus(used);
            assertTrue(took.toMillis() < 800, () -> "the server used " + took);
            limit(server, 1024);
            for (RespConnection waiting : crowd) {
                assertEquals("+PONG\r\n", waiting.read().raw().toString());
            }
            assertEquals("$5\r\nvalue\r\n", call(healthy, "GET", "key"));
            assertTrue(server.output().contains("connections cannot be accepted"), server::output);
        }
    }

    /** Changes what a running server may have open. */
    private static void limit(Child server, int files) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        "prlimit", "--pid", Long.toString(server.pid()), "--nofile=" + files + ":1024")
                .inheritIO()
                .start();
        assertEquals(0, prlimit.waitFor());
    }

    private static Duration cpu(Child server) {
        return ProcessHandle.of(server.pid())
                .orElseThrow()
                .info()
                .totalCpuDuration()
                .orElseThrow();
    }

    @Test
    void tooFewDescriptorsToRun_isSaid() {
        try (Child server = server(100)) {
            assertEquals(1, server.awaitEnd());
            assertTrue(
                    server.output().contains("only 100 files may be open ('ulimit -n'); at least 161 are needed"),
                    server::output);
        }
    }
}
