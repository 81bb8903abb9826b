package io.swytch.store.journal;

import io.swytch.clock.Clock;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread {@code swytch-sync}, which forces what is committed; asleep while there is nothing.
 *
 * <p>In {@link SyncMode#TEN_MS} a sync begins so early that it should end before its oldest byte is 10 ms old, with 2 ms to spare: 8 ms less what it took lately from the moment a
 * sync was due to its end. The thread has the highest priority, because it sleeps nearly all the time, and each of its waits, for the time, for a lock, for the disk, ends with
 * waiting for a processor: on two cores that loops and clients keep busy that took longer than the disk. In {@link SyncMode#ALWAYS} they follow each other. In {@link SyncMode#OS} there is no thread.
 */
final class Syncer {
    private static final long BOUND_NANOS = 8_000_000;
    private static final long PAUSE_NANOS_MIN = 1_000_000;

    private final Journal journal;
    private final SyncMode mode;
    private final Clock clock;
    private final Thread thread = new Thread(this::run, "swytch-sync");

    /** The thread has seen nothing to do and sleeps, or is about to: who commits must wake it. */
    private volatile boolean idle;

    private volatile boolean closed;

    private final SyncDelays delays = new SyncDelays();

    Syncer(Journal journal, SyncMode mode, Clock clock) {
        this.journal = journal;
        this.mode = mode;
        this.clock = clock;
        thread.setDaemon(true);
        hasten(thread);
    }

    /** Lets the thread run before event loops, by what the launcher and the system make of its priority; nothing is right or wrong by it. */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void hasten(Thread thread) {
        thread.setPriority(Thread.MAX_PRIORITY);
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
            long due = clock.nanos();
            if (mode == SyncMode.TEN_MS) {
                due = Math.max(due, oldest + Math.max(PAUSE_NANOS_MIN, BOUND_NANOS - delays.expectedNanos()));
                pauseUntil(due);
            }
            if (!closed) {
                oldest = syncOnce(oldest, due);
            }
        }
    }

    /** Returns when the sync began: nothing older than that is unsynced now. */
    private long syncOnce(long oldest, long due) {
        long start = clock.nanos();
        try {
            journal.sync(oldest);
        } catch (JournalFailedException e) {
            // Logged and kept by the journal; nothing is wanted until it has recovered.
            return start;
        }
        delays.add(clock.nanos() - due);
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
