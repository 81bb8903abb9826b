package io.swytch.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/**
 * The threads {@code swytch-disk-N}, which read for clients. They let event loops go first, by what the launcher makes of their priority; nothing is right or wrong
 * by it.
 *
 * <p>Less so while the hot keys come back: then most reads of clients miss, and the thread that reads the keys back would take the processor from them. At 20,000
 * reads/s on two cores, memory's hit rate was back after 7.7 s with a niceness of 10, 8.4 s with 3, 10.2 s with 0; p99 of the first ten seconds was 1.6, 0.8 and 1.2 s,
 * and 0.9 s where nothing is read back.
 *
 * <p>Threads: any.
 */
final class DiskThreads implements ThreadFactory {
    /** A niceness of 3, by the launcher's table: one more than that of the thread that reads the keys back. */
    static final int FIRST_PRIORITY = 2;

    @GuardedBy("this")
    private final List<Thread> threads = new ArrayList<>();

    @GuardedBy("this")
    private boolean areFirst;

    /**
     * @param areFirst whether they begin with that priority, and not the lowest, until {@link #stepBack}: a user without rights may make a thread matter less, and
     *     never more again
     */
    DiskThreads(boolean areFirst) {
        this.areFirst = areFirst;
    }

    @Override
    public synchronized Thread newThread(Runnable task) {
        Thread thread = Tier.diskThread(task, "swytch-disk-" + (threads.size() + 1));
        if (areFirst) {
            setPriority(thread, FIRST_PRIORITY);
        }
        threads.add(thread);
        return thread;
    }

    /** From now on they go behind event loops. */
    synchronized void stepBack() {
        if (areFirst) {
            areFirst = false;
            threads.forEach(thread -> setPriority(thread, Thread.MIN_PRIORITY));
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // Nothing is right or wrong by it.
    private static void setPriority(Thread thread, int priority) {
        thread.setPriority(priority);
    }
}
