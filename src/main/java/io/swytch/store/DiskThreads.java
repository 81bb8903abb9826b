package io.swytch.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/**
 * The threads {@code swytch-disk-N}, which read for clients. They let event loops go first, by what the launcher makes of their priority; nothing is right or wrong
 * by it.
 *
 * <p>Not so while the hot keys come back: then most reads of clients miss, and the thread that reads the keys back would take the processor from them. Behind it
 * p99 was 3.7 and 4.8 s at 5,000 reads/s on two cores with eight others on them, before it 1.5 and 1.8 s.
 *
 * <p>Threads: any.
 */
final class DiskThreads implements ThreadFactory {
    /** Not one above that of event loops. */
    private static final int FIRST_PRIORITY = Thread.NORM_PRIORITY;

    @GuardedBy("this")
    private final List<Thread> threads = new ArrayList<>();

    @GuardedBy("this")
    private boolean areFirst;

    /**
     * @param areFirst whether they begin before other threads that read the disk, until {@link #stepBack}: a user without rights may make a thread matter less, and
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
