package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Kills a persistent server with SIGKILL at random moments, under load and while it recovers: every acknowledged write is there afterwards.
 *
 * <p>L1 and the write buffer are so small that eviction, drains and fills go on all the time. The seed is printed; -Dswytch.crash.seed=N repeats its
 * commands and its moments, as far as time can be repeated.
 */
class AckedWritesCrashIT {
    private static final int WRITERS = 4;
    private static final int ROUNDS_MIN = 3;
    private static final int ROUNDS_MAX = 12;
    private static final Duration BUDGET = Duration.ofSeconds(40);
    private static final Duration START_MAX = Duration.ofSeconds(20);
    private static final List<String> SYNC_MODES = List.of("10ms", "always", "os");

    private final long seed = Long.getLong("swytch.crash.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Path directory = ServerProcess.temporaryDirectory("swytch-crash");
    private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        threads.shutdownNow();
    }

    @Test
    void kill_atAnyMoment_losesNoAckedWrite() throws IOException, InterruptedException, ExecutionException {
        System.out.println("AckedWritesCrashIT seed " + seed);
        List<Writer> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new Writer(i, i == WRITERS - 1 ? 1 : 0, random.nextLong()));
        }
        long endNanos = System.nanoTime() + BUDGET.toNanos();
        long startMs = 1000;
        for (int round = 0; round < ROUNDS_MAX && (round < ROUNDS_MIN || System.nanoTime() < endNanos); round++) {
            String when = "seed " + seed + ", round " + round;
            for (int kills = random.nextInt(3); round > 0 && kills > 0; kills--) {
                kill(launch(ServerProcess.freePort()), random.nextInt((int) startMs), when);
            }
            int port = ServerProcess.freePort();
            long beganNanos = System.nanoTime();
            Process process = launch(port);
            awaitServing(process, port, when);
            startMs = Math.max(100, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
            for (Writer writer : writers) {
                writer.verify(port, when);
            }
            assertKeysListed(port, writers, when);
            List<Future<?>> runs = new ArrayList<>();
            writers.forEach(writer -> runs.add(threads.submit(() -> writer.run(port))));
            kill(process, 100 + random.nextInt(2400), when);
            for (Future<?> run : runs) {
                run.get();
            }
        }
        int port = ServerProcess.freePort();
        Process process = launch(port);
        awaitServing(process, port, "seed " + seed + ", at the end");
        for (Writer writer : writers) {
            writer.verify(port, "seed " + seed + ", at the end");
        }
        long acked = writers.stream().mapToLong(Writer::ackedCount).sum();
        System.out.println("AckedWritesCrashIT: " + started.size() + " processes, " + acked + " commands acknowledged");
        assertTrue(acked > 1000, "writers wrote");
    }

    private Process launch(int port) throws IOException {
        Path log = directory.resolve("output-" + started.size() + ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=1g",
                        "-XX:TieredStopAtLevel=1",
                        "-ea",
                        "-Djava.library.path=" + System.getProperty("java.library.path"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.swytch.cli.Main",
                        "redis",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--maxmemory",
                        "3mb",
                        "--persistent",
                        "yes",
                        "--data-dir",
                        directory.resolve("data").toString(),
                        "--l2-write-buffer",
                        "1mb",
                        "--l2-cache-size",
                        "1mb",
                        "--sync",
                        SYNC_MODES.get(random.nextInt(SYNC_MODES.size())))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        started.add(process);
        return process;
    }

    private void kill(Process process, long afterMs, String when) throws InterruptedException, IOException {
        if (process.waitFor(afterMs, TimeUnit.MILLISECONDS)) {
            throw new AssertionError(when + ": the server ended by itself: " + lastLog());
        }
        process.destroyForcibly().waitFor();
    }

    private void awaitServing(Process process, int port, String when) throws IOException {
        await().atMost(START_MAX)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> !process.isAlive() || isServing(port));
        if (!process.isAlive()) {
            throw new AssertionError(when + ": the server does not start: " + lastLog());
        }
    }

    private static boolean isServing(int port) {
        try (RespConnection connection = new RespConnection(port, 2)) {
            return connection.call(Writer.encoded(List.of("PING"))).type() == '+';
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private String lastLog() throws IOException {
        return Files.readString(directory.resolve("output-" + (started.size() - 1) + ".log"));
    }

    /** SCAN lists every key that lives, and none that should not be. */
    private static void assertKeysListed(int port, List<Writer> writers, String when) {
        for (int db = 0; db < 2; db++) {
            Set<String> listed = new HashSet<>();
            try (RespConnection connection = new RespConnection(port, 2)) {
                connection.call(Writer.encoded(List.of("SELECT", Integer.toString(db))));
                String cursor = "0";
                do {
                    Reply reply = connection.call(Writer.encoded(List.of("SCAN", cursor, "COUNT", "500")));
                    assertEquals(2, reply.elements().size(), () -> when + ": SCAN replied " + reply);
                    cursor = reply.elements().get(0).payload().toString();
                    reply.elements()
                            .get(1)
                            .elements()
                            .forEach(key -> listed.add(key.payload().toString()));
                } while (!cursor.equals("0"));
            }
            Set<String> living = new HashSet<>();
            Set<String> possible = new HashSet<>();
            for (Writer writer : writers) {
                if (writer.db() == db) {
                    living.addAll(writer.livingKeys());
                    possible.addAll(writer.possibleKeys());
                }
            }
            living.removeAll(listed);
            assertEquals(Set.of(), living, when + ": keys of db " + db + " that SCAN passed over");
            listed.removeAll(possible);
            assertEquals(Set.of(), listed, when + ": keys of db " + db + " that SCAN made up");
        }
    }
}
