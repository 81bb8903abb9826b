package io.swytch.store;

import io.swytch.clock.Clock;
import io.swytch.stats.WriteLimit;
import io.swytch.store.journal.Journal;
import io.swytch.store.l1.L1;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far what lies below L1 is behind, against a limit each, and how long writers wait for that: nothing as long as all is well, growing smoothly
 * as a limit comes nearer, never an error.
 *
 * <p>Threads: {@link #look} by one of its own; the rest by any, event loops too.
 */
final class Backlog {
    private static final Logger LOG = LoggerFactory.getLogger(Backlog.class);

    /** Writers are said to go on freely when none has waited for so long: so there are no more than two lines in such a time. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Share of a limit from which on writers are slowed. */
    private static final double SLOW_FROM = 0.75;

    private static final double DELAY_MILLIS_PER_LOAD = 100;
    private static final long DELAY_MILLIS_MAX = 50;

    /**
     * Share of the write buffer or of the journal from which on writers wait until it is less: many that wrote as often as the longest delay lets
     * them would outrun memory, or the disk's size. The other limits are about speed.
     */
    private static final double FULL = SLOW_FROM + DELAY_MILLIS_MAX / DELAY_MILLIS_PER_LOAD;

    private static final WriteLimit[] LIMITS = WriteLimit.values();

    private final L1 l1;
    private final long writeBufferBytes;
    private final BacklogLimits limits;
    private final LongAdder[] stalls = new LongAdder[LIMITS.length];
    private final LongAdder stallNanos = new LongAdder();
    private final Clock clock;

    /** What has been told of: whether writers are slowed, since when, how many had waited until then and for how long. */
    private boolean isTold;

    private long toldStalls;
    private long toldNanos;
    private long toldAtNanos;

    /** Stalls and their time at the last look, and when they last were more than at the one before. */
    private long seenStalls;

    private long seenNanos;
    private long lastStallNanos;

    /** The limit that is nearest, but for the write buffer, which is always looked at; and how near, 1 being there. */
    private volatile WriteLimit nearest = WriteLimit.JOURNAL;

    private volatile double load;

    private volatile boolean isJournalFull;

    /** What the last stall was for. */
    private volatile WriteLimit stalledFor = WriteLimit.JOURNAL;

    Backlog(L1 l1, long writeBufferBytes, BacklogLimits limits, Clock clock) {
        this.clock = clock;
        this.l1 = l1;
        this.writeBufferBytes = writeBufferBytes;
        this.limits = limits;
        for (int i = 0; i < stalls.length; i++) {
            stalls[i] = new LongAdder();
        }
    }

    /** Looks at what changes slowly, or costs too much to look at for each write. */
    void look(Journal journal, L2 l2, long maxBytes) throws L2Exception {
        L2.Backlog below = l2.backlog();
        look(journal.bytes(), below.level0Files(), below.pendingCompactionBytes(), maxBytes);
    }

    void look(long journalBytes, long level0Files, long compactionBytes, long maxBytes) {
        WriteLimit worst = WriteLimit.JOURNAL;
        double most = 0;
        for (WriteLimit each : LIMITS) {
            double now = switch (each) {
                case WRITE_BUFFER -> 0;
                case DIRTY -> (double) l1.dirtyBytes() / (maxBytes + writeBufferBytes);
                case JOURNAL -> (double) journalBytes / limits.journalBytes();
                case LEVEL0 -> (double) level0Files / limits.level0Files();
                case COMPACTION -> (double) compactionBytes / limits.compactionBytes();
            };
            if (now > most) {
                most = now;
                worst = each;
            }
        }
        isJournalFull = journalBytes >= FULL * limits.journalBytes();
        nearest = worst;
        load = most;
        tell();
    }

    /** One line when writers begin to be slowed, one when that has ended. */
    private void tell() {
        long now = clock.nanos();
        long stallsNow = 0;
        for (LongAdder each : stalls) {
            stallsNow += each.sum();
        }
        if (stallsNow > seenStalls) {
            lastStallNanos = now;
            if (!isTold) {
                isTold = true;
                toldStalls = seenStalls;
                toldNanos = seenNanos;
                toldAtNanos = now;
                LOG.atWarn()
                        .addKeyValue("limit", stalledFor.label())
                        .log("the disk does not keep up: commands that write wait for it");
            }
        } else if (isTold && now - lastStallNanos >= QUIET_NANOS) {
            isTold = false;
            LOG.atInfo()
                    .addKeyValue("seconds", TimeUnit.NANOSECONDS.toSeconds(lastStallNanos - toldAtNanos))
                    .addKeyValue("waits", stallsNow - toldStalls)
                    .addKeyValue("waitedMs", TimeUnit.NANOSECONDS.toMillis(stallNanos.sum() - toldNanos))
                    .log("the disk keeps up again: commands that write no longer wait");
        }
        seenStalls = stallsNow;
        seenNanos = stallNanos.sum();
    }

    /** How long a command that writes should wait before it runs; counted as a stall if it is not 0. */
    long delayMillis() {
        double most = load;
        WriteLimit worst = nearest;
        double waiting = (double) l1.waitBytes() / writeBufferBytes;
        if (waiting > most) {
            most = waiting;
            worst = WriteLimit.WRITE_BUFFER;
        }
        if (most < SLOW_FROM) {
            return 0;
        }
        long millis = Math.min(DELAY_MILLIS_MAX, Math.round((most - SLOW_FROM) * DELAY_MILLIS_PER_LOAD));
        if (millis > 0) {
            stalls[worst.ordinal()].increment();
            stalledFor = worst;
        }
        return millis;
    }

    /** Whether so much is beyond a limit that a command that writes should wait for longer than {@link #delayMillis} has said. */
    boolean isFull() {
        return isJournalFull || l1.waitBytes() >= FULL * writeBufferBytes;
    }

    /** Commands that waited for a limit. */
    long stalls(WriteLimit limit) {
        return stalls[limit.ordinal()].sum();
    }

    /** One of them has waited so long: more than it was told to, where its event loop had other things to do. */
    void waited(long nanos) {
        stallNanos.add(nanos);
    }

    /** How long they waited together. */
    long stallNanos() {
        return stallNanos.sum();
    }
}
