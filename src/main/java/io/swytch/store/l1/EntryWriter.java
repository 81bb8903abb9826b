package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes entries: new ones, over old ones, and edits; on the way of SET.
 *
 * <p>Whatever makes room may move or drop any entry, the one that is being written too: so room comes first, then the place is looked up
 * again. Threads: under the shard's lock.
 */
final class EntryWriter {
    /** Values shorter than this stay in the log, however long the key. */
    private static final int LARGE_VALUE_BYTES_MIN = 1024;

    /** What expires within this has open segments of its own. */
    private static final long SHORT_TTL_MS = 600_000;

    /** Small queues with fewer segments than this do not sort by expiry. */
    private static final int SORTING_SEGMENTS_MIN = 8;

    /** Spare units an edit that grows a value leaves, so that the next ones stay in place. */
    private static final int GROWTH_UNITS = Entries.SLACK_MAX;

    private final Core core;
    private final Arena arena;
    private final Index index;
    private final SegmentLog log;
    private final Evictor evictor;
    private final Finder finder;
    private final LargeWriter large;

    /** Whether the new key that is being written goes to main, as one that comes back does. */
    private boolean toMain;

    EntryWriter(Core core, Evictor evictor, Finder finder) {
        this.core = core;
        this.finder = finder;
        this.evictor = evictor;
        arena = core.arena;
        index = core.index;
        log = core.log;
        large = new LargeWriter(core, evictor, finder, this);
    }

    /** Writes a new entry or over the old one. Returns false if there is no room for it. */
    boolean write(Key key, int type, int encoding, long expireAtMs, Slice value, boolean dirty, int l2State) {
        int spaceSlot = core.spaces.slotOf(key.space());
        if (spaceSlot == 0) {
            spaceSlot = addSpace(key.space());
        }
        int keyLength = key.length();
        int valueLength = value.length();
        boolean expires = expireAtMs != 0;
        int prefix = ItemHeader.BYTES + (expires ? 8 : 0) + (keyLength > ItemHeader.NARROW_KEY_BYTES_MAX ? 8 : 0);
        long size = (long) prefix + keyLength + valueLength;
        if (size > core.logEntryBytesMax && valueLength >= LARGE_VALUE_BYTES_MIN) {
            return large.write(key, type, encoding, expireAtMs, value, dirty, l2State);
        }
        if (size > arena.segmentBytes - Arena.FIRST_OFFSET) {
            return false;
        }
        int need = Entries.roundUp((int) size);
        int mark = dirty && core.tiered ? core.currentEpoch : 0;
        int i = finder.locate(key);
        if (i >= 0) {
            long slot = index.get(i);
            int location = Index.location(slot);
            ByteBuffer buffer = arena.buffer(location);
            int offset = arena.offset(location);
            long header = (long) Slice.LONG.get(buffer, offset);
            if (!ItemHeader.isLarge(header)) {
                int live = Entries.liveBytes(buffer, offset, header);
                int room = live + (ItemHeader.slack(header) << 3);
                if (need <= room) {
                    overwrite(i, slot, header, key, type, encoding, expireAtMs, value, mark, prefix, need, live, room);
                    return true;
                }
            }
        }
        return append(key, i, type, encoding, expireAtMs, value, mark, l2State, spaceSlot, prefix, need);
    }

    /** As {@link Shard#replace}, of the entry that may be in slot {@code i}. */
    @SuppressWarnings("ReferenceEquality") // Whether it is the same memory; equal bytes would not do.
    boolean replace(int i, Item found, int encoding, Slice value, boolean dirty) {
        long slot = i < index.capacity() ? index.get(i) : 0;
        int location = Index.location(slot);
        ByteBuffer buffer = found.buffer();
        int offset = found.offset();
        if (slot == 0 || arena.buffer(location) != buffer || arena.offset(location) != offset) {
            return false;
        }
        long header = (long) Slice.LONG.get(buffer, offset);
        int at = ItemHeader.prefixBytes(header) + ItemHeader.keyLength(header);
        if (ItemHeader.isWide(header)
                || ItemHeader.isLarge(header)
                || value.length() > ItemHeader.NARROW_VALUE_BYTES_MAX
                || Entries.roundUp(at + value.length()) != Entries.roundUp(at + ItemHeader.valueLength(header))) {
            return false;
        }
        long fresh = ItemHeader.of(
                ItemHeader.type(header),
                encoding,
                ItemHeader.hasExpire(header),
                ItemHeader.keyLength(header),
                value.length());
        Slice.LONG.set(buffer, offset, fresh | inherited(header) | header & Entries.SLACK_MASK);
        value.copyTo(0, buffer, offset + at, value.length());
        if (dirty && core.tiered && Index.mark(slot) != core.currentEpoch) {
            int live = Entries.liveBytes(buffer, offset, header);
            core.count(header, Index.mark(slot), live, -1);
            core.count(header, core.currentEpoch, live, 1);
            index.set(i, slot & ~Index.MARK_MASK | (long) core.currentEpoch << Index.MARK_SHIFT);
        }
        return true;
    }

    /** As {@link Shard#takeBack}, of a key that has no entry. */
    boolean takeBack(Key key, Item item, Slice value, boolean isMain) {
        toMain = isMain;
        try {
            return write(key, item.type(), item.encoding(), item.expireAtMs(), value, false, ItemHeader.L2_HAS);
        } finally {
            toMain = false;
        }
    }

    private void overwrite(
            int i,
            long slot,
            long header,
            Key key,
            int type,
            int encoding,
            long expireAtMs,
            Slice value,
            int mark,
            int prefix,
            int need,
            int live,
            int room) {
        int location = Index.location(slot);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        int keyLength = key.length();
        int newMark = mark != 0 ? mark : Index.mark(slot);
        countKeys(header, type);
        core.count(header, Index.mark(slot), live, -1);
        int oldPrefix = ItemHeader.prefixBytes(header);
        if (oldPrefix != prefix) {
            buffer.put(offset + prefix, buffer, offset + oldPrefix, keyLength);
        }
        long fresh = ItemHeader.of(type, encoding, expireAtMs != 0, keyLength, value.length()) | inherited(header);
        fresh |= slackBits(buffer, offset, need, room);
        Slice.LONG.set(buffer, offset, fresh);
        writeMiddle(buffer, offset, fresh, expireAtMs, keyLength, value.length(), location);
        value.copyTo(0, buffer, offset + prefix + keyLength, value.length());
        arena.live[arena.segmentOf(location)] += need - live;
        core.count(fresh, newMark, need, 1);
        long marked = slot & ~Index.MARK_MASK | (long) newMark << Index.MARK_SHIFT;
        if (marked != slot) {
            index.set(i, marked);
        }
        finder.touch(i, marked);
    }

    /** The bits of an old header that a new one over it keeps: space, what is known of L2. */
    long inherited(long header) {
        long kept = header & (0xFF00L | Entries.STATE_MASK | Entries.DRAIN_MASK);
        boolean current = core.drainingEpoch != 0 && (int) (header >>> Entries.DRAIN_SHIFT) == core.drainingEpoch;
        return current ? kept : kept & ~Entries.DRAIN_MASK;
    }

    /** Makes what an entry leaves of its room its slack, or a dead entry after it. */
    private static long slackBits(ByteBuffer buffer, int offset, int need, int room) {
        int units = room - need >> 3;
        if (units > Entries.SLACK_MAX) {
            Entries.fill(buffer, offset + need, room - need);
            return 0;
        }
        return (long) units << 58;
    }

    void writeMiddle(
            ByteBuffer buffer, int offset, long header, long expireAtMs, int keyLength, int valueLength, int location) {
        if (expireAtMs != 0) {
            Slice.LONG.set(buffer, offset + ItemHeader.BYTES, expireAtMs);
            core.noteExpire(location, expireAtMs);
        }
        if (ItemHeader.isWide(header)) {
            int at = offset + ItemHeader.prefixBytes(header);
            Slice.INT.set(buffer, at - 8, keyLength);
            Slice.INT.set(buffer, at - 4, valueLength);
        }
    }

    private boolean append(
            Key key,
            int known,
            int type,
            int encoding,
            long expireAtMs,
            Slice value,
            int mark,
            int l2State,
            int spaceSlot,
            int prefix,
            int need) {
        int i = known;
        int tag = index.tagOf(key.hash());
        if (i < 0 && index.isTight() && !growIndex()) {
            return false;
        }
        boolean tombstone = type == ItemType.TOMBSTONE;
        boolean returning = i < 0 && !tombstone && (toMain || core.ghosts.take(tag));
        int which = returning || i >= 0 && isMain(i) ? SegmentLog.OPEN_MAIN : smallFor(expireAtMs);
        if (!log.fits(which, need)) {
            if (!evictor.makeRoom(1)) {
                return false;
            }
            i = finder.locate(key);
        }
        int location = log.append(which, need);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        int keyLength = key.length();
        long header = ItemHeader.of(type, encoding, expireAtMs != 0, keyLength, value.length());
        long slot = (long) tag << 32 | (long) mark << Index.MARK_SHIFT | location;
        if (i >= 0) {
            slot |= replaceOld(i, type, mark);
            header |= inherited(oldHeader);
        } else {
            header |= (long) spaceSlot << 8 | (long) l2State << 56;
            countNewKey(spaceSlot, tombstone, l2State);
        }
        Slice.LONG.set(buffer, offset, header);
        writeMiddle(buffer, offset, header, expireAtMs, keyLength, value.length(), location);
        copy(key.bytes(), buffer, offset + prefix);
        copy(value, buffer, offset + prefix + keyLength);
        core.count(header, Index.mark(slot), need, 1);
        if (i >= 0) {
            index.set(i, slot);
        } else {
            index.insert(key, slot);
        }
        return true;
    }

    /** What {@link #replaceOld} found. */
    long oldHeader;

    /** Takes the old bytes of slot {@code i} away. Returns the counter and mark that the new slot gets; leaves the old header. */
    long replaceOld(int i, int type, int mark) {
        long old = index.get(i);
        oldHeader = core.headerAt(i);
        countKeys(oldHeader, type);
        finder.touch(i, old);
        long kept = index.get(i) & Index.COUNTER_MASK;
        if (mark == 0) {
            kept |= old & Index.MARK_MASK;
        }
        core.forget(old);
        return kept;
    }

    static void copy(Slice from, ByteBuffer to, int offset) {
        from.copyTo(0, to, offset, from.length());
    }

    boolean isMain(int i) {
        return arena.queue[arena.segmentOf(Index.location(index.get(i)))] == Arena.MAIN;
    }

    private int smallFor(long expireAtMs) {
        if (expireAtMs == 0 || evictor.smallTarget() >> arena.segmentShift < SORTING_SEGMENTS_MIN) {
            return SegmentLog.OPEN_SMALL;
        }
        return expireAtMs - core.nowMs <= SHORT_TTL_MS ? SegmentLog.OPEN_SMALL_SHORT : SegmentLog.OPEN_SMALL_LONG;
    }

    /** Keys go by one where a live entry takes the place of a tombstone, or the other way round. */
    private void countKeys(long oldHeader, int type) {
        int slot = ItemHeader.spaceSlot(oldHeader);
        core.spaces.keys[slot] += (type == ItemType.TOMBSTONE ? 0 : 1) - (Entries.isTombstone(oldHeader) ? 0 : 1);
    }

    void countNewKey(int spaceSlot, boolean tombstone, int l2State) {
        boolean inL2 = core.tiered && l2State == ItemHeader.L2_HAS;
        if (tombstone) {
            core.spaces.keys[spaceSlot] -= inL2 ? 1 : 0;
        } else {
            core.spaces.keys[spaceSlot] += inL2 ? 0 : 1;
        }
    }

    /** Gives a space a slot. */
    int addSpace(int space) {
        int slot = core.spaces.add(space);
        if (slot == 0) {
            purgeDead();
            slot = core.spaces.add(space);
        }
        if (slot == 0) {
            throw new IllegalStateException("more than 255 databases in use");
        }
        return slot;
    }

    /** Drops all entries of dropped spaces at once. */
    private void purgeDead() {
        for (int i = 0; i < index.capacity(); ) {
            if (index.get(i) != 0 && core.spaces.isDead(ItemHeader.spaceSlot(core.headerAt(i)))) {
                core.drop(i);
            } else {
                i++;
            }
        }
        core.spaces.settle();
    }

    /** Grows the index by a quarter, or by what is free, a page at least. Returns false if it must grow and cannot. */
    boolean growIndex() {
        int more = Math.min(index.growthPages(), core.freeSegments() - 1);
        if (more < 1) {
            evictor.makeRoom(1);
            more = 1;
            if (core.freeSegments() < 1 && !core.tiered) {
                return !index.isFull();
            }
        }
        if (index.isTight()) {
            index.grow(more);
        }
        return true;
    }

    /** As {@link Shard#patch}. */
    boolean patch(Key key, int at, Slice bytes, @Nullable ReadyChunks ready) {
        int i = finder.locate(key);
        if (i < 0 || Entries.isTombstone(core.headerAt(i))) {
            return false;
        }
        long header = core.headerAt(i);
        if (ItemHeader.isLarge(header)) {
            return large.patch(key, i, at, bytes, ready);
        }
        int location = Index.location(index.get(i));
        int oldLength = Entries.valueLength(arena.buffer(location), arena.offset(location), header);
        int newLength = Math.max(oldLength, at + bytes.length());
        int keyLength = key.length();
        int prefix = ItemHeader.prefixBytes(header);
        if ((long) prefix + keyLength + newLength > core.logEntryBytesMax && newLength >= LARGE_VALUE_BYTES_MIN) {
            return large.enlarge(key, at, bytes, ready, newLength);
        }
        i = reshape(key, i, ItemHeader.hasExpire(header), newLength, GROWTH_UNITS, 2);
        if (i < 0) {
            return false;
        }
        location = Index.location(index.get(i));
        ByteBuffer buffer = arena.buffer(location);
        int value = arena.offset(location) + prefix + keyLength;
        for (int gap = oldLength; gap < at; gap++) {
            buffer.put(value + gap, (byte) 0);
        }
        bytes.copyTo(0, buffer, value + at, bytes.length());
        return true;
    }

    static long inheritedMask() {
        return 0xFF00L | Entries.STATE_MASK | Entries.DRAIN_MASK;
    }

    /** Makes room while the entry of {@code key} stays. */
    boolean roomFor(Key key, int segments) {
        core.protect(index.tagOf(key.hash()));
        boolean made = evictor.makeRoom(segments);
        core.unprotect();
        return made;
    }

    /** As {@link Shard#setExpire}. */
    boolean setExpire(Key key, long atMs) {
        int i = finder.locate(key);
        if (i < 0) {
            return false;
        }
        long header = core.headerAt(i);
        int location = Index.location(index.get(i));
        int length = Entries.valueLength(arena.buffer(location), arena.offset(location), header);
        i = reshape(key, i, atMs != 0, length, 0, ItemHeader.encoding(header));
        if (i < 0) {
            return false;
        }
        if (atMs != 0) {
            location = Index.location(index.get(i));
            Slice.LONG.set(arena.buffer(location), arena.offset(location) + ItemHeader.BYTES, atMs);
            core.noteExpire(location, atMs);
        }
        return true;
    }

    /**
     * Gives an entry another value length, and room for an expiry or none, and marks it dirty; key and value keep their bytes. Moves it
     * where it does not fit. Returns its index slot, or −1 if there is no room.
     */
    private int reshape(Key key, int known, boolean expires, int newLength, int spareUnits, int encoding) {
        int i = known;
        int keyLength = key.length();
        int prefix = ItemHeader.BYTES + (expires ? 8 : 0) + (keyLength > ItemHeader.NARROW_KEY_BYTES_MAX ? 8 : 0);
        int need = Entries.roundUp(prefix + keyLength + newLength);
        int location = Index.location(index.get(i));
        long header = core.headerAt(i);
        int room = Entries.totalBytes(arena.buffer(location), arena.offset(location), header);
        int which = -1;
        int spare = 0;
        if (need > room) {
            if (need > arena.segmentBytes - Arena.FIRST_OFFSET) {
                return -1;
            }
            spare = Math.min(spareUnits << 3, arena.segmentBytes - Arena.FIRST_OFFSET - need);
            boolean handle = ItemHeader.isLarge(header);
            which = handle ? SegmentLog.OPEN_HANDLES : isMain(i) ? SegmentLog.OPEN_MAIN : SegmentLog.OPEN_SMALL;
            if (!log.fits(which, need + spare)) {
                if (!roomFor(key, 1)) {
                    return -1;
                }
                i = finder.locate(key);
                location = Index.location(index.get(i));
            }
        }
        long slot = index.get(i);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        header = (long) Slice.LONG.get(buffer, offset);
        int live = Entries.liveBytes(buffer, offset, header);
        int oldPrefix = ItemHeader.prefixBytes(header);
        long oldWeight = core.weight(buffer, offset, header);
        int kept = keyLength + Math.min(newLength, Entries.valueLength(buffer, offset, header));
        core.count(header, Index.mark(slot), oldWeight, -1);
        long fresh = ItemHeader.of(ItemHeader.type(header), encoding, expires, keyLength, newLength)
                | inherited(header)
                | header & ItemHeader.LARGE;
        ByteBuffer target = buffer;
        int targetOffset = offset;
        if (which < 0) {
            if (oldPrefix != prefix) {
                buffer.put(offset + prefix, buffer, offset + oldPrefix, kept);
            }
            fresh |= slackBits(buffer, offset, need, room);
            arena.live[arena.segmentOf(location)] += need - live;
        } else {
            int to = log.append(which, need + spare);
            target = arena.buffer(to);
            targetOffset = arena.offset(to);
            target.put(targetOffset + prefix, buffer, offset + oldPrefix, kept);
            fresh |= (long) (spare >> 3) << 58;
            arena.live[arena.segmentOf(to)] -= spare;
            if (ItemHeader.isLarge(header)) {
                core.largeOf(buffer, offset, header).handle = to;
            }
            arena.live[arena.segmentOf(location)] -= live;
            Entries.bury(buffer, offset, header);
            if (expires && ItemHeader.hasExpire(header)) {
                long atMs = (long) Slice.LONG.get(buffer, offset + ItemHeader.BYTES);
                Slice.LONG.set(target, targetOffset + ItemHeader.BYTES, atMs);
                core.noteExpire(to, atMs);
            }
            location = to;
        }
        Slice.LONG.set(target, targetOffset, fresh);
        if (ItemHeader.isWide(fresh)) {
            Slice.INT.set(target, targetOffset + prefix - 8, keyLength);
            Slice.INT.set(target, targetOffset + prefix - 4, newLength);
        }
        int mark = core.tiered ? core.currentEpoch : 0;
        core.count(fresh, mark, oldWeight - live + need, 1);
        index.set(i, Index.at(slot, location) & ~Index.MARK_MASK | (long) mark << Index.MARK_SHIFT);
        return i;
    }
}
