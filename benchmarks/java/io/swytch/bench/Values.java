package io.swytch.bench;

import java.util.Random;
import java.util.SplittableRandom;

/**
 * Values that no compression makes smaller and that name their key: the first eight bytes are made from the key's number, so that a reply
 * with the value of another key is noticed.
 */
final class Values {
    private static final int OFFSETS = 1 << 16;
    private static final int STAMP_BYTES = Long.BYTES;

    private final byte[] pool;
    private final int shortest;
    private final int longest;
    private final boolean anew;

    /**
     * @param lengths bytes of each value, {@code 200}, or a range that they are spread over evenly, {@code 50-350}
     * @param anew whether every write takes a length of its own; else a key keeps one for good
     */
    Values(String lengths, boolean anew) {
        String[] ends = lengths.split("-", 2);
        try {
            shortest = Integer.parseInt(ends[0]);
            longest = Integer.parseInt(ends[ends.length - 1]);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--value '" + lengths + "' is neither bytes nor FROM-TO", e);
        }
        if (shortest < 0 || longest < shortest) {
            throw new IllegalArgumentException("--value '" + lengths + "' is no range");
        }
        this.anew = anew;
        pool = new byte[OFFSETS + longest];
        new Random(1).nextBytes(pool);
    }

    static long mix(long z) {
        long a = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ a >>> 27) * 0x94D049BB133111EBL;
        return b ^ b >>> 31;
    }

    int longest() {
        return longest;
    }

    int length(long key, SplittableRandom random) {
        if (shortest == longest) {
            return shortest;
        }
        return anew ? random.nextInt(shortest, longest + 1) : lengthOf(key);
    }

    private int lengthOf(long key) {
        return shortest + (int) Long.remainderUnsigned(mix(key + 1), longest - shortest + 1L);
    }

    /** Writes a key's value of that length. */
    void write(long key, int length, byte[] to, int at) {
        long stamp = mix(key);
        System.arraycopy(pool, (int) (stamp & OFFSETS - 1), to, at, length);
        if (length >= STAMP_BYTES) {
            for (int i = 0; i < STAMP_BYTES; i++) {
                to[at + i] = (byte) (stamp >>> 8 * i);
            }
        }
    }

    /** Whether those bytes may be the value of that key. */
    boolean fits(long key, byte[] from, int at, int length) {
        if (!anew && length != lengthOf(key) || length < shortest || length > longest) {
            return false;
        }
        long stamp = mix(key);
        for (int i = 0; i < STAMP_BYTES && length >= STAMP_BYTES; i++) {
            if (from[at + i] != (byte) (stamp >>> 8 * i)) {
                return false;
            }
        }
        return true;
    }
}
