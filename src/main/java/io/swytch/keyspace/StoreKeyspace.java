package io.swytch.keyspace;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Chunks;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.stats.LoopStats;
import io.swytch.store.FillNeeded;
import io.swytch.store.ReadAhead;
import io.swytch.store.Staged;
import io.swytch.store.Store;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.journal.EffectBuffer;
import io.swytch.store.l1.ReadyChunks;
import io.swytch.store.l1.Shard;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The keyspace over a {@link Store}; on the way of GET and SET: one look at the index, nothing allocated.
 *
 * <p>Threads: one instance for each thread that runs commands, used by that thread only.
 */
public final class StoreKeyspace extends Keyspace {
    /** What OBJECT FREQ shows of a key that was written and not read yet, as in Redis; uses that were counted come on top. */
    private static final int FREQUENCY_OF_NEW = 5;

    /** What tells staging a whole value apart from other work on it. */
    private static final String STAGE = "stage";

    private final Store store;
    private final Databases databases;
    private final LoopStats stats;
    private final boolean tiered;

    /** What this command did to the world, for the journal; the dispatcher takes it before it lets go of the stripes. */
    private final EffectBuffer effects = new EffectBuffer();

    private final Item found = new Item();
    private final Item before = new Item();
    private final Slice value = new Slice();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(64);

    private long nowMs;
    private boolean mayBlock;

    private final OffLoopWork work = new OffLoopWork();

    /** Whether the command has changed anything. */
    private boolean hasChanged;

    /** What has been read from L2 before its turn; null but for a command that goes key by key. */
    private @Nullable ReadAhead ahead;

    private boolean rerun;
    private boolean countsUse = true;

    /** The last key that was looked at and is not in L1, and what is known of it in L2. */
    private long absentHash;

    private int absentSpace;
    private int absentState = ItemHeader.L2_UNKNOWN;

    public StoreKeyspace(Store store, Databases databases, LoopStats stats) {
        this.store = store;
        this.databases = databases;
        this.stats = stats;
        tiered = store.isTiered();
    }

    /** Positions this for the next command. */
    public void begin(long nowMs) {
        this.nowMs = nowMs;
        hasChanged = false;
        work.closeLast();
        absentState = ItemHeader.L2_UNKNOWN;
    }

    /** Whether the command was run before, and gave up because keys had to be fetched: what it found then has been counted. */
    public void setRerun(boolean rerun) {
        this.rerun = rerun;
    }

    /** Whether looks count as uses for eviction; CLIENT NO-TOUCH says no. */
    public void setCountsUse(boolean countsUse) {
        this.countsUse = countsUse;
    }

    /** Whether a look at a cold key may read the disk here and now; on a thread that no event loop waits for. */
    public void setMayBlock(boolean mayBlock) {
        this.mayBlock = mayBlock;
    }

    /** Has looks at cold keys find what has been read of them, until it is null again. */
    public void setReadAhead(@Nullable ReadAhead ahead) {
        this.ahead = ahead;
    }

    /** Whether the command may give up with {@link OffLoopNeeded}, and the work that was done since it first did. */
    public void setOffLoop(boolean mayLeave, List<OffLoop> done) {
        work.begin(mayLeave, done);
    }

    /** What the command gave up for; null if it did not. */
    public @Nullable OffLoop takeWanted() {
        return work.take();
    }

    /** The effects of the commands since it was last cleared. */
    public EffectBuffer effects() {
        return effects;
    }

    @Override
    public long nowMs() {
        return nowMs;
    }

    @Override
    public int databases() {
        return store.spaces().databases();
    }

    @Override
    public Key key(int db, Slice bytes, Key into) {
        return into.set(bytes, store.spaces().of(db), store.keyHash());
    }

    @Override
    public @Nullable Item find(Key key) {
        Shard shard = store.shard(key.hash());
        if (shard.find(key, found, countsUse)) {
            if (!isAlive(shard, key)) {
                stats.misses++;
                stats.absent++;
                return null;
            }
            if (rerun && store.isFetched(key)) {
                stats.l2Hits++;
            } else {
                stats.hits++;
            }
            return found;
        }
        if (!rerun || !store.isFetched(key)) {
            stats.misses++;
        }
        Item below = tiered ? findBelow(key) : null;
        if (below != null) {
            stats.l2Hits++;
        } else {
            stats.absent++;
            stats.l2Misses += tiered ? 1 : 0;
        }
        return below;
    }

    @Override
    public @Nullable Item peek(Key key) {
        Shard shard = store.shard(key.hash());
        if (shard.find(key, found, false)) {
            return isAlive(shard, key) ? found : null;
        }
        return tiered ? findBelow(key) : null;
    }

    @Override
    public @Nullable Item string(Key key) {
        Item item = find(key);
        if (item != null && item.type() != ItemType.STRING) {
            throw WrongTypeException.INSTANCE;
        }
        return item;
    }

    /** Whether what {@link #found} shows is there for a client; lets go of it if its time ran out. */
    private boolean isAlive(Shard shard, Key key) {
        if (found.isTombstone()) {
            return false;
        }
        if (!found.isExpired(nowMs) || !databases.isExpiryActive()) {
            return true;
        }
        expire(shard, key, ItemHeader.l2State(found.header()));
        return false;
    }

    private void expire(Shard shard, Key key, int l2State) {
        stats.expired++;
        databases.touch(key);
        if (tiered && shard.isDraining(key)) {
            // The drain passes over the tombstone, which is newer, and trims the record of what ended: without a record
            // of the end, what L2 held before would be back after a crash.
            effects.delete(key);
        }
        forget(shard, key, l2State);
    }

    /** Takes the key out of the world: a tombstone where L2 may hold it, nothing otherwise. */
    private void forget(Shard shard, Key key, int l2State) {
        // Also where L2 will not hold it only when the drain under way has ended: until then a look would find what was
        // deleted before, and if the drain fails, nobody would delete that.
        if (tiered && (l2State != ItemHeader.L2_NONE || shard.isHandedOn(key))) {
            require(shard.putTombstone(key, l2State));
        } else {
            shard.remove(key);
        }
        store.written(key);
    }

    /** Looks for a key that L1 lacks in what has been fetched, then in L2's filters. */
    private @Nullable Item findBelow(Key key) {
        int state = ahead == null ? ReadAhead.UNKNOWN : ahead.look(key, found);
        if (state == ReadAhead.UNKNOWN) {
            // A command that has changed something cannot give up and run again: INCR in a transaction would count
            // twice. Its keys were all there when it began; its own writes may have pushed one out of L1, rarely.
            state = store.lookBelow(key, found, mayBlock || hasChanged);
        }
        if (state == Store.MUST_FETCH) {
            throw FillNeeded.SIGNAL;
        }
        absentHash = key.hash();
        absentSpace = key.space();
        if (state == Store.ABSENT || found.isTombstone()) {
            absentState = ItemHeader.L2_NONE;
            return null;
        }
        absentState = ItemHeader.L2_HAS;
        if (found.isExpired(nowMs) && databases.isExpiryActive()) {
            // What was read ahead may be old; then this look is for nothing, and must not bury what came after.
            if (ahead == null || ahead.isAlone()) {
                expire(store.shard(key.hash()), key, ItemHeader.L2_HAS);
            }
            return null;
        }
        return found;
    }

    /** What is known of the key in L2, for an entry that is made now. */
    private int l2StateOf(Key key) {
        return absentHash == key.hash() && absentSpace == key.space() ? absentState : ItemHeader.L2_UNKNOWN;
    }

    @Override
    public void putString(Key key, Slice bytes, int encoding, long expireAtMs) {
        put(key, ItemType.STRING, encoding, expireAtMs, bytes);
    }

    @Override
    public void putLong(Key key, long number, long expireAtMs) {
        int length = Numbers.write(number, scratch, 0);
        put(key, ItemType.STRING, ItemHeader.ENCODING_AUTO, expireAtMs, value.set(scratch, 0, length));
    }

    @Override
    public void replaceLong(Key key, @Nullable Item old, long number) {
        value.set(scratch, 0, Numbers.write(number, scratch, 0));
        if (old == null || !store.shard(key.hash()).replace(old, ItemHeader.ENCODING_AUTO, value, tiered)) {
            put(key, ItemType.STRING, ItemHeader.ENCODING_AUTO, old == null ? 0 : old.expireAtMs(), value);
            return;
        }
        hasChanged = true;
        if (tiered) {
            effects.put(key, ItemType.STRING, ItemHeader.ENCODING_AUTO, old.expireAtMs(), value);
            store.written(key);
        }
        databases.touch(key);
    }

    @Override
    public <T> T offLoop(Object what, long bytes, List<Slice> values, Function<List<Slice>, T> function) {
        T result = bytes < OffLoop.BYTES_MIN ? null : doneOffLoop(what, values, function);
        if (result != null) {
            return result;
        }
        result = function.apply(values);
        if (result instanceof AutoCloseable closeable) {
            // The next work of a transaction, or the next command: whoever saw the result before has done with it.
            work.closeWithNext(closeable);
        }
        return result;
    }

    private <T> @Nullable T doneOffLoop(Object what, List<Slice> values, Function<List<Slice>, T> function) {
        return work.done(what, values, function, !hasChanged);
    }

    private static boolean isLong(Slice bytes) {
        return bytes.length() >= OffLoop.BYTES_MIN && bytes.pin() != null;
    }

    private @Nullable Staged staged(Slice bytes) {
        return tiered && isLong(bytes)
                ? doneOffLoop(STAGE, List.of(bytes), values -> store.stage(values.get(0)))
                : null;
    }

    /**
     * Whether an argument of a transaction has to be staged before that runs, which is then what {@link #takeWanted} has: once a transaction has begun,
     * none of its commands may give up.
     */
    public boolean mustStage(Slice arg) {
        if (!tiered || !isLong(arg)) {
            return false;
        }
        return work.isWanted(STAGE, List.of(arg), kept -> store.stage(kept.get(0)));
    }

    private @Nullable Staged stagedPatch(Slice bytes, int offset) {
        return isLong(bytes)
                ? doneOffLoop(
                        offset & Chunks.BYTES - 1, List.of(bytes), values -> store.stagePatch(values.get(0), offset))
                : null;
    }

    private void put(Key key, int type, int encoding, long expireAtMs, Slice bytes) {
        if (expireAtMs != 0 && expireAtMs <= nowMs && databases.isExpiryActive()) {
            deleteBlind(key);
            return;
        }
        Staged staged = staged(bytes);
        hasChanged = true;
        Shard shard = store.shard(key.hash());
        require(shard.put(key, type, encoding, expireAtMs, bytes, tiered, l2StateOf(key)));
        if (staged != null && store.claim(staged)) {
            effects.putStaged(key, type, encoding, expireAtMs, staged.id(), bytes.length());
        } else if (tiered) {
            effects.put(key, type, encoding, expireAtMs, bytes);
        }
        if (tiered) {
            store.written(key);
        }
        databases.touch(key);
    }

    @Override
    public void patchString(Key key, int offset, Slice bytes) {
        patch(key, offset, bytes);
        databases.touch(key);
    }

    @Override
    public void makeRaw(Key key) {
        Item item = peek(key);
        if (item != null
                && item.type() == ItemType.STRING
                && !Encodings.nameOf(item).equals("raw")) {
            patch(key, 0, value.set(scratch, 0, 0));
        }
    }

    private void patch(Key key, int offset, Slice bytes) {
        Staged staged = stagedPatch(bytes, offset);
        hasChanged = true;
        Shard shard = store.shard(key.hash());
        if (!shard.find(key, before, false)) {
            bringUp(shard, key);
        } else if (before.isTombstone()) {
            putEmpty(shard, key);
        }
        boolean isDraining = tiered && shard.isDraining(key);
        ReadyChunks ready = staged == null ? null : staged.chunks();
        require(ready == null ? shard.patch(key, offset, bytes) : shard.patch(key, offset, bytes, ready));
        if (tiered) {
            if (isDraining && !mayBuildOnDrained(shard, key)) {
                journalWhole(shard, key);
            } else if (staged != null && store.claim(staged)) {
                effects.patchStaged(key, offset, staged.id());
            } else {
                effects.patch(key, offset, bytes);
            }
            store.written(key);
        }
    }

    /**
     * Journals all that a key holds, of which a part was changed while a drain is under way.
     *
     * <p>The change makes the entry dirty anew, so the drain's walk may pass it over; the drain then trims from the journal the effect that the
     * part would be replayed upon. So what follows the cut must stand by itself.
     */
    private void journalWhole(Shard shard, Key key) {
        if (!shard.find(key, before, false)) {
            throw new IllegalStateException("what was just changed is not there");
        }
        effects.put(key, before);
    }

    /**
     * Whether a large value's effects before the drain's cut are kept, so that it need not be written again for a small change.
     *
     * <p>The drain trims only after it has ended in every shard, under its lock: an edit that still meets the drain here has asked before.
     */
    private boolean mayBuildOnDrained(Shard shard, Key key) {
        return shard.find(key, before, false) && before.isLarge() && store.holdJournal();
    }

    private static void require(boolean stored) {
        if (!stored) {
            throw NoRoomException.INSTANCE;
        }
    }

    /** Puts a key that is not in L1 there: as it was fetched, or as the empty string. */
    private void bringUp(Shard shard, Key key) {
        // The look before may have read the disk and kept nothing: so may this one, or the edit would begin with
        // nothing.
        if (tiered
                && store.lookBelow(key, before, true) == Store.FETCHED
                && !before.isTombstone()
                && !before.isExpired(nowMs)) {
            require(shard.put(
                    key,
                    before.type(),
                    before.encoding(),
                    before.expireAtMs(),
                    before.value(value),
                    true,
                    ItemHeader.L2_HAS));
        } else {
            putEmpty(shard, key);
        }
    }

    private void putEmpty(Shard shard, Key key) {
        require(shard.put(
                key, ItemType.STRING, ItemHeader.ENCODING_RAW, 0, value.set(scratch, 0, 0), tiered, l2StateOf(key)));
        if (tiered) {
            // Expiry is not in the journal: a replay that finds the expired string in L2 must not edit that.
            effects.put(key, ItemType.STRING, ItemHeader.ENCODING_RAW, 0, value);
        }
    }

    @Override
    public void putItem(Key target, Item source, long expireAtMs) {
        // The source lies in memory that making room for the target may take: it is copied first, unless it is pinned.
        Slice bytes = source.value(new Slice());
        int type = source.type();
        int encoding = source.encoding();
        if (bytes.pin() == null) {
            put(target, type, encoding, expireAtMs, Slice.copyOf(bytes.toByteArray()));
            return;
        }
        bytes.pin().retain();
        try {
            put(target, type, encoding, expireAtMs, bytes);
        } finally {
            bytes.pin().release();
        }
    }

    @Override
    public boolean delete(Key key) {
        Item item = peek(key);
        if (item == null) {
            return false;
        }
        deleteBlind(key);
        return true;
    }

    private void deleteBlind(Key key) {
        hasChanged = true;
        Shard shard = store.shard(key.hash());
        int l2State = shard.find(key, before, false) ? ItemHeader.l2State(before.header()) : l2StateOf(key);
        forget(shard, key, l2State);
        if (tiered) {
            effects.delete(key);
        }
        databases.touch(key);
    }

    @Override
    public void expireAt(Key key, long atMs) {
        if (atMs != 0 && atMs <= nowMs && databases.isExpiryActive()) {
            deleteBlind(key);
            return;
        }
        hasChanged = true;
        Shard shard = store.shard(key.hash());
        if (!shard.find(key, before, false)) {
            bringUp(shard, key);
        }
        boolean isDraining = tiered && shard.isDraining(key);
        require(shard.setExpire(key, atMs));
        if (tiered) {
            if (isDraining && !mayBuildOnDrained(shard, key)) {
                journalWhole(shard, key);
            } else {
                effects.expire(key, atMs);
            }
            store.written(key);
        }
        databases.touch(key);
    }

    @Override
    public int frequency(Key key) {
        return FREQUENCY_OF_NEW + Math.max(0, store.shard(key.hash()).frequency(key));
    }

    @Override
    public long idleSeconds(Key key) {
        int written = store.shard(key.hash()).writtenSec(key);
        return written == 0 ? 0 : Math.max(0, nowMs / 1000 - written);
    }

    @Override
    public long memoryBytes(Key key) {
        return store.shard(key.hash()).entryBytes(key);
    }

    /** The hash of a watched key, which says what stripe it has. */
    public long hashOf(WatchToken token) {
        return Databases.hashOf(token);
    }

    @Override
    public WatchToken watch(Key key) {
        Item item = peek(key);
        return databases.watch(key, item == null ? 0 : item.expireAtMs());
    }

    @Override
    public boolean isUntouched(WatchToken token) {
        return databases.isUntouched(token, nowMs);
    }

    @Override
    public void unwatch(WatchToken token) {
        databases.unwatch(token);
    }

    @Override
    public long size(int db) {
        return store.keys(store.spaces().of(db));
    }

    @Override
    public long aboutSize(int db) {
        return store.aboutKeys(store.spaces().of(db));
    }

    @Override
    public long expiringKeys(int db) {
        return store.expiringKeys(store.spaces().of(db));
    }

    @Override
    public long averageTtlMs(int db) {
        return sampleTtl(db).averageMs();
    }

    @Override
    public double staleShare(int db) {
        return sampleTtl(db).staleShare();
    }

    private Store.TtlFigures sampleTtl(int db) {
        // Another place each time, and the same for the same moment.
        return store.sampleTtl(store.spaces().of(db), nowMs * 0x9E3779B97F4A7C15L, nowMs);
    }

    @Override
    public long scan(int db, long cursor, int count, KeyVisitor visitor) {
        return store.walk(store.spaces().of(db), cursor, count, nowMs, visitor::visit);
    }

    @Override
    public @Nullable Bytes randomKey(int db) {
        return store.randomKey(store.spaces().of(db), nowMs);
    }

    @Override
    public void flush(int db) {
        databases.flush(db);
        if (tiered) {
            effects.spaces(store.spaces().map(), store.spaces().next());
        }
    }

    @Override
    public void swap(int db1, int db2) {
        databases.swap(db1, db2);
        if (tiered) {
            effects.spaces(store.spaces().map(), store.spaces().next());
        }
    }

    @Override
    public void awaitFlushed() {
        store.awaitBuried();
    }
}
