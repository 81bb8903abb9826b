package io.swytch.store.l1;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values larger than a shard, written, edited, shared and read at random, against arrays. */
final class HugeValueModelTest {
    private static final KeyHash HASH = new KeyHash(7);
    private static final int MB = 1 << 20;
    private static final int KEYS = 4;
    private static final int OPERATIONS = 120;

    private final L1 l1 = new L1(new L1Options(256L * MB, 0, 2, EvictionMode.ALL, HASH));
    private final Map<Integer, byte[]> model = new HashMap<>();
    private final List<Reader> readers = new ArrayList<>();
    private final Item item = new Item();
    private final Slice view = new Slice();

    /** Somebody who sends a value while it may be edited. */
    private static final class Reader {
        private final Slice bytes;
        private final byte[] expected;

        Reader(Slice bytes, byte[] expected) {
            this.bytes = bytes;
            this.expected = expected;
        }

        void check() {
            assertArrayEquals(expected, bytes.toByteArray());
            bytes.pin().release();
        }
    }

    private static Key key(int i) {
        return new Key().set(Slice.copyOf("key" + i), 1, HASH);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomEdits_leaveWhatAnArrayHolds(long seed) {
        Random random = new Random(seed);
        long chunksBefore = Chunks.takenBytes();
        for (int n = 0; n < OPERATIONS; n++) {
            int i = random.nextInt(KEYS);
            switch (random.nextInt(8)) {
                case 0 -> put(i, random);
                case 1, 2, 3 -> patch(i, random);
                case 4 -> copy(i, random.nextInt(KEYS));
                case 5 -> pin(i);
                case 6 -> letGo(random);
                default -> remove(i, random);
            }
            check(i);
        }
        readers.forEach(Reader::check);
        for (int i = 0; i < KEYS; i++) {
            check(i);
            drop(i);
        }
        l1.upkeep(0, 1_000_000_000);
        assertEquals(0, l1.largeBytes());
        assertTrue(Chunks.takenBytes() <= chunksBefore + 64L * MB, "chunks were not given back");
    }

    @Test
    void valuesOfEverySize_fitBesideSmallOnes() {
        // Shards of 4 MiB, the least there are.
        L1 small = new L1(new L1Options(64L * MB, 0, 16, EvictionMode.ALL, HASH));
        for (int i = 0; i < 400_000; i++) {
            assertTrue(put(small, key(i), Slice.copyOf(new byte[20])));
        }
        for (int length = MB / 2; length <= 10 * MB; length += MB / 4) {
            assertTrue(put(small, key(length), Slice.copyOf(new byte[length])), length + " bytes");
            // The other shards give their part when they are touched, or here.
            small.upkeep(0, 1_000_000_000);
            assertTrue(small.usedBytes() <= 64L * MB, "uses " + small.usedBytes());
        }
    }

    @Test
    void valueThatFitsNowhere_isRefused_andCostsNobodyAKey() {
        for (int i = 0; i < KEYS; i++) {
            put(i, bytes(new Random(i), 20 * MB));
        }
        // 224 MiB may be huge values: this one cannot be, whoever leaves.
        Slice tooLarge = Slice.copyOf(new byte[230 * MB]);
        assertFalse(put(l1, key(1), tooLarge));
        assertFalse(put(l1, key(KEYS), tooLarge));
        for (int i = 0; i < KEYS; i++) {
            check(i);
        }
    }

    @Test
    void valuesOfOtherShards_makeRoom_ifTheyAreAskedTo() {
        L1 small = new L1(new L1Options(64L * MB, 0, 16, EvictionMode.ALL, HASH));
        Slice value = Slice.copyOf(new byte[40 * MB]);
        assertTrue(put(small, key(0), value));
        for (int i = 1; i < 20; i++) {
            Key key = key(i);
            if (!put(small, key, value)) {
                assertTrue(small.evictHuge(wanted(small, key)));
                assertTrue(put(small, key, value));
            }
            assertTrue(small.usedBytes() <= 64L * MB, "uses " + small.usedBytes());
        }
        assertFalse(put(small, key(0), Slice.copyOf(new byte[60 * MB])));
        assertEquals(0, wanted(small, key(0)));
        int refused = 20;
        while (put(small, key(refused), value)) {
            refused++;
        }
        assertEquals(0, wanted(small, key(refused + 100)), "another key's refusal");
    }

    private static long wanted(L1 l1, Key key) {
        Shard shard = l1.lock(key.hash());
        try {
            return shard.takeHugeBytesWanted(key);
        } finally {
            shard.unlock();
        }
    }

    @Test
    void lowerBound_takesWhatNoLongerFits() {
        put(1, Slice.copyOf(new byte[100 * MB]));
        put(2, new Random(1));
        l1.setMaxBytes(48L * MB);
        assertTrue(l1.usedBytes() <= 48L * MB, "uses " + l1.usedBytes());
        l1.setMaxBytes(256L * MB);
        put(3, new Random(2));
        check(3);
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private void put(int i, Random random) {
        byte[] value = bytes(random, 8 * MB + random.nextInt(8 * MB));
        if (random.nextBoolean()) {
            put(i, Slice.copyOf(value));
        } else {
            // As a request brings it: in chunks that somebody else pins too.
            Chunks chunks = Chunks.take(value.length);
            for (int at = 0; at < value.length; at += MB) {
                chunks.buffers()[at / MB].put(0, value, at, Math.min(MB, value.length - at));
            }
            put(i, new Slice().setChunks(chunks.buffers(), Chunks.SHIFT, value.length, chunks));
            chunks.release();
        }
        model.put(i, value);
    }

    private void put(int i, byte[] value) {
        put(i, Slice.copyOf(value));
        model.put(i, value);
    }

    private void put(int i, Slice value) {
        assertTrue(put(l1, key(i), value));
    }

    private static boolean put(L1 l1, Key key, Slice value) {
        Shard shard = l1.lock(key.hash());
        try {
            return shard.put(key, ItemType.STRING, 0, 0, value, false, ItemHeader.L2_NONE);
        } finally {
            shard.unlock();
        }
    }

    private void patch(int i, Random random) {
        byte[] old = model.get(i);
        if (old == null) {
            return;
        }
        int at = random.nextInt(Math.min(old.length + 2 * MB, 20 * MB));
        byte[] bytes = bytes(random, random.nextBoolean() ? random.nextInt(100) : random.nextInt(4 * MB));
        byte[] edited = Arrays.copyOf(old, Math.max(old.length, at + bytes.length));
        System.arraycopy(bytes, 0, edited, at, bytes.length);
        Key key = key(i);
        Slice slice = Slice.copyOf(bytes);
        ReadyChunks ready = random.nextBoolean() ? ReadyChunks.of(slice, at) : null;
        Shard shard = l1.lock(key.hash());
        try {
            assertTrue(ready == null ? shard.patch(key, at, slice) : shard.patch(key, at, slice, ready));
        } finally {
            shard.unlock();
        }
        if (ready != null) {
            ready.giveBack();
        }
        model.put(i, edited);
    }

    private void copy(int from, int to) {
        if (!model.containsKey(from) || from == to) {
            return;
        }
        Slice source = pinned(from);
        put(to, source);
        source.pin().release();
        model.put(to, model.get(from));
    }

    private Slice pinned(int i) {
        Key key = key(i);
        Shard shard = l1.lock(key.hash());
        try {
            assertTrue(shard.find(key, item, true));
            Slice slice = item.value(new Slice());
            Pin pin = slice.pin();
            pin.retain();
            return slice;
        } finally {
            shard.unlock();
        }
    }

    private void pin(int i) {
        if (model.containsKey(i)) {
            readers.add(new Reader(pinned(i), model.get(i)));
        }
    }

    private void letGo(Random random) {
        if (!readers.isEmpty()) {
            readers.remove(random.nextInt(readers.size())).check();
        }
    }

    private void remove(int i, Random random) {
        if (random.nextInt(3) == 0) {
            drop(i);
        }
    }

    private void drop(int i) {
        Key key = key(i);
        Shard shard = l1.lock(key.hash());
        try {
            shard.remove(key);
        } finally {
            shard.unlock();
        }
        model.remove(i);
    }

    private void check(int i) {
        Key key = key(i);
        Shard shard = l1.lock(key.hash());
        try {
            byte[] expected = model.get(i);
            assertEquals(expected != null, shard.find(key, item, false));
            if (expected != null) {
                assertArrayEquals(expected, item.value(view).toByteArray());
            }
        } finally {
            shard.unlock();
        }
    }
}
