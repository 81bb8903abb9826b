package io.swytch.store.l1;

import java.util.Arrays;

/**
 * The queues of segments and where each appends; on the way of SET.
 *
 * <p>A queue is a doubly linked list through the arena's rows, oldest first. Threads: under the shard's lock.
 */
final class SegmentLog {
    /** Where new keys go: those without expiry, those that expire soon, those that expire later. */
    static final int OPEN_SMALL = 0;

    static final int OPEN_SMALL_SHORT = 1;
    static final int OPEN_SMALL_LONG = 2;

    /** Where the survivors of cleaned segments of the small queue go: it takes the place of the first of them. */
    static final int OPEN_SMALL_CLEAN = 3;

    static final int OPEN_MAIN = 4;
    static final int OPEN_WAIT = 5;
    static final int OPEN_HANDLES = 6;
    private static final byte[] QUEUE = {
        Arena.SMALL, Arena.SMALL, Arena.SMALL, Arena.SMALL, Arena.MAIN, Arena.WAIT, Arena.HANDLES
    };

    private final Arena arena;
    private final int[] open = new int[QUEUE.length];
    private final int[] oldest = new int[Arena.HANDLES + 1];
    private final int[] newest = new int[Arena.HANDLES + 1];
    private final int[] length = new int[Arena.HANDLES + 1];

    /** Bytes ever appended to the small queue, large values included. */
    long smallPosition;

    /** Bytes ever added to main, large values included. */
    long mainPosition;

    SegmentLog(Arena arena) {
        this.arena = arena;
        Arrays.fill(open, -1);
        Arrays.fill(oldest, -1);
        Arrays.fill(newest, -1);
    }

    boolean fits(int which, int bytes) {
        int segment = open[which];
        return segment >= 0 && arena.end[segment] + bytes <= arena.segmentBytes;
    }

    /** Appends room for an entry, in a fresh segment where the open one is too full. Returns its location. */
    int append(int which, int bytes) {
        int segment = open[which];
        if (segment < 0 || arena.end[segment] + bytes > arena.segmentBytes) {
            segment = arena.take(QUEUE[which]);
            open[which] = segment;
            link(segment);
            if (which == OPEN_MAIN) {
                arena.base[segment] = mainPosition;
                mainPosition += arena.segmentBytes;
            } else {
                arena.base[segment] = smallPosition;
            }
        }
        int at = arena.end[segment];
        arena.end[segment] = at + bytes;
        arena.live[segment] += bytes;
        arena.grownSec[segment] = arena.nowSec;
        if (which <= OPEN_SMALL_LONG) {
            smallPosition += bytes;
        }
        return arena.location(segment, at);
    }

    /** Opens a fresh segment for the survivors of cleaning in the place of {@code victim}. */
    void openInPlaceOf(int victim) {
        int segment = arena.take(Arena.SMALL);
        open[OPEN_SMALL_CLEAN] = segment;
        arena.base[segment] = arena.base[victim];
        linkBefore(segment, victim);
    }

    /** Nothing more is appended to this segment. */
    void seal(int segment) {
        for (int i = 0; i < open.length; i++) {
            if (open[i] == segment) {
                open[i] = -1;
            }
        }
    }

    boolean isOpen(int segment) {
        for (int each : open) {
            if (each == segment) {
                return true;
            }
        }
        return false;
    }

    int oldest(byte queue) {
        return oldest[queue];
    }

    /** Segments in a queue. */
    int length(byte queue) {
        return length[queue];
    }

    /** Whether a location lies in the last {@code bytes} that were appended to the small queue. */
    boolean isNewest(int location, long bytes) {
        int segment = arena.segmentOf(location);
        return arena.queue[segment] == Arena.SMALL
                && smallPosition - arena.base[segment] - arena.offsetInSegment(location) < bytes;
    }

    /** Moves a segment of main to its newest end. */
    void relink(int segment) {
        unlink(segment);
        link(segment);
        arena.base[segment] = mainPosition;
        mainPosition += arena.segmentBytes;
    }

    /** Takes a segment out of its queue and frees it. */
    void release(int segment) {
        seal(segment);
        unlink(segment);
        arena.give(segment);
    }

    /** Frees all segments of all queues. */
    void clear() {
        for (byte queue = 0; queue < oldest.length; queue++) {
            while (oldest[queue] >= 0) {
                release(oldest[queue]);
            }
        }
    }

    private void link(int segment) {
        byte queue = arena.queue[segment];
        int last = newest[queue];
        arena.prev[segment] = last;
        arena.next[segment] = -1;
        if (last < 0) {
            oldest[queue] = segment;
        } else {
            arena.next[last] = segment;
        }
        newest[queue] = segment;
        length[queue]++;
    }

    private void linkBefore(int segment, int other) {
        byte queue = arena.queue[segment];
        int before = arena.prev[other];
        arena.prev[segment] = before;
        arena.next[segment] = other;
        arena.prev[other] = segment;
        if (before < 0) {
            oldest[queue] = segment;
        } else {
            arena.next[before] = segment;
        }
        length[queue]++;
    }

    private void unlink(int segment) {
        byte queue = arena.queue[segment];
        int before = arena.prev[segment];
        int after = arena.next[segment];
        if (before < 0) {
            oldest[queue] = after;
        } else {
            arena.next[before] = after;
        }
        if (after < 0) {
            newest[queue] = before;
        } else {
            arena.prev[after] = before;
        }
        length[queue]--;
    }
}
