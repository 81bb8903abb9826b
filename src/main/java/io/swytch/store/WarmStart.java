package io.swytch.store;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.stats.StoreFigures;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import io.swytch.store.journal.Journal;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l1.TakenBack;
import io.swytch.store.l2.L2ClosedException;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads back at start what was in L1 when the store was last open, the hottest first, and saves which keys that is: now and then, and at a stop. Clients are
 * served meanwhile: this is one thread that reads in the order of the disk, and does not wait for those who read for clients, because a key costs it a tenth of what a
 * client's miss of that key would. For the same reason it goes little behind the event loops, and behind {@link DiskThreads}, while it reads what is hottest, and far behind for
 * the rest.
 *
 * <p>An item is read without its key's stripe, so a client may write the key in between. Such a write is a dirty entry, which is seen when the item is to
 * go into L1, until a drain has made it clean: so where one has since the read began ({@link Drain#settled}), the item is read again. That is what a
 * {@link FillToken} does for one key that clients wait for, without a token for each of a million. Values that L2 has in parts are read one by one, with
 * a token.
 *
 * <p>Threads: its own, {@code swytch-warm}; {@link #stop} and then {@link #saveLast} by the one that stops the store; figures by any.
 */
final class WarmStart {
    private static final Logger LOG = LoggerFactory.getLogger(WarmStart.class);

    /** Keys that are looked for together: some ten milliseconds of reading. */
    private static final int BATCH = 2048;

    /** Entries that are looked at under one hold of a stripe, to save them: some hundred microseconds where nothing is in the processor's cache. */
    private static final int SLICE_ENTRIES = 512;

    /** Of threads: the launcher makes a niceness of 2 of it, and of the lowest 10, with which nothing comes back for long on a machine that is busy. */
    private static final int HOT_PRIORITY = 3;

    /**
     * Rows of L2 for each key that is to come back, up to which ranks are read in one sweep: a sweep for one rank would read nearly every block for itself. Measured at
     * 5 M rows and 823,000 keys, 1 in 6: four sweeps took 11 s of the processor, the first of them, with four keys of ten, 4 s; one takes 4 s.
     */
    private static final long TOGETHER_ROWS_MAX = 16;

    private static final long STOP_MS_MAX = 8_000;

    /** How often the reading back is tried where it fails; then memory begins with what clients have asked for by then. */
    private static final int TRIES_MAX = 5;

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Store store;
    private final Tier tier;
    private final L1 l1;
    private final Path dir;
    private final Duration saveEvery;
    private final Clock clock;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile boolean stopping;

    /** Whether all was read back that could be. Until then the file knows more than L1 does, and stays. */
    private volatile boolean isDone;

    private final long startNanos;
    private volatile long endNanos;
    private final LongAdder saves = new LongAdder();

    // Keys of the file: all; those back in L1; those that are no more; those for which there is no room.
    private volatile long keysSaved;
    private final LongAdder keysBack = new LongAdder();

    private final LongAdder keysGone = new LongAdder();
    private final LongAdder keysLeft = new LongAdder();

    WarmStart(Store store, Tier tier, Path dir, Duration saveEvery, Clock clock) {
        this.store = store;
        this.tier = tier;
        l1 = store.l1();
        this.dir = dir;
        this.saveEvery = saveEvery;
        this.clock = clock;
        startNanos = clock.nanos();
        thread = Tier.diskThread(this::run, "swytch-warm");
    }

    void start() {
        thread.start();
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
            thread.join(STOP_MS_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Nothing is right or wrong by a priority. */
    @SuppressWarnings("ThreadPriorityCheck")
    private static void setPriority(int priority) {
        Thread.currentThread().setPriority(priority);
    }

    private void run() {
        setPriority(HOT_PRIORITY);
        loadAndRetry();
        setPriority(Thread.MIN_PRIORITY);
        tier.warmed();
        endNanos = clock.nanos();
        isDone = !stopping;
        while (awaitSave()) {
            try {
                save();
            } catch (RuntimeException | Error e) {
                // The thread's outermost loop: the next save may find memory again.
                LOG.error("saving the hot keys failed", e);
            }
        }
    }

    /** Waits until it is time to save; false when it is time to end. */
    private boolean awaitSave() {
        return await(saveEvery.isZero() ? Long.MAX_VALUE : saveEvery.toNanos());
    }

    /** Waits for so long; false when it is time to end. */
    private boolean await(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (!stopping && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !stopping;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    // Reading back.

    /** How one try to read the list back ended. */
    private enum Outcome {
        /** All that could be is back in L1, or there is no list that is of use. */
        DONE,
        /** Something failed that may not fail again. */
        FAILED,
        /** L2 was closed: for good, or {@code DEBUG RELOAD} has emptied L1 and opens it again. */
        INTERRUPTED
    }

    /** The list stays as it is meanwhile: one of what L1 holds in the middle of this would be a cold one. */
    private void loadAndRetry() {
        int failures = 0;
        while (!stopping) {
            Outcome outcome;
            try {
                outcome = load();
            } catch (RuntimeException | Error e) {
                // What is not read back now is fetched when a client asks for it.
                LOG.error("reading back the hot keys failed", e);
                outcome = Outcome.FAILED;
            }
            failures += outcome == Outcome.FAILED ? 1 : 0;
            if (outcome == Outcome.DONE || failures == TRIES_MAX || !await(RETRY_NANOS)) {
                return;
            }
        }
    }

    private Outcome load() {
        keysBack.reset();
        keysGone.reset();
        keysLeft.reset();
        try (HotSetReader file = new HotSetReader(dir, tier.l2().directoryId())) {
            keysSaved = file.keys();
            l1.reserve(keysSaved);
            try {
                Loading loading = new Loading();
                for (HotSweep sweep : HotSweep.plan(file, areTogether(file))) {
                    if (!sweep.isHot()) {
                        setPriority(Thread.MIN_PRIORITY);
                        tier.warmed();
                    }
                    loading.sweep(sweep);
                    if (stopping || loading.isStale) {
                        return Outcome.INTERRUPTED;
                    }
                }
            } finally {
                l1.reserve(0);
            }
            LOG.atInfo()
                    .addKeyValue("keys", keysBack.sum())
                    .addKeyValue("of", keysSaved)
                    .addKeyValue("gone", keysGone.sum())
                    .addKeyValue("noRoom", keysLeft.sum())
                    .addKeyValue("ms", TimeUnit.NANOSECONDS.toMillis(clock.nanos() - startNanos))
                    .log("hot keys are back in memory");
            return Outcome.DONE;
        } catch (NoSuchFileException e) {
            LOG.debug("no hot keys were saved");
            return Outcome.DONE;
        } catch (HotSet.DamagedException e) {
            LOG.atWarn()
                    .addKeyValue("file", dir.resolve(HotSet.FILE))
                    .addKeyValue("reason", e.getMessage())
                    .log("the list of hot keys is no use; memory begins cold");
            return Outcome.DONE;
        } catch (L2ClosedException e) {
            LOG.debug("L2 was closed while hot keys were read back");
            return Outcome.INTERRUPTED;
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("file", dir.resolve(HotSet.FILE))
                    .addKeyValue("reason", e.toString())
                    .log("the hot keys could not be read back");
            return Outcome.FAILED;
        }
    }

    /** Whether all there was has room again, so that nothing need come first for its sake, and lies close together in L2. */
    private boolean areTogether(HotSetReader file) {
        long keys = 0;
        Set<Integer> spaces = new HashSet<>();
        for (HotSetReader.Block block : file.blocks()) {
            if (block.rank() < HotSet.COLD_RANK) {
                keys += block.keys();
                spaces.add(block.space());
            }
        }
        long rows = 0;
        for (int space : spaces) {
            rows += tier.counts().inL2(space);
        }
        return l1.maxBytes() >= file.limitBytes() && rows <= TOGETHER_ROWS_MAX * keys;
    }

    /** A key whose value L2 has in parts. */
    private record Parted(Key key, int heat, int valueBytes) {}

    /** One read of the file. Threads: the warm one. */
    private final class Loading {
        private final List<Parted> parted = new ArrayList<>();
        private final Slice value = new Slice();
        private final Item probe = new Item();

        /** The keys that are looked for next, all of one space, their prefixes ascending. */
        private final long[] wanted = new long[BATCH];

        private final byte[] heats = new byte[BATCH];
        private int count;
        private int space;

        /** Shards that had no room, by number; begun anew where L1 has another number of them. */
        private boolean[] isFull = new boolean[0];

        /** Another one since, and L1 was emptied: what had come back is lost again. */
        private final Journal opened = tier.journal();

        private boolean isStale;

        /** As {@link Drain#settled} said before the read began. */
        private long settled;

        /** Items of {@link #wanted} that L2 has shown. */
        private long shown;

        void sweep(HotSweep sweep) throws IOException {
            if (isFull.length != l1.shardCount()) {
                isFull = new boolean[l1.shardCount()];
            }
            while (!stopping && !isStale && sweep.next()) {
                if (sweep.space() != space) {
                    flush();
                    space = sweep.space();
                }
                if (isFull(sweep.prefix() << HotSet.PREFIX_SHIFT)) {
                    keysLeft.increment();
                    continue;
                }
                wanted[count] = sweep.prefix();
                heats[count++] = (byte) sweep.heat();
                if (count == BATCH) {
                    flush();
                }
            }
            if (!stopping) {
                flush();
            }
        }

        /** Looks for the keys that are wanted. */
        void flush() throws L2Exception {
            tier.fillsLock().lock();
            try {
                gather();
            } finally {
                tier.fillsLock().unlock();
            }
            count = 0;
        }

        private void gather() throws L2Exception {
            isStale |= tier.journal() != opened;
            if (isStale) {
                return;
            }
            shown = 0;
            for (int at = 0; at < count; ) {
                settled = tier.drain().settled();
                long density = tier.counts().inL2(space);
                at = tier.l2().gather(space, wanted, at, count, HotSet.PREFIX_SHIFT, density, this::take);
            }
            keysGone.add(Math.max(0, count - shown));
            for (int i = 0; i < parted.size() && !stopping; i++) {
                fetch(parted.get(i));
            }
            parted.clear();
        }

        private boolean isFull(long hash) {
            int shard = l1.shardIndex(hash);
            return shard < isFull.length && isFull[shard];
        }

        /** Takes one item of L2 into L1; false if L2 has to be looked at again. */
        private boolean take(int index, Key key, Item item, boolean isWhole) {
            int heat = heats[index];
            if (item.isExpired(clock.millis())) {
                // Counted as gone: it is deleted from disk elsewhere.
                return true;
            }
            if (!isWhole) {
                parted.add(new Parted(key.copy(), heat, item.valueLength()));
                shown++;
                return true;
            }
            Shard shard = l1.lock(key.hash());
            try {
                if (tier.drain().settled() != settled) {
                    return false;
                }
                // Of a space that was flushed meanwhile nothing may come back to L1, which has forgotten it.
                if (store.spaces().isLive(space)) {
                    shown++;
                    count(key, shard.takeBack(key, item, item.value(value), HotSet.isMain(heat), HotSet.uses(heat)));
                }
            } finally {
                shard.unlock();
            }
            return true;
        }

        private void count(Key key, TakenBack outcome) {
            switch (outcome) {
                case IN, THERE -> keysBack.increment();
                case DELETED -> keysGone.increment();
                case NO_ROOM -> {
                    keysLeft.increment();
                    int shard = l1.shardIndex(key.hash());
                    if (shard < isFull.length) {
                        isFull[shard] = true;
                    }
                }
            }
        }

        /** Fetches one value that L2 has in parts, as for a client; of these there are few, each worth many keys. */
        private void fetch(Parted wanted) {
            Key key = wanted.key;
            int heat = wanted.heat;
            Fetch fetch = store.newFetch();
            Shard shard = l1.lock(key.hash());
            try {
                if (!shard.find(key, probe, false)) {
                    if (!shard.hasSpareRoom(wanted.valueBytes)) {
                        // Smaller ones may find room yet.
                        keysLeft.increment();
                        return;
                    }
                    fetch.want(key);
                }
            } finally {
                shard.unlock();
            }
            List<FillToken> tokens = new ArrayList<>();
            fetch.begin(() -> {}, tokens);
            tier.readHere(tokens, store.fills());
            fetch.release();
            shard = l1.lock(key.hash());
            try {
                if (shard.find(key, probe, false)) {
                    count(key, shard.takeBack(key, probe, probe.value(value), HotSet.isMain(heat), HotSet.uses(heat)));
                } else {
                    keysGone.increment();
                }
            } finally {
                shard.unlock();
            }
        }
    }

    // Saving.

    /** The store is drained, and about to be closed: saves for the last time, unless not all had been read back yet. */
    void saveLast() {
        if (isDone) {
            save();
        }
    }

    private void save() {
        long began = clock.nanos();
        try (HotSetWriter file = new HotSetWriter(dir, tier.l2().directoryId(), clock.millis(), l1.maxBytes())) {
            long keys = new Saving(file).run();
            saves.increment();
            LOG.atDebug()
                    .addKeyValue("keys", keys)
                    .addKeyValue("ms", TimeUnit.NANOSECONDS.toMillis(clock.nanos() - began))
                    .log("saved which keys are hot");
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("file", dir.resolve(HotSet.FILE))
                    .addKeyValue("reason", e.toString())
                    .log("could not save which keys are hot; the list before stays");
        }
    }

    /** One walk through L1. Threads: the one that saves. */
    private final class Saving {
        private final HotSetWriter file;
        private final int[] spaces = new int[2 * SLICE_ENTRIES];
        private final long[] hashes = new long[2 * SLICE_ENTRIES];
        private final byte[] heats = new byte[2 * SLICE_ENTRIES];
        private int count;

        Saving(HotSetWriter file) {
            this.file = file;
        }

        /** Returns how many keys were saved. */
        long run() throws IOException {
            long hash = 0;
            boolean more = true;
            while (more) {
                Shard shard = l1.lock(hash);
                try {
                    long next = shard.walkHot(hash, SLICE_ENTRIES, this::see);
                    if (next != Shard.DONE) {
                        hash = next;
                    } else if (shard.number() + 1 < l1.shardCount()) {
                        hash = Walk.firstHash(l1, shard.number() + 1);
                    } else {
                        more = false;
                    }
                } finally {
                    shard.unlock();
                }
                for (int i = 0; i < count; i++) {
                    file.add(spaces[i], hashes[i], heats[i]);
                }
                count = 0;
            }
            return file.finish();
        }

        private void see(int space, long hash, boolean isMain, int uses) {
            // More than twice a slice there are only if so many hashes agree in 48 bits.
            if (count < hashes.length) {
                spaces[count] = space;
                hashes[count] = hash;
                heats[count] = (byte) HotSet.heat(isMain, uses);
                count++;
            }
        }
    }

    // Figures.

    void read(StoreFigures into) {
        into.warmState = isDone ? "done" : "loading";
        into.warmKeysSaved = keysSaved;
        into.warmKeysLoaded = keysBack.sum();
        long there = keysSaved - keysGone.sum();
        into.warmShare = there > 0 ? Math.min(1, (double) keysBack.sum() / there) : isDone ? 1 : 0;
        into.warmNanos = (isDone ? endNanos : clock.nanos()) - startNanos;
        into.warmSaves = saves.sum();
    }
}
