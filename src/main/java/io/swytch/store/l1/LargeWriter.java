package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes and edits the values that lie outside the log. Threads: under the shard's lock.
 *
 * <p>As in {@link EntryWriter} room comes first: what makes it may move or drop any entry.
 */
final class LargeWriter {
    /** In tiered mode a clean value over this share of the shard, or of all of L1 for a huge one, does not stay. */
    private static final int LARGE_SHARE = 8;

    private final Core core;
    private final Arena arena;
    private final Index index;
    private final SegmentLog log;
    private final LargeValues values;
    private final Evictor evictor;
    private final Finder finder;
    private final EntryWriter entries;
    private final Item item = new Item();
    private final Slice scratch = new Slice();

    LargeWriter(Core core, Evictor evictor, Finder finder, EntryWriter entries) {
        this.core = core;
        this.evictor = evictor;
        this.finder = finder;
        this.entries = entries;
        arena = core.arena;
        index = core.index;
        log = core.log;
        values = core.large;
    }

    /** As {@link EntryWriter#write}. */
    boolean write(Key key, int type, int encoding, long expireAtMs, Slice value, boolean dirty, int l2State) {
        boolean isHuge = LargeValues.isHuge(value.length());
        boolean wide = key.length() > ItemHeader.NARROW_KEY_BYTES_MAX;
        int prefix = ItemHeader.BYTES + (expireAtMs != 0 ? 8 : 0) + (wide ? 8 : 0);
        long need = Entries.roundUp(prefix + 8) + (long) Entries.roundUp(key.length());
        boolean tooLarge = core.tiered && value.length() > share(isHuge);
        if (need > arena.segmentBytes - Arena.FIRST_OFFSET || tooLarge && !dirty) {
            return false;
        }
        if (index.isTight() && !entries.growIndex()) {
            return false;
        }
        if (!makeRoom(key, value, tooLarge)) {
            return false;
        }
        int i = finder.locate(key);
        boolean main = i >= 0 ? isInMain(i) : core.ghosts.take(index.tagOf(key.hash()));
        LargeValue fresh;
        if (isHuge) {
            fresh = values.createHuge(value);
        } else {
            fresh = values.create(value.length());
            values.write(fresh, 0, value, null);
        }
        byte queue = tooLarge ? Arena.WAIT : main ? Arena.MAIN : Arena.SMALL;
        place(key, i, fresh, type, encoding, expireAtMs, dirty, l2State, queue);
        return true;
    }

    private long share(boolean isHuge) {
        return (isHuge ? values.huge.maxBytes() : (long) arena.budget << arena.segmentShift) / LARGE_SHARE;
    }

    /** Makes room for a new large value, of whose key there may be an entry that goes. */
    private boolean makeRoom(Key key, Slice value, boolean waits) {
        if (LargeValues.isHuge(value.length())) {
            boolean isShared = value.pin() instanceof HugeValue;
            return (waits || makeHugeRoom(key, value.length(), isShared)) && evictor.makeRoom(1);
        }
        int segments = values.segmentsFor(values.piecesFor(value.length()));
        if (!waits && segments > largestSegments()) {
            return false;
        }
        return evictor.makeRoom(waits ? 1 : segments + 1);
    }

    /**
     * Whether {@code length} more bytes of a huge value find room, after older ones of this shard have left.
     *
     * @param isShared whether they are another value's, as for RENAME: then they take no more memory than before
     */
    private boolean makeHugeRoom(Key key, long length, boolean isShared) {
        if (core.tiered || isShared) {
            return true;
        }
        int i = finder.locate(key);
        long replaced = 0;
        if (i >= 0 && ItemHeader.isLarge(core.headerAt(i))) {
            LargeValue old = valueAt(i);
            replaced = old instanceof HugeValue ? values.bytes(old) : 0;
        }
        return makeHugeRoomBeside(key, length - replaced);
    }

    /** Segments that one value may have in memory mode: all but the index, the ghosts and what survivors need. */
    private int largestSegments() {
        return arena.budget - index.pages() - core.ghosts.pages() - 4;
    }

    private boolean isInMain(int i) {
        return ItemHeader.isLarge(core.headerAt(i)) ? valueAt(i).queue == Arena.MAIN : entries.isMain(i);
    }

    private LargeValue valueAt(int i) {
        int location = Index.location(index.get(i));
        return core.largeOf(arena.buffer(location), arena.offset(location), core.headerAt(i));
    }

    /** Writes the handle of a value that has its bytes, and lets it take the place of slot {@code i}, or a new one. */
    private void place(
            Key key,
            int i,
            LargeValue value,
            int type,
            int encoding,
            long expireAtMs,
            boolean dirty,
            int l2State,
            byte queue) {
        int keyLength = key.length();
        int prefix =
                ItemHeader.BYTES + (expireAtMs != 0 ? 8 : 0) + (keyLength > ItemHeader.NARROW_KEY_BYTES_MAX ? 8 : 0);
        int need = Entries.roundUp(prefix + keyLength + 8);
        int location = log.append(SegmentLog.OPEN_HANDLES, need);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        int mark = dirty && core.tiered ? core.currentEpoch : 0;
        long header = ItemHeader.of(type, encoding, expireAtMs != 0, keyLength, 8) | ItemHeader.LARGE;
        long slot = (long) index.tagOf(key.hash()) << 32 | (long) mark << Index.MARK_SHIFT | location;
        if (i >= 0) {
            slot |= entries.replaceOld(i, type, mark);
            header |= entries.inherited(entries.oldHeader);
        } else {
            int spaceSlot = core.spaces.slotOf(key.space());
            header |= (long) spaceSlot << 8 | (long) l2State << 56;
            entries.countNewKey(spaceSlot, false, l2State);
        }
        Slice.LONG.set(buffer, offset, header);
        entries.writeMiddle(buffer, offset, header, expireAtMs, keyLength, 8, location);
        EntryWriter.copy(key.bytes(), buffer, offset + prefix);
        Slice.LONG.set(buffer, offset + prefix + keyLength, (long) value.id);
        value.handle = location;
        values.enqueue(value, queue, queue == Arena.MAIN ? log.mainPosition : log.smallPosition);
        long bytes = values.bytes(value);
        if (queue == Arena.SMALL) {
            log.smallPosition += bytes;
        } else if (queue == Arena.MAIN) {
            log.mainPosition += bytes;
        }
        core.count(header, Index.mark(slot), need + bytes, 1);
        if (i >= 0) {
            index.set(i, slot);
        } else {
            index.insert(key, slot);
        }
    }

    /** Turns a value in the log into a large one, or a large one into a huge one, edited. */
    boolean enlarge(Key key, int at, Slice bytes, @Nullable ReadyChunks ready, int newLength) {
        boolean isHuge = LargeValues.isHuge(newLength);
        boolean waits = core.tiered && newLength > share(isHuge);
        int segments = isHuge || waits ? 0 : values.segmentsFor(values.piecesFor(newLength));
        if (!core.tiered && segments > largestSegments() || !makeHugeRoomFor(key, newLength, 0)) {
            return false;
        }
        if (!entries.roomFor(key, segments + 1)) {
            return false;
        }
        int i = finder.locate(key);
        int location = Index.location(index.get(i));
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        core.view(buffer, offset, header, item).value(scratch);
        int oldLength = scratch.length();
        LargeValue value = values.create(newLength);
        values.write(value, 0, scratch, null);
        values.zero(value, oldLength, newLength - oldLength);
        values.write(value, at, bytes, ready);
        long expireAtMs = ItemHeader.hasExpire(header) ? (long) Slice.LONG.get(buffer, offset + ItemHeader.BYTES) : 0;
        byte queue = waits ? Arena.WAIT : isInMain(i) ? Arena.MAIN : Arena.SMALL;
        place(key, i, value, ItemHeader.type(header), ItemHeader.ENCODING_RAW, expireAtMs, true, 0, queue);
        return true;
    }

    /** As {@link #makeHugeRoom}, while the entry of {@code key} stays; nothing to do if the value is not huge. */
    private boolean makeHugeRoomFor(Key key, int newLength, int oldLength) {
        if (!LargeValues.isHuge(newLength) || core.tiered) {
            return true;
        }
        return makeHugeRoomBeside(key, (long) newLength - oldLength);
    }

    /** Has older huge values of this shard leave until {@code more} bytes fit; none does where all of them would not be enough, for what is refused costs nobody a key. */
    private boolean makeHugeRoomBeside(Key key, long more) {
        if (core.effectiveMode() != EvictionMode.ALL) {
            return values.huge.isWithinBound(more);
        }
        if (values.huge.fits(more)) {
            return true;
        }
        core.protect(index.tagOf(key.hash()));
        try {
            if (!values.huge.fits(more - evictor.evictableHugeBytes())) {
                core.hugeBytesWanted = values.huge.couldFit(more) ? more : 0;
                core.hugeWantedTag = index.tagOf(key.hash());
                return false;
            }
            while (!values.huge.fits(more)) {
                if (!evictor.evictHuge()) {
                    return false;
                }
            }
            return true;
        } finally {
            core.unprotect();
        }
    }

    /** As {@link Shard#patch}, of a large value. */
    boolean patch(Key key, int known, int at, Slice bytes, @Nullable ReadyChunks ready) {
        LargeValue value = valueAt(known);
        boolean isHuge = value instanceof HugeValue;
        int oldLength = value.length;
        int newLength = Math.max(oldLength, at + bytes.length());
        if (!isHuge && LargeValues.isHuge(newLength)) {
            return enlarge(key, at, bytes, ready, newLength);
        }
        if (isHuge) {
            // What is between the old end and the edit costs nothing: it is the zeros that all share.
            if (!makeHugeRoomFor(key, newLength, Math.max(oldLength, at))) {
                return false;
            }
        } else {
            int pieces = values.piecesFor(newLength) - value.pieceCount;
            if (value.isPinned()) {
                pieces += 2 + (bytes.length() + Math.max(0, at - oldLength) >> values.pieceShift);
            }
            int segments = values.segmentsFor(pieces);
            if (segments > 0) {
                if (!core.tiered && segments > largestSegments() || !entries.roomFor(key, segments)) {
                    return false;
                }
            }
        }
        int i = finder.locate(key);
        long slot = index.get(i);
        int location = Index.location(slot);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        core.count(header, Index.mark(slot), core.weight(buffer, offset, header), -1);
        values.grow(value, newLength);
        if (newLength > oldLength) {
            values.zero(value, oldLength, newLength - oldLength);
        }
        values.write(value, at, bytes, ready);
        int mark = core.tiered ? core.currentEpoch : 0;
        header = header & ~(3L << 4) & ~EntryWriter.inheritedMask()
                | entries.inherited(header)
                | (long) ItemHeader.ENCODING_RAW << 4;
        Slice.LONG.set(buffer, offset, header);
        core.count(header, mark, core.weight(buffer, offset, header), 1);
        index.set(i, slot & ~Index.MARK_MASK | (long) mark << Index.MARK_SHIFT);
        if (core.tiered && value.queue != Arena.WAIT && newLength > share(isHuge)) {
            values.dequeue(value);
            values.enqueue(value, Arena.WAIT, log.mainPosition);
        }
        return true;
    }
}
