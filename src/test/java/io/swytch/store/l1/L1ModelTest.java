package io.swytch.store.l1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on a tiny L1 against a plain map, which knows what may be evicted. */
final class L1ModelTest {
    private static final KeyHash HASH = new KeyHash(7);
    private static final long MB = 1 << 20;

    /** What a key should hold; {@code value} null is a tombstone. */
    private static final class Expected {
        byte[] value;
        long expireAtMs;
        boolean dirty;
        boolean draining;
    }

    private record Held(Slice slice, Bytes bytes, Pin pin) {}

    private final Item item = new Item();
    private final Slice slice = new Slice();
    private final Map<String, Expected> model = new HashMap<>();
    private final List<Held> held = new ArrayList<>();
    private final int[] spaces = {1, 2, 3};
    private Random random;
    private L1 l1;
    private boolean tiered;
    private boolean draining;
    private long maxBytes;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void memoryOnly_holdsWhatTheModelHolds(long seed) {
        run(seed, false, 20_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void tiered_losesNothingDirty(long seed) {
        run(seed, true, 20_000);
    }

    private void run(long seed, boolean tiered, int steps) {
        this.tiered = tiered;
        random = new Random(seed);
        maxBytes = MB << random.nextInt(4);
        l1 = new L1(new L1Options(maxBytes, tiered ? 4 * MB : 0, 2, EvictionMode.ALL, HASH));
        int nextSpace = 10;
        int keys = 200 + random.nextInt(20_000);
        for (int step = 0; step < steps; step++) {
            int what = random.nextInt(1000);
            int space = spaces[random.nextInt(3)];
            Key key = key(space, random.nextInt(keys));
            if (what < 450) {
                put(key);
            } else if (what < 700) {
                check(key);
            } else if (what < 730) {
                replace(key);
            } else if (what < 800) {
                patch(key);
            } else if (what < 870) {
                expire(key);
            } else if (what < 950) {
                delete(key);
            } else if (what < 960) {
                l1.upkeep(1, 1_000_000);
            } else if (what < 962) {
                int i = random.nextInt(3);
                l1.dropSpace(spaces[i]);
                int dropped = spaces[i];
                model.keySet().removeIf(each -> each.startsWith(dropped + ":"));
                spaces[i] = nextSpace++;
            } else if (what < 980 && !held.isEmpty()) {
                Held one = held.remove(random.nextInt(held.size()));
                assertTrue(one.slice.contentEquals(one.bytes.toByteArray()), "a pinned value changed");
                one.pin.release();
            } else if (what == 990 && !draining && random.nextInt(20) == 0) {
                maxBytes = MB << random.nextInt(6);
                l1.setMaxBytes(maxBytes);
                verify();
            } else if (what > 990 && tiered) {
                drainStep();
            }
            if (step % 64 == 0) {
                assertTrue(l1.usedBytes() <= maxBytes, l1.usedBytes() + " of " + maxBytes);
            }
            if (step % 5000 == 0) {
                verify();
            }
        }
        verify();
        for (String name : new ArrayList<>(model.keySet())) {
            String[] parts = name.split(":", 2);
            check(key(Integer.parseInt(parts[0]), Integer.parseInt(parts[1])));
        }
        walk();
    }

    private static Key key(int space, int number) {
        // Some keys are long, one in many over half a small segment.
        String name = number % 97 == 0 ? number + "x".repeat(number % 3000) : "k" + number;
        return new Key().set(Slice.copyOf(name), space, HASH);
    }

    private static String name(Key key) {
        String text = key.bytes().toString();
        int number = Integer.parseInt(text.replace("k", "").replace("x", ""));
        return key.space() + ":" + number;
    }

    private byte[] bytes() {
        int length = switch (random.nextInt(200)) {
            case 0 -> random.nextInt(300_000);
            case 1, 2, 3 -> random.nextInt(20_000);
            case 4, 5, 6, 7, 8, 9, 10, 11, 12 -> random.nextInt(2000);
            default -> random.nextInt(100);
        };
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void put(Key key) {
        byte[] value = bytes();
        long expireAtMs = random.nextInt(4) == 0 ? 1000 + random.nextInt(5) : 0;
        boolean fill = tiered && random.nextInt(4) == 0 && !model.containsKey(name(key));
        Shard shard = l1.lock(key.hash());
        if (fill && shard.find(key, item, false)) {
            assertTrue(item.isTombstone() && !shard.isDirty(key));
            fill = false;
        }
        boolean stored = shard.put(
                key,
                ItemType.STRING,
                0,
                expireAtMs,
                Slice.copyOf(value),
                tiered && !fill,
                fill ? ItemHeader.L2_HAS : ItemHeader.L2_UNKNOWN);
        if (stored) {
            Expected expected = new Expected();
            expected.value = value;
            expected.expireAtMs = expireAtMs;
            expected.dirty = tiered && !fill;
            model.put(name(key), expected);
        }
        assertEquals(stored && tiered && !fill, stored && shard.isDirty(key));
        shard.unlock();
        if (stored) {
            check(key);
        } else {
            assertTrue(value.length > 100_000 || fill, "a value of " + value.length + " bytes was refused");
            check(key);
        }
    }

    private void check(Key key) {
        Shard shard = l1.lock(key.hash());
        boolean found = shard.find(key, item, random.nextBoolean());
        Expected expected = model.get(name(key));
        if (!found) {
            assertTrue(expected == null || !expected.dirty, () -> "lost " + name(key));
            model.remove(name(key));
        } else if (expected == null) {
            assertTrue(item.isTombstone() && !shard.isDirty(key), "came back: " + name(key));
        } else {
            assertEquals(expected.value == null, item.isTombstone());
            if (expected.value != null) {
                assertTrue(item.value(slice).contentEquals(expected.value), () -> "differs: " + name(key));
                assertEquals(expected.expireAtMs, item.expireAtMs());
                if (item.isLarge() && held.size() < 3 && random.nextInt(4) == 0) {
                    slice.pin().retain();
                    held.add(new Held(new Slice().set(slice), Bytes.wrap(expected.value), slice.pin()));
                }
            }
            assertTrue(item.key(new Slice()).contentEquals(key.bytes()));
        }
        shard.unlock();
    }

    /** In place where the new value takes the room of the old one; else nothing changes. */
    private void replace(Key key) {
        check(key);
        Expected expected = model.get(name(key));
        int old = expected == null || expected.value == null ? 0 : expected.value.length;
        byte[] value = new byte[Math.max(0, old + random.nextInt(9) - 4)];
        random.nextBytes(value);
        Shard shard = l1.lock(key.hash());
        boolean found = shard.find(key, item, true) && !item.isTombstone();
        boolean large = found && item.isLarge();
        boolean replaced = found && shard.replace(item, 0, Slice.copyOf(value), tiered);
        shard.unlock();
        if (replaced) {
            expected.value = value;
            expected.dirty = tiered;
            expected.draining = false;
        }
        assertTrue(replaced || !found || large || value.length != old, "a value of the same length was refused");
        check(key);
    }

    private void patch(Key key) {
        check(key);
        Expected expected = model.get(name(key));
        byte[] bytes = bytes();
        int old = expected == null || expected.value == null ? 0 : expected.value.length;
        int offset = random.nextInt(10) == 0 ? random.nextInt(old + 50_000) : random.nextInt(old + 20);
        Shard shard = l1.lock(key.hash());
        boolean patched = shard.patch(key, offset, Slice.copyOf(bytes));
        shard.unlock();
        if (patched) {
            byte[] value = Arrays.copyOf(expected.value, Math.max(old, offset + bytes.length));
            System.arraycopy(bytes, 0, value, offset, bytes.length);
            expected.value = value;
            expected.dirty = tiered;
            expected.draining = false;
        } else {
            assertTrue(
                    expected == null || expected.value == null || offset + bytes.length > 50_000,
                    "a patch was refused");
        }
        check(key);
    }

    private void expire(Key key) {
        check(key);
        Expected expected = model.get(name(key));
        if (expected == null || expected.value == null) {
            return;
        }
        long at = random.nextBoolean() ? 0 : 2000 + random.nextInt(9);
        Shard shard = l1.lock(key.hash());
        assertTrue(shard.setExpire(key, at));
        shard.unlock();
        expected.expireAtMs = at;
        expected.dirty = tiered;
        expected.draining = false;
        check(key);
    }

    private void delete(Key key) {
        Shard shard = l1.lock(key.hash());
        if (tiered) {
            assertTrue(shard.putTombstone(key, ItemHeader.L2_HAS));
            Expected expected = new Expected();
            expected.dirty = true;
            model.put(name(key), expected);
        } else {
            boolean removed = shard.remove(key);
            Expected expected = model.remove(name(key));
            assertTrue(!removed || expected != null);
        }
        shard.unlock();
        check(key);
    }

    /** Begins a drain, or hands on all that is in it and ends it well or badly. */
    private void drainStep() {
        if (!draining) {
            draining = true;
            for (int i = 0; i < l1.shardCount(); i++) {
                l1.shard(i).beginDrain();
            }
            model.values().forEach(each -> each.draining = each.dirty);
            return;
        }
        boolean partly = random.nextInt(4) == 0;
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < l1.shardCount(); i++) {
            Shard shard = l1.shard(i);
            for (int space : shard.spaces()) {
                long[] last = {0};
                long at = 0;
                for (int n = 0; at != Shard.DONE && !(partly && n > 3); n++) {
                    at = shard.drainSlice(at, space, 1 + random.nextInt(50), (item, hash, state) -> {
                        assertTrue(Long.compareUnsigned(last[0], hash) <= 0);
                        last[0] = hash;
                        String name = name(new Key().set(item.key(new Slice()), space, HASH));
                        Expected expected = model.get(name);
                        assertTrue(expected != null && expected.draining, () -> "not to be drained: " + name);
                        assertTrue(taken.add(name));
                        if (expected.value == null) {
                            assertTrue(item.isTombstone());
                        } else {
                            assertTrue(item.value(slice).contentEquals(expected.value));
                        }
                    });
                }
            }
        }
        boolean succeeds = !partly && random.nextInt(4) != 0;
        if (!partly) {
            long wanted = model.values().stream().filter(each -> each.draining).count();
            assertEquals(wanted, taken.size());
        }
        for (int i = 0; i < l1.shardCount(); i++) {
            if (succeeds) {
                l1.shard(i).finishDrain();
            } else {
                l1.shard(i).failDrain();
            }
        }
        draining = false;
        for (String name : new ArrayList<>(model.keySet())) {
            Expected expected = model.get(name);
            if (expected.draining && succeeds) {
                expected.dirty = false;
                if (expected.value == null) {
                    model.remove(name);
                }
            }
            expected.draining = false;
        }
        if (model.values().stream().noneMatch(each -> each.dirty)) {
            assertEquals(0, l1.dirtyBytes());
        }
    }

    private void walk() {
        for (int space : spaces) {
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < l1.shardCount(); i++) {
                for (long at = 0; at != Shard.DONE; ) {
                    at = l1.shard(i).walk(at, space, 13, (item, hash) -> {
                        if (!item.isTombstone()) {
                            assertTrue(seen.add(name(new Key().set(item.key(new Slice()), space, HASH))));
                        }
                    });
                }
            }
            long wanted = model.entrySet().stream()
                    .filter(each -> each.getKey().startsWith(space + ":") && each.getValue().value != null)
                    .count();
            assertEquals(wanted, seen.size());
            if (!tiered) {
                assertEquals(wanted, l1.keys(space));
            }
        }
    }

    /** Counts everything anew, and compares. */
    private void verify() {
        for (int s = 0; s < l1.shardCount(); s++) {
            Core core = l1.shard(s).core();
            int[] live = new int[core.arena.rows()];
            long entryBytes = 0;
            int count = 0;
            long[] entries = new long[Spaces.SLOTS];
            long[] expiring = new long[Spaces.SLOTS];
            long[] unknown = new long[Spaces.SLOTS];
            long[] marked = new long[Spaces.SLOTS * 4];
            int lastTag = 0;
            for (int i = 0; i < core.index.capacity(); i++) {
                long slot = core.index.get(i);
                if (slot == 0) {
                    continue;
                }
                count++;
                assertTrue(Integer.compareUnsigned(lastTag, Index.tag(slot)) <= 0, "tags out of order");
                lastTag = Index.tag(slot);
                int location = Index.location(slot);
                ByteBuffer buffer = core.arena.buffer(location);
                int offset = core.arena.offset(location);
                long header = core.headerAt(i);
                assertTrue(ItemHeader.type(header) != 0);
                assertEquals(lastTag, core.index.tagOf(core.index.hashAt(location)));
                live[core.arena.segmentOf(location)] += Entries.liveBytes(buffer, offset, header);
                long weight = core.weight(buffer, offset, header);
                entryBytes += weight;
                int space = ItemHeader.spaceSlot(header);
                entries[space]++;
                marked[space << 2 | Index.mark(slot)] += weight;
                if (!Entries.isTombstone(header)) {
                    expiring[space] += ItemHeader.hasExpire(header) ? 1 : 0;
                }
                unknown[space] += ItemHeader.l2State(header) == ItemHeader.L2_UNKNOWN ? 1 : 0;
            }
            assertEquals(count, core.index.count());
            assertEquals(entryBytes, core.entryBytes);
            int charged = 0;
            for (int i = 0; i < live.length; i++) {
                byte queue = core.arena.queue[i];
                charged += queue != Arena.FREE && queue != Arena.WAIT ? 1 : 0;
                if (queue == Arena.SMALL || queue == Arena.MAIN || queue == Arena.WAIT || queue == Arena.HANDLES) {
                    assertEquals(live[i], core.arena.live[i], "live bytes of segment " + i);
                } else {
                    assertEquals(0, live[i]);
                }
            }
            assertEquals(charged, core.arena.charged);
            for (int i = 1; i < Spaces.SLOTS; i++) {
                assertEquals(entries[i], core.spaces.entries[i]);
                assertEquals(expiring[i], core.spaces.expiring[i]);
                assertEquals(unknown[i], core.spaces.unknown[i]);
                for (int mark = 1; mark < 4; mark++) {
                    assertEquals(marked[i << 2 | mark], core.spaces.marked[i << 2 | mark]);
                }
            }
        }
    }
}
