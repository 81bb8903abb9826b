package io.swytch.command.bitmap;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandError;
import io.swytch.command.spec.Errors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reading the bits of slices, whole words at a time. Bit 0 is the highest bit of byte 0. */
final class Bits {
    private Bits() {}

    /**
     * The bit offset that argument {@code index} says.
     *
     * @param width bits of a field; with it {@code #n} means the n-th field; 0 where that form is not allowed
     */
    static long offset(Call call, int index, int width) {
        Slice arg = call.arg(index);
        if (arg.length() == 0 || arg.length() > Numbers.LONG_BYTES_MAX + 1) {
            throw Errors.BIT_OFFSET;
        }
        boolean counted = width > 0 && arg.byteAt(0) == '#';
        Slice digits = counted ? new Slice(arg.buffer(), arg.offset() + 1, arg.length() - 1) : arg;
        if (!Numbers.isLong(digits)) {
            throw Errors.BIT_OFFSET;
        }
        long offset = Numbers.toLong(digits);
        if (counted) {
            // A product that overflows came from a factor that is out of range anyway.
            offset = offset > Long.MAX_VALUE / width ? -1 : offset * width;
        }
        if (offset < 0 || offset >>> 3 >= call.stringBytesMax()) {
            throw Errors.BIT_OFFSET;
        }
        return offset;
    }

    /** The bit 0 or 1 that argument {@code index} says. */
    static int bit(Call call, int index, CommandError otherInteger, CommandError noInteger) {
        if (!Numbers.isLong(call.arg(index))) {
            throw noInteger;
        }
        long bit = Numbers.toLong(call.arg(index));
        if ((bit & ~1L) != 0) {
            throw otherInteger;
        }
        return (int) bit;
    }

    /** How many bits are 1 in the bytes from {@code from} to {@code to}, the latter not counted. */
    static long count(Slice s, int from, int to) {
        long count = 0;
        int runFrom = 0;
        for (int run = 0; run < s.runCount() && runFrom < to; run++) {
            int length = s.runLength(run);
            int begin = Math.max(from - runFrom, 0);
            int end = Math.min(to - runFrom, length);
            if (begin < end) {
                count += count(s.runBuffer(run), s.runOffset(run) + begin, s.runOffset(run) + end);
            }
            runFrom += length;
        }
        return count;
    }

    private static long count(ByteBuffer buffer, int from, int to) {
        long count = 0;
        int i = from;
        for (; i + 32 <= to; i += 32) {
            count += Long.bitCount((long) Slice.LONG.get(buffer, i))
                    + Long.bitCount((long) Slice.LONG.get(buffer, i + 8))
                    + Long.bitCount((long) Slice.LONG.get(buffer, i + 16))
                    + Long.bitCount((long) Slice.LONG.get(buffer, i + 24));
        }
        for (; i < to; i++) {
            count += Integer.bitCount(buffer.get(i) & 0xFF);
        }
        return count;
    }

    /** Where the first bit that is {@code bit} stands in the bits from {@code from} to {@code to}, the latter counted in; −1 if none is. */
    static long find(Slice s, int bit, long from, long to) {
        // Bytes that hold no such bit are all ones or all zeros.
        int dull = bit == 1 ? 0 : 0xFF;
        int at = (int) (from >>> 3);
        int last = (int) (to >>> 3);
        int value = s.byteAt(at) & 0xFF;
        int before = 0xFF00 >>> (from & 7) & 0xFF;
        value = bit == 1 ? value & ~before : value | before;
        while (value == dull && at < last) {
            at = firstOther(s, at + 1, last, (byte) dull);
            value = s.byteAt(at) & 0xFF;
        }
        if (value == dull) {
            return -1;
        }
        long found = ((long) at << 3) + Integer.numberOfLeadingZeros(value ^ dull) - 24;
        return found <= to ? found : -1;
    }

    /** The first byte from {@code from} on that is not {@code dull}; {@code last} if there is none before it. */
    private static int firstOther(Slice s, int from, int last, byte dull) {
        long dullWord = dull;
        int runFrom = 0;
        for (int run = 0; run < s.runCount(); run++) {
            int length = s.runLength(run);
            int end = Math.min(last - runFrom, length);
            ByteBuffer buffer = s.runBuffer(run);
            int base = s.runOffset(run);
            int i = Math.max(from - runFrom, 0);
            for (; i + 8 <= end && (long) Slice.LONG.get(buffer, base + i) == dullWord; i += 8) {}
            for (; i < end; i++) {
                if (buffer.get(base + i) != dull) {
                    return runFrom + i;
                }
            }
            if (runFrom + length > last) {
                break;
            }
            runFrom += length;
        }
        return last;
    }

    /**
     * Fills {@code words} with the little-endian words of the bytes from {@code from} on; with zeros beyond the end.
     *
     * @param bytes direct memory for as many bytes, which is overwritten
     */
    static void load(Slice s, int from, long[] words, ByteBuffer bytes) {
        int wanted = words.length * 8;
        int present = Math.max(0, Math.min(wanted, s.length() - from));
        if (present > 0) {
            s.copyTo(from, bytes, 0, present);
        }
        for (int i = present; i < wanted; i++) {
            bytes.put(i, (byte) 0);
        }
        bytes.duplicate()
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(0)
                .asLongBuffer()
                .get(words);
    }
}
