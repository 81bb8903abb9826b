package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.clock.Clock;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * Forces what {@link LogWriter} has written, one force at a time, while others write on. {@link Syncer} says when.
 *
 * <p>What must not meet a running force, closing the files of old segments and recovering, goes through here. Threads: any; its lock comes before the
 * writer's.
 */
final class LogForcer {
    private final LogWriter writer;
    private final SegmentFiles files;
    private final Clock clock;
    private final JournalStats stats;
    private final ReentrantLock lock = new ReentrantLock();
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile LongConsumer tookListener = nanos -> {};

    LogForcer(LogWriter writer, SegmentFiles files, Clock clock, JournalStats stats) {
        this.writer = writer;
        this.files = files;
        this.clock = clock;
        this.stats = stats;
    }

    /** As {@link Journal#onSynced}. */
    void onSynced(Runnable listener) {
        listeners.add(listener);
    }

    /** As {@link Journal#onSyncTook}. */
    void onSyncTook(LongConsumer listener) {
        tookListener = listener;
    }

    /** As {@link Journal#sync()}; the oldest byte that is not synced was written at {@code oldestNanos} or later. */
    void sync(long oldestNanos) {
        try {
            lock.lock();
            try {
                writer.requireWell();
                forceCommitted(oldestNanos);
            } catch (IOException e) {
                throw writer.fail(e);
            } finally {
                lock.unlock();
            }
        } finally {
            runListeners();
        }
    }

    private void runListeners() {
        for (Runnable listener : listeners) {
            listener.run();
        }
    }

    @GuardedBy("lock")
    private void forceCommitted(long oldestNanos) throws IOException {
        LogWriter.Snapshot dirty = writer.beginForce();
        if (dirty.extents().isEmpty() && !dirty.isDirectoryDirty()) {
            return;
        }
        long start = clock.nanos();
        for (LogWriter.Extent extent : dirty.extents()) {
            extent.segment().force();
        }
        if (dirty.isDirectoryDirty()) {
            files.forceDirectory();
        }
        writer.forced(dirty);
        long end = clock.nanos();
        stats.synced(end - start);
        tookListener.accept(end - start);
        if (end - oldestNanos > JournalStats.SYNC_LATE_NANOS) {
            stats.syncsLate++;
        }
    }

    /** As {@link LogWriter#releaseBefore}; later forces leave these segments out. */
    List<Segment> releaseBefore(long end) {
        lock.lock();
        try {
            return writer.releaseBefore(end);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Has the writer try again what failed.
     *
     * @throws IOException if it fails again
     */
    void recover() throws IOException {
        lock.lock();
        try {
            writer.recover();
        } finally {
            lock.unlock();
        }
        runListeners();
    }
}
