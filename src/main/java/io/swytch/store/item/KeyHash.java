package io.swytch.store.item;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;

/**
 * A seeded 64-bit hash of key bytes, all of whose bits are well mixed; on the way of GET and SET.
 *
 * <p>Folded 128-bit multiplication over 16 bytes a step, after wyhash (Wang Yi, 2019, public domain). The seed is secret, made at first
 * start, and kept in the data directory: the hash orders keys on disk, so neither it nor this function may ever change for a directory.
 */
public final class KeyHash {
    private static final long P0 = 0xa0761d6478bd642fL;
    private static final long P1 = 0xe7037ed1a0b428dbL;
    private static final long P2 = 0x8ebc6af09c88c6e3L;

    private final long seed;

    public KeyHash(long seed) {
        this.seed = mix(seed ^ P0, P1);
    }

    /** The hash of a key. */
    public long of(Slice key) {
        return key.isChunked() ? of(Slice.copyOf(key.toByteArray())) : of(key.buffer(), key.offset(), key.length());
    }

    /** The hash of {@code length} bytes at {@code offset}. */
    public long of(ByteBuffer buffer, int offset, int length) {
        long h = seed;
        long a;
        long b;
        if (length >= 8) {
            int i = 0;
            for (; i + 16 < length; i += 16) {
                h = mix(
                        (long) Slice.LONG.get(buffer, offset + i) ^ P1,
                        (long) Slice.LONG.get(buffer, offset + i + 8) ^ h);
            }
            // The last 16 bytes, overlapping what the loop took; of 8 to 15 bytes the first 8 and the last 8.
            a = (long) Slice.LONG.get(buffer, offset + Math.max(0, length - 16));
            b = (long) Slice.LONG.get(buffer, offset + length - 8);
        } else if (length >= 4) {
            a = (int) Slice.INT.get(buffer, offset) & 0xFFFF_FFFFL;
            b = (int) Slice.INT.get(buffer, offset + length - 4) & 0xFFFF_FFFFL;
        } else if (length > 0) {
            a = (buffer.get(offset) & 0xFFL) << 16
                    | (buffer.get(offset + (length >> 1)) & 0xFFL) << 8
                    | buffer.get(offset + length - 1) & 0xFFL;
            b = 0;
        } else {
            a = 0;
            b = 0;
        }
        return mix(P2 ^ length, mix(a ^ P1, b ^ h));
    }

    private static long mix(long a, long b) {
        return a * b ^ Math.multiplyHigh(a, b);
    }
}
