package io.swytch.store;

import io.swytch.bytes.Chunks;
import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import io.swytch.store.journal.Journal;
import io.swytch.store.journal.JournalFailedException;
import io.swytch.store.journal.Skipped;
import io.swytch.store.l1.L1;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2ClosedException;
import io.swytch.store.l2.L2Exception;
import io.swytch.store.l2.L2Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies below L1 in persistent mode: the journal, L2, the fills from it and the drain into it.
 *
 * <p>Threads: any; reads run on {@code swytch-disk-N}, the drain on {@code swytch-upkeep}.
 */
public final class Tier {
    private static final Logger LOG = LoggerFactory.getLogger(Tier.class);

    /** Threads that wait for the disk, for fills and for commands in the background. */
    static final int DISK_THREADS = 4;

    /** The journal's place in the data directory. */
    static final String JOURNAL_DIR = "journal";

    /** Journal segments are this long. */
    private static final long SEGMENT_BYTES = 64L << 20;

    /** Drains in a row that may leave the journal untrimmed, and one more. */
    private static final int TRIMS_MAX = 6;

    /** Keys that are read until it is looked whether the rest is still wanted. */
    private static final int PORTION_KEYS = 64;

    /** Keys that are looked for in L2 where a count is wanted soon, and how long a drain is waited for. */
    private static final int LOOKS_MAX = 4096;

    private static final long LOOK_WAIT_MS = 20;

    /** How often it is looked at how far the journal and L2 are behind. */
    private static final long LOOK_PERIOD_MS = 50;

    /** How often expired keys are looked for on disk. */
    private static final long SWEEP_NANOS = 2_000_000_000L;

    private final L1 l1;
    private final L2 l2;
    private volatile Journal journal;
    private final KeyHash keyHash;
    private final Spaces spaces;
    private final Clock clock;
    private final KeyCounts counts;
    private final Reclaim reclaim;
    private final Drain drain;
    private final DiskThreads diskThreads;
    private final ExecutorService disk;
    private final Backlog backlog;

    /** Looks at the backlog, beside upkeep: that is in the middle of a drain just when writers have to be slowed. */
    private final ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(task -> diskThread(task, "swytch-backlog"));

    private volatile long lastSweepNanos;

    private final Latency fillLatency = new Latency();
    private final LongAdder keptBytes = new LongAdder();
    private volatile long overlayBytesMax;

    /** Held for reading by fills, which take stripes while they are in L2: closing L2 waits for them, so it must not hold the stripes yet. */
    private final ReentrantReadWriteLock fills = new ReentrantReadWriteLock();

    private final List<Runnable> syncListeners = new CopyOnWriteArrayList<>();
    private volatile LongConsumer syncTookListener = nanos -> {};

    private Tier(StoreOptions options, L1 l1, L2 l2, Journal journal, Spaces spaces, Clock clock) {
        this.l1 = l1;
        this.l2 = l2;
        this.journal = journal;
        this.spaces = spaces;
        this.clock = clock;
        overlayBytesMax = options.overlayBytesMax();
        backlog = new Backlog(l1, options.writeBufferBytes(), options.backlog(), clock);
        keyHash = new KeyHash(l2.hashSeed());
        counts = new KeyCounts(l1, l2, spaces);
        drain = new Drain(options, l1, l2, journal, spaces, counts, clock);
        reclaim = new Reclaim(l1, l2, drain, counts, clock);
        diskThreads = new DiskThreads(options.warm().isOn());
        disk = Executors.newFixedThreadPool(DISK_THREADS, diskThreads);
    }

    /** A thread that lets event loops go first, by what the launcher makes of its priority; nothing is right or wrong by it. */
    @SuppressWarnings("ThreadPriorityCheck")
    static Thread diskThread(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.setPriority(Thread.MIN_PRIORITY);
        return thread;
    }

    /** Opens L2 of the data directory, which knows how keys are hashed. */
    static L2 openL2(StoreOptions options) throws IOException {
        if (options.dataDir() == null) {
            throw new IllegalArgumentException("no data directory");
        }
        // Before RocksDB writes anything.
        Journal.checkFormat(options.dataDir().resolve(JOURNAL_DIR));
        return L2.open(L2Options.of(options.dataDir())
                .withBlockCacheBytes(options.blockCacheBytes())
                .withOpenFilesMax(options.tablesOpenMax()));
    }

    /** Opens the journal of the data directory, and replays it into L1. Closes {@code l2} if it throws. */
    static Tier open(StoreOptions options, L1 l1, L2 l2, Spaces spaces, Clock clock) throws IOException {
        if (options.dataDir() == null) {
            throw new IllegalArgumentException("no data directory");
        }
        Journal journal = null;
        try {
            Path dir = options.dataDir().resolve(JOURNAL_DIR);
            Files.createDirectories(
                    dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            boolean skipDamaged = options.skipDamaged();
            journal = Journal.open(dir, options.sync(), SEGMENT_BYTES, clock, l2.hashSeed(), l2.lastRun(), skipDamaged);
            if (l2.isJournaled() && !skipDamaged && Drain.position(l2) == 0) {
                journal.requireSegment();
            }
            Tier tier = new Tier(options, l1, l2, journal, spaces, clock);
            tier.restore(journal, skipDamaged);
            return tier;
        } catch (IOException | RuntimeException e) {
            if (journal != null) {
                journal.close();
            }
            l2.close();
            throw e;
        }
    }

    /** Takes over what L2 remembers, and replays the journal into L1, which is empty. */
    private void restore(Journal replayed, boolean skipDamaged) throws IOException {
        byte[] savedSpaces = l2.meta(Drain.META_SPACES);
        if (savedSpaces != null) {
            spaces.restore(savedSpaces);
        }
        counts.restore(l2.meta(Drain.META_COUNTS));
        Replay replay = new Replay(l1, l2, spaces, drain);
        Skipped skipped = null;
        try {
            if (skipDamaged) {
                skipped = replayed.replaySkippingDamaged(keyHash, replay, Drain.position(l2));
            } else {
                replayed.replay(keyHash, replay, Drain.position(l2));
            }
        } catch (UncheckedIOException e) {
            // A visitor has no other way to say what stops it.
            throw new IOException(e.getCause().getMessage(), e);
        }
        // Before anybody can write: from now on a newest file of an earlier run is not the newest.
        l2.markJournaled(replayed.run());
        drain.replayed(replay.units());
        if (replay.units() > 0) {
            LOG.info("journal replayed, units={}", replay.units());
        }
        if (skipped != null && !skipped.isEmpty()) {
            leaveDamageBehind(replayed, skipped);
        }
    }

    /** The log has gaps. Once all that could be read of it is in L2, it is trimmed, and the next start finds a whole one. */
    private void leaveDamageBehind(Journal replayed, Skipped skipped) throws IOException {
        LOG.atWarn()
                .addKeyValue("pieces", skipped.pieces())
                .addKeyValue("bytesLost", skipped.bytes())
                .log(
                        "Damage in the journal was skipped: keys that the lost changes were about have older values, or none");
        long end = replayed.firstPosition();
        for (int i = 0; i < TRIMS_MAX && replayed.firstPosition() <= end; i++) {
            drain.run();
        }
    }

    /**
     * Closes journal and L2, empties L1, opens both again and replays, as a restart would; clients wait meanwhile. Takes all stripes; the caller
     * holds none.
     *
     * @throws StoreLostException if it could not be opened again: nothing works any more then
     * @throws IOException if it was not begun, and all is as before
     */
    void reload() throws IOException {
        drain.excluding(() -> {
            fills.writeLock().lock();
            try {
                l1.lockAll();
                try {
                    reloadAlone();
                } finally {
                    l1.unlockAll();
                }
            } finally {
                fills.writeLock().unlock();
            }
        });
    }

    /** No drain, no fill, no command runs. */
    private void reloadAlone() throws IOException {
        try {
            // From here on nothing is pending, so loops that end an iteration find nothing to commit while the journal
            // is closed.
            journal.commit();
            journal.sync();
        } catch (JournalFailedException e) {
            throw new IOException(writeTrouble(true), e);
        }
        Journal reopened = null;
        try {
            journal.close();
            l2.reopen();
            l1.forgetAll();
            spaces.beginAnew();
            reopened = journal.openAgain();
            drain.beginAnew(reopened);
            restore(reopened, false);
            syncListeners.forEach(reopened::onSynced);
            reopened.onSyncTook(syncTookListener);
            journal = reopened;
        } catch (IOException | RuntimeException e) {
            if (reopened != null) {
                reopened.close();
            }
            l2.close();
            throw new StoreLostException("the store could not be opened again: " + e.getMessage(), e);
        }
    }

    /** Has a listener run after every sync of the journal. */
    public void onSynced(Runnable listener) {
        syncListeners.add(listener);
        journal.onSynced(listener);
    }

    /** Has {@code listener} told how many nanoseconds each sync of the journal took, on the thread that did it. */
    public void onSyncTook(LongConsumer listener) {
        syncTookListener = listener;
        journal.onSyncTook(listener);
    }

    public Journal journal() {
        return journal;
    }

    public L2 l2() {
        return l2;
    }

    public Drain drain() {
        return drain;
    }

    KeyHash keyHash() {
        return keyHash;
    }

    /** Where background work that waits for the disk runs. */
    public ExecutorService disk() {
        return disk;
    }

    public Latency fillLatency() {
        return fillLatency;
    }

    /** Bytes of fetched items that are kept beside L1. */
    long overlayBytes(FillRegistry registry) {
        return Math.max(0, keptBytes.sum() - registry.releasedBytes());
    }

    /** What may be kept beside L1. */
    long overlayBytesMax() {
        return overlayBytesMax;
    }

    /** Bounds what is kept beside L1 from now on. */
    void setOverlayBytesMax(long bytes) {
        overlayBytesMax = bytes;
    }

    /** Whether so much more may be kept beside L1 now. */
    boolean hasOverlayRoom(FillRegistry registry, long bytes) {
        return overlayBytes(registry) + bytes <= overlayBytesMax;
    }

    /** So much more is kept beside L1, until the registry releases it. */
    void kept(long bytes) {
        keptBytes.add(bytes);
    }

    /** Whether L2 may hold the key, by filters and cached blocks alone. */
    boolean mayExist(Key key) {
        return l2.mayExist(key);
    }

    /** Live keys of a space over both tiers; reads L2's filters for keys that were written without a look. */
    long keys(int space) {
        // While a drain is under way, keys that it has found not to be new are still counted as such.
        long[] keys = new long[1];
        drain.excluding(() -> keys[0] = counts.exact(space));
        return keys[0];
    }

    /** As {@link #keys}, or what the counts say without a look at L2 where that would take long. */
    long aboutKeys(int space) {
        long[] keys = {-1};
        if (l1.unknownKeys(space) <= LOOKS_MAX) {
            drain.tryExcluding(LOOK_WAIT_MS, () -> keys[0] = counts.exact(space));
        }
        return keys[0] < 0 ? counts.tentative(space) : keys[0];
    }

    public KeyCounts counts() {
        return counts;
    }

    /** Reads tokens' keys on a disk thread, together. */
    void read(List<FillToken> tokens, FillRegistry registry) {
        long startNanos = clock.nanos();
        disk.execute(() -> {
            fills.readLock().lock();
            try {
                readHere(tokens, registry);
            } finally {
                fills.readLock().unlock();
            }
            fillLatency.record(clock.nanos() - startNanos);
        });
    }

    /** Reads tokens' keys here and now, together. Holds {@link #fillsLock}, and no stripe. */
    void readHere(List<FillToken> tokens, FillRegistry registry) {
        for (int from = 0; from < tokens.size(); from += PORTION_KEYS) {
            readPortion(tokens.subList(from, Math.min(tokens.size(), from + PORTION_KEYS)), registry);
        }
    }

    private void readPortion(List<FillToken> tokens, FillRegistry registry) {
        List<FillToken> wanted = new Landing(this, l1, spaces, clock, tokens, registry).dropInVain();
        if (wanted.isEmpty()) {
            return;
        }
        Landing landing = new Landing(this, l1, spaces, clock, wanted, registry);
        List<Key> keys = new ArrayList<>(wanted.size());
        for (FillToken token : wanted) {
            keys.add(token.key);
        }
        try {
            l2.get(keys, landing);
        } catch (L2Exception e) {
            LOG.error("fill failed", e);
            landing.failRest("Errors trying to read from disk: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            // The task's outermost frame, want of memory for a large value above all: a token that stayed pending would
            // keep its clients, and all who come to wait for that key, for ever.
            LOG.error("fill failed", e);
            landing.failRest(e instanceof OutOfMemoryError ? "no memory to read the value into" : "internal error");
        }
    }

    /** The hot keys are back: clients' reads of cold ones are few again. */
    void warmed() {
        diskThreads.stepBack();
    }

    /** To be held by who reads L2 and takes stripes meanwhile. */
    Lock fillsLock() {
        return fills.readLock();
    }

    /** Reads one key here and now: for a command in the background, which holds its stripe. */
    int readNow(Key key, Item into) {
        FillToken token;
        try {
            token = FillToken.read(l2, key);
        } catch (L2Exception | L2ClosedException e) {
            throw StoreReadException.of(e);
        }
        if (token.item == null) {
            return Store.ABSENT;
        }
        token.view(into);
        // Until the command looks at its next key.
        Chunks.drop(token.keptBytes);
        return Store.FETCHED;
    }

    void drainNow() throws IOException {
        drain.run();
    }

    /** Drains, and makes a backup: see {@link Backup}. Returns its directory. */
    Path save(Path dir, int keep) throws IOException {
        Path[] made = new Path[1];
        try {
            drain.runThen(() -> made[0] = new Backup(dir, keep).make(l2, journal, clock));
        } catch (JournalFailedException e) {
            throw new IOException(writeTrouble(true), e);
        }
        return made[0];
    }

    /** Drains, and empties L1 of what L2 has then. */
    void chill() throws IOException {
        drain.run();
        drain.excluding(l1::forgetClean);
    }

    /** Has writers slowed where they have to be, from here on. */
    void watchBacklog() {
        // It ends with the thread.
        ScheduledFuture<?> unused = watch.scheduleWithFixedDelay(
                this::lookAtBacklog, LOOK_PERIOD_MS, LOOK_PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    private void lookAtBacklog() {
        try {
            backlog.look(journal, l2, l1.maxBytes());
        } catch (L2ClosedException e) {
            // The store is being closed, and nobody writes any more.
            watch.shutdown();
        } catch (L2Exception | RuntimeException | Error e) {
            // The task's outermost frame: it would not run again. What was seen last holds.
            LOG.debug("cannot look at the backlog", e);
        }
    }

    /** One round of upkeep: drains where it is due, sweeps what expired on disk, buries flushed spaces. */
    void upkeep(boolean expiryActive) throws IOException {
        if (expiryActive) {
            // Of a drain that another thread has under way this does not wait: what is due then is still there in the
            // next round.
            drain.tryExcluding(0, () -> l1.buryExpired(clock.millis()));
        }
        if (expiryActive && (drain.expiry().isBusy() || clock.nanos() - lastSweepNanos > SWEEP_NANOS)) {
            lastSweepNanos = clock.nanos();
            drain.sweepExpired();
        }
        IOException failure = journal.failure();
        if (failure != null && !journal.tryRecover()) {
            throw failure;
        }
        // One that has failed is tried again though it may no longer be due: it is what writers wait for.
        if (drain.isDue() || drain.failure() != null) {
            drain.run();
        }
        for (int space : spaces.dead()) {
            drain.bury(space);
        }
        reclaim.look();
        l2.reserve().tend(clock);
    }

    /**
     * Why writes are refused; null while they are not.
     *
     * @param isGrowing whether it is about writes that may need room. The others, deletes above all, go on as long as the journal takes them, where it
     *     could not go on for long or L2 takes nothing: they are what may end that.
     */
    @Nullable
    String writeTrouble(boolean isGrowing) {
        Exception failure = journal.failure();
        if (failure == null && isGrowing) {
            failure = journal.shortage();
        }
        if (failure != null) {
            // Redis's words: the journal is to Swytch what the append-only file is to Redis.
            return "Errors writing to the AOF file: " + failure.getMessage();
        }
        failure = isGrowing ? drain.failure() : null;
        return failure == null ? null : "Errors writing to L2: " + failure.getMessage();
    }

    /** Whether a flushed space is still on disk. */
    boolean hasDead() {
        return !spaces.dead().isEmpty();
    }

    /** How long a command that writes should wait before it runs, because what lies below L1 is behind; 0 as long as all is well. */
    public long writeDelayMillis() {
        return backlog.delayMillis();
    }

    /** Whether a command that has waited so should wait on: what lies below L1 is far behind, and catches up. */
    public boolean isFull() {
        return backlog.isFull() && writeTrouble(true) == null;
    }

    /** A command that {@link #writeDelayMillis} held back has waited so long. */
    public void writeWaited(long nanos) {
        backlog.waited(nanos);
    }

    Backlog backlog() {
        return backlog;
    }

    /**
     * Stops: drains if asked to, and closes journal and L2.
     *
     * @param beforeLast runs when all is on disk, and the directory is still held
     */
    void close(boolean drainFirst, Runnable beforeLast) throws IOException {
        watch.shutdown();
        disk.shutdown();
        try {
            if (!disk.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("disk threads still busy at stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // A reload that is under way comes to its end first.
        drain.excluding(() -> {
            try {
                if (drainFirst) {
                    drain.run();
                }
                journal.commit();
                journal.sync();
                beforeLast.run();
            } finally {
                journal.close();
                l2.close();
            }
        });
    }
}
