package io.swytch.store.l2;

import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/** Gathers rows for the expiry family in the order of their keys, and gives them out in order of time. Threads: one at a time. */
final class ExpiryRows {
    private byte[] bytes = new byte[1 << 10];
    private int[] starts = new int[16];
    private int count;

    /** Adds the row of a key. */
    void add(Key key, long expireAtMs) {
        int start = starts[count];
        int length = Rows.EXPIRY_PREFIX_BYTES + key.length();
        if (bytes.length < start + length) {
            bytes = Arrays.copyOf(bytes, Math.max(start + length, bytes.length * 2));
        }
        ByteBuffer.wrap(bytes)
                .putInt(start, key.space())
                .putLong(start + 4, expireAtMs)
                .putLong(start + 12, key.hash());
        key.bytes().copyTo(0, bytes, start + Rows.EXPIRY_PREFIX_BYTES, key.length());
        if (++count == starts.length) {
            starts = Arrays.copyOf(starts, starts.length * 2);
        }
        starts[count] = start + length;
    }

    /** Writes all rows, sorted, each once. */
    void write(Ingest.SortedFile file) throws RocksDBException {
        int[] order = sorted();
        ByteBuffer key = ByteBuffer.allocateDirect(256);
        ByteBuffer nothing = ByteBuffer.allocateDirect(0);
        for (int i = 0; i < count; i++) {
            if (i > 0 && compare(order[i - 1], order[i]) == 0) {
                continue;
            }
            int length = starts[order[i] + 1] - starts[order[i]];
            key = Rocks.ensure(key, length).clear();
            key.put(0, bytes, starts[order[i]], length).limit(length);
            file.put(key, nothing);
        }
    }

    /** Row numbers in the order of the rows; bottom-up merge sort, because a million rows should not become a million objects. */
    private int[] sorted() {
        int[] from = new int[count];
        int[] to = new int[count];
        for (int i = 0; i < count; i++) {
            from[i] = i;
        }
        for (int width = 1; width < count && width > 0; width *= 2) {
            for (int low = 0; low < count; low += 2 * width) {
                int middle = Math.min(low + width, count);
                int high = Math.min(low + 2 * width, count);
                int a = low;
                int b = middle;
                for (int i = low; i < high; i++) {
                    to[i] = b == high || a < middle && compare(from[a], from[b]) <= 0 ? from[a++] : from[b++];
                }
            }
            int[] swap = from;
            from = to;
            to = swap;
        }
        return from;
    }

    private int compare(int a, int b) {
        return Arrays.compareUnsigned(bytes, starts[a], starts[a + 1], bytes, starts[b], starts[b + 1]);
    }

    /** Whether there is a row of {@code space} no later than {@code through}. */
    boolean hasThrough(int space, byte[] through) {
        for (int i = 0; i < count; i++) {
            if (isThrough(i, space, through)) {
                return true;
            }
        }
        return false;
    }

    private boolean isThrough(int i, int space, byte[] through) {
        return ByteBuffer.wrap(bytes).getInt(starts[i]) == space
                && Arrays.compareUnsigned(bytes, starts[i], starts[i + 1], through, 0, through.length) <= 0;
    }

    /** The end, exclusive, of a range that ends with {@code through} and holds no row of {@code space} gathered here. */
    byte[] clamp(int space, byte[] through) {
        byte @Nullable [] lowest = null;
        for (int i = 0; i < count; i++) {
            if (isThrough(i, space, through)
                    && (lowest == null
                            || Arrays.compareUnsigned(bytes, starts[i], starts[i + 1], lowest, 0, lowest.length) < 0)) {
                lowest = Arrays.copyOfRange(bytes, starts[i], starts[i + 1]);
            }
        }
        return lowest != null ? lowest : Arrays.copyOf(through, through.length + 1);
    }
}
