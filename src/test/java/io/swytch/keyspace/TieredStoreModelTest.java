package io.swytch.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.ManualClock;
import io.swytch.stats.LoopStats;
import io.swytch.store.BacklogLimits;
import io.swytch.store.Store;
import io.swytch.store.StoreOptions;
import io.swytch.store.WarmOptions;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.journal.SyncMode;
import io.swytch.store.l1.EvictionMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random commands on a keyspace over two tiers with a tiny L1, against a map: whatever is filled, drained, evicted, expired, flushed or
 * read back after a restart, the keyspace shows what the map shows.
 */
class TieredStoreModelTest {
    private static final int KEYS = 3_000;
    private static final int STEPS = 12_000;

    @TempDir
    Path dir;

    /** What the model knows of a key. */
    private static final class Value {
        final byte[] bytes;
        final long expireAtMs;

        Value(byte[] bytes, long expireAtMs) {
            this.bytes = bytes;
            this.expireAtMs = expireAtMs;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void keyspace_showsWhatAMapShows(long seed) throws IOException {
        new Run(seed).run();
    }

    private final class Run {
        final long seed;
        final Random random;
        final ManualClock clock = new ManualClock(1_800_000_000_000L);
        final Map<Integer, Map<String, Value>> model = new HashMap<>();
        Store store;
        StoreKeyspace keyspace;

        Run(long seed) throws IOException {
            this.seed = seed;
            random = new Random(seed);
            model.put(0, new HashMap<>());
            model.put(1, new HashMap<>());
            open();
        }

        void open() throws IOException {
            store = Store.open(
                    new StoreOptions(
                            1 << 20,
                            EvictionMode.ALL,
                            2,
                            2,
                            dir.resolve("s" + seed),
                            1 << 20,
                            64L << 20,
                            new BacklogLimits(2L << 30, 32, 64L << 30),
                            8 << 20,
                            -1,
                            SyncMode.OS,
                            false,
                            new WarmOptions(true, Duration.ofMillis(20))),
                    clock);
            store.startWarming();
            keyspace = new StoreKeyspace(store, new Databases(store), new LoopStats());
            keyspace.setMayBlock(true);
        }

        void run() throws IOException {
            for (int step = 0; step < STEPS; step++) {
                int what = random.nextInt(1000);
                if (what < 970) {
                    onKey(step);
                } else if (what < 985) {
                    clock.advance(Duration.ofMillis(random.nextInt(2_000)));
                } else if (what < 995) {
                    store.drainNow();
                } else if (what < 996) {
                    all(() -> {
                        int db = random.nextInt(2);
                        if (random.nextBoolean()) {
                            keyspace.flush(db);
                            model.get(db).clear();
                        } else {
                            keyspace.swap(0, 1);
                            Map<String, Value> first = model.get(0);
                            model.put(0, model.get(1));
                            model.put(1, first);
                        }
                    });
                } else if (what < 997) {
                    checkWalk(step);
                } else if (what < 998) {
                    store.close(random.nextBoolean());
                    open();
                } else if (what < 999) {
                    store.reload();
                }
            }
            checkAll(STEPS);
            store.close(true);
            open();
            checkAll(-1);
            store.close(true);
        }

        void all(Runnable action) {
            store.lockAll();
            try {
                keyspace.begin(clock.millis());
                action.run();
                store.publish(keyspace.effects());
            } finally {
                store.unlockAll();
            }
        }

        void onKey(int step) {
            int db = random.nextInt(8) == 0 ? 1 : 0;
            // Some keys are hot, most are cold.
            int number = random.nextInt(4) == 0 ? random.nextInt(50) : random.nextInt(KEYS);
            String name = "key:" + number;
            keyspace.begin(clock.millis());
            Key key = keyspace.key(db, Slice.copyOf(name), new Key());
            store.lock(key.hash());
            try {
                act(step, db, name, key);
                store.publish(keyspace.effects());
            } finally {
                store.unlock(key.hash());
            }
        }

        void act(int step, int db, String name, Key key) {
            Map<String, Value> map = model.get(db);
            Value before = alive(map, name);
            String at = "seed " + seed + " step " + step + " " + name;
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3 -> check(at, before, keyspace.find(key));
                case 4, 5, 6 -> {
                    Value value = new Value(randomBytes(), random.nextInt(4) == 0 ? soon() : 0);
                    keyspace.putString(key, Slice.copyOf(value.bytes), ItemHeader.ENCODING_AUTO, value.expireAtMs);
                    map.put(name, value);
                }
                case 7 -> {
                    assertEquals(before != null, keyspace.delete(key), at);
                    map.remove(name);
                }
                case 8 -> {
                    byte[] patch = randomBytes();
                    int length = before == null ? 0 : before.bytes.length;
                    int offset = random.nextInt(length + 20);
                    keyspace.string(key);
                    keyspace.patchString(key, offset, Slice.copyOf(patch));
                    byte[] now = Arrays.copyOf(
                            before == null ? new byte[0] : before.bytes, Math.max(length, offset + patch.length));
                    System.arraycopy(patch, 0, now, offset, patch.length);
                    map.put(name, new Value(now, before == null ? 0 : before.expireAtMs));
                    check(at, map.get(name), keyspace.find(key));
                }
                case 9 -> {
                    assertEquals(before != null, keyspace.find(key) != null, at + " before");
                    if (before != null) {
                        long when = random.nextInt(3) == 0 ? 0 : soon();
                        keyspace.expireAt(key, when);
                        map.put(name, new Value(before.bytes, when));
                    }
                    assertEquals(before != null, keyspace.find(key) != null, at + " after");
                }
                case 10 -> {
                    long number = random.nextLong();
                    long expireAtMs = 0;
                    if (random.nextBoolean()) {
                        keyspace.replaceLong(key, keyspace.string(key), number);
                        expireAtMs = before == null ? 0 : before.expireAtMs;
                    } else {
                        keyspace.putLong(key, number, 0);
                    }
                    map.put(name, new Value(Long.toString(number).getBytes(StandardCharsets.US_ASCII), expireAtMs));
                }
                default -> check(at, before, keyspace.peek(key));
            }
        }

        long soon() {
            return clock.millis() + 1 + random.nextInt(20_000);
        }

        byte[] randomBytes() {
            byte[] bytes = new byte[random.nextInt(200) == 0 ? random.nextInt(60_000) : random.nextInt(300)];
            random.nextBytes(bytes);
            return bytes;
        }

        @Nullable
        Value alive(Map<String, Value> map, String name) {
            Value value = map.get(name);
            if (value != null && value.expireAtMs != 0 && value.expireAtMs <= clock.millis()) {
                map.remove(name);
                return null;
            }
            return value;
        }

        void check(String at, @Nullable Value expected, @Nullable Item item) {
            assertEquals(expected != null, item != null, at);
            if (expected != null && item != null) {
                assertEquals(expected.expireAtMs, item.expireAtMs(), at);
                assertEquals(
                        Slice.copyOf(expected.bytes).toBytes(),
                        item.value(new Slice()).toBytes(),
                        at);
            }
        }

        void checkWalk(int step) {
            for (int db = 0; db < 2; db++) {
                Map<String, Value> map = model.get(db);
                Set<String> seen = new HashSet<>();
                keyspace.begin(clock.millis());
                long cursor = 0;
                do {
                    cursor =
                            keyspace.scan(db, cursor, 1 + random.nextInt(100), (key, type) -> seen.add(key.toString()));
                } while (cursor != 0);
                Set<String> there = new HashSet<>(map.keySet());
                there.removeIf(name -> alive(map, name) == null);
                Set<String> lost = new HashSet<>(there);
                lost.removeAll(seen);
                Set<String> extra = new HashSet<>(seen);
                extra.removeAll(there);
                assertTrue(
                        lost.isEmpty() && extra.isEmpty(),
                        "seed " + seed + " step " + step + " db " + db + " lost " + lost + " extra " + extra);
            }
        }

        void checkAll(int step) {
            checkWalk(step);
            for (int db = 0; db < 2; db++) {
                for (int i = 0; i < KEYS; i++) {
                    String name = "key:" + i;
                    keyspace.begin(clock.millis());
                    Key key = keyspace.key(db, Slice.copyOf(name), new Key());
                    store.lock(key.hash());
                    try {
                        check(
                                "seed " + seed + " at end " + step + " " + name,
                                alive(model.get(db), name),
                                keyspace.find(key));
                    } finally {
                        store.unlock(key.hash());
                    }
                }
                // Every key has been looked at, so no expired one is counted any more.
                assertEquals(model.get(db).size(), keyspace.size(db), "seed " + seed + " size of db " + db);
            }
        }
    }
}
