package io.swytch.store.journal;

/**
 * How late syncs ended lately, counted from when they were due: the thread woke late, waited for the writer's lock, and then for the disk.
 *
 * <p>Threads: one.
 */
final class SyncDelays {
    /** Syncs that are remembered: half a second of them where forcing is quick, some seconds where it is not. */
    private static final int MEMORY = 256;

    private final long[] nanos = new long[MEMORY];
    private int next;

    void add(long delayNanos) {
        nanos[next] = delayNanos;
        next = (next + 1) % MEMORY;
    }

    /**
     * What all but one of the remembered syncs kept within, about the p99: a sync that begins so much earlier is late once in a hundred times. By the longest of all
     * a single stall of the machine would have syncs follow each other for seconds; by the usual delay every second one would be late.
     */
    long expectedNanos() {
        long longest = 0;
        long second = 0;
        for (long delay : nanos) {
            if (delay > longest) {
                second = longest;
                longest = delay;
            } else if (delay > second) {
                second = delay;
            }
        }
        return second;
    }
}
