package io.swytch.store.l1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class L1Test {
    private static final KeyHash HASH = new KeyHash(42);
    private static final long MB = 1 << 20;

    private final Item item = new Item();

    private static L1 memory(long bytes) {
        return new L1(new L1Options(bytes, 0, 2, EvictionMode.ALL, HASH));
    }

    private static L1 tiered(long bytes) {
        return new L1(new L1Options(bytes, 8 * MB, 2, EvictionMode.ALL, HASH));
    }

    private static Key key(int space, String name) {
        return new Key().set(Slice.copyOf(name), space, HASH);
    }

    private static boolean put(L1 l1, Key key, Slice value, long expireAtMs, boolean dirty, int state) {
        Shard shard = l1.lock(key.hash());
        try {
            return shard.put(key, ItemType.STRING, 0, expireAtMs, value, dirty, state);
        } finally {
            shard.unlock();
        }
    }

    private static boolean put(L1 l1, Key key, String value) {
        return put(l1, key, Slice.copyOf(value), 0, false, ItemHeader.L2_NONE);
    }

    private String get(L1 l1, Key key) {
        Shard shard = l1.lock(key.hash());
        try {
            return shard.find(key, item, true) ? item.value(new Slice()).toString() : null;
        } finally {
            shard.unlock();
        }
    }

    @Test
    void writtenSec_isToldFromWhereAnEntryLies() {
        L1 l1 = memory(MB);
        long now = 2_000_000_000L;
        l1.upkeep(now * 1000, 1_000_000_000);
        put(l1, key(1, "old"), "v");
        l1.upkeep((now + 100) * 1000, 1_000_000_000);
        put(l1, key(1, "middle"), "v");
        l1.upkeep((now + 200) * 1000, 1_000_000_000);
        put(l1, key(1, "new"), "v");
        assertEquals(now, writtenSec(l1, key(1, "old")));
        int middle = writtenSec(l1, key(1, "middle"));
        assertTrue(middle > now && middle < now + 200, "" + middle);
        assertEquals(now + 200, writtenSec(l1, key(1, "new")));
        assertEquals(0, writtenSec(l1, key(1, "none")));
    }

    private static int writtenSec(L1 l1, Key key) {
        Shard shard = l1.lock(key.hash());
        try {
            return shard.writtenSec(key);
        } finally {
            shard.unlock();
        }
    }

    private static Slice pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + seed + (i >> 12));
        }
        return Slice.copyOf(bytes);
    }

    @Test
    void put_isFound_inItsSpaceOnly() {
        L1 l1 = memory(16 * MB);
        put(l1, key(1, "a"), "one");
        put(l1, key(2, "a"), "two");
        put(l1, key(1, ""), "empty");
        assertEquals("one", get(l1, key(1, "a")));
        assertEquals("two", get(l1, key(2, "a")));
        assertEquals("empty", get(l1, key(1, "")));
        assertEquals(null, get(l1, key(3, "a")));
        assertEquals(2, l1.keys(1));
        assertEquals(1, l1.keys(2));
    }

    @Test
    void put_overwrites_longerAndShorter() {
        L1 l1 = memory(16 * MB);
        Key key = key(1, "k");
        for (int length : new int[] {3, 3, 0, 9, 4, 200, 100, 5, 60_000, 200_000, 7, 300_000, 299_999, 500_000}) {
            assertTrue(put(l1, key, pattern(length, length), 0, false, 0));
            assertEquals(pattern(length, length).toString(), get(l1, key));
        }
        assertEquals(1, l1.keys(1));
        assertEquals(1, l1.entries());
    }

    @Test
    void used_staysWithinTheBound_andEvicts() {
        for (long bytes : new long[] {MB, 3 * MB, 20 * MB}) {
            L1 l1 = memory(bytes);
            for (int i = 0; i < 200_000; i++) {
                assertTrue(put(l1, key(1, "key:" + i), pattern(i % 400, i), 0, false, 0));
                if (i % 1000 == 0) {
                    assertTrue(l1.usedBytes() <= bytes, l1.usedBytes() + " of " + bytes);
                }
            }
            assertTrue(l1.usedBytes() > bytes * 8 / 10, l1.usedBytes() + " of " + bytes);
            assertEquals(200_000, l1.keys(1) + l1.evictions());
            assertEquals(l1.keys(1), l1.entries());
        }
    }

    @Test
    void largeValue_livesOnForItsReader() {
        L1 l1 = memory(16 * MB);
        Key key = key(1, "large");
        put(l1, key, pattern(700_000, 5), 0, false, 0);
        Shard shard = l1.lock(key.hash());
        assertTrue(shard.find(key, item, true));
        Slice value = item.value(new Slice());
        Pin pin = value.pin();
        pin.retain();
        assertTrue(shard.patch(key, 100, Slice.copyOf("patched")));
        assertTrue(shard.remove(key));
        shard.unlock();
        for (int i = 0; i < 100_000; i++) {
            put(l1, key(1, "key:" + i), pattern(300, i), 0, false, 0);
        }
        assertTrue(value.contentEquals(pattern(700_000, 5)));
        pin.release();
        for (int i = 0; i < 100_000; i++) {
            put(l1, key(1, "other:" + i), pattern(300, i), 0, false, 0);
        }
        assertEquals(0, l1.largeBytes());
    }

    @Test
    void patch_growsWithZeros_intoALargeValue() {
        L1 l1 = memory(32 * MB);
        Key key = key(1, "p");
        put(l1, key, Slice.copyOf("abc"), 99, false, 0);
        Shard shard = l1.lock(key.hash());
        byte[] model = "abc".getBytes(StandardCharsets.UTF_8);
        for (int[] step :
                new int[][] {{1, 1}, {10, 5}, {300, 3}, {90_000, 10}, {70_000, 50_000}, {400_000, 1}, {5, 3}}) {
            Slice bytes = pattern(step[1], step[0]);
            assertTrue(shard.patch(key, step[0], bytes));
            model = Arrays.copyOf(model, Math.max(model.length, step[0] + step[1]));
            bytes.copyTo(0, model, step[0], step[1]);
            assertTrue(shard.find(key, item, false));
            assertTrue(item.value(new Slice()).contentEquals(model));
            assertEquals(99, item.expireAtMs());
            assertEquals(ItemHeader.ENCODING_RAW, item.encoding());
        }
        shard.unlock();
    }

    @Test
    void setExpire_comesAndGoes() {
        L1 l1 = memory(16 * MB);
        for (String value : new String[] {"v", "x".repeat(500_000)}) {
            Key key = key(1, "e");
            put(l1, key, value);
            Shard shard = l1.lock(key.hash());
            for (long at : new long[] {0, 77, 88, 0, 0, 99}) {
                assertTrue(shard.setExpire(key, at));
                assertTrue(shard.find(key, item, false));
                assertEquals(at, item.expireAtMs());
                assertEquals(value, item.value(new Slice()).toString());
                assertEquals(at == 0 ? 0 : 1, l1.expiringKeys(1));
            }
            shard.unlock();
        }
    }

    @Test
    void walk_visitsAllInHashOrder() {
        L1 l1 = memory(64 * MB);
        for (int i = 0; i < 20_000; i++) {
            put(l1, key(1, "key:" + i), "v");
            put(l1, key(2, "key:" + i), "v");
        }
        List<Long> hashes = new ArrayList<>();
        for (int i = 0; i < l1.shardCount(); i++) {
            for (long at = 0; at != Shard.DONE; ) {
                at = l1.shard(i).walk(at, 1, 10, (item, hash) -> hashes.add(hash));
            }
        }
        assertEquals(20_000, hashes.size());
        for (int i = 1; i < hashes.size(); i++) {
            assertTrue(Long.compareUnsigned(hashes.get(i - 1), hashes.get(i)) <= 0);
        }
    }

    @Test
    void drain_handsOnWhatIsDirty_once() {
        L1 l1 = tiered(16 * MB);
        for (int i = 0; i < 1000; i++) {
            put(l1, key(1, "key:" + i), Slice.copyOf("v" + i), 0, i % 2 == 0, ItemHeader.L2_UNKNOWN);
        }
        assertEquals(1000, l1.unknownKeys(1));
        assertEquals(500, drain(l1, 1, true));
        assertEquals(0, l1.dirtyBytes());
        assertEquals(500, l1.unknownKeys(1));
        put(l1, key(1, "key:2"), "again");
        assertEquals(0, drain(l1, 1, true));
        put(l1, key(1, "key:2"), Slice.copyOf("again"), 0, true, 0);
        assertEquals(1, drain(l1, 1, false));
        assertTrue(l1.dirtyBytes() > 0);
        assertEquals(1, drain(l1, 1, true));
        assertEquals(0, l1.dirtyBytes());
    }

    private static int drain(L1 l1, int space, boolean succeeds) {
        int[] taken = {0};
        for (int i = 0; i < l1.shardCount(); i++) {
            l1.shard(i).beginDrain();
            for (long at = 0; at != Shard.DONE; ) {
                at = l1.shard(i).drainSlice(at, space, 7, (item, hash, state) -> taken[0]++);
            }
            if (succeeds) {
                l1.shard(i).finishDrain();
            } else {
                l1.shard(i).failDrain();
            }
        }
        return taken[0];
    }

    @Test
    void dirty_isNeverDropped_andWaitsBesideTheBound() {
        L1 l1 = tiered(2 * MB);
        for (int i = 0; i < 20_000; i++) {
            put(l1, key(1, "key:" + i), pattern(200, i), 0, true, ItemHeader.L2_UNKNOWN);
        }
        assertTrue(l1.usedBytes() <= 2 * MB);
        assertTrue(l1.waitBytes() > 2 * MB);
        for (int i = 0; i < 20_000; i++) {
            assertEquals(pattern(200, i).toString(), get(l1, key(1, "key:" + i)));
        }
        assertEquals(20_000, drain(l1, 1, true));
        l1.upkeep(1, Long.MAX_VALUE >> 1);
        assertEquals(0, l1.waitBytes());
        assertEquals(20_000, l1.keys(1));
        assertTrue(l1.entries() < 12_000);
    }

    @Test
    void dropSpace_forgetsItsKeys() {
        L1 l1 = memory(16 * MB);
        for (int i = 0; i < 10_000; i++) {
            put(l1, key(1, "key:" + i), "one");
            put(l1, key(2, "key:" + i), "two");
        }
        l1.dropSpace(1);
        assertEquals(0, l1.keys(1));
        assertEquals(null, get(l1, key(1, "key:5")));
        assertEquals("two", get(l1, key(2, "key:5")));
        l1.upkeep(1, Long.MAX_VALUE >> 1);
        assertEquals(10_000, l1.entries());
        l1.dropSpace(2);
        assertEquals(0, l1.entries());
        put(l1, key(2, "key:5"), "three");
        assertEquals("three", get(l1, key(2, "key:5")));
        for (int space = 10; space < 2000; space++) {
            put(l1, key(space, "k"), "v");
            l1.dropSpace(space);
        }
        assertEquals("three", get(l1, key(2, "key:5")));
    }

    @Test
    void upkeep_sweepsWhatExpired() {
        L1 l1 = memory(16 * MB);
        for (int i = 0; i < 10_000; i++) {
            put(l1, key(1, "key:" + i), Slice.copyOf("v"), i < 4000 ? 1000 : 5000, false, 0);
        }
        l1.upkeep(2000, Long.MAX_VALUE >> 1);
        assertEquals(6000, l1.keys(1));
        assertEquals(4000, l1.expired());
        l1.upkeep(6000, Long.MAX_VALUE >> 1);
        assertEquals(0, l1.keys(1));
    }

    @Test
    void noEviction_refuses() {
        L1 l1 = new L1(new L1Options(2 * MB, 0, 1, EvictionMode.NONE, HASH));
        int stored = 0;
        while (put(l1, key(1, "key:" + stored), pattern(100, stored), 0, false, 0)) {
            stored++;
        }
        assertFalse(l1.shard(0).hasRoomFor(100_000));
        assertTrue(l1.usedBytes() <= 2 * MB);
        for (int i = 0; i < stored; i++) {
            assertEquals(pattern(100, i).toString(), get(l1, key(1, "key:" + i)));
        }
        for (int i = 0; i < stored; i += 2) {
            assertTrue(l1.shard(0).remove(key(1, "key:" + i)));
        }
        assertTrue(l1.shard(0).hasRoomFor(1000));
        assertTrue(put(l1, key(1, "more"), pattern(100, 0), 0, false, 0));
    }

    @Test
    void volatile_evictsOnlyWhatExpires() {
        L1 l1 = new L1(new L1Options(4 * MB, 0, 1, EvictionMode.VOLATILE, HASH));
        for (int i = 0; i < 5000; i++) {
            put(l1, key(1, "stays:" + i), pattern(100, i), 0, false, 0);
        }
        for (int i = 0; i < 100_000; i++) {
            assertTrue(put(l1, key(1, "goes:" + i), pattern(100, i), 1 << 30, false, 0));
        }
        for (int i = 0; i < 5000; i++) {
            assertEquals(pattern(100, i).toString(), get(l1, key(1, "stays:" + i)));
        }
    }

    @Test
    void setMaxBytes_bothWays_keepsWhatFits() {
        L1 l1 = memory(64 * MB);
        for (int i = 0; i < 100_000; i++) {
            put(l1, key(1, "key:" + i), pattern(300, i), 0, false, 0);
        }
        assertEquals(100_000, l1.keys(1));
        for (long bytes : new long[] {48 * MB, 40 * MB, 3 * MB, 64 * MB, 256 * MB, 8 * MB}) {
            l1.setMaxBytes(bytes);
            assertTrue(l1.usedBytes() <= bytes, l1.usedBytes() + " of " + bytes);
            long found = 0;
            for (int i = 0; i < 100_000; i++) {
                String value = get(l1, key(1, "key:" + i));
                if (value != null) {
                    found++;
                    assertEquals(pattern(300, i).toString(), value);
                }
            }
            assertEquals(found, l1.keys(1));
        }
        assertTrue(l1.keys(1) > 1000);
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "VOLATILE"})
    void lowerBound_whereNotEveryKeyMayGo_returns_andKeepsThem(EvictionMode mode) {
        L1 l1 = new L1(new L1Options(10 * MB, 0, 2, mode, HASH));
        for (int i = 0; i < 5_000; i++) {
            assertTrue(put(
                    l1,
                    key(1, "key" + i),
                    Slice.copyOf(new byte[1000]),
                    i % 2 == 0 ? 0 : 1L << 50,
                    false,
                    ItemHeader.L2_NONE));
        }
        for (long bytes : new long[] {6 * MB, 2 * MB, 200 << 10}) {
            l1.setMaxBytes(bytes);
            for (int i = 0; i < 5_000; i += mode == EvictionMode.NONE ? 1 : 2) {
                assertNotNull(get(l1, key(1, "key" + i)), "key" + i + " at " + bytes);
            }
        }
        // What is left of an open segment may still be written.
        Slice longer = Slice.copyOf(new byte[20_000]);
        assertFalse(put(l1, key(1, "more"), longer, 0, false, ItemHeader.L2_NONE));
        if (mode == EvictionMode.VOLATILE) {
            assertNull(get(l1, key(1, "key1")));
        }
        l1.setMaxBytes(20 * MB);
        assertTrue(put(l1, key(1, "more"), longer, 0, false, ItemHeader.L2_NONE));
        assertNotNull(get(l1, key(1, "key0")));
    }

    @Test
    void memoryAboveALowerBound_isGivenBackAsQueuesMoveOn() {
        L1 l1 = memory(24 * MB);
        for (int i = 0; i < 200_000; i++) {
            put(l1, key(1, "key:" + i), pattern(300, i), 0, false, 0);
        }
        assertTrue(l1.takenBytes() > 20 * MB, "took " + l1.takenBytes());
        l1.setMaxBytes(16 * MB);
        assertFalse(l1.needsRebuild(16 * MB), "a rebuild would give back everything at once");
        for (int i = 0; i < 200_000; i++) {
            put(l1, key(1, "later:" + i), pattern(300, i), 0, false, 0);
            if (i % 1000 == 0) {
                l1.upkeep(1, Long.MAX_VALUE / 4);
            }
        }
        long slack = 2L * l1.shardCount() * MB;
        assertTrue(l1.takenBytes() <= 16 * MB + slack, "still has " + l1.takenBytes());
    }
}
