package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One part of L1: a lock, an index and a memory log; on the way of GET and SET.
 *
 * <p>Threads: every method but {@link #lock} is called under the lock, unless it says otherwise. Items and slices are views that end with the
 * next call that changes the shard, or with the lock; of a large value a reader may keep its {@code Pin}.
 */
public final class Shard {
    /** What a walk returns when there is nothing left. */
    public static final long DONE = -1L;

    /** Segments that are kept free for requests and for survivors of eviction; with fewer, {@link #cleanAhead} begins to drive entries out. */
    private static final int SPARE_SEGMENTS = 3;

    /** The index is made no larger ahead of need than one part in so many of what is free: entries of no more than a pointer's size would need that. */
    private static final int RESERVED_SHARE = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final int number;
    private final Core core;
    private final Evictor evictor;
    private final Finder finder;
    private final EntryWriter writer;
    private final DirtyMarks marks;
    private final Slice nothing = new Slice();
    private boolean retired;

    /** The index slot of the last find that found something; whatever changed since, {@link EntryWriter#replace} notices. */
    private int lastFound;

    private int purgeAt;

    Shard(L1Options options, Geometry geometry, int number, long bytes, HugeAccount huge, Slabs slabs) {
        this.number = number;
        core = new Core(geometry, options.waitBytesMax() > 0, options.mode(), options.keyHash(), huge, slabs);
        evictor = new Evictor(core);
        finder = new Finder(core);
        writer = new EntryWriter(core, evictor, finder);
        marks = new DirtyMarks(core, geometry.shardBits(), number);
        setBudget(bytes);
    }

    /** Takes the lock; the same thread may take it again. */
    public void lock() {
        lock.lock();
    }

    public void unlock() {
        lock.unlock();
    }

    /** Whether another thread waits for the lock. Threads: any. */
    public boolean isAwaited() {
        return lock.hasQueuedThreads();
    }

    /** Whether L1 was rebuilt and this shard is no more: whoever has just locked it unlocks it and asks L1 again. */
    public boolean isRetired() {
        return retired;
    }

    /** The shard's place in L1. Threads: any. */
    public int number() {
        return number;
    }

    /**
     * Points {@code into} at what a key holds. Finds tombstones and expired entries too.
     *
     * @param use whether this counts as a use for eviction
     */
    public boolean find(Key key, Item into, boolean use) {
        int i = finder.locate(key);
        if (i < 0) {
            return false;
        }
        lastFound = i;
        long slot = core.index.get(i);
        if (use) {
            finder.touch(i, slot);
        }
        int location = Index.location(slot);
        ByteBuffer buffer = core.arena.buffer(location);
        int offset = core.arena.offset(location);
        core.view(buffer, offset, (long) Slice.LONG.get(buffer, offset), into);
        return true;
    }

    /** Notes where the slot of a hash is looked for first. Threads: any. */
    void noteSlot(long hash, Prefetch places, int i) {
        core.index.note(core.index.home(core.index.tagOf(hash)), places, i);
    }

    /** Notes where the entry of a hash is, if it has one, about. Threads: any. */
    void noteEntry(long hash, Prefetch places, int i) {
        finder.note(hash, places, i);
    }

    /**
     * Makes a key hold a value, in place where it fits. An old entry keeps its use counter, and what it knows of L2.
     *
     * @param expireAtMs milliseconds since 1970, or 0 for never
     * @param value must not view this shard's own memory
     * @param dirty whether L2 lacks this; without meaning if memory-only
     * @param l2State what is known of the key in L2, if it has no entry yet: one of {@code ItemHeader.L2_*}
     * @return false if it was not stored: too large, or nothing may be evicted for it. In tiered mode that happens only to clean
     *     values over an eighth of the shard, and to keys of nearly a segment. An old entry is then as it was, or evicted.
     */
    public boolean put(Key key, int type, int encoding, long expireAtMs, Slice value, boolean dirty, int l2State) {
        return writer.write(key, type, encoding, expireAtMs, value, dirty, l2State);
    }

    /**
     * Gives what the last {@link #find} showed another value in its place, without another look at the index; its expiry stays.
     *
     * @param found what that find showed, no tombstone
     * @param value must not view this shard's own memory
     * @param dirty as in {@link #put}
     * @return false, with nothing changed, if it is not there any more or the value takes more room or less: then {@link #put} does it
     */
    public boolean replace(Item found, int encoding, Slice value, boolean dirty) {
        return writer.replace(lastFound, found, encoding, value, dirty);
    }

    /**
     * Gives an entry that an earlier L1 held its place again: clean, with its uses, in the queue where it was; a large one begins in the small queue. Drives
     * nothing out. An entry that is there already gets the uses, if it has fewer. Tiered mode only.
     *
     * @param item as L2 has it now; what the key is called is in {@code key}
     * @param value of the item
     * @param uses what the use counter is set to, 0 to 3
     */
    public TakenBack takeBack(Key key, Item item, Slice value, boolean isMain, int uses) {
        int i = finder.locate(key);
        if (i >= 0) {
            if (Entries.isTombstone(core.headerAt(i))) {
                return TakenBack.DELETED;
            }
            setUses(i, Math.max(uses, Index.counter(core.index.get(i))));
            return TakenBack.THERE;
        }
        if (!hasSpareRoom(value.length()) || !writer.takeBack(key, item, value, isMain)) {
            return TakenBack.NO_ROOM;
        }
        setUses(finder.locate(key), uses);
        return TakenBack.IN;
    }

    /** Whether so many more bytes find room without anything being driven out, now or by the upkeep. */
    public boolean hasSpareRoom(long bytes) {
        int segments = (int) (bytes >> core.arena.segmentShift) + (core.index.isTight() ? core.index.growthPages() : 0);
        return core.freeSegments() > SPARE_SEGMENTS + segments;
    }

    /** Makes room in the index for so many entries to come, in the order of their hashes or any other; 0 when they have come. */
    void reserve(long entries) {
        core.index.reserve(entries, Math.max(0, core.freeSegments() / RESERVED_SHARE));
    }

    private void setUses(int i, int uses) {
        core.index.set(i, core.index.get(i) & ~Index.COUNTER_MASK | (long) uses << Index.COUNTER_SHIFT);
    }

    /** Notes that a key is deleted while L2 may hold it; dirty. Returns false if there was no room. */
    public boolean putTombstone(Key key, int l2State) {
        return writer.write(key, ItemType.TOMBSTONE, 0, 0, nothing, true, l2State);
    }

    /**
     * Deletes what the sweep found expired and dirty, in tiered mode: by a tombstone where L2 may hold the key. Not while a drain is under way: the drain would
     * pass over the tombstone and trim the record of the expiry, and after a crash what L2 held before would be back.
     */
    void buryExpired(long nowMs) {
        Item item = new Item();
        for (Key key : core.expiredDirty) {
            if (!find(key, item, false) || item.isTombstone() || !item.isExpired(nowMs)) {
                continue;
            }
            int l2State = ItemHeader.l2State(item.header());
            if (l2State == ItemHeader.L2_NONE ? remove(key) : putTombstone(key, l2State)) {
                core.expired++;
            }
        }
        core.expiredDirty.clear();
    }

    /** Drops an entry altogether. Returns whether there was one. */
    public boolean remove(Key key) {
        int i = finder.locate(key);
        if (i < 0) {
            return false;
        }
        long header = core.headerAt(i);
        if (!Entries.isTombstone(header)) {
            core.spaces.keys[ItemHeader.spaceSlot(header)]--;
        }
        core.drop(i);
        return true;
    }

    /**
     * Writes bytes into a string at an offset; it grows with zero bytes as needed; its encoding becomes raw; dirty if tiered. A large value
     * is edited piece by piece.
     *
     * @param bytes must not view this shard's own memory
     * @return false if the key has no live entry, or there is no room
     */
    public boolean patch(Key key, int offset, Slice bytes) {
        return writer.patch(key, offset, bytes, null);
    }

    /** As {@link #patch(Key, int, Slice)}; takes whole chunks of what is ready instead of copying them. */
    public boolean patch(Key key, int offset, Slice bytes, ReadyChunks ready) {
        return writer.patch(key, offset, bytes, ready);
    }

    /** Whether a drain is under way in which a key's entry is dirty, and in which it may not have been handed on yet. */
    public boolean isDraining(Key key) {
        if (core.drainingEpoch == 0) {
            return false;
        }
        int i = finder.locate(key);
        return i >= 0 && Index.mark(core.index.get(i)) == core.drainingEpoch;
    }

    /** Whether a key's entry, or the one before it, was handed to the drain that is under way: L2 does not have yet what the entry says it has. */
    public boolean isHandedOn(Key key) {
        if (core.drainingEpoch == 0) {
            return false;
        }
        int i = finder.locate(key);
        return i >= 0 && (int) (core.headerAt(i) >>> Entries.DRAIN_SHIFT) == core.drainingEpoch;
    }

    /**
     * Gives an entry another expiry, 0 for none; dirty if tiered.
     *
     * @return false if the key has no entry, or there is no room
     */
    public boolean setExpire(Key key, long atMs) {
        return writer.setExpire(key, atMs);
    }

    /**
     * Says what L2 turned out to hold for a key. From UNKNOWN to HAS takes one from the space's keys: an entry of which nothing was known
     * was counted as a new key, or its tombstone as nothing.
     */
    public void setL2State(Key key, int state) {
        int i = finder.locate(key);
        if (i < 0) {
            return;
        }
        long header = core.headerAt(i);
        if (ItemHeader.l2State(header) == ItemHeader.L2_UNKNOWN && state != ItemHeader.L2_UNKNOWN) {
            int slot = ItemHeader.spaceSlot(header);
            core.spaces.unknown[slot]--;
            core.spaces.keys[slot] -= state == ItemHeader.L2_HAS ? 1 : 0;
        }
        int location = Index.location(core.index.get(i));
        Slice.LONG.set(core.arena.buffer(location), core.arena.offset(location), Entries.withState(header, state));
    }

    /** The use counter, 0 to 3, or −1 for an absent key. */
    public int frequency(Key key) {
        int i = finder.locate(key);
        return i < 0 ? -1 : Index.counter(core.index.get(i));
    }

    /** About when an entry was written here, or last moved by eviction, in seconds since 1970; 0 for an absent key. */
    public int writtenSec(Key key) {
        int i = finder.locate(key);
        if (i < 0) {
            return 0;
        }
        int location = Index.location(core.index.get(i));
        ByteBuffer buffer = core.arena.buffer(location);
        int offset = core.arena.offset(location);
        return core.arena.appendedSec(
                location, Entries.liveBytes(buffer, offset, (long) Slice.LONG.get(buffer, offset)));
    }

    /** Bytes that an entry takes, its index slot included; 0 for an absent key. */
    public long entryBytes(Key key) {
        int i = finder.locate(key);
        if (i < 0) {
            return 0;
        }
        int location = Index.location(core.index.get(i));
        return core.weight(core.arena.buffer(location), core.arena.offset(location), core.headerAt(i)) + Long.BYTES;
    }

    /** Whether a key has an entry that L2 lacks. */
    public boolean isDirty(Key key) {
        int i = finder.locate(key);
        return i >= 0 && core.isDirty(Index.mark(core.index.get(i)));
    }

    /** Whether so many more bytes find room without a client noticing: false only where the eviction mode forbids to make it. */
    public boolean hasRoomFor(long bytes) {
        EvictionMode mode = core.effectiveMode();
        if (mode == EvictionMode.ALL) {
            return true;
        }
        int segments = (int) (bytes >> core.arena.segmentShift) + 1;
        return evictor.hasRoom(segments) || mode == EvictionMode.VOLATILE && evictor.makeRoom(segments);
    }

    /**
     * What the last write that was refused for the huge values of other shards lacked, for {@link L1#evictHuge}; 0 if none was since the last call, or if it was to
     * another key: one in a transaction, whose refusal nobody asked about.
     */
    public long takeHugeBytesWanted(Key key) {
        long bytes = core.hugeWantedTag == core.index.tagOf(key.hash()) ? core.hugeBytesWanted : 0;
        core.hugeBytesWanted = 0;
        return bytes;
    }

    /** Has the oldest huge values leave until so many more bytes of them fit. Returns whether they do. */
    boolean evictHuge(long bytes) {
        while (!core.large.huge.fits(bytes)) {
            if (!evictor.evictHuge()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Visits a space's entries in hash order, expired ones and tombstones too, from a hash on.
     *
     * @param max entries to visit, about; entries whose hashes share their top 48 bits are never split over two calls
     * @return the hash to go on from, its low 16 bits 0; or {@link #DONE}
     */
    public long walk(long fromHash, int space, int max, EntryVisitor visitor) {
        return marks.walk(fromHash, space, max, visitor);
    }

    /**
     * Visits the live entries of all spaces in hash order, from a hash on.
     *
     * @param max entries to visit, about
     * @return the hash to go on from, its low 16 bits 0; or {@link #DONE}
     */
    public long walkHot(long fromHash, int max, HotVisitor visitor) {
        return marks.walkHot(fromHash, max, visitor);
    }

    /** The spaces that have entries here, or had. */
    public int[] spaces() {
        return core.spaces.all();
    }

    /** Adds to a space's keys: what is known otherwise than by an entry here, such as an entry that a drain found to be no new key. */
    public void adjustKeys(int space, long delta) {
        int slot = core.spaces.slotOf(space);
        if (slot == 0) {
            slot = writer.addSpace(space);
        }
        core.spaces.keys[slot] += delta;
    }

    /** Begins a drain: from now on writes are marked with a new epoch. */
    public void beginDrain() {
        marks.begin();
    }

    /**
     * Hands on a space's entries that were dirty when the drain began and were not written since, in hash order, and treats them as in L2.
     * Every space of {@link #spaces()} has to be walked through.
     *
     * @param max entries to hand on, about
     * @return the hash to go on from, or {@link #DONE}
     */
    public long drainSlice(long fromHash, int space, int max, DrainSink sink) {
        return marks.slice(fromHash, space, max, sink);
    }

    /** L2 has all that was handed on: it counts as clean. {@link #releaseWaiting} then empties the wait queue. */
    public void finishDrain() {
        marks.finish();
        evictor.drained();
    }

    /** L2 may lack what was handed on: it is dirty again. */
    public void failDrain() {
        marks.fail();
    }

    /** After a drain: takes the next segment of the wait queue apart. Returns false when that is done. */
    public boolean releaseWaiting() {
        return evictor.releaseWaiting();
    }

    void forgetClean() {
        for (int i = 0; i < core.index.capacity(); i++) {
            long slot = core.index.get(i);
            if (slot != 0 && !core.isDirty(Index.mark(slot))) {
                core.drop(i);
                // Slots behind it may have moved up to its place.
                i--;
            }
        }
    }

    void forgetAll() {
        for (int space : core.spaces.all()) {
            dropSpace(space);
        }
    }

    void retire() {
        retired = true;
    }

    Core core() {
        return core;
    }

    /** Takes an entry over from a shard that is no more; it may be evicted at once. */
    void adopt(Key key, Item item, Slice value, int counter, boolean dirty) {
        int state = ItemHeader.l2State(item.header());
        writer.write(key, item.type(), item.encoding(), item.expireAtMs(), value, dirty, state);
        int i = finder.locate(key);
        if (i >= 0) {
            setUses(i, counter);
        }
    }

    /** Sets a space's keys. */
    void setKeys(int space, long keys) {
        adjustKeys(space, 0);
        core.spaces.keys[core.spaces.slotOf(space)] = keys;
    }

    /** Changes what the shard may use; {@link #fitBudget} then gives back what is too much. */
    void setBudget(long bytes) {
        Arena arena = core.arena;
        arena.budget = (int) (bytes / (arena.segmentBytes + Arena.ROW_BYTES));
        core.youngBytes = evictor.smallTarget() / 4;
    }

    /** Looks at every entry twice, and at some of those that move meanwhile: more victims than this would be the same ones again. */
    int victimsMax() {
        return evictor.victimsMax();
    }

    /**
     * Evicts until the budget is kept, a few segments at most. Returns false when it is, or nothing may go.
     *
     * @param force whether uses do not count any more
     */
    boolean fitBudget(int victims, boolean force) {
        for (int i = 0; i < victims; i++) {
            if (core.freeSegments() >= 2) {
                return false;
            }
            int spare = core.index.sparePages();
            if (spare > 0) {
                core.index.shrink(spare);
            } else if (!evictor.evictOne(force)) {
                return false;
            }
        }
        return true;
    }

    /** Keeps free segments ahead of need, if the shard is full. Returns false when there is no more to do. */
    boolean cleanAhead() {
        core.large.settle();
        return core.arena.charged > 8 && core.freeSegments() < SPARE_SEGMENTS && evictor.evictOne(false);
    }

    /** Drops the expired entries of one segment. Returns false when there are none. */
    boolean sweep(long nowMs) {
        core.nowMs = nowMs;
        if (nowMs > 0) {
            core.arena.nowSec = (int) (nowMs / 1000);
        }
        return evictor.sweepNext(nowMs);
    }

    void dropSpace(int space) {
        int slot = core.spaces.slotOf(space);
        if (slot == 0) {
            return;
        }
        core.spaces.drop(slot);
        if (core.spaces.liveEntries() == 0) {
            core.large.killAll();
            core.log.clear();
            core.index.clear();
            core.spaces.forgetEntries();
            core.entryBytes = 0;
        }
    }

    /** Drops entries of dropped spaces, and gives spare pages of the index back. Returns false when there is no more to do. */
    boolean purge(int slots) {
        if (!core.spaces.anyDead()) {
            int spare = core.index.sparePages();
            if (spare > core.index.pages() >> 2) {
                core.index.shrink(spare);
            }
            return false;
        }
        Index index = core.index;
        for (int n = 0; n < slots; n++) {
            if (purgeAt >= index.capacity()) {
                purgeAt = 0;
                return core.spaces.settle();
            }
            if (index.get(purgeAt) != 0 && core.spaces.isDead(ItemHeader.spaceSlot(core.headerAt(purgeAt)))) {
                core.drop(purgeAt);
            } else {
                purgeAt++;
            }
        }
        return true;
    }
}
