package io.swytch.store.l2;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SstFileReader;
import org.rocksdb.WALRecoveryMode;

/**
 * Reads all of a data directory that no server uses, and changes nothing in it. {@code @Blocking}. Threads: one.
 *
 * <p>Each SST file is read by itself, so that all that are damaged are named; then RocksDB opens the whole without the right to write, which takes manifest,
 * log and the files' identities together, and every row is looked at, which reads the blob files. A process that was killed may leave a file half
 * written that is no part of the whole yet: what is wrong with such a one does not matter.
 */
public final class L2Check implements AutoCloseable {
    /** Rows between two words of progress. */
    private static final long PROGRESS_ROWS = 1_000_000;

    private final DataDirectory directory;
    private final Consumer<String> problems;
    private final Consumer<String> progress;

    /** Items of each space and type; under 0 those whose type is unknown. */
    private final Map<Integer, Map<Integer, Long>> items = new TreeMap<>();

    private final Map<String, Meta> meta = new HashMap<>();
    private long parts;
    private long expiryRows;
    private int files;
    private long fileBytes;

    /** What is wrong with SST files, by their names, until it is known which of them belong to the database. */
    private final Map<String, String> damaged = new TreeMap<>();

    private record Meta(long version, Bytes value) {}

    private L2Check(DataDirectory directory, Consumer<String> problems, Consumer<String> progress) {
        this.directory = directory;
        this.problems = problems;
        this.progress = progress;
    }

    /**
     * Takes a directory, so that no server can.
     *
     * @param problems told of each thing that is wrong, in words that name the file
     * @param progress told what is being done
     * @throws L2Exception if it cannot be read, is no data directory, or is in use
     */
    public static L2Check open(Path dir, Consumer<String> problems, Consumer<String> progress) throws L2Exception {
        return new L2Check(DataDirectory.openToLook(dir), problems, progress);
    }

    /** The seed of the key hash. */
    public long hashSeed() {
        return directory.seed();
    }

    /** Whether the journal must have a file. */
    public boolean isJournaled() {
        return directory.isJournaled();
    }

    /** As {@link L2#lastRun}. */
    public long lastRun() {
        return directory.lastRun();
    }

    /** Items of each space and type. */
    public Map<Integer, Map<Integer, Long>> items() {
        return items;
    }

    public long expiryRows() {
        return expiryRows;
    }

    /** Parts of large values. */
    public long parts() {
        return parts;
    }

    public int files() {
        return files;
    }

    public long fileBytes() {
        return fileBytes;
    }

    /** A meta value; null if there is none, or it could not be read. */
    public byte @Nullable [] meta(String name) {
        Meta value = meta.get(name);
        return value == null ? null : value.value.toByteArray();
    }

    /** Reads everything. */
    public void run() throws L2Exception {
        NativeLibrary.load();
        if (!directory.isReady()) {
            progress.accept("the directory was never in use");
            return;
        }
        try {
            verifyFiles();
        } catch (IOException e) {
            throw new L2Exception("cannot read " + directory.db(), e);
        }
        readAll();
    }

    private void verifyFiles() throws IOException {
        List<Path> tables;
        try (Stream<Path> all = Files.list(directory.db())) {
            tables = all.filter(file -> file.toString().endsWith(".sst"))
                    .sorted()
                    .toList();
        }
        try (Options options = new Options()) {
            for (Path table : tables) {
                long bytes = Files.size(table);
                files++;
                fileBytes += bytes;
                progress.accept("file " + files + " of " + tables.size() + ", " + bytes + " bytes: " + table);
                try (SstFileReader reader = new SstFileReader(options)) {
                    reader.open(table.toString());
                    reader.verifyChecksum();
                } catch (RocksDBException e) {
                    damaged.put(String.valueOf(table.getFileName()), e.getMessage());
                }
            }
        }
    }

    /** Tells of the damaged files that belong to the database. */
    private void judgeFiles(Predicate<String> belongs) {
        damaged.forEach((name, wrong) -> {
            Path file = directory.db().resolve(name);
            if (belongs.test(name)) {
                problems.accept(file + ": " + wrong);
            } else {
                progress.accept(
                        "left half written by a process that was killed, to be removed by the next start: " + file);
            }
        });
        damaged.clear();
    }

    private void problem(Path file, RocksDBException e) {
        problems.accept(file + ": " + e.getMessage());
    }

    private void readAll() {
        progress.accept("rows of " + directory.db());
        Deque<AutoCloseable> owned = new ArrayDeque<>();
        try {
            DBOptions options = own(owned, new DBOptions())
                    .setMaxOpenFiles(-1)
                    .setWalRecoveryMode(WALRecoveryMode.AbsoluteConsistency);
            ColumnFamilyOptions family = own(owned, new ColumnFamilyOptions());
            List<ColumnFamilyHandle> families = new ArrayList<>();
            RocksDB db = own(
                    owned,
                    RocksDB.openReadOnly(
                            options,
                            directory.db().toString(),
                            List.of(
                                    new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                                    new ColumnFamilyDescriptor("keys".getBytes(StandardCharsets.US_ASCII), family),
                                    new ColumnFamilyDescriptor("expiry".getBytes(StandardCharsets.US_ASCII), family)),
                            families));
            families.forEach(owned::push);
            Set<String> live = new HashSet<>();
            db.getLiveFilesMetaData().forEach(file -> live.add(file.fileName().substring(1)));
            judgeFiles(live::contains);
            // Readahead: all is read once, in order, and none of it again.
            ReadOptions reads =
                    own(owned, new ReadOptions()).setFillCache(false).setReadaheadSize(2 << 20);
            readFamily(db, families.get(0), reads, this::metaRow);
            readFamily(db, families.get(1), reads, (key, value) -> row(db, families.get(1), reads, key, value));
            readFamily(db, families.get(2), reads, (key, value) -> expiryRows++);
            checkOwner();
        } catch (RocksDBException e) {
            judgeFiles(name -> true);
            problem(directory.db(), e);
        } finally {
            Rocks.closeAll(owned);
        }
    }

    private static <T extends AutoCloseable> T own(Deque<AutoCloseable> owned, T handle) {
        owned.push(handle);
        return handle;
    }

    private void checkOwner() {
        byte[] owner = meta(L2.META_OWNER);
        if (owner == null) {
            problems.accept(directory.db()
                    + ": the row that says which data directory the files belong to is not there, or unreadable");
        } else if (!directory.id().equals(new String(owner, StandardCharsets.US_ASCII))) {
            problems.accept(directory.db() + ": the files belong to another data directory");
        }
    }

    @FunctionalInterface
    private interface RowVisitor {
        void row(byte[] key, byte[] value) throws RocksDBException;
    }

    private void readFamily(RocksDB db, ColumnFamilyHandle family, ReadOptions reads, RowVisitor visitor)
            throws RocksDBException {
        long rows = 0;
        try (RocksIterator iterator = db.newIterator(family, reads)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                visitor.row(iterator.key(), iterator.value());
                if (++rows % PROGRESS_ROWS == 0) {
                    progress.accept(rows + " rows");
                }
            }
            iterator.status();
        } catch (RocksDBException e) {
            problem(directory.db(), e);
        }
    }

    private void metaRow(byte[] key, byte[] value) {
        metaRow(new String(key, StandardCharsets.UTF_8), value);
    }

    private void metaRow(String name, byte[] row) {
        if (row.length < Rows.META_PREFIX_BYTES || row[0] != Rows.META) {
            problems.accept(directory.db() + ": meta value " + name + " has unknown format");
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(row, 1, row.length - 1);
        long version = in.getLong();
        byte[] value = new byte[in.remaining()];
        in.get(value);
        meta.merge(name, new Meta(version, Bytes.wrap(value)), (a, b) -> a.version > b.version ? a : b);
    }

    private void row(RocksDB db, ColumnFamilyHandle keys, ReadOptions reads, byte[] key, byte[] value)
            throws RocksDBException {
        int space = key.length < 4 ? 0 : ByteBuffer.wrap(key).getInt();
        if (space == Rows.META_SPACE) {
            metaRow(new String(key, 4, key.length - 4, StandardCharsets.UTF_8), value);
        } else if (space < 0) {
            parts++;
        } else {
            String wrong = item(db, keys, reads, key, value);
            if (!wrong.isEmpty()) {
                problems.accept(directory.db() + ": a row of space " + space + " " + wrong);
            }
        }
    }

    /** Counts an item. Returns what is wrong with it, or an empty string; nothing of keys and values is told. */
    private String item(RocksDB db, ColumnFamilyHandle keys, ReadOptions reads, byte[] key, byte[] value)
            throws RocksDBException {
        if (key.length < Rows.PREFIX_BYTES) {
            return "has a key of " + key.length + " bytes";
        }
        int space = ByteBuffer.wrap(key).getInt();
        ByteBuffer name = direct(key, Rows.PREFIX_BYTES);
        long hash = new KeyHash(directory.seed()).of(name, 0, key.length - Rows.PREFIX_BYTES);
        if (hash != ByteBuffer.wrap(key).getLong(4)) {
            return "is filed under a hash that is not its key's";
        }
        if (value.length < 1 + ItemHeader.BYTES || value[0] != Rows.INLINE && value[0] != Rows.PARTED) {
            return "has unknown format";
        }
        ByteBuffer row = direct(value, 1);
        long header = (long) Slice.LONG.get(row, 0);
        if (value.length < 1 + ItemHeader.prefixBytes(header)) {
            return "ends within its header";
        }
        Item item = new Item().wrap(row, 0);
        int type = item.type();
        boolean isKnown = type >= ItemType.STRING && type <= ItemType.STREAM;
        items.computeIfAbsent(space, unused -> new TreeMap<>()).merge(isKnown ? type : 0, 1L, Long::sum);
        int valueBytes = value.length - 1 - ItemHeader.prefixBytes(header);
        if (value[0] == Rows.INLINE) {
            return valueBytes == item.valueLength() ? "" : "has a value of another length than it says";
        }
        for (int i = 0; i < Rows.partCount(item.valueLength()); i++) {
            byte[] part = db.get(keys, reads, partKey(key, i));
            if (part == null || part.length != Rows.partLength(item.valueLength(), i)) {
                return "has a large value of which a part is missing";
            }
        }
        return isKnown ? "" : "has unknown type " + type;
    }

    private static byte[] partKey(byte[] key, int part) {
        ByteBuffer out = ByteBuffer.allocate(key.length + 2).put(key).putShort((short) part);
        return out.putInt(0, ByteBuffer.wrap(key).getInt() | Rows.PARTS).array();
    }

    /** The bytes from {@code from} on, with room for reads of whole words. */
    private static ByteBuffer direct(byte[] bytes, int from) {
        ByteBuffer copy = ByteBuffer.allocateDirect(bytes.length - from + 8);
        return copy.put(0, bytes, from, bytes.length - from);
    }

    /** Lets servers have the directory. */
    @Override
    public void close() throws L2Exception {
        directory.close();
    }
}
