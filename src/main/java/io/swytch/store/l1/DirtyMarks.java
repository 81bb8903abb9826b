package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import java.nio.ByteBuffer;

/**
 * Walks the index in hash order, and moves entries' dirty marks through a drain.
 *
 * <p>A mark is 0 for clean, or the epoch of the write. Dirty are the current epoch and the one being drained; an older mark counts as clean
 * and is cleared when a drain passes it, which is always before its number comes round again. A drain that hands an entry on notes in the
 * header what it changed there, with its epoch, so that its failure can be taken back. Threads: under the shard's lock.
 */
final class DirtyMarks {
    /** Walks are cut only where this many low bits of the hash may differ: SCAN's cursor has the other 48. */
    private static final int CURSOR_SHIFT = 16;

    /** Slots that one slice of a walk passes at most, whatever it finds. */
    private static final int SLICE_SLOTS = 1 << 15;

    private final Core core;
    private final Index index;
    private final int shardBits;
    private final int shardNumber;
    private final Item item = new Item();

    DirtyMarks(Core core, int shardBits, int shardNumber) {
        this.core = core;
        this.shardBits = shardBits;
        this.shardNumber = shardNumber;
        index = core.index;
    }

    private int start(long fromHash) {
        if (shardBits != 0) {
            long shard = fromHash >>> (64 - shardBits);
            if (shard < shardNumber) {
                return index.firstFrom(0);
            }
            if (shard > shardNumber) {
                return -1;
            }
        }
        return index.firstFrom(index.tagOf(fromHash));
    }

    private boolean isBefore(int i, long fromHash) {
        // Only at the very tag of the start may there be smaller hashes.
        return index.tagOf(fromHash) == Index.tag(index.get(i))
                && Long.compareUnsigned(index.hashAt(Index.location(index.get(i))), fromHash) < 0;
    }

    private Item view(long slot, long header) {
        int location = Index.location(slot);
        ByteBuffer buffer = core.arena.buffer(location);
        return core.view(buffer, core.arena.offset(location), header, item);
    }

    /** What a walk does with the slots that it passes. */
    private interface Slots {
        boolean wants(int location);

        void visit(long slot, long header, long hash);
    }

    /** As {@link Shard#walk}. */
    long walk(long fromHash, int space, int max, EntryVisitor visitor) {
        int spaceSlot = core.spaces.slotOf(space);
        if (spaceSlot == 0) {
            return Shard.DONE;
        }
        return walk(fromHash, max, new Slots() {
            @Override
            public boolean wants(int location) {
                return ItemHeader.spaceSlot(headerAt(location)) == spaceSlot;
            }

            @Override
            public void visit(long slot, long header, long hash) {
                visitor.visit(view(slot, header), hash);
            }
        });
    }

    /** As {@link Shard#walkHot}. */
    long walkHot(long fromHash, int max, HotVisitor visitor) {
        return walk(fromHash, max, new Slots() {
            @Override
            public boolean wants(int location) {
                return isLive(location);
            }

            @Override
            public void visit(long slot, long header, long hash) {
                visitor.visit(
                        core.spaces.spaceOf(ItemHeader.spaceSlot(header)),
                        hash,
                        queueOf(Index.location(slot), header) == Arena.MAIN,
                        Index.counter(slot));
            }
        });
    }

    /** Ends only between two hashes that a cursor can tell apart, so that who goes on there sees each entry once. */
    private long walk(long fromHash, int max, Slots slots) {
        int i = start(fromHash);
        if (i < 0) {
            return Shard.DONE;
        }
        int passed = 0;
        int seen = 0;
        long last = 0;
        boolean any = false;
        for (; i < index.capacity(); i++) {
            long slot = index.get(i);
            passed++;
            if (slot == 0) {
                continue;
            }
            boolean full = seen >= max || passed > SLICE_SLOTS;
            int location = Index.location(slot);
            boolean wanted = slots.wants(location);
            if (!full && !wanted || isBefore(i, fromHash)) {
                continue;
            }
            long hash = index.hashAt(location);
            long top = hash >>> CURSOR_SHIFT;
            if (full && (!any || top != last)) {
                return top << CURSOR_SHIFT;
            }
            if (wanted) {
                slots.visit(slot, headerAt(location), hash);
                seen++;
                last = top;
                any = true;
            }
        }
        return Shard.DONE;
    }

    private long headerAt(int location) {
        return (long) Slice.LONG.get(core.arena.buffer(location), core.arena.offset(location));
    }

    /** Whether there is a value here that a client may still ask for. */
    private boolean isLive(int location) {
        long header = headerAt(location);
        int expiryAt = core.arena.offset(location) + ItemHeader.BYTES;
        boolean isExpired = ItemHeader.hasExpire(header)
                && (long) Slice.LONG.get(core.arena.buffer(location), expiryAt) <= core.nowMs;
        return !isExpired && !Entries.isTombstone(header) && !core.spaces.isDead(ItemHeader.spaceSlot(header));
    }

    private byte queueOf(int location, long header) {
        return ItemHeader.isLarge(header)
                ? core.largeOf(core.arena.buffer(location), core.arena.offset(location), header).queue
                : core.arena.queue[core.arena.segmentOf(location)];
    }

    void begin() {
        if (core.drainingEpoch != 0) {
            throw new IllegalStateException("a drain is under way");
        }
        int next = core.currentEpoch % 3 + 1;
        if (core.spaces.anyMarked(next)) {
            clear(next);
        }
        core.drainingEpoch = core.currentEpoch;
        core.currentEpoch = next;
    }

    /** As {@link Shard#drainSlice}. */
    long slice(long fromHash, int space, int max, DrainSink sink) {
        int spaceSlot = core.spaces.slotOf(space);
        int draining = core.drainingEpoch;
        int i = spaceSlot == 0 ? -1 : start(fromHash);
        if (i < 0) {
            return Shard.DONE;
        }
        int passed = 0;
        int taken = 0;
        long last = 0;
        boolean any = false;
        for (; i < index.capacity(); i++) {
            long slot = index.get(i);
            int mark = Index.mark(slot);
            passed++;
            boolean full = taken >= max || passed > SLICE_SLOTS;
            if (slot == 0 || mark == 0 && !full) {
                continue;
            }
            if (full && !isBefore(i, fromHash)) {
                long top = index.hashAt(Index.location(slot)) >>> CURSOR_SHIFT;
                if (!any || top != last) {
                    return top << CURSOR_SHIFT;
                }
            }
            if (mark == 0 || mark == core.currentEpoch) {
                continue;
            }
            if (mark != draining) {
                i = settle(i, slot);
                continue;
            }
            long header = core.headerAt(i);
            if (ItemHeader.spaceSlot(header) == spaceSlot && !isBefore(i, fromHash)) {
                long hash = index.hashAt(Index.location(slot));
                sink.take(view(slot, header), hash, ItemHeader.l2State(header));
                handed(slot, header);
                taken++;
                last = hash >>> CURSOR_SHIFT;
                any = true;
            }
        }
        return Shard.DONE;
    }

    /** Notes in the header that L2 will hold the entry, or for a tombstone that it will not. */
    private void handed(long slot, long header) {
        boolean tombstone = Entries.isTombstone(header);
        int state = ItemHeader.l2State(header);
        int after = tombstone ? ItemHeader.L2_NONE : ItemHeader.L2_HAS;
        long fresh = Entries.withState(header, after) & ~Entries.DRAIN_MASK;
        if (state != after) {
            fresh |= (long) core.drainingEpoch << Entries.DRAIN_SHIFT;
        }
        if (state == ItemHeader.L2_UNKNOWN) {
            core.spaces.unknown[ItemHeader.spaceSlot(header)]--;
        }
        setHeader(slot, fresh);
    }

    private void setHeader(long slot, long header) {
        int location = Index.location(slot);
        Slice.LONG.set(core.arena.buffer(location), core.arena.offset(location), header);
    }

    /** Clears an old mark; what was a tombstone goes. Returns the slot before the one to look at next. */
    private int settle(int i, long slot) {
        long header = core.headerAt(i);
        if (Entries.isTombstone(header)) {
            core.drop(i);
            return i - 1;
        }
        remark(i, slot, header, 0);
        return i;
    }

    private void remark(int i, long slot, long header, int mark) {
        int location = Index.location(slot);
        long weight = core.weight(core.arena.buffer(location), core.arena.offset(location), header);
        int row = ItemHeader.spaceSlot(header) << 2;
        core.spaces.marked[row | Index.mark(slot)] -= weight;
        if (mark != 0) {
            core.spaces.marked[row | mark] += weight;
        }
        index.set(i, slot & ~Index.MARK_MASK | (long) mark << Index.MARK_SHIFT);
    }

    private void clear(int mark) {
        for (int i = 0; i < index.capacity(); i++) {
            long slot = index.get(i);
            if (slot != 0 && Index.mark(slot) == mark) {
                i = settle(i, slot);
            }
        }
    }

    void finish() {
        if (core.drainingEpoch == 0) {
            throw new IllegalStateException("no drain is under way");
        }
        core.drainingEpoch = 0;
    }

    /** What was handed on is dirty again, in the current epoch, and what L2 has of it is unknown. */
    void fail() {
        int failed = core.drainingEpoch;
        if (failed == 0) {
            throw new IllegalStateException("no drain is under way");
        }
        for (int i = 0; i < index.capacity(); i++) {
            long slot = index.get(i);
            int mark = Index.mark(slot);
            if (slot == 0 || mark == 0) {
                continue;
            }
            if (mark != failed && mark != core.currentEpoch) {
                i = settle(i, slot);
                continue;
            }
            long header = core.headerAt(i);
            if ((int) (header >>> Entries.DRAIN_SHIFT) == failed) {
                header = takeBack(header);
                setHeader(slot, header);
            }
            if (mark == failed) {
                remark(i, slot, header, core.currentEpoch);
            }
        }
        core.drainingEpoch = 0;
    }

    private long takeBack(long header) {
        long plain = header & ~Entries.DRAIN_MASK;
        if (ItemHeader.l2State(header) == ItemHeader.L2_HAS) {
            core.spaces.unknown[ItemHeader.spaceSlot(header)]++;
            return Entries.withState(plain, ItemHeader.L2_UNKNOWN);
        }
        // A tombstone's NONE, perhaps under a newer value: L2 held the key before, or was thought to.
        return Entries.withState(plain, ItemHeader.L2_HAS);
    }
}
