package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The wall clock jumps by hours while a server runs, by a small library that is preloaded: what expires is what expires on a redis-server whose clock
 * jumps alike, and nothing else goes by that clock. Needs gcc, and redis-server for the comparison.
 */
@Timeout(60)
class ClockJumpIT {
    private static final int WRITES = 300;

    private final Path room = ServerProcess.temporaryDirectory("swytch-clock");
    private final Path clock = room.resolve("clock");
    private Path library;

    @BeforeEach
    void prepare() throws IOException, InterruptedException {
        library = Preloaded.compile("jumping-clock", room);
        jump(Duration.ZERO);
    }

    @AfterEach
    void delete() {
        ServerProcess.delete(room);
    }

    /** From now on the clock differs by so much from the machine's. */
    private void jump(Duration to) throws IOException {
        ByteBuffer seconds =
                ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(0, to.toSeconds());
        // In place: the servers have mapped this very file.
        try (FileChannel file = FileChannel.open(clock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(seconds, 0);
        }
    }

    private Child server(String log, String... flags) {
        return Launch.in(room)
                .persistent()
                .flags("--maxmemory", "8mb")
                .flags(flags)
                .environment("LD_PRELOAD", library)
                .environment("SWYTCH_CLOCK", clock)
                .serving(log);
    }

    /** What a server says about keys as its clock goes two hours forward, three back, and to the beginning. */
    private List<String> play(RespConnection connection) throws IOException {
        List<String> replies = new ArrayList<>();
        for (String key : List.of("hour", "day", "gone")) {
            replies.add(connection.ask("SET", key, "v", "EX", key.equals("day") ? "86400" : "3600"));
        }
        replies.add(connection.ask("SET", "ever", "v"));
        for (int hours : new int[] {2, -1, 0}) {
            jump(Duration.ofHours(hours));
            // Swytch looks at the wall clock once a millisecond.
            await().pollDelay(Duration.ofMillis(5))
                    .until(() -> connection.ask("PING").equals("+PONG\r\n"));
            replies.add("now " + hours);
            for (String key : List.of("hour", "day", "ever", "new-2", "new--1")) {
                replies.add(key + connection.ask("GET", key) + hoursLeft(connection, key));
            }
            replies.add(
                    connection.ask("SET", "new-" + hours, "v", "EX", "7200") + hoursLeft(connection, "new-" + hours));
            replies.add(connection.ask("EXPIRE", "ever", "7200") + hoursLeft(connection, "ever"));
            replies.add(connection.ask("PERSIST", "ever"));
            // What the clock has made expire does not come back with it, where somebody has looked.
            replies.add(connection.ask("EXISTS", "hour", "day", "ever"));
        }
        return replies;
    }

    private static RespConnection awaitListening(int port) {
        await().ignoreExceptionsInstanceOf(UncheckedIOException.class).until(() -> {
            new RespConnection(port, 2).close();
            return true;
        });
        return new RespConnection(port, 2);
    }

    /** A TTL, in hours, rounded. */
    private static long hoursLeft(RespConnection connection, String key) {
        long seconds = Long.parseLong(connection.ask("TTL", key).strip().substring(1));
        return seconds < 0 ? seconds : Math.round(seconds / 3600.0);
    }

    @Test
    void keysExpire_asWithRedis() throws IOException {
        List<String> expected;
        int port = ServerProcess.freePort();
        Process redis;
        ProcessBuilder builder = new ProcessBuilder(
                        "redis-server", "--port", Integer.toString(port), "--save", "", "--dir", room.toString())
                .redirectErrorStream(true)
                .redirectOutput(room.resolve("redis.log").toFile());
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("SWYTCH_CLOCK", clock.toString());
        try {
            redis = builder.start();
        } catch (IOException e) {
            assumeTrue(System.getenv("CI") == null, "no redis-server: apt-get install redis-server");
            return;
        }
        try (RespConnection connection = awaitListening(port)) {
            expected = play(connection);
        } finally {
            redis.destroy();
        }
        jump(Duration.ZERO);
        try (Child server = server("log");
                RespConnection connection = server.connect()) {
            assertEquals(expected, play(connection));
        }
    }

    @Test
    void nothingElseGoesByTheWallClock() throws IOException {
        try (Child server = server("log", "--timeout", "120");
                RespConnection idle = server.connect();
                RespConnection connection = server.connect()) {
            assertEquals("+PONG\r\n", idle.ask("PING"));
            int written = 0;
            for (int hours : new int[] {0, 48, -5}) {
                jump(Duration.ofHours(hours));
                long syncs = connection.figure("journal_syncs");
                long drains = connection.figure("drains");
                long began = System.nanoTime();
                for (int i = 0; i < WRITES; i++) {
                    assertEquals("+OK\r\n", connection.ask("SET", "key:" + written, "value:" + written));
                    written++;
                }
                assertEquals("+OK\r\n", connection.ask("SAVE"));
                Duration took = Duration.ofNanos(System.nanoTime() - began);
                assertTrue(took.toSeconds() < 5, () -> WRITES + " writes took " + took);
                // A force begins early enough to be done within ten milliseconds: three to five of them, where nothing
                // jumps.
                long more = connection.figure("journal_syncs") - syncs;
                assertTrue(more >= 1 && more <= took.toMillis() / 2 + 20, () -> more + " syncs in " + took);
                assertTrue(connection.figure("drains") - drains <= 5 + took.toSeconds(), "drains");
                assertTrue(connection.figure("uptime_in_seconds") < 60, "uptime");
                assertEquals("+PONG\r\n", idle.ask("PING"));
            }
            assertFalse(server.output().contains("ERROR"), server::output);
            jump(Duration.ofHours(-30));
            server.kill();
            try (Child again = server("again.log");
                    RespConnection other = again.connect()) {
                for (int i = 0; i < written; i++) {
                    assertEquals(
                            "$" + ("value:" + i).length() + "\r\nvalue:" + i + "\r\n", other.ask("GET", "key:" + i));
                }
                assertEquals(0, again.stop());
                assertFalse(Files.readString(room.resolve("again.log")).contains("ERROR"));
            }
        }
    }
}
