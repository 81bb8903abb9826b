package io.swytch.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.cli.RedisServer;
import io.swytch.config.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** Commands with hundreds of thousands of keys, against a map, while others use the server. */
class MillionKeysIT {
    private static final int STORED = 60_000;
    private static final int ARGS = 400_000;
    private static final int[] LONG = {10_000, 20_000, 100_000, 1 << 20, 3 << 20};

    /** Far more than it takes on any machine that runs tests; before, it took seconds in persistent mode. */
    private static final long OTHERS_WAIT_MAX_MILLIS = 1500;

    private final Map<String, String> model = new HashMap<>();

    private static String[] some(Random random, int range) {
        String[] keys = new String[ARGS];
        for (int i = 0; i < ARGS; i++) {
            // Some twice, most of them nowhere.
            keys[i] = "key:" + random.nextInt(range);
        }
        return keys;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void commandsWithVeryManyKeys_doWhatTheyDoWithFew(boolean persistent) throws Exception {
        List<String> settings = new ArrayList<>(
                List.of("port", Integer.toString(ServerProcess.freePort()), "maxmemory", persistent ? "8mb" : "300mb"));
        if (persistent) {
            String data = ServerProcess.temporaryDirectory("swytch-million")
                    .resolve("data")
                    .toString();
            settings.addAll(List.of("persistent", "yes", "data-dir", data));
        }
        RedisServer server = RedisServer.start(Settings.of(settings.toArray(new String[0])));
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong worstNanos = new AtomicLong();
        Thread other = new Thread(() -> useOtherKeys(server.port(), over, worstNanos));
        try (Jedis jedis = new Jedis("127.0.0.1", server.port(), 120_000)) {
            store(jedis);
            if (persistent) {
                server.chill();
            }
            other.start();
            commands(jedis, persistent ? server::chill : () -> {});
        } finally {
            over.set(true);
            other.join();
            server.stop();
        }
        assertTrue(
                worstNanos.get() < OTHERS_WAIT_MAX_MILLIS * 1_000_000,
                "another client waited for " + worstNanos.get() / 1_000_000 + " ms");
        if (persistent) {
            RedisServer again = RedisServer.start(Settings.of(settings.toArray(new String[0])));
            try (Jedis jedis = new Jedis("127.0.0.1", again.port(), 120_000)) {
                assertHoldsTheModel(jedis);
            } finally {
                again.stop();
            }
        }
    }

    private static void useOtherKeys(int port, AtomicBoolean over, AtomicLong worstNanos) {
        try (Jedis jedis = new Jedis("127.0.0.1", port, 120_000)) {
            for (int i = 0; !over.get(); i++) {
                long start = System.nanoTime();
                jedis.set("other:" + i % 10, "x");
                assertEquals("x", jedis.get("other:" + i % 10));
                jedis.ping();
                worstNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
            }
        }
    }

    private void store(Jedis jedis) {
        Pipeline pipeline = jedis.pipelined();
        for (int i = 0; i < STORED; i++) {
            // Some lie in parts in L2, or outside L1's shards.
            String value = "value " + i + (i < LONG.length ? " ".repeat(LONG[i]) : "");
            pipeline.set("key:" + i, value);
            model.put("key:" + i, value);
        }
        pipeline.sync();
    }

    private interface Chill {
        void run() throws Exception;
    }

    private void commands(Jedis jedis, Chill chill) throws Exception {
        Random random = new Random(11);
        String[] keys = some(random, 2 * STORED);
        long there = 0;
        for (String key : keys) {
            there += model.containsKey(key) ? 1 : 0;
        }
        assertEquals(there, jedis.exists(keys));
        assertEquals(there, jedis.touch(keys));
        List<String> values = jedis.mget(keys);
        for (int i = 0; i < ARGS; i++) {
            assertEquals(model.get(keys[i]), values.get(i));
        }

        String[] deleted = some(random, 2 * STORED);
        deleted[0] = "key:" + (STORED - 1);
        long count = 0;
        for (String key : deleted) {
            count += model.remove(key) == null ? 0 : 1;
        }
        assertEquals(count, jedis.del(deleted));
        chill.run();
        assertEquals(0, jedis.unlink(deleted));

        String[] pairs = new String[ARGS];
        for (int i = 0; i < ARGS; i += 2) {
            pairs[i] = "key:" + random.nextInt(STORED);
            pairs[i + 1] = "new " + i;
        }
        assertEquals(0, jedis.msetnx(pairs));
        assertEquals("OK", jedis.mset(pairs));
        for (int i = 0; i < ARGS; i += 2) {
            model.put(pairs[i], pairs[i + 1]);
        }
        for (int i = 0; i < ARGS; i += 2) {
            pairs[i] = "more:" + i;
            model.put(pairs[i], pairs[i + 1]);
        }
        assertEquals(1, jedis.msetnx(pairs));
        assertHoldsTheModel(jedis);
    }

    private void assertHoldsTheModel(Jedis jedis) {
        assertEquals(model.size(), jedis.dbSize() - jedis.keys("other:*").size());
        String[] keys = model.keySet().toArray(new String[0]);
        List<String> values = jedis.mget(keys);
        for (int i = 0; i < keys.length; i++) {
            assertEquals(model.get(keys[i]), values.get(i));
        }
    }
}
