package io.swytch.crash;

import static io.swytch.differential.RespConnection.words;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Signals to a server that is written to by several clients at once: SIGTERM ends it in order, SIGSTOP and SIGCONT are as if nothing had been. With
 * -Dswytch.faults=all it is stopped for a minute instead of two seconds.
 */
@Timeout(150)
class SignalsIT {
    private static final String REPLAYED = "journal replayed";
    private static final int WRITERS = 4;
    private static final int BATCH = 50;
    private static final Duration EXIT_MAX = Duration.ofSeconds(10);
    private static final Duration STOPPED =
            Duration.ofSeconds(System.getProperty("swytch.faults", "").equals("all") ? 60 : 2);

    private final Path room = ServerProcess.temporaryDirectory("swytch-signals");
    private final List<Writing> writers = new ArrayList<>();

    @AfterEach
    void delete() {
        ServerProcess.delete(room);
    }

    /** Writes keys in pipelines until its connection ends. */
    private static final class Writing extends Thread {
        final int number;
        final RespConnection connection;
        final AtomicLong acked = new AtomicLong();
        volatile String wrong = "";

        Writing(int number, RespConnection connection) {
            super("writer-" + number);
            this.number = number;
            this.connection = connection;
        }

        String key(long i) {
            return "key:" + number + ":" + i;
        }

        static String value(long i) {
            return ("value " + i + " ").repeat(20);
        }

        @Override
        public void run() {
            try {
                while (true) {
                    long from = acked.get();
                    for (long i = from; i < from + BATCH; i++) {
                        connection.send(words("SET", key(i), value(i)));
                    }
                    for (int i = 0; i < BATCH; i++) {
                        String reply = connection.read().raw().toString();
                        if (!reply.equals("+OK\r\n")) {
                            wrong = reply;
                            return;
                        }
                        acked.incrementAndGet();
                    }
                }
            } catch (UncheckedIOException ended) {
                // The server is gone; what was acknowledged is counted.
            }
        }
    }

    private void write(Child server) {
        for (int i = 0; i < WRITERS; i++) {
            // Its replies may come as late as the server is stopped.
            Writing writer = new Writing(i, new RespConnection(server.port(), 2, STOPPED.plusSeconds(10)));
            writers.add(writer);
            writer.start();
        }
        awaitMore(5_000);
    }

    private long acked() {
        return writers.stream().mapToLong(writer -> writer.acked.get()).sum();
    }

    private void awaitMore(int writes) {
        long before = acked();
        await().atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(5))
                .until(() -> acked() >= before + writes);
    }

    private void join() throws InterruptedException {
        for (Writing writer : writers) {
            writer.join();
            writer.connection.close();
            assertEquals("", writer.wrong);
        }
    }

    private void check(Child server) {
        try (RespConnection connection = server.connect()) {
            for (Writing writer : writers) {
                long count = writer.acked.get();
                for (long i = 0; i < count; i += i < count - 2 * BATCH ? 397 : 1) {
                    String expected = Writing.value(i);
                    assertEquals(
                            "$" + expected.length() + "\r\n" + expected + "\r\n",
                            connection.call(words("GET", writer.key(i))).raw().toString());
                }
            }
        }
    }

    @Test
    void sigtermUnderLoad_endsInOrder_andTheNextStartReplaysNothing() throws Exception {
        Path data = room.resolve("data");
        try (Child server = Child.server(data, room.resolve("log")).serving()) {
            write(server);
            long began = System.nanoTime();
            assertEquals(0, server.stop(), server::output);
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            assertTrue(took.compareTo(EXIT_MAX) < 0, () -> "the stop took " + took);
            assertTrue(server.output().contains("stopped ms="), server::output);
            join();
        }
        try (Child server = Child.server(data, room.resolve("again.log")).serving()) {
            assertFalse(server.output().contains(REPLAYED), server::output);
            check(server);
            assertEquals(0, server.stop());
        }
    }

    @Test
    void stoppedAndContinued_goesOnAsIfNothingHadBeen() throws Exception {
        Path data = room.resolve("data");
        try (Child server = Child.server(data, room.resolve("log")).serving()) {
            write(server);
            signal(server, "STOP");
            // What the kernel had already taken still arrives.
            AtomicLong seen = new AtomicLong(-1);
            await().pollInterval(Duration.ofMillis(100)).until(() -> seen.getAndSet(acked()) == acked());
            long before = acked();
            await().pollDelay(Duration.ZERO)
                    .atMost(STOPPED.plusSeconds(20))
                    .during(STOPPED)
                    .until(() -> acked() == before);
            signal(server, "CONT");
            long began = System.nanoTime();
            awaitMore(1_000);
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            assertTrue(took.toMillis() < 2_000, () -> "the first thousand writes took " + took);
            awaitMore(5_000);
            try (RespConnection connection = server.connect()) {
                assertEquals("+PONG\r\n", connection.call(words("PING")).raw().toString());
            }
            assertEquals("", server.output().contains("ERROR") ? server.output() : "");
            server.kill();
            join();
        }
        try (Child server = Child.server(data, room.resolve("again.log")).serving()) {
            // Says that the other test would have seen it.
            assertTrue(server.output().contains(REPLAYED), server::output);
            check(server);
            assertEquals(0, server.stop());
        }
    }

    private static void signal(Child server, String name) throws IOException, InterruptedException {
        assertEquals(
                0,
                new ProcessBuilder("kill", "-" + name, Long.toString(server.pid()))
                        .inheritIO()
                        .start()
                        .waitFor());
    }
}
