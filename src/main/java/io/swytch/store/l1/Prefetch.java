package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;

/**
 * Places in direct memory that are read together, so that their cache misses lie side by side; reused, not allocated.
 *
 * <p>Finding a place needs branches, and a branch that waits for memory keeps the processor from what comes after it. So places are noted
 * first, all of them, and then read in a loop that has none. Threads: one.
 */
public final class Prefetch {
    private static final ByteBuffer NOWHERE = ByteBuffer.allocateDirect(Prefetch.PLACE_BYTES);

    /** Bytes of a place: those of a cache line, which most entries fit, and where they lie across two, both are read. */
    private static final int PLACE_BYTES = 64;

    private final ByteBuffer[] buffers;
    private final int[] offsets;

    // Nobody wants it, but reads for nothing would be left out by the compiler.
    @SuppressWarnings("UnusedVariable")
    private long sum;

    /** Room for so many keys. */
    public Prefetch(int keys) {
        buffers = new ByteBuffer[keys];
        offsets = new int[keys];
    }

    void note(int i, ByteBuffer buffer, int offset) {
        buffers[i] = buffer;
        offsets[i] = Math.min(offset, buffer.capacity() - PLACE_BYTES);
    }

    void noteNothing(int i) {
        note(i, NOWHERE, 0);
    }

    /** Reads the first and the last bytes of the first {@code count} places. */
    void read(int count) {
        long seen = 0;
        for (int i = 0; i < count; i++) {
            seen += (long) Slice.LONG.get(buffers[i], offsets[i]);
            seen += (long) Slice.LONG.get(buffers[i], offsets[i] + PLACE_BYTES - Long.BYTES * 2);
        }
        sum += seen;
    }
}
