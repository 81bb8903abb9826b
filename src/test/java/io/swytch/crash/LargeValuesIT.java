package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.swytch.cli.RedisServer;
import io.swytch.config.Settings;
import io.swytch.differential.ServerProcess;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.args.BitOP;
import redis.clients.jedis.exceptions.JedisDataException;

/** Values larger than what stays in L1, through the whole server, against arrays; in persistent mode over a restart too. */
class LargeValuesIT {
    private static final int MB = 1 << 20;
    private static final int KEYS = 3;
    private static final int OPERATIONS = 60;

    private final Map<Integer, byte[]> model = new HashMap<>();

    private static byte[] key(int i) {
        return ("large:" + i).getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"1,false,300mb", "2,true,8mb", "3,true,300mb"})
    void randomEdits_leaveWhatAnArrayHolds(long seed, boolean persistent, String maxmemory) throws Exception {
        List<String> settings =
                new ArrayList<>(List.of("port", Integer.toString(ServerProcess.freePort()), "maxmemory", maxmemory));
        if (persistent) {
            String data = ServerProcess.temporaryDirectory("swytch-large")
                    .resolve("data")
                    .toString();
            settings.addAll(List.of("persistent", "yes", "data-dir", data));
        }
        Random random = new Random(seed);
        RedisServer server = RedisServer.start(Settings.of(settings.toArray(new String[0])));
        try (Jedis jedis = new Jedis("127.0.0.1", server.port(), 60_000)) {
            for (int n = 0; n < OPERATIONS; n++) {
                step(jedis, random);
                if (persistent && n % 20 == 10) {
                    server.chill();
                }
            }
            check(jedis);
        } finally {
            server.stop();
        }
        if (persistent) {
            RedisServer again = RedisServer.start(Settings.of(settings.toArray(new String[0])));
            try (Jedis jedis = new Jedis("127.0.0.1", again.port(), 60_000)) {
                check(jedis);
            } finally {
                again.stop();
            }
        }
    }

    /** Several at once push others out, and are all there then; what can never fit is refused, and costs nobody anything. */
    @Test
    void hugeValuesOfOneCommand_areAllThereOrNone() throws Exception {
        RedisServer server =
                RedisServer.start(Settings.of("port", Integer.toString(ServerProcess.freePort()), "maxmemory", "64mb"));
        byte[] value = new byte[20 * MB];
        try (Jedis jedis = new Jedis("127.0.0.1", server.port(), 60_000)) {
            for (int i = 0; i < 12; i += 2) {
                assertEquals("OK", jedis.mset(key(i), value, key(i + 1), value));
                assertEquals(2, jedis.exists(key(i), key(i + 1)));
            }
            assertThrows(JedisDataException.class, () -> jedis.mset(key(12), value, key(13), value, key(14), value));
            assertEquals(0, jedis.exists(key(12), key(13), key(14)));
            assertEquals(2, jedis.exists(key(10), key(11)));
        } finally {
            server.stop();
        }
    }

    private void check(Jedis jedis) {
        for (int i = 0; i < KEYS; i++) {
            if (model.containsKey(i)) {
                assertArrayEquals(model.get(i), jedis.get(key(i)), "key " + i);
            } else {
                assertNull(jedis.get(key(i)), "key " + i);
            }
        }
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void step(Jedis jedis, Random random) {
        int i = random.nextInt(KEYS);
        byte[] old = model.getOrDefault(i, new byte[0]);
        switch (random.nextInt(9)) {
            case 8 -> transaction(jedis, i, random);
            case 0 -> {
                byte[] value = bytes(random, 9 * MB + random.nextInt(6 * MB));
                jedis.set(key(i), value);
                model.put(i, value);
            }
            case 1 -> {
                byte[] tail = bytes(random, random.nextInt(12 * MB));
                if (old.length + tail.length < 30 * MB) {
                    assertEquals(old.length + tail.length, jedis.append(key(i), tail));
                    edit(i, old.length, tail);
                }
            }
            case 2 -> {
                byte[] part = bytes(random, 1 + random.nextInt(random.nextBoolean() ? 100 : 10 * MB));
                int at = random.nextInt(20 * MB);
                jedis.setrange(key(i), at, part);
                edit(i, at, part);
            }
            case 3 -> {
                int bit = random.nextInt(25 * MB) * 8;
                jedis.setbit(key(i), bit, true);
                edit(i, bit / 8, new byte[] {(byte) (0x80 | (bit / 8 < old.length ? old[bit / 8] : 0))});
            }
            case 4 -> {
                int to = (i + 1) % KEYS;
                if (jedis.copy(key(i), key(to), true)) {
                    model.put(to, old);
                }
            }
            case 5 -> {
                int to = (i + 1) % KEYS;
                if (model.containsKey(i)) {
                    jedis.rename(key(i), key(to));
                    model.put(to, model.remove(i));
                }
            }
            case 6 -> not(jedis, i, old);
            default -> {
                assertEquals(ones(old), jedis.bitcount(key(i)));
                assertEquals(model.remove(i) == null ? 0 : 1, jedis.del(key(i)));
            }
        }
        if (model.containsKey(i)) {
            assertEquals(model.get(i).length, jedis.strlen(key(i)));
        }
    }

    private void edit(int i, int at, byte[] part) {
        byte[] old = model.getOrDefault(i, new byte[0]);
        byte[] edited = Arrays.copyOf(old, Math.max(old.length, at + part.length));
        System.arraycopy(part, 0, edited, at, part.length);
        if (edited.length > 0) {
            model.put(i, edited);
        }
    }

    private void transaction(Jedis jedis, int i, Random random) {
        int other = (i + 1) % KEYS;
        byte[] value = bytes(random, 9 * MB + random.nextInt(MB));
        byte[] tail = bytes(random, 9 * MB);
        Transaction transaction = jedis.multi();
        transaction.set(key(i), value);
        transaction.append(key(i), tail);
        transaction.set(key(other), tail);
        assertEquals(List.of("OK", (long) value.length + tail.length, "OK"), transaction.exec());
        model.put(i, value);
        edit(i, value.length, tail);
        model.put(other, tail);
    }

    private void not(Jedis jedis, int i, byte[] old) {
        int to = (i + 1) % KEYS;
        assertEquals(old.length, jedis.bitop(BitOP.NOT, key(to), key(i)));
        byte[] result = new byte[old.length];
        for (int at = 0; at < old.length; at++) {
            result[at] = (byte) ~old[at];
        }
        if (old.length == 0) {
            model.remove(to);
        } else {
            model.put(to, result);
        }
    }

    private static long ones(byte[] bytes) {
        long ones = 0;
        for (byte each : bytes) {
            ones += Integer.bitCount(each & 0xFF);
        }
        return ones;
    }
}
