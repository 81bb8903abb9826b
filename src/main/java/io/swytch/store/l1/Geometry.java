package io.swytch.store.l1;

/**
 * How many shards a cache has and how large their segments are.
 *
 * @param shardBits as a power of two
 * @param segmentShift bytes of a segment, as a power of two
 */
record Geometry(int shardBits, int segmentShift) {
    /** From this much a shard on there are two shards. */
    private static final long SHARD_BYTES_MIN = 4L << 20;

    /** Locations have 28 bits in units of 8 bytes, 2 GiB; a quarter stays for bursts of the wait queue. */
    private static final long SHARD_BYTES_MAX = 3L << 29;

    private static final int SEGMENT_SHIFT_MIN = 12;
    private static final int SEGMENT_SHIFT_MAX = 18;

    /** Segments a shard should have; a tenth of them is the small queue. */
    private static final int SEGMENTS = 96;

    static Geometry of(long maxBytes, long waitBytesMax, int loops) {
        int bits = 0;
        while ((1 << bits) < 4 * loops && maxBytes >> (bits + 1) >= SHARD_BYTES_MIN) {
            bits++;
        }
        while ((maxBytes + waitBytesMax) >> bits > SHARD_BYTES_MAX) {
            bits++;
        }
        long shardBytes = maxBytes >> bits;
        int shift = SEGMENT_SHIFT_MIN;
        while (shift < SEGMENT_SHIFT_MAX && shardBytes >> (shift + 1) >= SEGMENTS) {
            shift++;
        }
        return new Geometry(bits, shardBytes >= 1L << 30 ? 20 : shift);
    }

    int shards() {
        return 1 << shardBits;
    }

    /** Whether a cache built so should be built anew to suit {@code wanted}. */
    boolean suits(Geometry wanted) {
        return wanted.shardBits >= shardBits
                && wanted.shardBits <= shardBits + 1
                && wanted.segmentShift >= segmentShift - 1;
    }
}
