package io.swytch.store;

import io.swytch.clock.Clock;
import io.swytch.store.l1.L1;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2ClosedException;
import io.swytch.store.l2.L2Exception;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has L2 give back the disk of deleted keys once deletes have come to rest. RocksDB rewrites a file when newer ones push it down: tombstones that nothing is
 * written after would lie on top of what they delete for ever.
 *
 * <p>While anything is written, new files push the old ones, and nothing is done here: a cache whose keys all expire would be rewritten whole with each quarter that does.
 *
 * <p>Threads: the one that drains; the rewriting, which may take minutes, has one of its own, {@code swytch-reclaim}.
 */
final class Reclaim {
    /** How long no drain has taken a delete along before all is rewritten. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** How long to wait after a failure: of a full disk, most likely. */
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

    /** One key has been deleted for so many that are left, or more: fewer are not worth reading and writing all the others. */
    private static final int KEPT_PER_DELETE_MAX = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Reclaim.class);

    private final L1 l1;
    private final L2 l2;
    private final Drain drain;
    private final KeyCounts counts;
    private final Clock clock;

    private long seenDeletes;
    private long dueNanos;

    /** Of the deletes drained, those that no file holds any more. */
    private volatile long reclaimedDeletes;

    private volatile boolean isRunning;
    private volatile boolean hasFailed;

    Reclaim(L1 l1, L2 l2, Drain drain, KeyCounts counts, Clock clock) {
        this.l1 = l1;
        this.l2 = l2;
        this.drain = drain;
        this.counts = counts;
        this.clock = clock;
    }

    /** Looks whether it is time, and begins. */
    void look() {
        long deletes = drain.deletesDrained();
        long now = clock.nanos();
        if (deletes != seenDeletes) {
            seenDeletes = deletes;
            dueNanos = now + REST_NANOS;
            return;
        }
        if (hasFailed) {
            hasFailed = false;
            dueNanos = now + RETRY_NANOS;
        }
        boolean isWorthIt =
                deletes != reclaimedDeletes && (deletes - reclaimedDeletes) * KEPT_PER_DELETE_MAX >= counts.inL2();
        boolean isAtRest = !drain.expiry().isBusy() && !drain.expiry().isWaiting() && now - dueNanos >= 0;
        if (isWorthIt && isAtRest && l1.dirtyBytes() == 0 && !isRunning) {
            isRunning = true;
            Tier.diskThread(() -> run(deletes), "swytch-reclaim").start();
        }
    }

    private void run(long deletes) {
        long start = clock.nanos();
        try {
            l2.dropDeleted();
            reclaimedDeletes = deletes;
            LOG.atInfo()
                    .addKeyValue("ms", TimeUnit.NANOSECONDS.toMillis(clock.nanos() - start))
                    .log("the disk of deleted keys has been given back");
        } catch (L2ClosedException e) {
            LOG.debug("stopped while the disk of deleted keys was given back");
        } catch (L2Exception | RuntimeException | Error e) {
            // The thread's outermost frame.
            hasFailed = true;
            LOG.warn("cannot give back the disk of deleted keys; trying again", e);
        } finally {
            isRunning = false;
        }
    }
}
