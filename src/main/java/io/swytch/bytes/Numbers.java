package io.swytch.bytes;

import java.nio.ByteBuffer;

/** Decimal integers as Redis reads and writes them. Nothing is allocated. */
public final class Numbers {
    /** Bytes of the longest decimal form of a long: a minus and 19 digits. */
    public static final int LONG_BYTES_MAX = 20;

    private Numbers() {}

    /**
     * Whether the run is the one canonical decimal form of a 64-bit integer: no blanks, no plus, no leading zeros, no minus zero, in
     * range. What Redis accepts as an integer.
     */
    public static boolean isLong(Slice s) {
        int n = s.length();
        if (n == 0 || n > LONG_BYTES_MAX) {
            return false;
        }
        int i = 0;
        boolean negative = s.byteAt(0) == '-';
        if (negative) {
            i = 1;
            if (n == 1) {
                return false;
            }
        }
        int first = s.byteAt(i);
        if (first == '0') {
            return n == 1;
        }
        if (n - i > 19) {
            return false;
        }
        long value = 0;
        for (; i < n; i++) {
            int digit = s.byteAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            // At most 19 digits: the value fits 64 bits unsigned, and shows as negative where it is over the signed
            // range.
            value = value * 10 + digit;
        }
        return value >= 0 || (negative && value == Long.MIN_VALUE);
    }

    /** The integer, in one pass over it, where {@link #isLong} holds and it is not negative and has at most 18 digits; else −1. */
    public static long naturalOf(Slice s) {
        int n = s.length();
        if (n == 0 || n > 18 || s.byteAt(0) == '0' && n > 1) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < n; i++) {
            int digit = s.byteAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** The integer; only where {@link #isLong} holds. */
    public static long toLong(Slice s) {
        int n = s.length();
        int i = s.byteAt(0) == '-' ? 1 : 0;
        long value = 0;
        for (int at = i; at < n; at++) {
            value = value * 10 + (s.byteAt(at) - '0');
        }
        return i == 1 ? -value : value;
    }

    /** How many bytes the decimal form of {@code value} takes, a minus included. */
    public static int length(long value) {
        if (value < 0) {
            return value == Long.MIN_VALUE ? LONG_BYTES_MAX : 1 + length(-value);
        }
        int n = 1;
        for (long limit = 10; n < 19 && value >= limit; limit *= 10) {
            n++;
        }
        return n;
    }

    /** Writes the decimal form of {@code value} into {@code target} at {@code offset}. Returns the bytes written. */
    public static int write(long value, ByteBuffer target, int offset) {
        int n = length(value);
        if (value < 0) {
            target.put(offset, (byte) '-');
        }
        int stop = value < 0 ? 1 : 0;
        // Digits are taken from the negative side, where Long.MIN_VALUE has room.
        long rest = value < 0 ? value : -value;
        for (int i = n - 1; i >= stop; i--) {
            long quotient = rest / 10;
            target.put(offset + i, (byte) ('0' - (rest - quotient * 10)));
            rest = quotient;
        }
        return n;
    }
}
