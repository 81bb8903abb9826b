package io.swytch.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A view of a run of bytes in direct memory; on the way of GET and SET, so it is mutable and reused instead of allocated.
 *
 * <p>The run is contiguous (the usual case), or it lies in chunks of equal size, a power of two, of which the last may be shorter:
 * so a value of 512 MB never needs 512 MB in one piece. Arguments of a request, values of an entry and keys are all slices. A slice
 * is valid as long as whoever positioned it says: an argument until its command ends, a value until its shard changes or is unlocked.
 *
 * <p>Threads: one at a time; no locking. Buffers must be direct: mixing heap and direct buffers makes every access bimorphic.
 */
public final class Slice {
    /** Little-endian access to 8 bytes at any offset of a direct buffer; bounds are checked by the buffer. */
    public static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Little-endian access to 4 bytes at any offset. */
    public static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final ByteBuffer EMPTY = ByteBuffer.allocateDirect(8);

    private ByteBuffer buffer = EMPTY;
    private int offset;
    private int length;
    private ByteBuffer @Nullable [] chunks;
    private int chunkShift;
    private @Nullable Pin pin;

    /** A slice of nothing, to be positioned by {@link #set}. */
    public Slice() {}

    /** A contiguous slice over {@code length} bytes of {@code buffer} from {@code offset}. */
    public Slice(ByteBuffer buffer, int offset, int length) {
        set(buffer, offset, length);
    }

    /** A new slice over a copy of {@code bytes}; for tests, scripts and other places that may allocate. */
    public static Slice copyOf(byte[] bytes) {
        ByteBuffer copy = ByteBuffer.allocateDirect(Math.max(8, bytes.length));
        copy.put(0, bytes);
        return new Slice(copy, 0, bytes.length);
    }

    /** As {@link #copyOf(byte[])}, of the UTF-8 bytes of {@code text}. */
    public static Slice copyOf(String text) {
        return copyOf(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Points this slice at a contiguous run. Returns itself. */
    public Slice set(ByteBuffer buffer, int offset, int length) {
        assert buffer.isDirect() : "slices are views of direct memory";
        this.buffer = buffer;
        this.offset = offset;
        this.length = length;
        chunks = null;
        pin = null;
        return this;
    }

    /**
     * Points this slice at a run in chunks.
     *
     * @param chunks buffers whose bytes from index 0 on hold the run, each {@code 1 << chunkShift} bytes long but for the last
     * @param length bytes in the run
     * @param pin keeps the chunks alive for a reader that outlives the lock, or null where they are not shared
     */
    public Slice setChunks(ByteBuffer[] chunks, int chunkShift, int length, @Nullable Pin pin) {
        this.chunks = chunks;
        this.chunkShift = chunkShift;
        this.length = length;
        this.pin = pin;
        buffer = EMPTY;
        offset = 0;
        return this;
    }

    /** Makes this slice a view of the same bytes as {@code other}. */
    public Slice set(Slice other) {
        buffer = other.buffer;
        offset = other.offset;
        length = other.length;
        chunks = other.chunks;
        chunkShift = other.chunkShift;
        pin = other.pin;
        return this;
    }

    /** Bytes in the run. */
    public int length() {
        return length;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /** Whether the run lies in chunks; then {@link #buffer} and {@link #offset} mean nothing. */
    public boolean isChunked() {
        return chunks != null;
    }

    /** The memory of a contiguous run. */
    public ByteBuffer buffer() {
        assert chunks == null;
        return buffer;
    }

    /** Where a contiguous run begins in {@link #buffer}. */
    public int offset() {
        assert chunks == null;
        return offset;
    }

    /** The pin of the memory, or null where the run is not shared. */
    public @Nullable Pin pin() {
        return pin;
    }

    /** Contiguous runs that make up the whole: 1, or the number of chunks. */
    public int runCount() {
        return chunks == null ? 1 : (int) (((long) length + (1L << chunkShift) - 1) >>> chunkShift);
    }

    /** The buffer of contiguous run {@code i}. */
    public ByteBuffer runBuffer(int i) {
        return chunks == null ? buffer : chunks[i];
    }

    /** Where contiguous run {@code i} begins in its buffer. */
    public int runOffset(int i) {
        return chunks == null ? offset : 0;
    }

    /** Bytes in contiguous run {@code i}. */
    public int runLength(int i) {
        return chunks == null ? length : Math.min(1 << chunkShift, length - (i << chunkShift));
    }

    /** Bytes of a full chunk, as a power of two; meaningful only where {@link #isChunked()}. */
    public int chunkShift() {
        return chunkShift;
    }

    /** The byte at {@code index} of the run. */
    public byte byteAt(int index) {
        return chunks == null
                ? buffer.get(offset + index)
                : chunks[index >>> chunkShift].get(index & ((1 << chunkShift) - 1));
    }

    /** Copies {@code count} bytes of the run, from {@code from} on, into {@code target} at {@code targetOffset}; positions are not used. */
    public void copyTo(int from, ByteBuffer target, int targetOffset, int count) {
        if (chunks == null) {
            target.put(targetOffset, buffer, offset + from, count);
            return;
        }
        int mask = (1 << chunkShift) - 1;
        while (count > 0) {
            int at = from & mask;
            int n = Math.min(count, mask + 1 - at);
            target.put(targetOffset, chunks[from >>> chunkShift], at, n);
            from += n;
            targetOffset += n;
            count -= n;
        }
    }

    /** Copies {@code count} bytes of the run, from {@code from} on, into an array. */
    public void copyTo(int from, byte[] target, int targetOffset, int count) {
        if (chunks == null) {
            buffer.get(offset + from, target, targetOffset, count);
            return;
        }
        int mask = (1 << chunkShift) - 1;
        while (count > 0) {
            int at = from & mask;
            int n = Math.min(count, mask + 1 - at);
            chunks[from >>> chunkShift].get(at, target, targetOffset, n);
            from += n;
            targetOffset += n;
            count -= n;
        }
    }

    /** A fresh array with the run's bytes. */
    public byte[] toByteArray() {
        byte[] copy = new byte[length];
        copyTo(0, copy, 0, length);
        return copy;
    }

    /** A fresh immutable copy of the run. */
    public Bytes toBytes() {
        return Bytes.wrap(toByteArray());
    }

    /** Whether both are views of the same chunks; says nothing of contiguous runs. */
    public boolean isSameMemory(Slice other) {
        return chunks != null && chunks == other.chunks && length == other.length;
    }

    /** Whether the run holds just the bytes of {@code other}. */
    public boolean contentEquals(Slice other) {
        if (length != other.length) {
            return false;
        }
        if (chunks == null && other.chunks == null) {
            return equal(buffer, offset, other.buffer, other.offset, length);
        }
        for (int i = 0; i < length; i++) {
            if (byteAt(i) != other.byteAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the run holds just these bytes. */
    public boolean contentEquals(byte[] other) {
        if (length != other.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (byteAt(i) != other[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether the run is {@code upper} in any mix of cases; {@code upper} is ASCII in upper case. Bytes above 127 never match. */
    public boolean equalsIgnoreCase(String upper) {
        if (length != upper.length()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            int c = byteAt(i);
            if (c >= 'a' && c <= 'z') {
                c -= 'a' - 'A';
            }
            if (c != upper.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Compares {@code count} bytes of two buffers, eight at a time. */
    public static boolean equal(ByteBuffer a, int aOffset, ByteBuffer b, int bOffset, int count) {
        int i = 0;
        for (; i + 8 <= count; i += 8) {
            if ((long) LONG.get(a, aOffset + i) != (long) LONG.get(b, bOffset + i)) {
                return false;
            }
        }
        for (; i < count; i++) {
            if (a.get(aOffset + i) != b.get(bOffset + i)) {
                return false;
            }
        }
        return true;
    }

    /** The run as text, each byte a Latin-1 character; for options and messages, never for data. */
    @Override
    public String toString() {
        return new String(toByteArray(), StandardCharsets.ISO_8859_1);
    }
}
