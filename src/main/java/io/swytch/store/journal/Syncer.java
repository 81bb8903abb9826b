package io.swytch.store.journal;

import io.swytch.clock.Clock;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread {@code swytch-sync}, which forces what is committed; asleep while there is nothing.
 *
 * <p>In {@link SyncMode#TEN_MS} a sync begins so early that it should end before its oldest byte is 10 ms old: 10 ms less what syncs take
 * lately. In {@link SyncMode#ALWAYS} they follow each other. In {@link SyncMode#OS} there is no thread.
 */
final class Syncer {
    private static final long BOUND_NANOS = 9_500_000;
    private static final long PAUSE_NANOS_MIN = 1_000_000;
    private static final long MEMORY_SYNCS = 256;

    private final Journal journal;
    private final SyncMode mode;
    private final Clock clock;
    private final Thread thread = new Thread(this::run, "swytch-sync");

    /** The thread has seen nothing to do and sleeps, or is about to: who commits must wake it. */
    private volatile boolean idle;

    private volatile boolean closed;

    /**
     * How long a sync takes lately: the longest of a few hundred, slowly forgotten. A shorter memory plans for the usual sync, and each that takes
     * longer is late: on a disk with 3 ms at the median and 9 ms at p99 that was twice as many.
     */
    private long expectedNanos = PAUSE_NANOS_MIN;

    Syncer(Journal journal, SyncMode mode, Clock clock) {
        this.journal = journal;
        this.mode = mode;
        this.clock = clock;
        thread.setDaemon(true);
    }

    void start() {
        if (mode != SyncMode.OS) {
            thread.start();
        }
    }

    /** Something has been committed. */
    void committed() {
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    private boolean isWanted() {
        return journal.syncedPosition() != journal.committedPosition() && journal.failure() == null;
    }

    private void run() {
        long oldest = clock.nanos();
        while (!closed) {
            if (!isWanted()) {
                idle = true;
                // Looked at again after the flag is up: a commit before it would not have woken us.
                if (!isWanted() && !closed) {
                    LockSupport.park(this);
                }
                idle = false;
                oldest = clock.nanos();
                continue;
            }
            if (mode == SyncMode.TEN_MS) {
                pauseUntil(oldest + Math.max(PAUSE_NANOS_MIN, BOUND_NANOS - expectedNanos));
            }
            if (!closed) {
                oldest = syncOnce(oldest);
            }
        }
    }

    /** Returns when the sync began: nothing older than that is unsynced now. */
    private long syncOnce(long oldest) {
        long start = clock.nanos();
        try {
            journal.sync(oldest);
        } catch (JournalFailedException e) {
            // Logged and kept by the journal; nothing is wanted until it has recovered.
            return start;
        }
        expectedNanos = Math.max(clock.nanos() - start, expectedNanos - expectedNanos / MEMORY_SYNCS);
        return start;
    }

    private void pauseUntil(long due) {
        while (!closed) {
            long rest = due - clock.nanos();
            if (rest <= 0) {
                return;
            }
            LockSupport.parkNanos(this, rest);
        }
    }

    void close() {
        closed = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
