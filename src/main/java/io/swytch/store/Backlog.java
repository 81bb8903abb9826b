package io.swytch.store;

import io.swytch.stats.WriteLimit;
import io.swytch.store.journal.Journal;
import io.swytch.store.l1.L1;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.util.concurrent.atomic.LongAdder;

/**
 * How far what lies below L1 is behind, against a limit each, and how long writers wait for that: nothing as long as all is well, growing smoothly
 * as a limit comes nearer, never an error.
 *
 * <p>Threads: {@link #look} by upkeep; the rest by any, event loops too.
 */
final class Backlog {
    /** 32 files at level 0: eight times what makes RocksDB compact them. */
    static final long LEVEL0_FILES_MAX = 32;

    /** 64 GiB: where RocksDB itself would begin to slow writers, if they came its way. */
    static final long COMPACTION_BYTES_MAX = 64L << 30;

    static final long JOURNAL_BYTES_MAX = 2L << 30;

    /** Share of a limit from which on writers are slowed. */
    private static final double SLOW_FROM = 0.75;

    private static final double DELAY_MILLIS_PER_LOAD = 100;
    private static final long DELAY_MILLIS_MAX = 50;

    private static final WriteLimit[] LIMITS = WriteLimit.values();

    private final L1 l1;
    private final long writeBufferBytes;
    private final LongAdder[] stalls = new LongAdder[LIMITS.length];
    private final LongAdder stallMillis = new LongAdder();

    /** The limit that is nearest, but for the write buffer, which is always looked at; and how near, 1 being there. */
    private volatile WriteLimit nearest = WriteLimit.JOURNAL;

    private volatile double load;

    Backlog(L1 l1, long writeBufferBytes) {
        this.l1 = l1;
        this.writeBufferBytes = writeBufferBytes;
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
                case JOURNAL -> (double) journalBytes / JOURNAL_BYTES_MAX;
                case LEVEL0 -> (double) level0Files / LEVEL0_FILES_MAX;
                case COMPACTION -> (double) compactionBytes / COMPACTION_BYTES_MAX;
            };
            if (now > most) {
                most = now;
                worst = each;
            }
        }
        nearest = worst;
        load = most;
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
            stallMillis.add(millis);
        }
        return millis;
    }

    /** Commands that waited for a limit. */
    long stalls(WriteLimit limit) {
        return stalls[limit.ordinal()].sum();
    }

    /** How long they waited together. */
    long stallMillis() {
        return stallMillis.sum();
    }
}
