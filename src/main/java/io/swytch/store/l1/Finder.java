package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;

/** Looks entries up and counts their uses; on the way of GET and SET. Threads: under the shard's lock. */
final class Finder {
    /** Slots from its home on among which most tags are. */
    private static final int NEAR_SLOTS = 12;

    private final Core core;
    private final Arena arena;
    private final Index index;
    private final SegmentLog log;

    Finder(Core core) {
        this.core = core;
        arena = core.arena;
        index = core.index;
        log = core.log;
    }

    /** The index slot of a key's entry; or, if it has none, a negative number. */
    int locate(Key key) {
        int spaceSlot = core.spaces.slotOf(key.space());
        if (spaceSlot == 0) {
            return -1;
        }
        int tag = index.tagOf(key.hash());
        Slice bytes = key.bytes();
        int length = bytes.length();
        // In the narrow form slot of the space, WIDE and key length are neighbours: one comparison.
        int wanted = spaceSlot << 8 | (length > ItemHeader.NARROW_KEY_BYTES_MAX ? (int) ItemHeader.WIDE : length << 16);
        ByteBuffer keyBuffer = bytes.buffer();
        int keyOffset = bytes.offset();
        for (int i = index.home(tag); ; i++) {
            long slot = index.get(i);
            int there = (int) (slot >>> 32);
            if (there == tag && slot != 0) {
                int location = Index.location(slot);
                ByteBuffer buffer = arena.buffer(location);
                int offset = arena.offset(location);
                long header = (long) Slice.LONG.get(buffer, offset);
                if ((((int) header ^ wanted) & 0xFFFF_FF80) == 0
                        && (length <= ItemHeader.NARROW_KEY_BYTES_MAX
                                || Entries.keyLength(buffer, offset, header) == length)
                        && Slice.equal(buffer, offset + ItemHeader.prefixBytes(header), keyBuffer, keyOffset, length)) {
                    return i;
                }
            } else if (slot == 0 || Integer.compareUnsigned(there, tag) > 0) {
                return -1;
            }
        }
    }

    /** Notes the place of the entry that a hash most likely has; without a lock, so it may be any place. Threads: any. */
    void note(long hash, Prefetch places, int at) {
        int tag = index.tagOf(hash);
        int home = index.home(tag);
        for (int i = home; i < home + NEAR_SLOTS; i++) {
            long slot = index.peek(i);
            if ((int) (slot >>> 32) == tag && slot != 0) {
                arena.note(Index.location(slot), places, at);
                return;
            }
        }
        places.noteNothing(at);
    }

    /** Counts a use of the entry of slot {@code i}. */
    void touch(int i, long slot) {
        if ((slot & Index.COUNTER_MASK) != Index.COUNTER_MASK && !isYoung(Index.location(slot))) {
            index.set(i, slot + Index.COUNTER_ONE);
        }
    }

    private boolean isYoung(int location) {
        if (arena.queue[arena.segmentOf(location)] != Arena.HANDLES) {
            return log.isNewest(location, core.youngBytes);
        }
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        LargeValue value = core.largeOf(buffer, offset, (long) Slice.LONG.get(buffer, offset));
        return value.queue == Arena.SMALL
                && log.smallPosition - value.position - core.large.bytes(value) < core.youngBytes;
    }
}
