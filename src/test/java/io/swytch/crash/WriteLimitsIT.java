package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import io.swytch.stats.WriteLimit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A disk that does not keep up, by a small library that is preloaded: writers run into each limit below L1 in turn. They are slowed and never refused,
 * what they were told is kept, readers of hot keys do not wait, and INFO names the limit. Needs gcc. With -Dswytch.faults=all each limit is pressed
 * against for half a minute, and that of the compactions too, which comes about as the one of level 0 does.
 */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
class WriteLimitsIT {
    private static final boolean IS_WHOLE =
            System.getProperty("swytch.faults", "").equals("all");
    private static final Duration PRESSED = IS_WHOLE ? Duration.ofSeconds(30) : Duration.ofMillis(500);
    private static final Duration LIMIT_MAX = Duration.ofSeconds(30);
    private static final Duration FREE_MAX = Duration.ofSeconds(60);
    private static final int WRITERS = 4;
    private static final int HOT_KEYS = 50;

    /** Writes wait for up to 5 s where the write buffer or the journal is far beyond its limit; the rest is for a machine that is busy otherwise. */
    private static final Duration WRITE_MAX = Duration.ofSeconds(8);

    /** A read waits for no limit. Below this the machine tells more than the server. */
    private static final Duration READ_P99_MAX = Duration.ofMillis(50);

    private final Path room = ServerProcess.temporaryDirectory("swytch-limits");
    private final Path fault = room.resolve("fault");
    private final List<Writing> writers = new ArrayList<>();

    @AfterEach
    void delete() {
        writers.forEach(writer -> writer.stops = true);
        ServerProcess.delete(room);
    }

    /** Writes one key after the other, over and over, and remembers what it was told is kept. */
    private static final class Writing extends Thread {
        final RespConnection connection;
        final String number;
        final int keys;
        final String filling;
        final int[] acked;
        volatile boolean stops;
        String wrong = "";
        long longestNanos;
        long count;

        Writing(String number, RespConnection connection, int keys, int valueBytes) {
            super("writer-" + number);
            this.number = number;
            this.connection = connection;
            this.keys = keys;
            // Nothing that compression makes less of.
            filling = new Random(number.hashCode())
                    .ints(valueBytes, '0', 'z')
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            acked = new int[keys];
        }

        String key(int i) {
            return "key:" + number + ":" + i;
        }

        String value(int version) {
            return version + filling;
        }

        @Override
        public void run() {
            for (int i = 0; !stops; i = (i + 1) % keys) {
                long began = System.nanoTime();
                String reply = connection.ask("SET", key(i), value(acked[i] + 1));
                longestNanos = Math.max(longestNanos, System.nanoTime() - began);
                if (!reply.equals("+OK\r\n")) {
                    wrong = reply;
                    return;
                }
                acked[i]++;
                count++;
            }
        }

        void check(RespConnection reader) {
            for (int i = 0; i < keys; i++) {
                if (acked[i] > 0) {
                    String value = value(acked[i]);
                    assertEquals("$" + value.length() + "\r\n" + value + "\r\n", reader.ask("GET", key(i)), key(i));
                }
            }
        }
    }

    private Child server(String... flags) throws Exception {
        Path library = Preloaded.compile("failing-disk", room);
        return Launch.in(room)
                .persistent()
                .flags("--l2-cache-size", "4mb")
                .flags(flags)
                .environment("LD_PRELOAD", library)
                .environment("SWYTCH_FAULT", fault)
                .serving("log");
    }

    /** Of reads of hot keys, one after the other for so long. */
    private static Duration p99(RespConnection reader, Duration time) {
        LongStream.Builder nanos = LongStream.builder();
        long start = System.nanoTime();
        for (int i = 0; System.nanoTime() - start < time.toNanos(); i++) {
            long began = System.nanoTime();
            assertEquals("$3\r\nhot\r\n", reader.ask("GET", "hot:" + i % HOT_KEYS));
            nanos.add(System.nanoTime() - began);
        }
        long[] sorted = nanos.build().sorted().toArray();
        return Duration.ofNanos(sorted[sorted.length * 99 / 100]);
    }

    private static long stalls(RespConnection connection, List<WriteLimit> limits) {
        return limits.stream()
                .mapToLong(limit -> connection.figure("write_stalls_" + limit.label()))
                .sum();
    }

    /**
     * Has writers run into a limit, and looks at all from outside.
     *
     * @param limits which it may be; for what else writers wait does not matter, but that they wait for it does
     * @param slow what the disk takes long for
     * @param saves whether a client asks for a drain all the time
     */
    private void press(Child server, List<WriteLimit> limits, String slow, boolean saves, int keys, int valueBytes)
            throws Exception {
        List<Writing> pressing = Stream.iterate(0, i -> i + 1)
                .limit(WRITERS)
                .map(i -> new Writing(
                        limits + ":" + i, new RespConnection(server.port(), 2, LIMIT_MAX), keys, valueBytes))
                .toList();
        writers.addAll(pressing);
        try (RespConnection reader = server.connect();
                RespConnection asking = new RespConnection(server.port(), 2, LIMIT_MAX)) {
            for (int i = 0; i < HOT_KEYS; i++) {
                assertEquals("+OK\r\n", reader.ask("SET", "hot:" + i, "hot"));
            }
            p99(reader, Duration.ofMillis(200));
            Duration alone = p99(reader, Duration.ofMillis(200));
            Files.writeString(fault, slow);
            pressing.forEach(Thread::start);
            await().atMost(LIMIT_MAX).pollInterval(Duration.ofMillis(5)).until(() -> {
                if (saves) {
                    asking.ask("SAVE");
                }
                return stalls(asking, limits) > 10 || pressing.stream().anyMatch(writer -> !writer.isAlive());
            });
            Duration beside = p99(reader, PRESSED);
            long longest = 0;
            long count = 0;
            for (Writing writer : pressing) {
                writer.stops = true;
                writer.join();
                assertEquals("", writer.wrong);
                longest = Math.max(longest, writer.longestNanos);
                count += writer.count;
            }
            Duration wrote = Duration.ofNanos(longest);
            System.out.println("WriteLimitsIT " + limits + ": " + count + " writes, the longest " + wrote.toMillis()
                    + " ms; waits " + stalls(asking, limits) + " of " + asking.figure("write_stalls") + ", "
                    + asking.figure("write_stall_milliseconds") + " ms; hot reads' p99 alone " + micros(alone)
                    + " us, beside " + micros(beside) + " us");
            assertTrue(wrote.compareTo(WRITE_MAX) < 0, () -> "a write took " + wrote);
            assertTrue(beside.compareTo(READ_P99_MAX) < 0, () -> "reads took " + beside + ", alone " + alone);
            Files.delete(fault);
            pressing.forEach(writer -> writer.check(reader));
            // The disk is well again: some writes, of which none waits.
            await().atMost(FREE_MAX).pollInterval(Duration.ofMillis(50)).until(() -> {
                long before = asking.figure("write_stalls");
                assertEquals("+OK\r\n", asking.ask("SET", "free", "v"));
                return asking.figure("write_stalls") == before;
            });
            assertEquals("+OK\r\n", asking.ask("CONFIG", "RESETSTAT"));
        }
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }

    /** Ends a server that was pressed, and looks at what it was told in the next one. */
    private void killAndCheck(Child server, String... flags) throws Exception {
        assertTrue(server.output().contains("the disk does not keep up"), server::output);
        server.kill();
        try (Child again = server(flags);
                RespConnection reader = again.connect()) {
            writers.forEach(writer -> writer.check(reader));
            assertEquals(0, again.stop());
        }
    }

    @Test
    void writersAreSlowed_asEachLimitComesNear() throws Exception {
        String[] flags = {
            "--maxmemory", "16mb", "--l2-write-buffer", "4mb", "--journal-limit", "256mb", "--l2-level0-limit", "18"
        };
        try (Child server = server(flags)) {
            press(server, List.of(WriteLimit.JOURNAL), "slow /ingest/ 1500\n", false, 2, 300_000);
            press(
                    server,
                    List.of(WriteLimit.DIRTY, WriteLimit.WRITE_BUFFER),
                    "slow /ingest/ 200\n",
                    false,
                    600,
                    10_000);
            press(server, List.of(WriteLimit.LEVEL0), "slow /db/*.sst 800\n", true, 200, 4_000);
            killAndCheck(server, flags);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "swytch.faults", matches = "all")
    void writersAreSlowed_asCompactionsFallBehind() throws Exception {
        String[] flags = {"--maxmemory", "64mb", "--l2-level0-limit", "1024", "--l2-compaction-limit", "16mb"};
        try (Child server = server(flags)) {
            press(server, List.of(WriteLimit.COMPACTION), "slow /db/*.sst 800\n", true, 400, 4_000);
            killAndCheck(server, flags);
        }
    }
}
