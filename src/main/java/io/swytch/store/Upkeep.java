package io.swytch.store;

import io.swytch.bytes.Chunks;
import io.swytch.clock.Clock;
import io.swytch.store.journal.JournalFailedException;
import io.swytch.store.l1.L1;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that does what no client waits for: cleaning ahead of need, expiry, the drain, the burial of flushed spaces.
 *
 * <p>Threads: its own, {@code swytch-upkeep}; {@link #wake} and {@link #awaitBuried} by any.
 */
final class Upkeep {
    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    /** How often it looks around when nothing wakes it. */
    private static final long PERIOD_MS = 50;

    /** How much of each period L1's upkeep may take, so that it stays a small part of one core. */
    private static final long BUDGET_NANOS = 5_000_000;

    /** What failed is tried again after this: soon enough for clients, seldom enough for a disk in trouble. */
    private static final long RETRY_NANOS = 1_000_000_000;

    /** Memory of large values that has been let go of and that only the collector can give back to the machine. */
    private static final long DROPPED_BYTES_MAX = 256L << 20;

    /** As much may wait for the collector for ten seconds. */
    private static final long DROPPED_BYTES_MIN = 16L << 20;

    private static final long COLLECT_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** A disk that is nearly full may take writes and refuse them twice a second, as drains give back what the journal takes: that is told this seldom. */
    private static final long TELL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final L1 l1;
    private final @Nullable Tier tier;
    private final Clock clock;
    private final Thread thread = new Thread(this::run, "swytch-upkeep");
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean woken;
    private boolean stopping;
    private volatile boolean expiryActive = true;

    /** Whether the log says last that writes are refused, and when it last said so. */
    private boolean isRefusalTold;

    private long refusalToldNanos;

    Upkeep(L1 l1, @Nullable Tier tier, Clock clock) {
        this.l1 = l1;
        this.tier = tier;
        this.clock = clock;
        thread.setDaemon(true);
        refusalToldNanos = clock.nanos() - TELL_NANOS;
    }

    void start() {
        thread.start();
    }

    /** Whether expired keys are looked for; DEBUG SET-ACTIVE-EXPIRE. */
    void setExpiryActive(boolean active) {
        expiryActive = active;
    }

    /** There is something to do now. */
    void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the thread, and waits for that. */
    void stop() {
        lock.lock();
        try {
            stopping = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until no flushed space is left on disk. */
    void awaitBuried() {
        if (tier == null) {
            return;
        }
        wake();
        lock.lock();
        try {
            while (!stopping && tier.hasDead()) {
                changed.await(PERIOD_MS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        boolean fails = false;
        long retryNanos = 0;
        long collectedNanos = clock.nanos();
        while (pause()) {
            try {
                l1.upkeep(expiryActive ? clock.millis() : Long.MIN_VALUE, BUDGET_NANOS);
                if (tier != null && (!fails || clock.nanos() - retryNanos >= 0)) {
                    tier.upkeep(expiryActive);
                    if (fails) {
                        fails = false;
                        LOG.info("upkeep works again");
                    }
                }
                sayWhetherWritable();
                boolean isLongAgo = clock.nanos() - collectedNanos >= COLLECT_NANOS;
                if (Chunks.takeDropped(isLongAgo ? DROPPED_BYTES_MIN : DROPPED_BYTES_MAX)) {
                    collectedNanos = clock.nanos();
                    // The heap is small and quiet: left alone it might not be collected for hours, nor the memory that
                    // its buffers hold.
                    System.gc();
                }
            } catch (IOException | RuntimeException | Error e) {
                // The thread's outermost loop: a later round tries again, want of direct memory included, since without
                // this thread nothing is ever drained. Said once, as long as it lasts.
                if (fails) {
                    LOG.debug("upkeep still fails", e);
                } else if (isOfTheDisk(e)) {
                    // Nothing of ours is wrong, and where it is, a stack of calls would not tell.
                    LOG.atWarn()
                            .addKeyValue("reason", e.getMessage())
                            .log("data cannot be moved to L2; trying again every second");
                } else {
                    LOG.error("upkeep failed; trying again every second", e);
                }
                fails = true;
                retryNanos = clock.nanos() + RETRY_NANOS;
                sayWhetherWritable();
            }
        }
    }

    private static boolean isOfTheDisk(Throwable e) {
        return e instanceof IOException || e instanceof JournalFailedException;
    }

    /** Says when writes begin to be refused, and when they are accepted again. */
    private void sayWhetherWritable() {
        String trouble = tier == null ? null : tier.writeTrouble(true);
        if (trouble != null && !isRefusalTold && clock.nanos() - refusalToldNanos >= TELL_NANOS) {
            LOG.atWarn().addKeyValue("reason", trouble).log("writes are refused until this is over");
            isRefusalTold = true;
            refusalToldNanos = clock.nanos();
        } else if (trouble == null && isRefusalTold) {
            LOG.info("writes are accepted again");
            isRefusalTold = false;
        }
    }

    /** Waits for the next round; false when it is time to end. */
    private boolean pause() {
        lock.lock();
        try {
            changed.signalAll();
            long left = TimeUnit.MILLISECONDS.toNanos(PERIOD_MS);
            while (!woken && !stopping && left > 0) {
                left = changed.awaitNanos(left);
            }
            woken = false;
            return !stopping;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }
}
