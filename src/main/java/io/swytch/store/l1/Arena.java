package io.swytch.store.l1;

import io.swytch.clock.Clock;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The memory of a shard: direct chunks that are taken as it fills, cut into segments; on the way of GET and SET.
 *
 * <p>A location is a number of 8-byte units from the first segment on. Each segment belongs to a queue or is free. Those of the wait queue
 * are charged apart: they hold what must not be lost, whatever the bound says. Threads: under the shard's lock.
 */
final class Arena {
    static final byte FREE = 0;
    static final byte SMALL = 1;
    static final byte MAIN = 2;
    static final byte WAIT = 3;
    static final byte HANDLES = 4;
    static final byte PIECES = 5;
    static final byte INDEX = 6;
    static final byte GHOSTS = 7;

    /** Entries begin here, so that no location is 0 and no slot of an entry is empty. */
    static final int FIRST_OFFSET = 8;

    /** Bytes of the Java heap that a segment's row in the arrays below takes. */
    static final int ROW_BYTES = 48;

    private static final int CHUNK_SHIFT_MAX = 20;
    private static final int UNITS_MAX_SHIFT = 28;

    final int segmentShift;
    final int segmentBytes;
    private final int chunkSegmentsShift;
    private final int chunkUnitsShift;
    private final int chunkUnitsMask;
    private final Slabs slabs;

    ByteBuffer[] chunks = new ByteBuffer[0];
    byte[] queue = new byte[0];

    /** Where the next entry goes, from the segment's start. */
    int[] end = new int[0];

    /** Bytes of entries that the index knows. */
    int[] live = new int[0];

    int[] next = new int[0];
    int[] prev = new int[0];

    /** Where the segment begins in the stream of bytes appended to the small queue. */
    long[] base = new long[0];

    /** No entry of the segment expires before this. */
    long[] minExpire = new long[0];

    /** When the segment was taken, and when something was last appended to it: seconds since 1970. */
    int[] beganSec = new int[0];

    int[] grownSec = new int[0];

    /** Seconds since 1970, as upkeep last saw them. */
    int nowSec = (int) (Clock.system().millis() / 1000);

    private int freeHead = -1;

    /** Whether a segment was given back since {@link #dropEmptyChunks}. */
    private boolean hasGiven;

    /** Segments in use but for the wait queue's. */
    int charged;

    int waiting;

    /** What {@link #charged} may reach. */
    int budget;

    Arena(int segmentShift, Slabs slabs) {
        this.segmentShift = segmentShift;
        this.slabs = slabs;
        segmentBytes = 1 << segmentShift;
        int chunkShift = chunkShift(segmentShift);
        chunkSegmentsShift = chunkShift - segmentShift;
        chunkUnitsShift = chunkShift - 3;
        chunkUnitsMask = (1 << chunkUnitsShift) - 1;
    }

    /** Bytes of a chunk, as a power of two, where segments have {@code 1 << segmentShift}. */
    static int chunkShift(int segmentShift) {
        return Math.max(segmentShift, Math.min(CHUNK_SHIFT_MAX, segmentShift + 4));
    }

    ByteBuffer buffer(int location) {
        return chunks[location >>> chunkUnitsShift];
    }

    /** Notes the place of a location, if there is such a one. Threads: any. */
    void note(int location, Prefetch places, int at) {
        ByteBuffer[] now = chunks;
        int chunk = location >>> chunkUnitsShift;
        ByteBuffer buffer = chunk < now.length ? now[chunk] : null;
        if (buffer == null) {
            places.noteNothing(at);
        } else {
            places.note(at, buffer, offset(location));
        }
    }

    int offset(int location) {
        return (location & chunkUnitsMask) << 3;
    }

    int segmentOf(int location) {
        return location >>> (segmentShift - 3);
    }

    int location(int segment, int offset) {
        return segment << (segmentShift - 3) | offset >>> 3;
    }

    int offsetInSegment(int location) {
        return location << 3 & (segmentBytes - 1);
    }

    ByteBuffer segmentBuffer(int segment) {
        return chunks[segment >>> chunkSegmentsShift];
    }

    int segmentOffset(int segment) {
        return (segment & ((1 << chunkSegmentsShift) - 1)) << segmentShift;
    }

    /**
     * About when an entry was appended, seconds since 1970: entries have no clock of their own, so it is told from where it lies between the
     * first and the last of its segment.
     */
    int appendedSec(int location, int bytes) {
        int segment = segmentOf(location);
        int at = offsetInSegment(location);
        if (at + bytes >= end[segment]) {
            return grownSec[segment];
        }
        long grown = (long) grownSec[segment] - beganSec[segment];
        return (int) (beganSec[segment] + grown * (at - FIRST_OFFSET) / end[segment]);
    }

    /** Takes a segment for a queue; whether the budget allows it is the caller's concern. */
    int take(byte forQueue) {
        if (freeHead < 0) {
            addChunk();
        }
        int segment = freeHead;
        freeHead = next[segment];
        queue[segment] = forQueue;
        end[segment] = FIRST_OFFSET;
        live[segment] = 0;
        next[segment] = -1;
        prev[segment] = -1;
        base[segment] = 0;
        minExpire[segment] = Long.MAX_VALUE;
        beganSec[segment] = nowSec;
        grownSec[segment] = nowSec;
        if (forQueue == WAIT) {
            waiting++;
        } else {
            charged++;
        }
        return segment;
    }

    /** Gives a segment back. */
    void give(int segment) {
        assert queue[segment] != FREE;
        if (queue[segment] == WAIT) {
            waiting--;
        } else {
            charged--;
        }
        queue[segment] = FREE;
        next[segment] = freeHead;
        freeHead = segment;
        hasGiven = true;
    }

    private void addChunk() {
        int chunk = 0;
        while (chunk < chunks.length && chunks[chunk] != null) {
            chunk++;
        }
        if (chunk == chunks.length) {
            if ((long) (chunk + 1) << chunkUnitsShift > 1L << UNITS_MAX_SHIFT) {
                throw new IllegalStateException("a shard's memory and wait queue exceed 2 GiB");
            }
            int length = Math.max(4, chunk + (chunk >> 1));
            length = (int) Math.min(length, 1L << (UNITS_MAX_SHIFT - chunkUnitsShift));
            chunks = Arrays.copyOf(chunks, length);
            int rows = length << chunkSegmentsShift;
            queue = Arrays.copyOf(queue, rows);
            end = Arrays.copyOf(end, rows);
            live = Arrays.copyOf(live, rows);
            next = Arrays.copyOf(next, rows);
            prev = Arrays.copyOf(prev, rows);
            base = Arrays.copyOf(base, rows);
            minExpire = Arrays.copyOf(minExpire, rows);
            beganSec = Arrays.copyOf(beganSec, rows);
            grownSec = Arrays.copyOf(grownSec, rows);
        }
        chunks[chunk] = slabs.take();
        for (int i = (1 << chunkSegmentsShift) - 1; i >= 0; i--) {
            int segment = (chunk << chunkSegmentsShift) + i;
            next[segment] = freeHead;
            freeHead = segment;
        }
    }

    /** Rows of {@link #queue}; those of chunks that were not taken are {@link #FREE}. */
    int rows() {
        return queue.length;
    }

    /** Bytes of the chunks, in use or not. */
    private long takenBytes() {
        long taken = 0;
        for (ByteBuffer chunk : chunks) {
            taken += chunk == null ? 0 : chunk.capacity();
        }
        return taken;
    }

    /**
     * Lets go of what was taken under a higher bound, as far as chunks are empty. Segments of low chunks are taken first from then on, so that
     * the high ones empty as the queues move on.
     *
     * @param waitBytesMax what the wait queue may take beside the budget
     */
    void trim(long waitBytesMax) {
        long most = ((long) budget << segmentShift) + waitBytesMax + 2L * chunkBytes();
        if (hasGiven && takenBytes() > most) {
            dropEmptyChunks();
        }
    }

    private int chunkBytes() {
        return 1 << (chunkUnitsShift + 3);
    }

    /** Gives back the chunks that hold nothing but free segments. */
    void dropEmptyChunks() {
        hasGiven = false;
        int perChunk = 1 << chunkSegmentsShift;
        freeHead = -1;
        for (int chunk = chunks.length - 1; chunk >= 0; chunk--) {
            int first = chunk << chunkSegmentsShift;
            boolean used = false;
            for (int i = 0; i < perChunk; i++) {
                used |= queue[first + i] != FREE;
            }
            if (!used && chunks[chunk] != null) {
                slabs.give(chunks[chunk]);
                chunks[chunk] = null;
            }
            for (int i = perChunk - 1; i >= 0 && used; i--) {
                if (queue[first + i] == FREE) {
                    next[first + i] = freeHead;
                    freeHead = first + i;
                }
            }
        }
    }
}
