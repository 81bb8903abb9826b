package io.swytch.store;

import io.swytch.clock.Clock;
import io.swytch.store.journal.Journal;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.Ingest;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what is dirty in L1 into L2, so that the journal can be trimmed.
 *
 * <p>The steps, and why in this order:
 * <ol>
 *   <li>The journal is cut. Whatever lies before the cut was in L1 before it, hence is seen by the walk.
 *   <li>Shard by shard, a slice under the lock at a time, dirty entries are taken in the order of L2's keys. Writes that come meanwhile
 *       carry the next epoch's mark and stay dirty.
 *   <li>The journal is committed and synced. The walk may have seen half of a transaction that came after the cut: its record must be in the
 *       file before L2 shows that half, so that a replay makes it whole.
 *   <li>L2 takes everything in one atomic step, with the counts and the map of spaces.
 *   <li>The journal is trimmed up to the cut. A crash before that replays what L2 has already, which is harmless.
 * </ol>
 *
 * <p>Threads: any; whatever drains takes its turn by itself.
 */
public final class Drain {
    static final String META_SPACES = "spaces";
    static final String META_COUNTS = "key-counts";

    /** L2 has everything that the journal holds before this position. */
    static final String META_POSITION = "journal-position";

    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

    /** Entries taken under one hold of a stripe: some ten microseconds of copying. */
    private static final int SLICE_ENTRIES = 256;

    /** Half of L1 may be dirty, up to this: the later the drain, the more overwrites it spares the disk, and the more it brings to each compaction. */
    private static final long DUE_BYTES_MAX = 64L << 20;

    /**
     * A journal longer than this is drained whatever L1 holds: a hot key that is written for ever makes no dirty bytes. As long as {@link #DUE_BYTES_MAX} of
     * values of 200 bytes make it by Zipf-distributed overwrites. A quarter of the journal's limit, where that is less.
     */
    private static final long DUE_JOURNAL_BYTES = 192L << 20;

    /** Nor may it hold more changes than this, for they are what a start replays: 3 M INCRs take it two to three seconds. */
    private static final long DUE_JOURNAL_UNITS = 3_000_000;

    /** What is dirty for longer than this is drained, however little it is. */
    private static final long DUE_NANOS = 60_000_000_000L;

    /** Expired keys that the sweep found leave the disk after this. */
    private static final long DUE_EXPIRY_NANOS = 10_000_000_000L;

    private final StoreOptions options;
    private final L1 l1;
    private final L2 l2;
    private volatile Journal journal;
    private final Spaces spaces;
    private final KeyCounts counts;
    private final Clock clock;
    private final ColdExpiry expiry;

    /** Held while one runs, and by what must not meet one. Comes before the stripes in the order of locks: a drain takes them while it holds this. */
    private final ReentrantLock turn = new ReentrantLock();

    private final Latency latency = new Latency();

    private volatile long lastNanos;
    private volatile long lastMs;

    /** What {@link io.swytch.store.journal.JournalStats#units} said at the last cut whose drain ended well; less than 0 where more was replayed than was written since. */
    private volatile long unitsDrained;

    private final LongAdder entriesDrained = new LongAdder();
    private final LongAdder deletesDrained = new LongAdder();
    private final LongAdder bytesDrained = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final AtomicLong settled = new AtomicLong();
    private volatile @Nullable Exception failure;

    Drain(StoreOptions options, L1 l1, L2 l2, Journal journal, Spaces spaces, KeyCounts counts, Clock clock) {
        this.options = options;
        this.l1 = l1;
        this.l2 = l2;
        this.journal = journal;
        this.spaces = spaces;
        this.counts = counts;
        this.clock = clock;
        expiry = new ColdExpiry(l1, l2, spaces, clock);
        lastNanos = clock.nanos();
        lastMs = clock.millis();
    }

    /** Keys on disk whose time ran out. */
    ColdExpiry expiry() {
        return expiry;
    }

    /** Looks for keys on disk whose time ran out, and makes tombstones of some of them. Called by the thread that drains. */
    void sweepExpired() throws IOException {
        excluding(expiry::sweep);
    }

    /**
     * Deletes a flushed space from L2. Not while a drain runs: that may have begun when the space lived, and would write behind the deletion. Not before
     * the journal has the flush on disk either: a crash would undo the flush, and bring back of the database what L2 did not hold, and no more.
     */
    void bury(int space) throws IOException {
        excluding(() -> {
            secureSpaces();
            l2.dropSpace(space);
            spaces.buried(space);
        });
    }

    /** Something that must not meet a drain. */
    @FunctionalInterface
    interface Action<E extends Exception> {
        void run() throws E;
    }

    /** Does something during which no drain may run, nor a sweep, nor a burial. */
    <E extends Exception> void excluding(Action<E> action) throws E {
        turn.lock();
        try {
            action.run();
        } finally {
            turn.unlock();
        }
    }

    /** As {@link #excluding}, unless a drain stays under way for so long. */
    void tryExcluding(long millis, Runnable action) {
        boolean isAlone = false;
        try {
            isAlone = turn.tryLock(millis, TimeUnit.MILLISECONDS);
            if (isAlone) {
                action.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (isAlone) {
                turn.unlock();
            }
        }
    }

    /** Waits until no drain is under way and keeps others from beginning, until {@link #allow}. The caller holds no stripe yet. */
    void forbid() {
        turn.lock();
    }

    void allow() {
        turn.unlock();
    }

    /** The store has been opened again, with this journal: what was found in L2 before is looked for anew. Called within {@link #excluding}. */
    void beginAnew(Journal reopened) {
        journal = reopened;
        expiry.forgetAll();
    }

    /** How long drains took. */
    public Latency latency() {
        return latency;
    }

    /** Entries that all drains have put into L2. */
    public long entriesDrained() {
        return entriesDrained.sum();
    }

    /** Keys that all drains have deleted from L2. */
    public long deletesDrained() {
        return deletesDrained.sum();
    }

    /** Bytes of the items that all drains have put into L2, keys included, before compression. */
    public long bytesDrained() {
        return bytesDrained.sum();
    }

    /** Drains that did not succeed. */
    public long failures() {
        return failures.sum();
    }

    /**
     * How many drains L2 has taken in. It changes after L2 has changed and before L1 counts anything as clean. So whoever asks for this, then reads an item in
     * L2, then takes the key's stripe, finds the same number and no entry in L1, has read what is there now: a write that L2 lacked at the time of the
     * read, or lacks still, would be a dirty entry, and those leave L1 only after this number has changed.
     */
    long settled() {
        return settled.get();
    }

    /** When the last drain ended well, milliseconds since 1970. */
    public long lastMs() {
        return lastMs;
    }

    /** Why the last drain failed; null if it did not. */
    @Nullable
    Exception failure() {
        return failure;
    }

    /** Whether dirty data is about to outgrow the memory that it may take: a replay, which cannot trim, drains only then. */
    boolean isBehind() {
        return l1.waitBytes() >= options.writeBufferBytes() / 4 * 3;
    }

    /** Whether there is enough, or old enough, dirty data. */
    boolean isDue() {
        long dirty = l1.dirtyBytes();
        return dirty >= dueBytes(options.maxBytes())
                || l1.waitBytes() >= options.writeBufferBytes() / 4
                || journal.bytes()
                        >= Math.min(DUE_JOURNAL_BYTES, options.backlog().journalBytes() / 4)
                || journal.stats().units - unitsDrained >= DUE_JOURNAL_UNITS
                || expiry.isFull()
                || (expiry.isWaiting() && clock.nanos() - lastNanos > DUE_EXPIRY_NANOS)
                || (dirty > 0 && clock.nanos() - lastNanos > DUE_NANOS);
    }

    private static long dueBytes(long l1Bytes) {
        return Math.max(1 << 20, Math.min(DUE_BYTES_MAX, l1Bytes / 2));
    }

    /** Drains now. */
    void run() throws IOException {
        excluding(() -> {
            long units = journal.stats().units;
            long position = journal.cut();
            runUpTo(position);
            unitsDrained = units;
            journal.trimBefore(position);
        });
    }

    /** A start has found so many changes in the journal, and none is drained. */
    void replayed(long units) {
        unitsDrained = journal.stats().units - units;
    }

    /** Drains, and does something before anything else can change L2. */
    <E extends Exception> void runThen(Action<E> action) throws IOException, E {
        turn.lock();
        try {
            run();
            action.run();
        } finally {
            turn.unlock();
        }
    }

    /** Drains while the journal is still being replayed, and cannot be cut. */
    void runWithoutTrim() throws IOException {
        excluding(() -> runUpTo(position(l2)));
    }

    /** Where the journal goes on from what L2 holds. */
    static long position(L2 l2) {
        byte[] saved = l2.meta(META_POSITION);
        return saved == null ? 0 : ByteBuffer.wrap(saved).getLong();
    }

    private void runUpTo(long position) throws IOException {
        long start = clock.nanos();
        for (int i = 0; i < l1.shardCount(); i++) {
            Shard shard = l1.shard(i);
            shard.lock();
            try {
                shard.beginDrain();
            } finally {
                shard.unlock();
            }
        }
        boolean done = false;
        Map<Integer, Long> changes = new HashMap<>();
        Map<Integer, Long> notNew = new HashMap<>();
        long entries = 0;
        try (Ingest ingest = l2.beginIngest()) {
            DrainBatch batch = new DrainBatch(l2, ingest, changes, notNew);
            int[] live = spaces.map();
            Arrays.sort(live);
            for (int space : live) {
                walk(space, batch);
            }
            byte[] spacesNow = secureSpaces();
            expiry.settle(ingest);
            ingest.commit(Map.of(
                    META_SPACES,
                    spacesNow,
                    META_COUNTS,
                    counts.toBytes(changes),
                    META_POSITION,
                    ByteBuffer.allocate(Long.BYTES).putLong(0, position).array()));
            expiry.settled();
            counts.drained(changes, notNew);
            entries = batch.total();
            deletesDrained.add(batch.deletes());
            bytesDrained.add(batch.bytes());
            done = true;
        } catch (L2Exception e) {
            failure = e;
            failures.increment();
            throw new IOException(e.getMessage(), e);
        } catch (RuntimeException e) {
            failure = e;
            failures.increment();
            throw e;
        } finally {
            end(done);
        }
        failure = null;
        entriesDrained.add(entries);
        lastNanos = clock.nanos();
        lastMs = clock.millis();
        latency.record(lastNanos - start);
        LOG.debug("drained, entries={} ms={}", entries, (lastNanos - start) / 1_000_000);
    }

    /** Has the journal force all that was appended so far. Returns the map of spaces, of which no change is missing there. */
    private byte[] secureSpaces() {
        // Who changes the map holds all stripes until the journal has the change, perhaps of a transaction.
        // L2 must not show what a crash can still undo.
        Shard any = l1.shard(0);
        byte[] bytes;
        any.lock();
        try {
            bytes = spaces.toBytes();
        } finally {
            any.unlock();
        }
        journal.commit();
        journal.sync();
        return bytes;
    }

    private void walk(int space, DrainBatch batch) throws L2Exception {
        for (int i = 0; i < l1.shardCount(); i++) {
            Shard shard = l1.shard(i);
            long hash = Walk.firstHash(l1, i);
            while (hash != Shard.DONE) {
                batch.begin(space);
                shard.lock();
                try {
                    hash = shard.drainSlice(hash, space, SLICE_ENTRIES, batch::take);
                } finally {
                    shard.unlock();
                }
                batch.write();
            }
        }
    }

    private void end(boolean done) {
        if (done) {
            settled.incrementAndGet();
        }
        for (int i = 0; i < l1.shardCount(); i++) {
            Shard shard = l1.shard(i);
            shard.lock();
            try {
                if (done) {
                    shard.finishDrain();
                } else {
                    shard.failDrain();
                }
            } finally {
                shard.unlock();
            }
        }
        if (done) {
            l1.releaseWaiting();
        }
    }
}
