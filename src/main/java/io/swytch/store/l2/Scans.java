package io.swytch.store.l2;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Reads of many rows in their order, each through an iterator of its own. The caller holds the gate of the handles. Threads: any. */
final class Scans {
    /** Bytes of readahead of a scan. */
    private static final long SCAN_READAHEAD_BYTES = 256 << 10;

    /** Where fewer rows are in between, stepping over them costs less than looking for the next one anew, which reads a block of each level. */
    private static final long STEPS_MAX = 32;

    /** Where more turn out to be in between than there should be, the next one is looked for all the same. */
    private static final int STRAY_STEPS_MAX = 128;

    private Scans() {}

    /** As {@link L2#scan}. */
    static long scan(Rocks rocks, int space, long fromHash, int max, ScanVisitor visitor)
            throws RocksDBException, L2Exception {
        try (org.rocksdb.Slice end = new org.rocksdb.Slice(Rows.spaceStart(space + 1));
                ReadOptions reads = new ReadOptions()
                        .setFillCache(false)
                        .setReadaheadSize(SCAN_READAHEAD_BYTES)
                        .setIterateUpperBound(end);
                RocksIterator rows = rocks.db.newIterator(rocks.keys, reads)) {
            RowCursor cursor = new RowCursor();
            Item item = new Item();
            long group = 0;
            int shown = 0;
            for (rows.seek(Rows.from(space, fromHash)); rows.isValid(); rows.next()) {
                int length = cursor.readKey(rows);
                long hash = Long.reverseBytes((long) Slice.LONG.get(cursor.row, 4));
                if (shown >= max && hash >>> 16 != group) {
                    return hash & ~0xFFFFL;
                }
                group = hash >>> 16;
                int valueBytes = rows.value(cursor.head.clear());
                Fetcher.format(cursor.head, 0, valueBytes);
                item.wrap(cursor.head, 1);
                visitor.key(cursor.key(Rows.PREFIX_BYTES, length, space, hash), item.type(), item.expireAtMs());
                shown++;
            }
            rows.status();
            return 0;
        }
    }

    /** As {@link L2#expired}. */
    static byte @Nullable [] expired(
            Rocks rocks, int space, byte @Nullable [] after, long nowMs, int max, ExpiredVisitor visitor)
            throws RocksDBException {
        try (org.rocksdb.Slice end = new org.rocksdb.Slice(
                        nowMs == Long.MAX_VALUE ? Rows.spaceStart(space + 1) : Rows.from(space, nowMs + 1));
                ReadOptions reads = new ReadOptions().setFillCache(false).setIterateUpperBound(end);
                RocksIterator rows = rocks.db.newIterator(rocks.expiry, reads)) {
            RowCursor cursor = new RowCursor();
            int length = 0;
            int shown = 0;
            byte[] first = after == null ? Rows.spaceStart(space) : Arrays.copyOf(after, after.length + 1);
            for (rows.seek(first); shown < max && rows.isValid(); rows.next()) {
                length = cursor.readKey(rows);
                long expireAtMs = Long.reverseBytes((long) Slice.LONG.get(cursor.row, 4));
                long hash = Long.reverseBytes((long) Slice.LONG.get(cursor.row, 12));
                visitor.candidate(cursor.key(Rows.EXPIRY_PREFIX_BYTES, length, space, hash), expireAtMs);
                shown++;
            }
            rows.status();
            if (shown == 0) {
                return null;
            }
            byte[] through = new byte[length];
            cursor.row.get(0, through);
            return through;
        }
    }

    /** How many rows are to be expected in a range of prefixes. */
    private static long rowsIn(long prefixes, int shift, long density) {
        // Half the range, so that it is not negative; the product's upper half is what is looked for.
        return Math.multiplyHigh(prefixes << shift - 1, 2 * density);
    }

    /** As {@link L2#gather}. */
    static int gather(
            Rocks rocks, int space, long[] prefixes, int from, int to, int shift, long density, GatherVisitor visitor)
            throws RocksDBException, L2Exception {
        // What lies close together is read as a scan reads it, with few calls of the system.
        boolean isDense =
                from < to && rowsIn(prefixes[to - 1] - prefixes[from], shift, density) <= STEPS_MAX * (to - from);
        try (org.rocksdb.Slice end = new org.rocksdb.Slice(Rows.spaceStart(space + 1));
                ReadOptions reads = new ReadOptions()
                        .setFillCache(false)
                        .setReadaheadSize(isDense ? SCAN_READAHEAD_BYTES : 0)
                        .setIterateUpperBound(end);
                RocksIterator rows = rocks.db.newIterator(rocks.keys, reads)) {
            RowCursor cursor = new RowCursor();
            ByteBuffer row = ByteBuffer.allocateDirect(Rows.HEAD_BYTES_MAX + Rows.INLINE_BYTES_MAX);
            Item item = new Item();
            boolean isPlaced = false;
            for (int i = from; i < to; i++) {
                if (!isPlaced || rowsIn(prefixes[i] - prefixes[i - 1], shift, density) > STEPS_MAX) {
                    rows.seek(Rows.from(space, prefixes[i] << shift));
                    isPlaced = true;
                }
                int steps = 0;
                while (rows.isValid()) {
                    int length = cursor.readKey(rows);
                    long hash = Long.reverseBytes((long) Slice.LONG.get(cursor.row, 4));
                    int order = Long.compareUnsigned(hash >>> shift, prefixes[i]);
                    if (order > 0) {
                        break;
                    }
                    if (order < 0 && ++steps == STRAY_STEPS_MAX) {
                        rows.seek(Rows.from(space, prefixes[i] << shift));
                        continue;
                    }
                    if (order == 0) {
                        int bytes = rows.value(row.clear());
                        boolean isWhole = Fetcher.format(row, 0, bytes) == Rows.INLINE;
                        Key key = cursor.key(Rows.PREFIX_BYTES, length, space, hash);
                        if (!visitor.item(i, key, item.wrap(row, 1), isWhole)) {
                            return i;
                        }
                    }
                    rows.next();
                }
            }
            rows.status();
            return to;
        }
    }
}
