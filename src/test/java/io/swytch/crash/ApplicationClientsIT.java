package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.swytch.cli.RedisServer;
import io.swytch.config.Settings;
import io.swytch.differential.ServerProcess;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** What applications do with Jedis and Lettuce, over both protocols, with and without a disk. */
class ApplicationClientsIT {
    private static final int KEYS = 5000;
    private static final int CLIENTS = 50;
    private static final int LARGE_BYTES = 20 << 20;

    private static RedisServer start(boolean persistent) throws Exception {
        List<String> settings =
                new ArrayList<>(List.of("port", Integer.toString(ServerProcess.freePort()), "maxmemory", "256mb"));
        if (persistent) {
            settings.addAll(List.of(
                    "persistent",
                    "yes",
                    "data-dir",
                    ServerProcess.temporaryDirectory("swytch-clients")
                            .resolve("data")
                            .toString()));
        }
        return RedisServer.start(Settings.of(settings.toArray(new String[0])));
    }

    @ParameterizedTest
    @CsvSource({"false,RESP2", "false,RESP3", "true,RESP2", "true,RESP3"})
    void jedis_findsWhatItAsksFor(boolean persistent, RedisProtocol protocol) throws Exception {
        RedisServer server = start(persistent);
        HostAndPort address = new HostAndPort("127.0.0.1", server.port());
        DefaultJedisClientConfig config = DefaultJedisClientConfig.builder()
                .protocol(protocol)
                .clientName("app")
                .timeoutMillis(10_000)
                .build();
        try (Jedis jedis = new Jedis(address, config);
                Jedis other = new Jedis(address, config)) {
            assertEquals("OK", jedis.set("k", "1", SetParams.setParams().nx().px(60_000)));
            assertNull(jedis.set("k", "2", SetParams.setParams().nx()));
            assertTrue(jedis.pttl("k") > 50_000);
            assertEquals("1", jedis.get("k"));
            assertEquals("app", jedis.clientGetname());
            assertTrue(jedis.info().contains("redis_version:"));
            assertEquals("268435456", jedis.configGet("maxmemory").get("maxmemory"));

            Pipeline pipeline = jedis.pipelined();
            List<Response<String>> replies = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                pipeline.set("s:" + i, "v" + i);
                replies.add(pipeline.get("s:" + i));
            }
            pipeline.sync();
            for (int i = 0; i < KEYS; i++) {
                assertEquals("v" + i, replies.get(i).get());
            }
            Set<String> found = new HashSet<>();
            String cursor = ScanParams.SCAN_POINTER_START;
            do {
                ScanResult<String> page =
                        jedis.scan(cursor, new ScanParams().match("s:*").count(100));
                found.addAll(page.getResult());
                cursor = page.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
            assertEquals(KEYS, found.size());

            jedis.watch("k");
            other.set("k", "changed");
            Transaction lost = jedis.multi();
            lost.set("k", "mine");
            assertNull(lost.exec());
            Transaction won = jedis.multi();
            won.set("k", "5");
            won.incr("k");
            assertEquals(List.of("OK", 6L), won.exec());

            byte[] large = new byte[LARGE_BYTES];
            new Random(1).nextBytes(large);
            byte[] binaryKey = {0, 13, 10, -1, 'k'};
            jedis.set(binaryKey, large);
            assertArrayEquals(large, other.get(binaryKey));
            assertEquals(1, jedis.del(binaryKey));
        } finally {
            server.stop();
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void pooledJedis_ofFiftyThreads_countTogether(boolean persistent) throws Exception {
        RedisServer server = start(persistent);
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        ConnectionPoolConfig connections = new ConnectionPoolConfig();
        connections.setMaxTotal(CLIENTS);
        try (redis.clients.jedis.RedisClient pool = redis.clients.jedis.RedisClient.builder()
                .hostAndPort("127.0.0.1", server.port())
                .poolConfig(connections)
                .build()) {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                runs.add(threads.submit(() -> {
                    for (int n = 0; n < 100; n++) {
                        pool.incr("n");
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
            assertEquals(Integer.toString(CLIENTS * 100), pool.get("n"));
        } finally {
            threads.shutdownNow();
            server.stop();
        }
    }

    @ParameterizedTest
    @CsvSource({"false,RESP2", "false,RESP3", "true,RESP2", "true,RESP3"})
    void lettuce_findsWhatItAsksFor(boolean persistent, ProtocolVersion protocol) throws Exception {
        RedisServer server = start(persistent);
        RedisClient client = RedisClient.create(
                RedisURI.builder().withHost("127.0.0.1").withPort(server.port()).build());
        client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
        try (StatefulRedisConnection<String, String> connection = client.connect();
                StatefulRedisConnection<String, String> second = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            assertEquals("OK", redis.set("k", "1", SetArgs.Builder.nx().px(60_000)));
            assertNull(redis.set("k", "2", SetArgs.Builder.nx()));
            assertTrue(redis.pttl("k") > 50_000);
            assertTrue(redis.info("server").contains("redis_version:"));
            assertEquals("268435456", redis.configGet("maxmemory").get("maxmemory"));
            List<Future<String>> sets = new ArrayList<>();
            for (int i = 0; i < KEYS; i++) {
                sets.add(connection.async().set("s:" + i, "v" + i));
            }
            for (Future<String> set : sets) {
                assertEquals("OK", set.get());
            }
            assertEquals("v" + (KEYS - 1), redis.get("s:" + (KEYS - 1)));
            Set<String> found = new HashSet<>();
            ScanArgs args = ScanArgs.Builder.matches("s:*").limit(100);
            KeyScanCursor<String> page = redis.scan(args);
            found.addAll(page.getKeys());
            while (!page.isFinished()) {
                page = redis.scan(page, args);
                found.addAll(page.getKeys());
            }
            assertEquals(KEYS, found.size());
            redis.watch("k");
            second.sync().set("k", "changed");
            redis.multi();
            redis.set("k", "mine");
            assertTrue(redis.exec().wasDiscarded());
            assertEquals("changed", redis.get("k"));
            String large = "x".repeat(LARGE_BYTES);
            redis.set("large", large);
            assertEquals(large, second.sync().get("large"));
        } finally {
            client.shutdown();
            server.stop();
        }
    }
}
