package io.swytch.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.cli.RedisServer;
import io.swytch.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;

/**
 * A command on fifty thousand keys is one for everybody else: whoever looks at some of its keys sees what it did to all of them, or to none.
 *
 * <p>{@code -Dswytch.random.seed=N} repeats what the clients want, though not who comes first.
 */
class ManyKeysAtOnceIT {
    private static final int KEYS = 50_000;
    private static final int FEW = 8;
    private static final int MANY = 10_000;

    /** A few more than an event loop goes through by itself. */
    private static final int JUST_TOO_MANY = 1100;

    /** Bytes of a value that does not stay in so small an L1. */
    private static final int LARGE = 3 << 19;

    private static final Duration RUN = Duration.ofSeconds(8);
    private static final int VALUES = 1000;
    private static final int DISCONNECTS = 12;

    private final long seed = Long.getLong("swytch.random.seed", System.nanoTime());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong looks = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private RedisServer server;
    private long endNanos;

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.stop();
    }

    private void start(boolean persistent) throws Exception {
        List<String> settings = new ArrayList<>(
                List.of("port", Integer.toString(ServerProcess.freePort()), "maxmemory", persistent ? "8mb" : "300mb"));
        if (persistent) {
            String data = ServerProcess.temporaryDirectory("swytch-at-once")
                    .resolve("data")
                    .toString();
            settings.addAll(List.of("persistent", "yes", "data-dir", data));
        }
        server = RedisServer.start(Settings.of(settings.toArray(new String[0])));
    }

    private Jedis connect() {
        return new Jedis("127.0.0.1", server.port(), 120_000);
    }

    private static String key(int index) {
        return "key:" + index;
    }

    private static String[] all() {
        String[] keys = new String[KEYS];
        for (int i = 0; i < KEYS; i++) {
            keys[i] = key(i);
        }
        return keys;
    }

    private static String[] pairs(String value) {
        String[] pairs = new String[2 * KEYS];
        for (int i = 0; i < KEYS; i++) {
            pairs[2 * i] = key(i);
            pairs[2 * i + 1] = value;
        }
        return pairs;
    }

    private static String[] some(Random random, int count) {
        String[] keys = new String[count];
        for (int i = 0; i < count; i++) {
            keys[i] = key(random.nextInt(KEYS));
        }
        keys[0] = key(0);
        keys[count - 1] = key(KEYS - 1);
        return keys;
    }

    private static void assertOne(List<String> values, String seenBy) {
        Set<String> different = new HashSet<>(values);
        assertEquals(1, different.size(), () -> seenBy + " saw " + different);
    }

    private boolean goesOn() {
        return System.nanoTime() < endNanos;
    }

    /** Sets and deletes all keys, back and forth. */
    private void flip(Random random) {
        try (Jedis jedis = connect()) {
            String[] keys = all();
            for (int i = 0; goesOn(); i++) {
                switch (random.nextInt(4)) {
                    case 0 -> jedis.del(keys);
                    case 1 -> jedis.unlink(keys);
                    case 2 -> jedis.msetnx(pairs("nx " + i % VALUES));
                    default -> jedis.mset(pairs("set " + i % VALUES));
                }
                changes.incrementAndGet();
            }
        }
    }

    /** Looks at a few keys, in all the ways there are to look at several at a time. */
    private void lookAtFew(Random random) {
        try (Jedis jedis = connect()) {
            while (goesOn()) {
                String[] keys = some(random, FEW);
                assertOne(jedis.mget(keys), "MGET of few");
                long there = jedis.exists(keys);
                assertTrue(there == 0 || there == FEW, () -> "EXISTS of few saw " + there);
                Transaction transaction = jedis.multi();
                List<Response<String>> values = new ArrayList<>();
                for (String key : keys) {
                    values.add(transaction.get(key));
                }
                transaction.exec();
                assertOne(values.stream().map(Response::get).toList(), "EXEC");
                looks.incrementAndGet();
            }
        }
    }

    /** Looks at so many keys that they are gone through in pieces too. */
    private void lookAtMany(Random random) {
        try (Jedis jedis = connect()) {
            while (goesOn()) {
                String[] keys = some(random, MANY);
                assertOne(jedis.mget(keys), "MGET of many");
                long there = jedis.exists(keys);
                assertTrue(there == 0 || there == MANY, () -> "EXISTS of many saw " + there);
                looks.incrementAndGet();
            }
        }
    }

    /** Moves single keys away and back, which nobody can see by half either, and changes what all of them are at once by other means. */
    private void disturb(Random random, boolean persistent) throws IOException {
        try (Jedis jedis = connect()) {
            while (goesOn()) {
                switch (random.nextInt(300)) {
                    case 0 -> jedis.flushDB();
                    case 1 -> jedis.swapDB(0, 1);
                    case 2 -> {
                        if (persistent) {
                            server.chill();
                        }
                    }
                    default -> {
                        Transaction transaction = jedis.multi();
                        String key = key(random.nextInt(KEYS));
                        transaction.rename(key, "aside");
                        transaction.rename("aside", key);
                        transaction.exec();
                        jedis.set("other:" + random.nextInt(10), "x");
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void commandOnAllKeys_isSeenWhole(boolean persistent) throws Exception {
        System.out.println("ManyKeysAtOnceIT seed " + seed);
        start(persistent);
        endNanos = System.nanoTime() + RUN.toNanos();
        List<Future<?>> runs = new ArrayList<>();
        runs.add(threads.submit(() -> flip(new Random(seed))));
        runs.add(threads.submit(() -> flip(new Random(seed + 1))));
        runs.add(threads.submit(() -> lookAtFew(new Random(seed + 2))));
        runs.add(threads.submit(() -> lookAtFew(new Random(seed + 3))));
        runs.add(threads.submit(() -> lookAtMany(new Random(seed + 4))));
        runs.add(threads.submit(() -> {
            disturb(new Random(seed + 5), persistent);
            return null;
        }));
        for (Future<?> run : runs) {
            run.get();
        }
        System.out.println(looks + " looks, " + changes + " changes");
        assertTrue(looks.get() > 10 && changes.get() > 4, () -> looks + " looks, " + changes + " changes");
        try (Jedis jedis = connect()) {
            for (int db = 0; db < 2; db++) {
                jedis.select(db);
                assertOne(jedis.mget(all()), "the last look at database " + db);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void clientThatLeaves_leavesNothingByHalf(boolean persistent) throws Exception {
        start(persistent);
        for (int i = 0; i < DISCONNECTS; i++) {
            String value = "left " + i;
            try (RespConnection leaving = new RespConnection(server.port(), 2)) {
                leaving.send(words("MSET", pairs(value)));
                leaving.send(words("DEL", all()));
                leaving.send(words("MSET", pairs(value)));
            }
            try (Jedis jedis = connect()) {
                // What the client sent before it left may be done, or some of it, but each command as a whole.
                assertOne(jedis.mget(all()), "a look after the client left");
            }
        }
        try (Jedis jedis = connect()) {
            jedis.mset(pairs("here"));
            assertOne(jedis.mget(all()), "the last look");
        }
    }

    /** What a read fetches for those behind it is let go of too where one of them has so many keys that it leaves the event loop. */
    @Test
    void keysFetchedAhead_areLetGo() throws Exception {
        start(true);
        String large = "v".repeat(LARGE);
        try (Jedis jedis = connect()) {
            jedis.set("large:0", large);
            jedis.set("large:1", large);
            server.chill();
            String[] keys = Arrays.copyOf(all(), JUST_TOO_MANY);
            keys[0] = "large:1";
            try (RespConnection reading = new RespConnection(server.port(), 2)) {
                ByteArrayOutputStream both = new ByteArrayOutputStream();
                both.writeBytes(RespConnection.encode(words("GET", new String[] {"large:0"})));
                both.writeBytes(RespConnection.encode(words("MGET", keys)));
                reading.write(both.toByteArray());
                assertEquals(LARGE, reading.read().payload().length());
                assertEquals(LARGE, reading.read().elements().get(0).payload().length());
            }
            String kept = "overlay_bytes";
            String figures = jedis.info("all");
            assertTrue(
                    figures.lines().anyMatch(line -> line.endsWith(kept + ":0")),
                    () -> figures.lines()
                            .filter(line -> line.contains(kept))
                            .toList()
                            .toString());
        }
    }

    private static List<byte[]> words(String name, String[] args) {
        List<byte[]> words = new ArrayList<>();
        words.add(name.getBytes(StandardCharsets.US_ASCII));
        for (String arg : args) {
            words.add(arg.getBytes(StandardCharsets.US_ASCII));
        }
        return words;
    }
}
