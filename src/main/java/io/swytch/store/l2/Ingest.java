package io.swytch.store.l2;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileWriter;

/**
 * One drain: writes, in the order of the keys, into SST files that become visible all at once.
 *
 * <p>Items, deletes and meta values lie in one column family and are taken in by one ingestion, which is one record in RocksDB's manifest:
 * after a crash all are there or none. The expiry family cannot be part of it (RocksDB's Java interface ingests into one family a time), so
 * its rows go in before: an expiry row whose item is not there, or has another expiry, is a candidate that the next check finds
 * false. What {@link #forgetExpired} names is removed after: if that is lost, the same candidates come again.
 *
 * <p>Threads: one at a time. Nothing here waits for the disk but {@link #commit}; {@link #add} and {@link #delete} write to the page cache.
 */
public final class Ingest implements AutoCloseable {
    /** Read at a time: more than the system reads ahead. */
    private static final int SCRATCH_BYTES = 256 << 10;

    private final Rocks rocks;
    private final L2 l2;
    private final Path dir;
    private final String name;
    private final Fetcher fetcher;
    private final boolean partsExist;

    private final SortedFile items;
    private final SortedFile parts;
    private final ExpiryRows expiryRows = new ExpiryRows();
    private final Map<Integer, byte[]> forgotten = new HashMap<>();

    private ByteBuffer rowKey = ByteBuffer.allocateDirect(1 << 10);
    private ByteBuffer rowValue = ByteBuffer.allocateDirect(Rows.HEAD_BYTES_MAX + Rows.INLINE_BYTES_MAX);
    private ByteBuffer partValue = ByteBuffer.allocateDirect(8);
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private final Slice value = new Slice();
    private int lastSpace;
    private long lastHash;
    private long rows;
    private boolean done;

    Ingest(L2 l2, Rocks rocks, Path dir, String name, boolean partsExist) {
        this.l2 = l2;
        this.rocks = rocks;
        this.dir = dir;
        this.name = name;
        this.partsExist = partsExist;
        fetcher = new Fetcher(rocks);
        items = new SortedFile("items");
        parts = new SortedFile("parts");
    }

    /**
     * Puts an item. Keys come in ascending order of space and, unsigned, of hash; keys of equal hash in any order. Of a key that comes twice the
     * last is meant.
     *
     * @param item not a tombstone; its bytes are copied before this returns
     */
    public void add(Key key, Item item) throws L2Exception {
        begin(key);
        int valueLength = item.valueLength();
        int headBytes = Rows.putHead(rowValue.clear(), 0, item);
        item.value(value);
        try {
            int partCount = 0;
            if (Rows.isParted(valueLength)) {
                partCount = Rows.partCount(valueLength);
                addParts(key, valueLength, partCount);
                items.put(itemKey(key), limited(rowValue, headBytes));
            } else {
                value.copyTo(0, rowValue, headBytes, valueLength);
                items.put(itemKey(key), limited(rowValue, headBytes + valueLength));
            }
            deleteParts(key, partCount);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot write " + dir, e);
        }
        long expireAtMs = item.expireAtMs();
        if (expireAtMs != 0) {
            expiryRows.add(key, expireAtMs);
        }
    }

    /** Deletes the key, whether L2 has it or not. Order as in {@link #add}. */
    public void delete(Key key) throws L2Exception {
        begin(key);
        try {
            items.delete(itemKey(key));
            deleteParts(key, 0);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot write " + dir, e);
        }
    }

    /** {@link L2#expired} need not show the candidates up to {@code through}, which it returned, once this is committed. */
    public void forgetExpired(int space, byte[] through) {
        forgotten.put(space, through);
    }

    /** Whether an item was put that has an expiry no later than that of {@code through}, which {@link L2#expired} returned. */
    public boolean hasExpiryThrough(int space, byte[] through) {
        return expiryRows.hasThrough(space, through);
    }

    /** Items put and deleted so far. */
    public long rows() {
        return rows;
    }

    private void begin(Key key) {
        if (done) {
            throw new IllegalStateException("this ingest was committed or closed");
        }
        int space = key.space();
        if (space <= 0 || space > Rows.SPACE_MAX) {
            throw new IllegalArgumentException("space " + space);
        }
        if (space < lastSpace || space == lastSpace && Long.compareUnsigned(key.hash(), lastHash) < 0) {
            throw new IllegalArgumentException("keys must come in the order of space and hash");
        }
        lastSpace = space;
        lastHash = key.hash();
        rows++;
        rowKey = Rocks.ensure(rowKey, Rows.PREFIX_BYTES + key.length() + 2);
    }

    private void addParts(Key key, int valueLength, int count) throws RocksDBException, L2Exception {
        l2.partsWritten();
        partValue = Rocks.ensure(partValue, Math.min(valueLength, L2.PART_BYTES));
        for (int i = 0; i < count; i++) {
            int length = Rows.partLength(valueLength, i);
            partValue.clear();
            value.copyTo(i * L2.PART_BYTES, partValue, 0, length);
            parts.put(partKey(key, i), limited(partValue, length));
        }
    }

    /** Deletes the parts from {@code from} on that an older, longer value of the key has left; there are no gaps, so the first absent one ends it. */
    private void deleteParts(Key key, int from) throws RocksDBException, L2Exception {
        if (!partsExist) {
            return;
        }
        rocks.gate.enter();
        try {
            for (int i = from; fetcher.partExists(key, i); i++) {
                parts.delete(partKey(key, i));
            }
        } finally {
            rocks.gate.leave();
        }
    }

    private ByteBuffer itemKey(Key key) {
        return limited(rowKey, Rows.putKey(rowKey.clear(), 0, key.space(), key));
    }

    private ByteBuffer partKey(Key key, int part) {
        return limited(rowKey, Rows.putPartKey(rowKey.clear(), 0, key, part));
    }

    private static ByteBuffer limited(ByteBuffer buffer, int length) {
        return buffer.limit(length).position(0);
    }

    /**
     * Makes all visible, with these meta values, and durable. {@code @Blocking}. If it throws, nothing was written but perhaps expiry rows
     * without effect, and the same may be tried again with a new ingest.
     *
     * @param meta names and new values, as of {@link L2#meta}; may be empty
     */
    public void commit(Map<String, byte[]> meta) throws L2Exception {
        if (done) {
            throw new IllegalStateException("this ingest was committed or closed");
        }
        try {
            l2.commit(this, meta);
        } finally {
            close();
        }
    }

    /** Called by {@link L2#commit}, inside the gate and under the lock of meta values. */
    void commit(SortedMap<String, byte[]> metaRows) throws RocksDBException, L2Exception {
        done = true;
        // Meta rows sort behind all others, so they end the file of parts where there is one: files of one ingestion
        // need not overlap then.
        SortedFile last = parts.isEmpty() ? items : parts;
        for (Map.Entry<String, byte[]> row : metaRows.entrySet()) {
            ByteBuffer key = direct(Rows.metaKey(row.getKey()));
            last.put(key, direct(row.getValue()));
        }
        List<String> files = new ArrayList<>(items.finish());
        files.addAll(parts.finish());
        SortedFile expiry = new SortedFile("expiry");
        try {
            expiryRows.write(expiry);
            List<String> expiryFiles = expiry.finish();
            if (!expiryFiles.isEmpty()) {
                rocks.db.ingestExternalFile(rocks.expiry, expiryFiles, rocks.ingestion);
            }
        } finally {
            expiry.close();
        }
        if (!files.isEmpty()) {
            rocks.db.ingestExternalFile(rocks.keys, files, rocks.ingestion);
        }
        for (Map.Entry<Integer, byte[]> f : forgotten.entrySet()) {
            // A row that this drain has put may lie before the end of the range, and nobody has looked at its item yet.
            byte[] end = expiryRows.clamp(f.getKey(), f.getValue());
            rocks.db.deleteRange(rocks.expiry, rocks.unlogged, Rows.spaceStart(f.getKey()), end);
        }
        if (!forgotten.isEmpty()) {
            // In the background: the next ingestion would have to wait for a memtable whose range it overlaps.
            L2.flushSoon(rocks, rocks.expiry);
        }
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
    }

    /** Forgets what was added and not committed. */
    @Override
    public void close() {
        done = true;
        items.close();
        parts.close();
    }

    /** SST files with rows in order; a row out of order, which keys of one hash and repeated keys may cause, begins another file. */
    final class SortedFile implements AutoCloseable {
        private final String role;
        private final List<String> paths = new ArrayList<>();
        private @Nullable SstFileWriter writer;
        private ByteBuffer last = ByteBuffer.allocateDirect(64);
        private int lastBytes = -1;

        SortedFile(String role) {
            this.role = role;
        }

        boolean isEmpty() {
            return writer == null;
        }

        /** Puts a row; buffers are left with their positions at the end. */
        void put(ByteBuffer key, ByteBuffer value) throws RocksDBException {
            writerFor(key).put(key, value);
        }

        void delete(ByteBuffer key) throws RocksDBException {
            byte[] bytes = new byte[key.remaining()];
            key.get(key.position(), bytes);
            writerFor(key).delete(bytes);
        }

        private SstFileWriter writerFor(ByteBuffer key) throws RocksDBException {
            SstFileWriter current = writer;
            if (current == null
                    || lastBytes >= 0 && compare(key, last.limit(lastBytes).position(0)) <= 0) {
                if (current != null) {
                    finishFile(current);
                }
                current = new SstFileWriter(rocks.sstEnv, rocks.sstOptions);
                writer = current;
                String path = dir.resolve(name + "-" + role + "-" + paths.size() + ".sst")
                        .toString();
                paths.add(path);
                current.open(path);
            }
            lastBytes = key.remaining();
            last = Rocks.ensure(last, lastBytes);
            last.clear().put(0, key, key.position(), lastBytes);
            return current;
        }

        /** Unsigned order of the remaining bytes. */
        private static int compare(ByteBuffer a, ByteBuffer b) {
            int at = a.mismatch(b);
            return at < 0 || at >= a.remaining() || at >= b.remaining()
                    ? Integer.compare(a.remaining(), b.remaining())
                    : Integer.compare(a.get(a.position() + at) & 0xFF, b.get(b.position() + at) & 0xFF);
        }

        private void finishFile(SstFileWriter finished) throws RocksDBException {
            try (finished) {
                writer = null;
                finished.finish();
            }
            readIntoPageCache(paths.get(paths.size() - 1));
        }

        /**
         * Has the system keep the pages of a file that was just written: RocksDB's writer tells it to drop them, which its Java interface cannot turn off.
         * What leaves L1 next is in this file, and so is what the next compaction reads.
         */
        private void readIntoPageCache(String path) {
            try (FileChannel file = FileChannel.open(Path.of(path))) {
                int count;
                do {
                    count = file.read(scratch.clear());
                } while (count > 0);
            } catch (IOException e) {
                // Whoever needs the file meets the trouble, and can say whose it is.
            }
        }

        /** Ends and syncs the files. Returns their paths, older first. */
        List<String> finish() throws RocksDBException {
            if (writer != null) {
                finishFile(writer);
            }
            return paths;
        }

        /** Removes the files that were not taken in. */
        @Override
        public void close() {
            if (writer != null) {
                writer.close();
                writer = null;
            }
            for (String path : paths) {
                try {
                    Files.deleteIfExists(Path.of(path));
                } catch (IOException e) {
                    // Opening L2 removes what is left in this directory.
                    l2.leftBehind(path, e);
                }
            }
            paths.clear();
        }
    }
}
