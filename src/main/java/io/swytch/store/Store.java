package io.swytch.store;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.stats.StoreStats;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import io.swytch.store.journal.EffectBuffer;
import io.swytch.store.journal.Journal;
import io.swytch.store.l1.EvictionMode;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.L1Options;
import io.swytch.store.l1.ReadyChunks;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.L2;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where items are kept: L1 alone, or L1 over a {@link Tier}.
 *
 * <p>Stripes are L1's shards. Whoever touches a key holds its stripe; nobody waits for a disk while holding one, but for a background
 * command that says so. Locks are taken in this order: the drain's turn, stripes ascending, the journal's, L2's inner ones.
 *
 * <p>Threads: any; each method says what its caller holds.
 */
public final class Store implements AutoCloseable {
    /** More stripes there never are. */
    public static final int STRIPES_MAX = FillRegistry.CHAINS;

    /** Of {@link #lookBelow}: the key is nowhere. */
    public static final int ABSENT = 0;

    /** Of {@link #lookBelow}: the item is shown. */
    public static final int FETCHED = 1;

    /** Of {@link #lookBelow}: L2 may hold it; a disk read will tell. */
    public static final int MUST_FETCH = 2;

    /** A write may go on while each stripe has room for this. */
    private static final long ROOM_BYTES = 1 << 10;

    private final L1 l1;
    private final @Nullable Tier tier;
    private final KeyHash keyHash;
    private final Spaces spaces;
    private final FillRegistry fills = new FillRegistry();
    private final FilterUse filterUse = new FilterUse();
    private final Item probe = new Item();
    private final Upkeep upkeep;
    private final @Nullable WarmStart warm;
    private final StoreReport report;
    private volatile EvictionMode evictionMode;
    private volatile long maxBytes;

    private Store(StoreOptions options, L1 l1, @Nullable Tier tier, KeyHash keyHash, Spaces spaces, Clock clock) {
        evictionMode = options.evictionMode();
        maxBytes = options.maxBytes();
        this.l1 = l1;
        this.tier = tier;
        this.keyHash = keyHash;
        this.spaces = spaces;
        upkeep = new Upkeep(l1, tier, clock);
        warm = tier != null && options.dataDir() != null && options.warm().isOn()
                ? new WarmStart(this, tier, options.dataDir(), options.warm().saveEvery(), clock)
                : null;
        report = new StoreReport(this, fills, options);
    }

    /**
     * Opens the store, replaying what the journal holds, and starts its threads.
     *
     * @throws IOException if the data directory cannot be used, in words for an operator
     */
    public static Store open(StoreOptions options, Clock clock) throws IOException {
        Spaces spaces = new Spaces(options.databases());
        Store store;
        if (options.dataDir() != null) {
            L2 l2 = Tier.openL2(options);
            KeyHash keyHash = new KeyHash(l2.hashSeed());
            L1 l1 = newL1(options, keyHash, options.writeBufferBytes());
            store = new Store(options, l1, Tier.open(options, l1, l2, spaces, clock), keyHash, spaces, clock);
        } else {
            KeyHash keyHash = new KeyHash(new SecureRandom().nextLong());
            store = new Store(options, newL1(options, keyHash, 0), null, keyHash, spaces, clock);
        }
        store.upkeep.start();
        if (store.tier != null) {
            store.tier.watchBacklog();
        }
        return store;
    }

    /** Begins what may wait until clients are served, so that these need not wait for it: reading back which keys are hot. */
    public void startWarming() {
        if (warm != null) {
            warm.start();
        }
    }

    private static L1 newL1(StoreOptions options, KeyHash keyHash, long waitBytesMax) {
        return new L1(
                new L1Options(options.maxBytes(), waitBytesMax, options.loops(), options.evictionMode(), keyHash));
    }

    public boolean isTiered() {
        return tier != null;
    }

    /** The tier below L1; null in memory mode. */
    public @Nullable Tier tier() {
        return tier;
    }

    public L1 l1() {
        return l1;
    }

    public KeyHash keyHash() {
        return keyHash;
    }

    public Spaces spaces() {
        return spaces;
    }

    // Stripes.

    /** Takes the stripe of a hash. */
    public void lock(long hash) {
        l1.lock(hash);
    }

    public void unlock(long hash) {
        l1.shard(hash).unlock();
    }

    /** The number of a hash's stripe; a change of {@code maxmemory} may number stripes anew until one of them is held. */
    public int stripe(long hash) {
        return l1.shardIndex(hash);
    }

    /** How many stripes there are. */
    public int stripes() {
        return l1.shardCount();
    }

    /** Takes a stripe; false if stripes have been numbered anew since the caller asked for its number. Then none is taken. */
    public boolean lockStripe(int stripe, int ofStripes) {
        if (stripe < l1.shardCount()) {
            Shard shard = l1.shard(stripe);
            shard.lock();
            if (!shard.isRetired() && l1.shardCount() == ofStripes) {
                return true;
            }
            shard.unlock();
        }
        return false;
    }

    public void unlockStripe(int stripe) {
        l1.shard(stripe).unlock();
    }

    /** Whether somebody waits for the stripe of a hash. */
    public boolean isAwaited(long hash) {
        return l1.shard(hash).isAwaited();
    }

    /** Waits until no drain is under way, and lets none begin until {@link #allowDrain}. Holds no stripe. */
    public void forbidDrain() {
        if (tier != null) {
            tier.drain().forbid();
        }
    }

    public void allowDrain() {
        if (tier != null) {
            tier.drain().allow();
        }
    }

    /** Takes all stripes. */
    public void lockAll() {
        l1.lockAll();
    }

    public void unlockAll() {
        l1.unlockAll();
    }

    /**
     * Takes all stripes while no drain is under way, for a transaction whose commands look at the store as a whole: they may not wait for a drain once
     * stripes are held, because a drain waits for stripes. May wait for the disk.
     */
    public void lockAlone() {
        forbidDrain();
        l1.lockAll();
    }

    public void unlockAlone() {
        l1.unlockAll();
        allowDrain();
    }

    // Items.

    /** For looks at up to {@code max} keys at a time, by one thread. */
    public KeysAhead newKeysAhead(int max) {
        return new KeysAhead(l1, max);
    }

    /** The shard of a hash, whose lock is the stripe that the caller holds. */
    public Shard shard(long hash) {
        return l1.shard(hash);
    }

    /** A key was changed or taken out: what a fetch has read, or is reading, of it is old. Holds its stripe. */
    public void written(Key key) {
        fills.invalidate(key);
    }

    /** Whether somebody waits, or has just waited, for the key to be fetched. Holds its stripe. */
    public boolean isFetched(Key key) {
        return fills.find(key) != null;
    }

    /**
     * Looks for a key that L1 lacks among what has been fetched, then in L2's filters, which costs no disk read.
     *
     * @param into shows the item where {@link #FETCHED} is returned; it may be expired
     * @param mayBlock read the disk here and now instead of returning {@link #MUST_FETCH}
     * @throws StoreReadException if a fetch of it failed
     */
    public int lookBelow(Key key, Item into, boolean mayBlock) {
        Tier below = tier;
        if (below == null) {
            return ABSENT;
        }
        FillToken token = fills.find(key);
        if (token != null) {
            return switch (token.state) {
                case ABSENT -> ABSENT;
                case KEPT -> {
                    token.view(into);
                    yield FETCHED;
                }
                case FAILED -> throw new StoreReadException(String.valueOf(token.failure));
                case PENDING, GONE, INVALID -> mayBlock ? below.readNow(key, into) : MUST_FETCH;
            };
        }
        if (mayBlock || filterUse.pays()) {
            boolean isRuledOut = !below.mayExist(key);
            filterUse.answered(isRuledOut);
            if (isRuledOut) {
                return ABSENT;
            }
        }
        return mayBlock ? below.readNow(key, into) : MUST_FETCH;
    }

    /** Whether a look at the key, which {@code into} is used for, would need the disk. Holds its stripe. */
    public boolean mustFetch(Key key, Item into) {
        return !l1.shard(key.hash()).find(key, into, false) && lookBelow(key, into, false) == MUST_FETCH;
    }

    /** Whether a key may be there, without a disk read; expired keys count. Holds its stripe. */
    boolean mayHold(Key key, Item into) {
        if (l1.shard(key.hash()).find(key, into, false)) {
            return !into.isTombstone();
        }
        return tier != null && tier.mayExist(key);
    }

    /** As {@link #mayHold(Key, Item)}; holds all stripes. */
    public boolean mayHold(Key key) {
        return mayHold(key, probe);
    }

    /** A fetch, to be given the keys it is to read. */
    public Fetch newFetch() {
        if (tier == null) {
            throw new IllegalStateException("nothing to fetch from");
        }
        return new Fetch(this, fills);
    }

    FillRegistry fills() {
        return fills;
    }

    /** What reads back and saves which keys are hot; null where that is off. */
    @Nullable
    WarmStart warm() {
        return warm;
    }

    void read(List<FillToken> tokens) {
        if (tier != null) {
            tier.read(tokens, fills);
        }
    }

    /** Gives the effects of one command or transaction to the journal's buffer, as one, and clears them. Holds the stripes of their keys. */
    public void publish(EffectBuffer effects) {
        if (tier != null) {
            tier.journal().append(effects);
        }
        effects.clear();
    }

    /** Writes a large value into the journal ahead of the effect that names it. Holds no stripe; may wait for the disk. Tiered mode only. */
    public Staged stage(Slice value) {
        return stage(value, null);
    }

    /** As {@link #stage(Slice)}, of an edit at an offset, whose bytes are laid out for it too; in memory mode that is all. */
    public Staged stagePatch(Slice bytes, int offset) {
        return stage(bytes, ReadyChunks.of(bytes, offset));
    }

    /** Whether what was staged may be named by an effect that is published now; once at most. Holds the stripe of the key. */
    public boolean claim(Staged staged) {
        return staged.take(tier == null ? null : tier.journal());
    }

    private Staged stage(Slice bytes, @Nullable ReadyChunks chunks) {
        if (tier == null) {
            return new Staged(null, 0, chunks);
        }
        Journal journal = tier.journal();
        Staged staged = new Staged(journal, journal.beginStage(), chunks);
        boolean isDone = false;
        try {
            journal.stage(staged.id(), bytes);
            isDone = true;
            return staged;
        } finally {
            if (!isDone) {
                staged.close();
            }
        }
    }

    /**
     * Keeps the journal whole beyond the drain that is under way, so that an effect after its cut may build on one before. Holds the stripe of
     * the key, whose entry the drain has not handed on.
     *
     * @return false if it has been kept for too long already
     */
    public boolean holdJournal() {
        return tier != null && tier.journal().holdTrim();
    }

    // Databases.

    /** Gives the database an empty space. Holds all stripes. */
    public void renew(int db) {
        if (tier != null && isUntouched(spaces.of(db))) {
            return;
        }
        l1.dropSpace(spaces.renew(db));
        upkeep.wake();
    }

    /** Whether nothing was ever filed under a space: FLUSHALL need not bury the databases that nobody uses. Holds all stripes. */
    private boolean isUntouched(int space) {
        if (keysBelow(space) != 0 || tentativeKeys(space) != 0) {
            return false;
        }
        for (int i = 0; i < l1.shardCount(); i++) {
            for (int known : l1.shard(i).spaces()) {
                if (known == space) {
                    return false;
                }
            }
        }
        return true;
    }

    private long keysBelow(int space) {
        return tier == null ? 0 : tier.counts().inL2(space);
    }

    /** Swaps two databases. Holds all stripes. */
    public void swap(int db1, int db2) {
        spaces.swap(db1, db2);
    }

    /** Waits until flushed content has left the disk. Holds no stripe. */
    public void awaitBuried() {
        upkeep.awaitBuried();
    }

    /** Live keys of a space, expired ones that nobody has noticed included. May read the disk; takes stripes itself. */
    public long keys(int space) {
        return tier == null ? l1.keys(space) : tier.keys(space);
    }

    /** As {@link #keys} where that can be told at once; {@link #tentativeKeys} otherwise. */
    public long aboutKeys(int space) {
        return tier == null ? l1.keys(space) : tier.aboutKeys(space);
    }

    /** As {@link #keys}, with keys that were written without a look counted as new; reads no disk. */
    long tentativeKeys(int space) {
        return tier == null ? l1.keys(space) : tier.counts().tentative(space);
    }

    /** Figures for INFO and metrics. */
    public StoreStats stats() {
        return report;
    }

    /** Keys of a space in L1 that have an expiry. */
    public long expiringKeys(int space) {
        return l1.expiringKeys(space);
    }

    /** Mean time to live in milliseconds of a space's keys in L1, and how much of those with one has expired unnoticed, 0 to 1; from a sample. */
    public record TtlFigures(long averageMs, double staleShare) {}

    /** Samples a space's keys from a hash on. Takes stripes itself. */
    public TtlFigures sampleTtl(int space, long fromHash, long nowMs) {
        TtlSample sample = TtlSample.of(l1, space, fromHash, nowMs);
        return new TtlFigures(sample.averageMs(), sample.staleShare());
    }

    /** Is told of keys by {@link #walk}; does not walk itself. */
    @FunctionalInterface
    public interface Visitor {
        void visit(Slice key, int type);
    }

    /** Walks unexpired keys of a space in hash order over both tiers: see {@link Walk}. Takes stripes itself; may read the disk. */
    public long walk(int space, long cursor, int count, long nowMs, Visitor visitor) {
        return new Walk(l1, tier, space, nowMs).run(cursor, count, visitor);
    }

    /** Some unexpired key of a space, or null. Takes stripes itself; may read the disk. */
    public @Nullable Bytes randomKey(int space, long nowMs) {
        return new Walk(l1, tier, space, nowMs).random();
    }

    // Limits.

    /** Whether memory is at its limit and nothing may be evicted: writes that may need memory are refused. */
    public boolean isFull() {
        return isBounded() && !hasRoom();
    }

    /** Whether there may come a time when nothing can be written, because not everything may be evicted. */
    public boolean isBounded() {
        return evictionMode != EvictionMode.ALL && tier == null;
    }

    /** Whether a key's stripe, which is held, has room for so much more, or can make it. */
    public boolean hasRoomFor(Key key, long bytes) {
        return l1.shard(l1.shardIndex(key.hash())).hasRoomFor(bytes);
    }

    /** Bytes that a value of {@code length} takes of its stripe at most. */
    public long roomFor(int length) {
        return l1.roomFor(length);
    }

    /** What a write to this key, whose stripe is held, lacked that {@link #makeHugeRoom} can make; 0 if that is not why it was refused. */
    public long takeHugeBytesWanted(Key key) {
        return l1.shard(l1.shardIndex(key.hash())).takeHugeBytesWanted(key);
    }

    /** Bytes that a value of {@code length} takes of the room for huge ones; 0 if it is none. */
    public long hugeBytes(int length) {
        return L1.hugeBytes(length);
    }

    /** Whether huge values of so many bytes could be written one after the other, unless it is only the policy that forbids it. */
    public boolean hasHugeRoom(long bytes) {
        return tier != null || evictionMode != EvictionMode.ALL || l1.hasHugeRoom(bytes);
    }

    /** Has huge values leave until so many more bytes of them fit, in memory mode; the caller holds no stripe. */
    public boolean makeHugeRoom(long bytes) {
        return l1.evictHuge(bytes);
    }

    private boolean hasRoom() {
        for (int i = 0; i < l1.shardCount(); i++) {
            Shard shard = l1.shard(i);
            shard.lock();
            try {
                if (!shard.isRetired() && !shard.hasRoomFor(ROOM_BYTES)) {
                    return false;
                }
            } finally {
                shard.unlock();
            }
        }
        return true;
    }

    /** Why writes are refused, for a client; null while they are not. */
    public @Nullable String writeTrouble() {
        return writeTrouble(true);
    }

    /** As {@link #writeTrouble()}, of writes that may need room or of those that do not. */
    public @Nullable String writeTrouble(boolean isGrowing) {
        return tier == null ? null : tier.writeTrouble(isGrowing);
    }

    /** What L1 may use. */
    public long maxBytes() {
        return maxBytes;
    }

    /** Changes what L1 may use; takes stripes itself. */
    public void setMaxBytes(long bytes) {
        maxBytes = bytes;
        if (tier == null) {
            l1.setMaxBytes(bytes);
        } else {
            tier.drain().excluding(() -> l1.setMaxBytes(bytes));
        }
    }

    /** Changes what items may take that are fetched for commands and find no place in L1. Nothing in memory mode. */
    public void setOverlayBytesMax(long bytes) {
        if (tier != null) {
            tier.setOverlayBytesMax(bytes);
        }
    }

    public void setEvictionMode(EvictionMode mode) {
        evictionMode = mode;
        l1.setMode(mode);
    }

    /** Whether upkeep looks for expired keys; keys that are looked at expire all the same. */
    public void setActiveExpire(boolean isOn) {
        upkeep.setExpiryActive(isOn);
    }

    /**
     * Drains, and makes a copy of everything that a server can be started from. Holds no stripe.
     *
     * @param dir the directory of copies; this one gets a name of its own there
     * @param keep how many copies are kept there, the newest, this one included
     * @return the copy, a data directory
     * @throws IOException if it could not be made, and in memory mode
     */
    public Path save(Path dir, int keep) throws IOException {
        if (tier == null) {
            throw new IOException("nothing to save: the store is in memory only");
        }
        return tier.save(dir, keep);
    }

    /** Drains now, and waits for it. Holds no stripe. */
    public void drainNow() throws IOException {
        if (tier != null) {
            tier.drainNow();
        }
    }

    /** Drains, and lets L1 forget all that L2 has, so that the next look at any key reads the disk. Does nothing in memory mode. */
    public void chill() throws IOException {
        if (tier != null) {
            tier.chill();
        }
    }

    /**
     * Closes journal and L2 and opens them again, as a restart would, without those who use the store noticing more than a pause. Takes all stripes
     * itself. Does nothing in memory mode.
     *
     * @throws StoreLostException if it could not be opened again; after any other {@link IOException} all is as before
     */
    public void reload() throws IOException {
        if (tier != null) {
            tier.reload();
        }
    }

    /** Stops the threads; drains first if asked to; closes journal and L2. No commands run any more. */
    public void close(boolean drain) throws IOException {
        upkeep.stop();
        if (warm != null) {
            warm.stop();
        }
        if (tier != null) {
            tier.close(drain, warm == null ? () -> {} : warm::saveLast);
        }
    }

    @Override
    public void close() throws IOException {
        close(true);
    }
}
