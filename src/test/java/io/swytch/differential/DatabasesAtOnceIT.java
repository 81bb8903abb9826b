package io.swytch.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.cli.RedisServer;
import io.swytch.config.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ClientKillParams;

/**
 * A command on several keys, and a transaction, is whole for everybody, whatever happens to its database or its client in the middle.
 *
 * <p>{@code -Dswytch.random.seed=N} repeats what the clients want, though not who comes first.
 */
class DatabasesAtOnceIT {
    private static final Duration RUN = Duration.ofSeconds(4);
    private static final int ROUNDS = 20;

    /** Of those that take long. */
    private static final int FEW_ROUNDS = 8;

    private final long seed = Long.getLong("swytch.random.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private RedisServer server;

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.stop();
    }

    private void start(boolean persistent) throws Exception {
        System.out.println("DatabasesAtOnceIT seed " + seed);
        List<String> settings = new ArrayList<>(
                List.of("port", Integer.toString(ServerProcess.freePort()), "maxmemory", "64mb", "threads", "2"));
        if (persistent) {
            String data = ServerProcess.temporaryDirectory("swytch-databases")
                    .resolve("data")
                    .toString();
            settings.addAll(List.of("persistent", "yes", "data-dir", data));
        }
        server = RedisServer.start(Settings.of(settings.toArray(new String[0])));
    }

    private Jedis connect() {
        return new Jedis("127.0.0.1", server.port(), 60_000);
    }

    private static String[] keys(int count) {
        String[] keys = new String[count];
        for (int i = 0; i < count; i++) {
            keys[i] = "key:" + i;
        }
        return keys;
    }

    private static void set(Jedis jedis, int count, String value) {
        String[] keys = keys(count);
        String[] pairs = new String[2 * count];
        for (int i = 0; i < count; i++) {
            pairs[2 * i] = keys[i];
            pairs[2 * i + 1] = value;
        }
        jedis.mset(pairs);
    }

    /** A moment of any length. */
    private void let(Jedis pass, int pingsMax) {
        for (int i = random.nextInt(pingsMax); i > 0; i--) {
            pass.ping();
        }
    }

    /** Of so few keys that an event loop goes through them at once. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void databasesAreSwapped_noCommandIsInBoth(boolean persistent) throws Exception {
        start(persistent);
        int count = persistent ? 500 : 2000;
        long endNanos = System.nanoTime() + RUN.toNanos();
        Future<?> swapping = threads.submit(() -> {
            try (Jedis jedis = connect()) {
                while (System.nanoTime() < endNanos) {
                    jedis.swapDB(0, 1);
                }
            }
        });
        Future<?> setting = threads.submit(() -> {
            try (Jedis jedis = connect()) {
                for (int i = 0; System.nanoTime() < endNanos; i++) {
                    set(jedis, count, "v" + i);
                }
            }
        });
        int torn = 0;
        try (Jedis jedis = connect()) {
            while (System.nanoTime() < endNanos) {
                if (new HashSet<>(jedis.mget(keys(count))).size() > 1) {
                    torn++;
                }
            }
        }
        swapping.get();
        setting.get();
        assertEquals(0, torn);
    }

    /** Of so many keys that it is gone through in pieces, after a look at L2 for all. */
    @Test
    void databasesAreSwapped_hugeDeleteIsInOne() throws Exception {
        start(true);
        int there = 8000;
        String[] all = keys(200_000);
        for (int i = 0; i < FEW_ROUNDS; i++) {
            try (Jedis jedis = connect();
                    Jedis deleting = connect()) {
                jedis.flushAll();
                jedis.select(1);
                set(jedis, there, "v");
                server.chill();
                Future<Long> deleted = threads.submit(() -> deleting.del(all));
                let(jedis, 400);
                jedis.swapDB(0, 1);
                long count = deleted.get();
                assertTrue(count == 0 || count == there, () -> count + " deleted");
                jedis.select(0);
                assertEquals(count == 0 ? there : 0, jedis.dbSize());
            }
        }
    }

    /** SELECT makes it one that leaves the event loop. */
    @Test
    void clientIsKilledInExec_transactionIsWhole() throws Exception {
        start(true);
        int count = 5000;
        for (int i = 0; i < ROUNDS; i++) {
            try (Jedis jedis = connect()) {
                jedis.flushAll();
                jedis.set("other", "untouched");
                try (RespConnection leaving = new RespConnection(server.port(), 2)) {
                    String id = leaving.call(words("CLIENT", "ID")).toString().replaceAll("\\D", "");
                    leaving.call(words("WATCH", "key:0"));
                    leaving.call(words("MULTI"));
                    leaving.call(words("SELECT", "0"));
                    for (String key : keys(count)) {
                        leaving.send(words("SET", key, "v"));
                    }
                    for (int k = 0; k < count; k++) {
                        leaving.read();
                    }
                    leaving.send(words("EXEC"));
                    let(jedis, 60);
                    jedis.clientKill(new ClientKillParams().id(id));
                }
                // It takes all stripes, and so waits for the transaction, if that has begun.
                jedis.swapDB(2, 3);
                long size = jedis.dbSize();
                assertTrue(size == 1 || size == count + 1, () -> size + " keys");
                assertEquals("untouched", jedis.get("other"));
            }
        }
    }

    private static List<byte[]> words(String... args) {
        List<byte[]> words = new ArrayList<>();
        for (String arg : args) {
            words.add(arg.getBytes(StandardCharsets.US_ASCII));
        }
        return words;
    }
}
