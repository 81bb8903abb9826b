package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import java.nio.ByteBuffer;

/**
 * Sizes of entries in the log. An entry is an item, rounded up to 8 bytes, then its slack; a dead one has type 0 and keeps its lengths, so
 * that the log can be read from end to end.
 */
final class Entries {
    static final long STATE_MASK = 3L << 56;
    static final long SLACK_MASK = 7L << 58;

    /** L1's own: the epoch of the drain that changed the L2 state of this entry, so that a failed drain can take that back. */
    static final int DRAIN_SHIFT = 62;

    static final long DRAIN_MASK = 3L << DRAIN_SHIFT;
    static final int SLACK_MAX = 7;

    private Entries() {}

    static int roundUp(int bytes) {
        return bytes + 7 & -8;
    }

    /** Bytes that the entry needs; what of a live entry counts as live. */
    static int liveBytes(ByteBuffer buffer, int offset, long header) {
        int prefix = ItemHeader.prefixBytes(header);
        if (ItemHeader.isWide(header)) {
            int key = (int) Slice.INT.get(buffer, offset + prefix - 8);
            int value = (int) Slice.INT.get(buffer, offset + prefix - 4);
            return roundUp(prefix + key + value);
        }
        return roundUp(prefix + ItemHeader.keyLength(header) + ItemHeader.valueLength(header));
    }

    /** Bytes from this entry to the next. */
    static int totalBytes(ByteBuffer buffer, int offset, long header) {
        return liveBytes(buffer, offset, header) + (ItemHeader.slack(header) << 3);
    }

    static int keyLength(ByteBuffer buffer, int offset, long header) {
        return ItemHeader.isWide(header)
                ? (int) Slice.INT.get(buffer, offset + ItemHeader.prefixBytes(header) - 8)
                : ItemHeader.keyLength(header);
    }

    /** Bytes of the value in the log, which for a large value are its handle. */
    static int valueLength(ByteBuffer buffer, int offset, long header) {
        return ItemHeader.isWide(header)
                ? (int) Slice.INT.get(buffer, offset + ItemHeader.prefixBytes(header) - 4)
                : ItemHeader.valueLength(header);
    }

    static boolean isTombstone(long header) {
        return ItemHeader.type(header) == ItemType.TOMBSTONE;
    }

    static long withState(long header, int state) {
        return header & ~STATE_MASK | (long) state << 56;
    }

    /** Marks the entry dead where it lies. */
    static void bury(ByteBuffer buffer, int offset, long header) {
        Slice.LONG.set(buffer, offset, header & ~15L);
    }

    /** Fills a gap of at least 8 bytes with something dead. */
    static void fill(ByteBuffer buffer, int offset, int bytes) {
        Slice.LONG.set(buffer, offset, (long) (bytes - 8) << 32);
    }
}
