package io.swytch.store.l2;

import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.rocksdb.ByteBufferGetStatus;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.Snapshot;
import org.rocksdb.Status;

/**
 * Reads items in batches into memory of its own, about 1 MiB. Threads: one at a time; {@link L2} keeps one per thread.
 */
final class Fetcher {
    /** Keys whose rows are in memory at a time. */
    static final int BATCH = 64;

    /** Keys that one multiGet asks for where no values are wanted. */
    static final int EXISTS_BATCH = 256;

    /** Parts of a value that one multiGet asks for. */
    private static final int PART_BATCH = 8;

    /** Memory for one value beside its header: no row of an item is longer, unless its format is unknown. */
    private static final int SLOT_BYTES = Rows.HEAD_BYTES_MAX + Rows.INLINE_BYTES_MAX + 7 & ~7;

    private final Rocks rocks;
    private ByteBuffer keyArena = ByteBuffer.allocateDirect(4 << 10);
    private ByteBuffer valueArena = ByteBuffer.allocateDirect(SLOT_BYTES);
    private ByteBuffer part = ByteBuffer.allocateDirect(8);
    private final Item item = new Item();

    /** Of the rows that were read last; negative for those that are not there. */
    private final int[] lengths = new int[BATCH];

    /** Whether more than a quarter of the keys that {@link #exists} was asked for last were there. */
    private boolean expectsFound;

    Fetcher(Rocks rocks) {
        this.rocks = rocks;
    }

    /** Whether it reads through these handles. */
    boolean isOf(Rocks others) {
        return rocks == others;
    }

    /** Whether a filter or a cached block does not rule the key out; no disk is read. Allocates nothing unless the key is very long. */
    boolean mayExist(Key key) {
        return mayExist(Rows.putKey(ensureKeys(key.length() + Rows.PREFIX_BYTES), 0, key.space(), key));
    }

    private boolean mayExist(int rowBytes) {
        return rocks.db.keyMayExist(
                rocks.keys, rocks.reads, keyArena.limit(rowBytes).position(0));
    }

    private ByteBuffer ensureKeys(int bytes) {
        keyArena = Rocks.ensure(keyArena, bytes);
        return keyArena.clear();
    }

    /** Exact, and reads the disk where filters do not rule the part out. */
    boolean partExists(Key key, int part) throws RocksDBException {
        int bytes = Rows.putPartKey(ensureKeys(key.length() + Rows.PREFIX_BYTES + 2), 0, key, part);
        return mayExist(bytes)
                && rocks.db.get(
                                rocks.keys,
                                rocks.reads,
                                keyArena.limit(bytes).position(0),
                                this.part.limit(0).position(0))
                        >= 0;
    }

    /**
     * Exact answers for keys {@code from} to {@code to} of the list; sets the bits of those that exist.
     *
     * <p>Absent keys are told fastest one by one, by the filters; of a key that exists that look finds its block too, and a multiGet of many
     * looks once more. So where the keys asked for lately were there, all are asked for together at once.
     */
    void exists(List<Key> keys, int from, int to, BitSet into) throws RocksDBException, L2Exception {
        List<Key> asked = keys.subList(from, to);
        int[] indexes = new int[to - from];
        int count = 0;
        if (expectsFound) {
            for (; count < indexes.length; count++) {
                indexes[count] = from + count;
            }
        } else {
            asked = new ArrayList<>();
            for (int i = from; i < to; i++) {
                if (mayExist(keys.get(i))) {
                    indexes[count++] = i;
                    asked.add(keys.get(i));
                }
            }
        }
        int there = 0;
        for (int at = 0; at < count; at += EXISTS_BATCH) {
            List<ByteBufferGetStatus> found = lookFor(asked, at, Math.min(count, at + EXISTS_BATCH));
            for (int i = 0; i < found.size(); i++) {
                if (isFound(found.get(i).status)) {
                    into.set(indexes[at + i]);
                    there++;
                }
            }
        }
        expectsFound = there > (to - from) / 4;
    }

    /** Fetches keys {@code from} to {@code to} of the list, at most {@link #BATCH} of them. */
    void get(List<Key> keys, int from, int to, FetchVisitor visitor) throws RocksDBException, L2Exception {
        readRows(keys, from, to, SLOT_BYTES);
        // Parts go through the same memory, so they come when all the rest is done.
        BitSet parted = new BitSet();
        for (int i = 0; i < to - from; i++) {
            if (lengths[i] < 0) {
                visitor.absent(from + i);
            } else if (format(valueArena, i * SLOT_BYTES, lengths[i]) == Rows.PARTED) {
                parted.set(i);
            } else {
                visitor.found(from + i, item.wrap(valueArena, i * SLOT_BYTES + 1));
            }
        }
        for (int i = parted.nextSetBit(0); i >= 0; i = parted.nextSetBit(i + 1)) {
            getParted(keys.get(from + i), from + i, visitor);
        }
    }

    /** As {@link #get}, without values: the items that are shown have none that could be looked at. */
    void heads(List<Key> keys, int from, int to, FetchVisitor visitor) throws RocksDBException, L2Exception {
        readRows(keys, from, to, Rows.HEAD_BYTES_MAX);
        for (int i = 0; i < to - from; i++) {
            if (lengths[i] < 0) {
                visitor.absent(from + i);
            } else {
                int at = i * Rows.HEAD_BYTES_MAX;
                format(valueArena, at, lengths[i]);
                visitor.found(from + i, item.wrap(valueArena, at + 1));
            }
        }
    }

    /**
     * Reads the rows of some items to slots of the arena, as much of each as its slot takes; leaves their lengths, negative for
     * those that are not there.
     *
     * <p>One by one: a multiGet of keys that lie apart reads one block after the other, too, and takes up to half as much again of the
     * processor for it. Visitors hear of them when all are read, so that those who wait are woken together.
     */
    private void readRows(List<Key> keys, int from, int to, int slotBytes) throws RocksDBException {
        valueArena = Rocks.ensure(valueArena, (to - from) * slotBytes);
        for (int i = from; i < to; i++) {
            int at = (i - from) * slotBytes;
            lengths[i - from] = readRow(rocks.reads, keys.get(i), at, slotBytes);
        }
    }

    /** Reads the row of an item to {@code at} in the arena. Returns its length, or a negative number if there is none. */
    private int readRow(ReadOptions reads, Key key, int at, int bytes) throws RocksDBException {
        int keyBytes = Rows.putKey(ensureKeys(key.length() + Rows.PREFIX_BYTES), 0, key.space(), key);
        ByteBuffer row = valueArena.clear().position(at).limit(at + bytes);
        int length = rocks.db.get(rocks.keys, reads, keyArena.limit(keyBytes).position(0), row);
        valueArena.clear();
        return length;
    }

    /** Asks for some rows together, for none of their bytes. */
    private List<ByteBufferGetStatus> lookFor(List<Key> keys, int from, int to) throws RocksDBException {
        int bytes = 0;
        for (int i = from; i < to; i++) {
            bytes += keys.get(i).length() + Rows.PREFIX_BYTES;
        }
        ensureKeys(bytes);
        List<ByteBuffer> rowKeys = new ArrayList<>(to - from);
        List<ByteBuffer> values = new ArrayList<>(to - from);
        int at = 0;
        for (int i = from; i < to; i++) {
            int length = Rows.putKey(keyArena, at, keys.get(i).space(), keys.get(i));
            rowKeys.add(keyArena.slice(at, length));
            values.add(valueArena.slice(0, 0));
            at += length;
        }
        return rocks.db.multiGetByteBuffers(rocks.reads, List.of(rocks.keys), rowKeys, values);
    }

    /** Head and parts must be of one write, so both are read from one snapshot. */
    private void getParted(Key key, int index, FetchVisitor visitor) throws RocksDBException, L2Exception {
        Snapshot snapshot = rocks.db.getSnapshot();
        try (ReadOptions reads = new ReadOptions().setSnapshot(snapshot)) {
            int length = readRow(reads, key, 0, SLOT_BYTES);
            if (length < 0) {
                visitor.absent(index);
                return;
            }
            if (format(valueArena, 0, length) == Rows.INLINE) {
                visitor.found(index, item.wrap(valueArena, 1));
                return;
            }
            int valueLength = item.wrap(valueArena, 1).valueLength();
            if (valueLength <= L2.PART_BYTES) {
                valueArena = grown(valueArena, length, length + valueLength);
                readParts(reads, key, valueLength, new ByteBuffer[] {valueArena.slice(length, valueLength)});
                visitor.found(index, item.wrap(valueArena, 1));
            } else {
                ByteBuffer[] chunks = visitor.chunksFor(index, valueLength);
                readParts(reads, key, valueLength, chunks);
                visitor.found(index, item.wrapLarge(valueArena, 1, chunks, L2.PART_SHIFT, valueLength, null));
            }
        } finally {
            rocks.db.releaseSnapshot(snapshot);
        }
    }

    /** Reads all parts of a value into {@code chunks}. */
    private void readParts(ReadOptions reads, Key key, int valueLength, ByteBuffer[] chunks)
            throws RocksDBException, L2Exception {
        int keyBytes = key.length() + Rows.PREFIX_BYTES + 2;
        ensureKeys(keyBytes * PART_BATCH);
        int count = Rows.partCount(valueLength);
        for (int from = 0; from < count; from += PART_BATCH) {
            List<ByteBuffer> rowKeys = new ArrayList<>(PART_BATCH);
            List<ByteBuffer> values = new ArrayList<>(PART_BATCH);
            for (int i = from; i < Math.min(count, from + PART_BATCH); i++) {
                int at = (i - from) * keyBytes;
                Rows.putPartKey(keyArena, at, key, i);
                rowKeys.add(keyArena.slice(at, keyBytes));
                values.add(chunks[i].slice(0, Rows.partLength(valueLength, i)));
            }
            List<ByteBufferGetStatus> rows = rocks.db.multiGetByteBuffers(reads, List.of(rocks.keys), rowKeys, values);
            for (int i = 0; i < rows.size(); i++) {
                if (!isFound(rows.get(i).status)
                        || rows.get(i).requiredSize != Rows.partLength(valueLength, from + i)) {
                    throw new L2Exception("part " + (from + i) + " of a value of " + valueLength
                            + " bytes is missing or has a wrong length: the data in L2 is damaged");
                }
            }
        }
    }

    private static ByteBuffer grown(ByteBuffer old, int used, int bytes) {
        if (old.capacity() >= bytes) {
            return old.clear();
        }
        return ByteBuffer.allocateDirect(bytes).put(0, old, 0, used);
    }

    private static boolean isFound(Status status) throws L2Exception {
        return switch (status.getCode()) {
            case Ok -> true;
            case NotFound -> false;
            default ->
                throw new L2Exception("cannot read from L2: " + status.getCodeString()
                        + (status.getState() == null ? "" : ": " + status.getState()));
        };
    }

    /** The format byte of a row of {@code length} bytes at {@code at}, which is checked. */
    static byte format(ByteBuffer buffer, int at, int length) throws L2Exception {
        byte format = length > ItemHeader.BYTES ? buffer.get(at) : 0;
        if (format != Rows.INLINE && format != Rows.PARTED) {
            throw new L2Exception("a row of " + length + " bytes in L2 has unknown format " + format);
        }
        if (format == Rows.INLINE && length > SLOT_BYTES) {
            throw new L2Exception("a row in L2 is too long: " + length + " bytes");
        }
        return format;
    }
}
