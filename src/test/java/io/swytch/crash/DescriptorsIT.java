package io.swytch.crash;

import static io.swytch.differential.RespConnection.words;
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
        return Launch.in(room)
                .persistent()
                .flags("--maxmemory", "8mb")
                .afterSaying("ulimit -n " + limit)
                .start("log");
    }

    @Test
    void moreClientsThanDescriptors_areTold_andTheDiskHasItsOwn() {
        try (Child server = server(LIMIT).serving();
                RespConnection healthy = server.connect()) {
            String reduced = "Current maximum open files is " + LIMIT + ". maxclients has been reduced to ";
            assertTrue(server.output().contains(reduced), server::output);
            long max = healthy.figure("maxclients");
            String refusal = healthy.ask("CONFIG", "SET", "maxclients", "5000");
            assertTrue(
                    refusal.contains("is not able to handle the specified number of clients, try with " + max),
                    refusal);

            int served = 0;
            for (int i = 0; i < CROWD; i++) {
                crowd.add(server.connect());
            }
            for (RespConnection client : crowd) {
                try {
                    String reply = client.ask("PING");
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
            assertEquals(max, healthy.figure("connected_clients"));
            assertEquals(CROWD - served, healthy.figure("rejected_connections"));
            assertEquals(0, healthy.figure("accepts_failed"));

            for (int i = 0; i < 20; i++) {
                assertEquals("+OK\r\n", healthy.ask("SET", "key:" + i, "v".repeat(100_000)));
                assertEquals("+OK\r\n", healthy.ask("SAVE"));
            }
            assertEquals("+OK\r\n", healthy.ask("CONFIG", "SET", "maxmemory", "1mb"));
            for (int i = 0; i < 20; i++) {
                assertEquals("$100000\r\n", healthy.ask("GET", "key:" + i).substring(0, 9));
            }
            crowd.forEach(RespConnection::close);
            await().until(() -> healthy.figure("connected_clients") == 1);
            assertEquals(0, server.stop());
        }
    }

    @Test
    void noDescriptorsAtAll_thoseWhoAreInAreServed_andTheOthersLater() throws Exception {
        try (Child server = server(1024).serving();
                RespConnection healthy = server.connect()) {
            // Here classes lie in folders, so that each one that is new needs a descriptor; in a server they lie in a
            // jar, which is open.
            assertEquals("+OK\r\n", healthy.ask("SET", "key", "before"));
            assertEquals("$6\r\nbefore\r\n", healthy.ask("GET", "key"));
            assertEquals(0, healthy.figure("accepts_failed"));
            // Everything that the server opens from here on fails with EMFILE.
            limit(server, 20);
            for (int i = 0; i < 8; i++) {
                RespConnection waiting = server.connect();
                crowd.add(waiting);
                waiting.send(words("PING"));
            }
            await().until(() -> healthy.figure("accepts_failed") >= 3);
            long failed = healthy.figure("accepts_failed");
            Duration used = cpu(server);
            assertEquals("+OK\r\n", healthy.ask("SET", "key", "value"));
            await().until(() -> healthy.figure("accepts_failed") >= failed + 5);
            // Five tries are a second. A loop that spins takes all of that, twenty INFOs a tenth.
            Duration took = cpu(server).minus(used);
            assertTrue(took.toMillis() < 800, () -> "the server used " + took);
            limit(server, 1024);
            for (RespConnection waiting : crowd) {
                assertEquals("+PONG\r\n", waiting.read().raw().toString());
            }
            assertEquals("$5\r\nvalue\r\n", healthy.ask("GET", "key"));
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
