package io.swytch.store.l2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.bytes.Bytes;
import io.swytch.store.item.Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tier on disk. No caller sees RocksDB's types, and closing is safe: it waits for calls under way, and later ones throw
 * {@link L2ClosedException}.
 *
 * <p>Every call may wait on the disk, except {@link #mayExist}, {@link #meta}, {@link #hashSeed} and {@link #directoryId}. A visitor must not
 * close L2. Threads: any; one {@link Ingest} at a time.
 */
public final class L2 implements AutoCloseable {
    public static final int PART_SHIFT = 20;

    /** The longest run of value bytes in one piece; longer values are chunked by this. */
    public static final int PART_BYTES = 1 << PART_SHIFT;

    private static final Logger LOG = LoggerFactory.getLogger(L2.class);

    /** The directory's id, in RocksDB's own files. */
    static final String META_OWNER = "directory-id";

    private record MetaValue(long version, Bytes value) {}

    private final L2Options options;
    private final DataDirectory directory;
    private final ThreadLocal<@Nullable Fetcher> fetchers;
    private final ConcurrentHashMap<String, MetaValue> meta = new ConcurrentHashMap<>();
    private final Object metaLock = new Object();
    private final AtomicLong ingestNumber = new AtomicLong();

    /** Whether any value may lie in parts; while none does, drains need not look for old ones. */
    private volatile boolean partsExist;

    /** What is open now, or was last. Replaced by {@link #reopen} alone. */
    private volatile Rocks opened;

    /** Guards {@link #reopening}; who waits for a reopening waits here. */
    private final Object turn = new Object();

    @GuardedBy("turn")
    private boolean reopening;

    private L2(L2Options options, DataDirectory directory, Rocks rocks) {
        this.options = options;
        this.directory = directory;
        opened = rocks;
        fetchers = new ThreadLocal<>();
    }

    /**
     * Opens the data directory, or makes one where there is none.
     *
     * @throws L2Exception if another process holds the directory, if files are missing or damaged, or if the format is unknown; the
     *     message names the directory or file
     */
    public static L2 open(L2Options options) throws L2Exception {
        DataDirectory directory = DataDirectory.open(options.dir());
        Rocks rocks = null;
        try {
            DataDirectory.createPrivate(directory.db());
            DataDirectory.createPrivate(directory.ingest());
            removeFiles(directory.ingest());
            if (!directory.isReady()) {
                // The first start did not come to its end, and RocksDB would trip over what it left.
                removeFiles(directory.db());
            }
            rocks = Rocks.open(options, directory.db(), !directory.isReady());
            L2 l2 = new L2(options, directory, rocks);
            l2.load(rocks);
            if (directory.isReady()) {
                l2.checkOwner();
            } else {
                l2.putMeta(Map.of(META_OWNER, directory.id().getBytes(StandardCharsets.US_ASCII)));
                directory.markReady();
            }
            return l2;
        } catch (L2Exception | RuntimeException e) {
            giveUp(directory, rocks);
            throw e;
        } catch (IOException e) {
            giveUp(directory, rocks);
            throw new L2Exception("cannot open data directory " + options.dir(), e);
        }
    }

    private static void removeFiles(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            for (Path path : files.toList()) {
                Files.delete(path);
            }
        }
    }

    private static void giveUp(DataDirectory directory, @Nullable Rocks rocks) throws L2Exception {
        if (rocks != null) {
            rocks.close();
        }
        directory.close();
    }

    /** RocksDB's files of another data directory are whole, but they are not what belongs here. */
    private void checkOwner() throws L2Exception {
        byte[] owner = meta(META_OWNER);
        if (owner == null || !directory.id().equals(new String(owner, StandardCharsets.US_ASCII))) {
            throw new L2Exception("the files in " + directory.db() + " belong to another data directory");
        }
    }

    /** Reads the meta values, of which each lies in up to two places, and looks whether there are parts. */
    private void load(Rocks rocks) throws L2Exception {
        try (RocksIterator parts = rocks.db.newIterator(rocks.keys, rocks.scans);
                RocksIterator ingested = rocks.db.newIterator(rocks.keys, rocks.scans);
                RocksIterator single = rocks.db.newIterator(rocks.meta, rocks.scans)) {
            parts.seek(Rows.spaceStart(Rows.PARTS));
            partsExist = parts.isValid() && ByteBuffer.wrap(parts.key()).getInt() != Rows.META_SPACE;
            parts.status();
            for (ingested.seek(Rows.spaceStart(Rows.META_SPACE)); ingested.isValid(); ingested.next()) {
                loadMeta(ingested.key(), 4, ingested.value());
            }
            ingested.status();
            for (single.seekToFirst(); single.isValid(); single.next()) {
                loadMeta(single.key(), 0, single.value());
            }
            single.status();
        } catch (RocksDBException e) {
            throw new L2Exception("cannot read " + directory.db(), e);
        }
    }

    private void loadMeta(byte[] key, int nameStart, byte[] row) throws L2Exception {
        String name = new String(key, nameStart, key.length - nameStart, StandardCharsets.UTF_8);
        if (row.length < Rows.META_PREFIX_BYTES || row[0] != Rows.META) {
            throw new L2Exception("meta value " + name + " in " + directory.db() + " has unknown format");
        }
        long version = ByteBuffer.wrap(row).getLong(1);
        Bytes value = Bytes.wrap(Arrays.copyOfRange(row, Rows.META_PREFIX_BYTES, row.length));
        meta.merge(name, new MetaValue(version, value), (a, b) -> a.version > b.version ? a : b);
    }

    /** The seed of the key hash that this directory was made with. */
    public long hashSeed() {
        return directory.seed();
    }

    /** 32 random hexadecimal digits that this directory was made with. */
    public String directoryId() {
        return directory.id();
    }

    /** What a start on a full disk gives up. */
    public DiskReserve reserve() {
        return directory.reserve();
    }

    /** Whether {@link #markJournaled} was called when this directory was made. */
    public boolean isJournaled() {
        return directory.isJournaled();
    }

    /** The last run that {@link #markJournaled} was told of; 0 if there was none. */
    public long lastRun() {
        return directory.lastRun();
    }

    /** The journal has the first file of that run: from now on a directory without one, or with an older one as the newest, is damaged. */
    public void markJournaled(long run) throws L2Exception {
        directory.markJournaled(run);
    }

    /**
     * Whether L2 may have an item for the key, by filters and cached blocks alone; for event loops: nothing waits on a disk, nothing is allocated.
     *
     * @return false if L2 surely has none; true also where what is in memory cannot tell
     */
    public boolean mayExist(Key key) {
        Rocks rocks = enter();
        try {
            Fetcher fetcher = fetcher(rocks);
            return fetcher.mayExist(key);
        } finally {
            rocks.gate.leave();
        }
    }

    /** Fetches the items of these keys. {@code @Blocking}. */
    public void get(List<Key> keys, FetchVisitor visitor) throws L2Exception {
        get(keys, true, visitor);
    }

    /** As {@link #get}; without values, the items that are shown have none that could be looked at. {@code @Blocking}. */
    public void get(List<Key> keys, boolean withValues, FetchVisitor visitor) throws L2Exception {
        Rocks rocks = enter();
        try {
            Fetcher fetcher = fetcher(rocks);
            for (int from = 0; from < keys.size(); from += Fetcher.BATCH) {
                int to = Math.min(keys.size(), from + Fetcher.BATCH);
                if (withValues) {
                    fetcher.get(keys, from, to, visitor);
                } else {
                    fetcher.heads(keys, from, to, visitor);
                }
            }
        } catch (RocksDBException e) {
            throw new L2Exception("cannot read from L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /** Which of these keys L2 has items for, expired ones included; exact. {@code @Blocking}, but absent keys hardly ever cost a read. */
    public BitSet exists(List<Key> keys) throws L2Exception {
        BitSet found = new BitSet(keys.size());
        Rocks rocks = enter();
        try {
            Fetcher fetcher = fetcher(rocks);
            for (int from = 0; from < keys.size(); from += Fetcher.EXISTS_BATCH) {
                fetcher.exists(keys, from, Math.min(keys.size(), from + Fetcher.EXISTS_BATCH), found);
            }
        } catch (RocksDBException e) {
            throw new L2Exception("cannot read from L2", e);
        } finally {
            rocks.gate.leave();
        }
        return found;
    }

    /** Begins a drain. One at a time. */
    public Ingest beginIngest() {
        Rocks rocks = enter();
        try {
            return new Ingest(
                    this, rocks, directory.ingest(), Long.toString(ingestNumber.incrementAndGet()), partsExist);
        } finally {
            rocks.gate.leave();
        }
    }

    /** For {@link Ingest}: a value was written in parts. */
    void partsWritten() {
        partsExist = true;
    }

    /** For {@link Ingest#commit}. */
    void commit(Ingest ingest, Map<String, byte[]> values) throws L2Exception {
        Rocks rocks = enter();
        try {
            synchronized (metaLock) {
                TreeMap<String, byte[]> rows = new TreeMap<>();
                Map<String, MetaValue> next = nextVersions(values);
                next.forEach((name, value) -> rows.put(name, Rows.metaRow(value.version, value.value.toByteArray())));
                ingest.commit(rows);
                meta.putAll(next);
            }
        } catch (RocksDBException e) {
            throw new L2Exception("cannot ingest into L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    private Map<String, MetaValue> nextVersions(Map<String, byte[]> values) {
        Map<String, MetaValue> next = new TreeMap<>();
        values.forEach((name, value) -> {
            MetaValue old = meta.get(name);
            next.put(name, new MetaValue(old == null ? 1 : old.version + 1, Bytes.wrap(value.clone())));
        });
        return next;
    }

    /** The meta value of this name as last written, by {@link #putMeta} or {@link Ingest#commit}; null if never. Kept in memory. */
    public byte @Nullable [] meta(String name) {
        MetaValue value = meta.get(name);
        return value == null ? null : value.value.toByteArray();
    }

    /** Writes these meta values, all or none, and syncs them. {@code @Blocking}. */
    public void putMeta(Map<String, byte[]> values) throws L2Exception {
        Rocks rocks = enter();
        try (WriteBatch batch = new WriteBatch()) {
            synchronized (metaLock) {
                Map<String, MetaValue> next = nextVersions(values);
                for (Map.Entry<String, MetaValue> e : next.entrySet()) {
                    MetaValue value = e.getValue();
                    batch.put(
                            rocks.meta,
                            e.getKey().getBytes(StandardCharsets.UTF_8),
                            Rows.metaRow(value.version, value.value.toByteArray()));
                }
                rocks.db.write(rocks.synced, batch);
                meta.putAll(next);
            }
        } catch (RocksDBException e) {
            throw new L2Exception("cannot write to L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /**
     * Shows keys of a space in unsigned order of their hash. {@code @Blocking}. Stops after {@code max} keys, but not between two whose
     * hashes have the same top 48 bits.
     *
     * @param fromHash first hash to show
     * @return the hash to go on from, or 0 if all were shown
     */
    public long scan(int space, long fromHash, int max, ScanVisitor visitor) throws L2Exception {
        Rocks rocks = enter();
        try {
            return Scans.scan(rocks, space, fromHash, max, visitor);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot scan L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /**
     * Shows the items of a space whose hashes begin with certain bits, in the order of their hash, as they are together at one moment after the
     * call began. {@code @Blocking}.
     *
     * @param prefixes hashes without their low {@code shift} bits, ascending
     * @param from the first of them to look for
     * @param to the one after the last
     * @param density about how many items the space has; a guess costs time, no more
     * @return the prefix that the visitor stopped at, or {@code to}
     */
    public int gather(int space, long[] prefixes, int from, int to, int shift, long density, GatherVisitor visitor)
            throws L2Exception {
        Rocks rocks = enter();
        try {
            return Scans.gather(rocks, space, prefixes, from, to, shift, density, visitor);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot scan L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /**
     * Shows keys of a space that were written with an expiry at or before {@code nowMs}, earliest first. {@code @Blocking}. The caller looks at
     * each item, deletes what has really expired in an {@link Ingest}, and tells that ingest to {@link Ingest#forgetExpired forget} them.
     *
     * @param after what an earlier call returned, to go on from there; null to begin
     * @param max shown at most
     * @return what to give to {@code forgetExpired}, or null if nothing was shown
     */
    public byte @Nullable [] expired(int space, byte @Nullable [] after, long nowMs, int max, ExpiredVisitor visitor)
            throws L2Exception {
        Rocks rocks = enter();
        try {
            return Scans.expired(rocks, space, after, nowMs, max, visitor);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot scan L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /**
     * Deletes all of a space and gives its disk back. {@code @Blocking}, for seconds where much is there; safe to repeat. Where a crash or {@link #close}
     * cuts it short, all keys are gone or none, and a repetition gives the rest of the disk back.
     * On a full disk it may fail several times before RocksDB has recovered: repeat it every few seconds.
     */
    public void dropSpace(int space) throws L2Exception {
        Rocks rocks = enter();
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true);
                WriteBatch batch = new WriteBatch()) {
            byte[][] keyRanges = {
                Rows.spaceStart(space),
                Rows.spaceStart(space + 1),
                Rows.spaceStart(space | Rows.PARTS),
                Rows.spaceStart((space | Rows.PARTS) + 1)
            };
            batch.deleteRange(rocks.keys, keyRanges[0], keyRanges[1]);
            batch.deleteRange(rocks.keys, keyRanges[2], keyRanges[3]);
            batch.deleteRange(rocks.expiry, keyRanges[0], keyRanges[1]);
            // Whole files may go at once only after the range delete: else an older row in a deeper file would come to
            // light.
            rocks.db.write(rocks.synced, batch);
            rocks.db.flush(flush, List.of(rocks.keys, rocks.expiry));
            rocks.db.deleteFilesInRanges(rocks.keys, List.of(keyRanges), false);
            rocks.db.deleteFilesInRanges(rocks.expiry, List.of(keyRanges[0], keyRanges[1]), false);
            rocks.compact(rocks.keys, keyRanges[0], keyRanges[1]);
            if (partsExist) {
                rocks.compact(rocks.keys, keyRanges[2], keyRanges[3]);
            }
            rocks.compact(rocks.expiry, keyRanges[0], keyRanges[1]);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot drop a space", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /**
     * Rewrites what tombstones lie on top of, so that the disk of deleted keys is given back. {@code @Blocking}, for as long as it takes to read and write all that is left;
     * others read and write meanwhile. {@link #close} cuts it short.
     */
    public void dropDeleted() throws L2Exception {
        Rocks rocks = enter();
        try {
            rocks.compact(rocks.keys, null, null);
            rocks.compact(rocks.expiry, null, null);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot rewrite what is deleted", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /** For {@link Ingest}: starts to flush a family's memtable and does not wait. */
    static void flushSoon(Rocks rocks, ColumnFamilyHandle family) throws RocksDBException {
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true)) {
            rocks.db.flush(flush, family);
        }
    }

    /** For {@link Ingest}: a file was not taken in and could not be removed. */
    void leftBehind(String path, IOException e) {
        LOG.atWarn().addKeyValue("file", path).setCause(e).log("cannot remove a file of a failed drain");
    }

    /**
     * Makes a copy of L2 as it is now, a data directory that {@link #open} takes; files are linked where the file system allows. {@code @Blocking}.
     *
     * @param target must not exist, or be empty
     */
    public void checkpoint(Path target) throws L2Exception {
        Rocks rocks = enter();
        try (Checkpoint checkpoint = Checkpoint.create(rocks.db)) {
            DataDirectory.createPrivate(target);
            checkpoint.createCheckpoint(target.toRealPath().resolve("db").toString());
            directory.copyMarker(target);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot make a checkpoint in " + target, e);
        } catch (L2Exception e) {
            throw e;
        } catch (IOException e) {
            throw new L2Exception("cannot make a checkpoint in " + target, e);
        } finally {
            rocks.gate.leave();
        }
    }

    /** What RocksDB says of itself; tens of microseconds. */
    public L2Stats stats() throws L2Exception {
        Rocks rocks = enter();
        try {
            long files = 0;
            for (int level = 0; level < 7; level++) {
                files += Long.parseLong(rocks.db.getProperty(rocks.keys, "rocksdb.num-files-at-level" + level))
                        + Long.parseLong(rocks.db.getProperty(rocks.expiry, "rocksdb.num-files-at-level" + level));
            }
            return new L2Stats(
                    rocks.sum("rocksdb.live-sst-files-size") + rocks.sum("rocksdb.live-blob-file-size"),
                    files,
                    Long.parseLong(rocks.db.getProperty(rocks.keys, "rocksdb.num-files-at-level0")),
                    rocks.sum("rocksdb.estimate-pending-compaction-bytes"),
                    rocks.db.getLongProperty("rocksdb.num-running-compactions"),
                    rocks.cache.getUsage(),
                    rocks.sum("rocksdb.cur-size-all-mem-tables"),
                    rocks.sum("rocksdb.estimate-table-readers-mem"),
                    rocks.db.getLongProperty("rocksdb.background-errors"),
                    rocks.db.getLongProperty("rocksdb.is-write-stopped") != 0);
        } catch (RocksDBException e) {
            throw new L2Exception("cannot ask L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /**
     * What RocksDB has before it.
     *
     * @param level0Files files that wait at level 0 of the items
     * @param pendingCompactionBytes what compactions must rewrite until all levels are in shape, estimated
     */
    public record Backlog(long level0Files, long pendingCompactionBytes) {}

    /** The part of {@link #stats} that writers are slowed for; microseconds. */
    public Backlog backlog() throws L2Exception {
        Rocks rocks = enter();
        try {
            return new Backlog(
                    Long.parseLong(rocks.db.getProperty(rocks.keys, "rocksdb.num-files-at-level0")),
                    rocks.sum("rocksdb.estimate-pending-compaction-bytes"));
        } catch (RocksDBException e) {
            throw new L2Exception("cannot ask L2", e);
        } finally {
            rocks.gate.leave();
        }
    }

    /** Goes to what is open now, waiting where it is being opened again; its gate is left by the caller. */
    private Rocks enter() {
        while (true) {
            Rocks rocks = opened;
            if (rocks.gate.tryEnter()) {
                return rocks;
            }
            awaitReopened(rocks);
        }
    }

    private void awaitReopened(Rocks closed) {
        boolean interrupted = false;
        synchronized (turn) {
            while (reopening) {
                try {
                    turn.wait();
                } catch (InterruptedException e) {
                    // A call that has not begun ends with an answer all the same; the interrupt waits.
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (opened == closed) {
            throw new L2ClosedException();
        }
    }

    private Fetcher fetcher(Rocks rocks) {
        Fetcher fetcher = fetchers.get();
        if (fetcher == null || !fetcher.isOf(rocks)) {
            fetcher = new Fetcher(rocks);
            fetchers.set(fetcher);
        }
        return fetcher;
    }

    /**
     * Closes all handles and opens the directory again as a new process would, but for its lock, which stays. Calls under way are
     * waited for, later ones wait. Not while an {@link Ingest} is under way. {@code @Blocking}.
     *
     * @throws L2Exception if it could not be opened again: it is closed then
     */
    public synchronized void reopen() throws L2Exception {
        synchronized (turn) {
            reopening = true;
        }
        Rocks rocks = null;
        boolean done = false;
        try {
            if (!opened.close()) {
                throw new L2ClosedException();
            }
            directory.check();
            rocks = Rocks.open(options, directory.db(), false);
            meta.clear();
            load(rocks);
            checkOwner();
            opened = rocks;
            done = true;
        } finally {
            if (!done) {
                giveUp(directory, rocks);
            }
            synchronized (turn) {
                reopening = false;
                turn.notifyAll();
            }
        }
    }

    /** Waits for the calls under way, then gives everything back and unlocks the directory. A second call does nothing. */
    @Override
    public synchronized void close() throws L2Exception {
        if (opened.close()) {
            directory.close();
        }
    }
}
