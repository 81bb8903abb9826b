package io.swytch.command.string;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * XXH3 in its 64-bit form with seed 0 and the default secret: what DIGEST shows.
 *
 * <p>After the specification by Yann Collet (xxHash, doc/xxhash_spec.md), from which the constants are; works over slices in chunks.
 */
final class Xxh3 {
    /** Hexadecimal digits of a digest. */
    static final int HEX_LENGTH = 16;

    private static final long PRIME32_1 = 0x9E3779B1L;
    private static final long PRIME32_2 = 0x85EBCA77L;
    private static final long PRIME32_3 = 0xC2B2AE3DL;
    private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME64_3 = 0x165667B19E3779F9L;
    private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME64_5 = 0x27D4EB2F165667C5L;
    private static final long PRIME_MX1 = 0x165667919E3779F9L;
    private static final long PRIME_MX2 = 0x9FB21C651E98DF25L;

    private static final int SECRET_BYTES = 192;
    private static final int STRIPE_BYTES = 64;
    private static final int BLOCK_STRIPES = (SECRET_BYTES - STRIPE_BYTES) / 8;
    private static final int BLOCK_BYTES = STRIPE_BYTES * BLOCK_STRIPES;

    private static final ByteBuffer SECRET = secret();

    private Xxh3() {}

    private static ByteBuffer secret() {
        byte[] bytes = HexFormat.of()
                .parseHex("b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
                        + "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
                        + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
                        + "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
                        + "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
                        + "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
    }

    /** The digest as it is shown: all 16 digits, in lower case. */
    static String hex(long hash) {
        return HexFormat.of().toHexDigits(hash);
    }

    /** The hash of the slice's bytes. */
    static long hash(Slice s) {
        int n = s.length();
        if (n <= 16) {
            return hashSmall(s, n);
        }
        return n <= 240 ? hashMedium(s, n) : hashLarge(s, n);
    }

    private static long hashSmall(Slice s, int n) {
        if (n > 8) {
            long low = secretLong(24) ^ secretLong(32) ^ longAt(s, 0);
            long high = secretLong(40) ^ secretLong(48) ^ longAt(s, n - 8);
            return avalanche(n + Long.reverseBytes(low) + high + foldedProduct(low, high));
        }
        if (n >= 4) {
            long combined = intAt(s, n - 4) | intAt(s, 0) << 32;
            long value = secretLong(8) ^ secretLong(16) ^ combined;
            value ^= Long.rotateLeft(value, 49) ^ Long.rotateLeft(value, 24);
            value *= PRIME_MX2;
            value ^= (value >>> 35) + n;
            value *= PRIME_MX2;
            return value ^ value >>> 28;
        }
        if (n > 0) {
            long combined = s.byteAt(n - 1) & 0xFF
                    | (long) n << 8
                    | (s.byteAt(0) & 0xFFL) << 16
                    | (s.byteAt(n >> 1) & 0xFFL) << 24;
            long secret = ((int) Slice.INT.get(SECRET, 0) ^ (int) Slice.INT.get(SECRET, 4)) & 0xFFFF_FFFFL;
            return avalanche64(secret ^ combined);
        }
        return avalanche64(secretLong(56) ^ secretLong(64));
    }

    private static long hashMedium(Slice s, int n) {
        long sum = n * PRIME64_1;
        if (n <= 128) {
            for (int i = (n - 1) >> 5; i >= 0; i--) {
                sum += mixed(s, i * 16, i * 32);
                sum += mixed(s, n - i * 16 - 16, i * 32 + 16);
            }
            return avalanche(sum);
        }
        for (int i = 0; i < 8; i++) {
            sum += mixed(s, i * 16, i * 16);
        }
        sum = avalanche(sum);
        for (int i = 8; i < n >> 4; i++) {
            sum += mixed(s, i * 16, (i - 8) * 16 + 3);
        }
        return avalanche(sum + mixed(s, n - 16, 119));
    }

    private static long hashLarge(Slice s, int n) {
        long[] lanes = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
        // The last block is left to the end even where it is full.
        int blocks = (n - 1) / BLOCK_BYTES;
        for (int block = 0; block < blocks; block++) {
            for (int stripe = 0; stripe < BLOCK_STRIPES; stripe++) {
                accumulate(lanes, s, block * BLOCK_BYTES + stripe * STRIPE_BYTES, stripe * 8);
            }
            for (int i = 0; i < 8; i++) {
                lanes[i] = (lanes[i] ^ lanes[i] >>> 47 ^ secretLong(SECRET_BYTES - STRIPE_BYTES + i * 8)) * PRIME32_1;
            }
        }
        int from = blocks * BLOCK_BYTES;
        int stripes = (n - from - 1) / STRIPE_BYTES;
        for (int stripe = 0; stripe < stripes; stripe++) {
            accumulate(lanes, s, from + stripe * STRIPE_BYTES, stripe * 8);
        }
        accumulate(lanes, s, n - STRIPE_BYTES, SECRET_BYTES - 71);
        long sum = n * PRIME64_1;
        for (int i = 0; i < 8; i += 2) {
            sum += foldedProduct(lanes[i] ^ secretLong(11 + i * 8), lanes[i + 1] ^ secretLong(19 + i * 8));
        }
        return avalanche(sum);
    }

    private static void accumulate(long[] lanes, Slice s, int from, int secretFrom) {
        for (int i = 0; i < 8; i++) {
            long data = longAt(s, from + i * 8);
            long value = data ^ secretLong(secretFrom + i * 8);
            lanes[i ^ 1] += data;
            lanes[i] += (value & 0xFFFF_FFFFL) * (value >>> 32);
        }
    }

    private static long mixed(Slice s, int from, int secretFrom) {
        return foldedProduct(
                longAt(s, from) ^ secretLong(secretFrom), longAt(s, from + 8) ^ secretLong(secretFrom + 8));
    }

    /** Both halves of the unsigned 128-bit product, folded into one. */
    private static long foldedProduct(long a, long b) {
        long high = Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
        return high ^ a * b;
    }

    private static long avalanche(long x) {
        x = (x ^ x >>> 37) * PRIME_MX1;
        return x ^ x >>> 32;
    }

    private static long avalanche64(long x) {
        x = (x ^ x >>> 33) * PRIME64_2;
        x = (x ^ x >>> 29) * PRIME64_3;
        return x ^ x >>> 32;
    }

    private static long secretLong(int at) {
        return (long) Slice.LONG.get(SECRET, at);
    }

    private static long longAt(Slice s, int at) {
        if (!s.isChunked()) {
            return (long) Slice.LONG.get(s.buffer(), s.offset() + at);
        }
        int inChunk = at & (1 << s.chunkShift()) - 1;
        if (inChunk + 8 <= 1 << s.chunkShift()) {
            return (long) Slice.LONG.get(s.runBuffer(at >>> s.chunkShift()), inChunk);
        }
        return intAt(s, at) | intAt(s, at + 4) << 32;
    }

    private static long intAt(Slice s, int at) {
        return s.byteAt(at) & 0xFFL
                | (s.byteAt(at + 1) & 0xFFL) << 8
                | (s.byteAt(at + 2) & 0xFFL) << 16
                | (s.byteAt(at + 3) & 0xFFL) << 24;
    }
}
