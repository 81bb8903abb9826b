package io.swytch.store;

import io.swytch.bytes.Slice;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The keys of one stretch of a {@link Walk}, with what L1 says of them; reused from stretch to stretch. Their bytes lie in one run of direct memory and
 * all else in arrays of numbers: with objects for each key, a walk of a million gave the collector so much to copy that everybody waited for it.
 *
 * <p>Threads: one at a time.
 */
final class WalkedKeys {
    private static final int KEYS_MIN = 1 << 10;
    private static final int BYTES_MIN = 1 << 15;

    /** What is larger than this is not kept for the next stretch. */
    private static final int KEYS_KEPT_MAX = 1 << 14;

    private static final int BYTES_KEPT_MAX = 1 << 20;

    private int count;
    private int end;
    private ByteBuffer bytes = ByteBuffer.allocateDirect(BYTES_MIN);
    private int[] ends = new int[KEYS_MIN];
    private long[] hashes = new long[KEYS_MIN];
    private byte[] types = new byte[KEYS_MIN];

    /** Open addressing by hash: the number of a key plus one, or 0; twice as long as there may be keys. */
    private int[] table = new int[2 * KEYS_MIN];

    private final Slice known = new Slice();

    void clear() {
        if (bytes.capacity() > BYTES_KEPT_MAX) {
            bytes = ByteBuffer.allocateDirect(BYTES_MIN);
        }
        if (hashes.length > KEYS_KEPT_MAX) {
            allocate(KEYS_MIN);
        } else {
            Arrays.fill(table, 0);
        }
        count = 0;
        end = 0;
    }

    private void allocate(int keys) {
        ends = Arrays.copyOf(ends, keys);
        hashes = Arrays.copyOf(hashes, keys);
        types = Arrays.copyOf(types, keys);
        table = new int[2 * keys];
    }

    private int first(long hash) {
        // The top bits of all keys of a stretch are alike.
        return (int) hash & table.length - 1;
    }

    /** Adds a key; {@code type} is TOMBSTONE where it is not there for a client, but overrules what L2 says. */
    void add(long hash, Slice key, int type) {
        if (count == hashes.length) {
            grow();
        }
        int length = key.length();
        if (bytes.capacity() - end < length) {
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(2 * bytes.capacity(), end + length));
            larger.put(0, bytes, 0, end);
            bytes = larger;
        }
        key.copyTo(0, bytes, end, length);
        end += length;
        ends[count] = end;
        hashes[count] = hash;
        types[count] = (byte) type;
        count++;
        enter(count - 1);
    }

    private void grow() {
        allocate(2 * count);
        for (int i = 0; i < count; i++) {
            enter(i);
        }
    }

    private void enter(int index) {
        int mask = table.length - 1;
        int slot = first(hashes[index]);
        while (table[slot] != 0) {
            slot = slot + 1 & mask;
        }
        table[slot] = index + 1;
    }

    /** Whether a key, of the one space that is walked, has been added. */
    boolean contains(Key key) {
        int mask = table.length - 1;
        for (int slot = first(key.hash()); table[slot] != 0; slot = slot + 1 & mask) {
            int index = table[slot] - 1;
            if (hashes[index] == key.hash() && key(index, known).contentEquals(key.bytes())) {
                return true;
            }
        }
        return false;
    }

    int count() {
        return count;
    }

    long hash(int index) {
        return hashes[index];
    }

    int type(int index) {
        return types[index];
    }

    /** Whether the key is there for a client. */
    boolean isThere(int index) {
        return types[index] != ItemType.TOMBSTONE;
    }

    /** Points {@code into} at a key, until the next is added. */
    Slice key(int index, Slice into) {
        int from = index == 0 ? 0 : ends[index - 1];
        return into.set(bytes, from, ends[index] - from);
    }
}
