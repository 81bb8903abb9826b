package io.swytch.store.l2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Env;
import org.rocksdb.EnvOptions;
import org.rocksdb.Filter;
import org.rocksdb.HyperClockCache;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.Options;
import org.rocksdb.Priority;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/**
 * All handles of one open RocksDB, and how it is tuned. Touching a closed handle kills the process, so whoever uses one is between
 * {@link Gate#enter} and {@link Gate#leave}; {@link #close} waits for them. Threads: any.
 *
 * <p>Data comes in by ingestion of SST files only. So memtables hold next to nothing, the WAL holds single meta values and range
 * deletions, and RocksDB's own write stalls are off: they would hit only those, while {@link L2Stats#level0Files} tells the drain when to wait.
 */
final class Rocks {
    /**
     * Hashes spread every drain over all keys, so each compaction of level 0 rewrites the level below: the more drains it takes, and the larger that level may
     * become before there is one more, the less is written. Reads ask more filters for it. Random SETs of 5 M keys at 100 MB of L1: with 4 files and 256 MiB
     * 6.7 bytes were written for each byte set (the journal's and the drain's included), with 4 and 1 GiB 4.4, with 8 3.6, with these 3.1; of Zipf-distributed overwrites that
     * go on 2.6 with 8 and 2.1 with these.
     */
    private static final int LEVEL0_COMPACTION_FILES = 12;

    private static final long BASE_LEVEL_BYTES = 1L << 30;
    private static final long TARGET_FILE_BYTES = 64L << 20;

    /** One key of a hundred that a file lacks is looked for in it. */
    private static final double FILTER_BITS = 10;

    /** One of a thousand: a key may be looked for in all files of level 0. */
    private static final double LEVEL0_FILTER_BITS = 16;

    /** What is written of a file goes to the disk in pieces of this size: the end of a file would send all of it at once, and the journal's forces wait behind that. */
    private static final long SYNC_BYTES = 1L << 20;

    private static final long WAL_BYTES_MAX = 8L << 20;

    /**
     * What RocksDB takes for the size of a memtable. Filters of level 0 stay at hand only in files of up to one and a half times this, else each is looked up
     * in the block cache for every key that is read from the disk: with ten files of level 0 that was a tenth of a cold GET's CPU. Hence the largest drain
     * counts here, while the memtables themselves are flushed long before, by {@link #WAL_BYTES_MAX}.
     */
    private static final long MEMTABLE_BYTES = 64L << 20;

    /** Memtables grow by this. */
    private static final long ARENA_BLOCK_BYTES = 128L << 10;

    private static final long INFO_LOG_BYTES = 4L << 20;

    final Gate gate = new Gate();
    final RocksDB db;
    final ColumnFamilyHandle meta;
    final ColumnFamilyHandle keys;
    final ColumnFamilyHandle expiry;
    final Cache cache;
    final ReadOptions reads;
    final ReadOptions scans;
    final WriteOptions synced;
    final WriteOptions unlogged;
    final EnvOptions sstEnv;
    final Options sstOptions;
    final IngestExternalFileOptions ingestion;

    @GuardedBy("itself")
    private final List<CompactRangeOptions> compactions = new ArrayList<>();

    /** Closed in reverse order of their making. */
    private final Deque<AutoCloseable> owned;

    private Rocks(
            RocksDB db,
            List<ColumnFamilyHandle> families,
            Cache cache,
            Options sstOptions,
            Deque<AutoCloseable> owned) {
        this.db = db;
        this.meta = families.get(0);
        this.keys = families.get(1);
        this.expiry = families.get(2);
        this.cache = cache;
        this.sstOptions = sstOptions;
        this.owned = owned;
        reads = own(new ReadOptions());
        // A scan of cold keys would push the blocks that gets use out of the cache.
        scans = own(new ReadOptions().setFillCache(false));
        synced = own(new WriteOptions().setSync(true));
        unlogged = own(new WriteOptions().setDisableWAL(true));
        // Of its own it has none of the database's options; see SYNC_BYTES.
        sstEnv = own(new EnvOptions().setBytesPerSync(SYNC_BYTES));
        ingestion = own(new IngestExternalFileOptions()
                .setMoveFiles(true)
                .setSnapshotConsistency(true)
                .setAllowGlobalSeqNo(true)
                .setAllowBlockingFlush(true)
                .setWriteGlobalSeqno(false));
    }

    private <T extends AutoCloseable> T own(T handle) {
        return own(owned, handle);
    }

    private static <T extends AutoCloseable> T own(Deque<AutoCloseable> owned, T handle) {
        owned.push(handle);
        return handle;
    }

    /** Opens the database in {@code path}; makes it where {@code create} says that it may be absent. */
    static Rocks open(L2Options o, Path path, boolean create) throws L2Exception {
        NativeLibrary.load();
        // Compactions yield to event loops where cores are few.
        Env.getDefault().lowerThreadPoolCPUPriority(Priority.LOW);
        Deque<AutoCloseable> owned = new ArrayDeque<>();
        try {
            // The clock cache costs gets and filter probes a fifth less than the LRU cache, and keeps filters, of high
            // priority, over blocks too.
            Cache cache = own(owned, new HyperClockCache(o.blockCacheBytes(), 0, -1, false));
            BlockBasedTableConfig table = table(cache, own(owned, new BloomFilter(FILTER_BITS, false)));
            BlockBasedTableConfig level0 = table(cache, own(owned, new BloomFilter(LEVEL0_FILTER_BITS, false)));
            ColumnFamilyOptions keyOptions = own(owned, family(table))
                    .setEnableBlobFiles(true)
                    .setMinBlobSize(Rows.INLINE_BYTES_MAX)
                    .setBlobCompressionType(CompressionType.LZ4_COMPRESSION)
                    .setEnableBlobGarbageCollection(true)
                    .setBlobGarbageCollectionAgeCutoff(0.25)
                    .setBlobGarbageCollectionForceThreshold(0.5);
            ColumnFamilyOptions expiryOptions = own(owned, family(table));
            ColumnFamilyOptions metaOptions = own(owned, family(table));
            DBOptions options = own(owned, new DBOptions())
                    .setCreateIfMissing(create)
                    .setCreateMissingColumnFamilies(create)
                    .setMaxBackgroundJobs(o.backgroundThreads() + 1)
                    .setMaxOpenFiles(o.openFilesMax())
                    .setMaxTotalWalSize(WAL_BYTES_MAX)
                    .setBytesPerSync(SYNC_BYTES)
                    .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                    .setMaxLogFileSize(INFO_LOG_BYTES)
                    .setKeepLogFileNum(2)
                    .setStatsDumpPeriodSec(0)
                    .setStatsPersistPeriodSec(0);
            Options sst = own(owned, new Options(options, own(owned, family(level0))));
            List<ColumnFamilyHandle> families = new ArrayList<>();
            RocksDB db = own(
                    owned,
                    RocksDB.open(
                            options,
                            path.toString(),
                            List.of(
                                    new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, metaOptions),
                                    new ColumnFamilyDescriptor(new byte[] {'k', 'e', 'y', 's'}, keyOptions),
                                    new ColumnFamilyDescriptor(
                                            new byte[] {'e', 'x', 'p', 'i', 'r', 'y'}, expiryOptions)),
                            families));
            families.forEach(owned::push);
            return new Rocks(db, families, cache, sst, owned);
        } catch (RocksDBException e) {
            closeAll(owned);
            throw new L2Exception("cannot open " + path, e);
        } catch (RuntimeException e) {
            closeAll(owned);
            throw e;
        }
    }

    private static BlockBasedTableConfig table(Cache cache, Filter filter) {
        return new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setBlockSize(4 << 10)
                .setFormatVersion(6)
                .setFilterPolicy(filter)
                .setOptimizeFiltersForMemory(true)
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true);
    }

    private static ColumnFamilyOptions family(BlockBasedTableConfig table) {
        return new ColumnFamilyOptions()
                .setTableFormatConfig(table)
                .setWriteBufferSize(MEMTABLE_BYTES)
                .setArenaBlockSize(ARENA_BLOCK_BYTES)
                .setMaxWriteBufferNumber(4)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setLevelCompactionDynamicLevelBytes(true)
                .setTargetFileSizeBase(TARGET_FILE_BYTES)
                .setMaxBytesForLevelBase(BASE_LEVEL_BYTES)
                .setLevel0FileNumCompactionTrigger(LEVEL0_COMPACTION_FILES)
                .setLevel0SlowdownWritesTrigger(Integer.MAX_VALUE)
                .setLevel0StopWritesTrigger(Integer.MAX_VALUE)
                .setSoftPendingCompactionBytesLimit(0)
                .setHardPendingCompactionBytesLimit(0);
    }

    /** A direct buffer of at least {@code bytes}, {@code old} if it is large enough. */
    static ByteBuffer ensure(ByteBuffer old, int bytes) {
        return old.capacity() >= bytes ? old : ByteBuffer.allocateDirect(Math.max(bytes, old.capacity() * 2));
    }

    /** Rewrites what lies between two keys, all if they are null, so that deleted rows leave the disk. Closing cuts it short: then it throws {@link L2ClosedException}. */
    void compact(ColumnFamilyHandle family, byte @Nullable [] from, byte @Nullable [] to) throws RocksDBException {
        try (CompactRangeOptions options =
                new CompactRangeOptions().setExclusiveManualCompaction(false).setAllowWriteStall(true)) {
            synchronized (compactions) {
                compactions.add(options);
            }
            try {
                if (gate.isClosed()) {
                    throw new L2ClosedException();
                }
                db.compactRange(family, from, to, options);
            } catch (RocksDBException e) {
                if (gate.isClosed()) {
                    throw new L2ClosedException();
                }
                throw e;
            } finally {
                synchronized (compactions) {
                    compactions.remove(options);
                }
            }
        }
    }

    /** Waits for the calls under way, then gives every handle back. Returns false if that was done before. */
    boolean close() {
        if (!gate.shut()) {
            gate.awaitEmpty();
            return false;
        }
        synchronized (compactions) {
            // They may take many seconds, and a stop should not.
            compactions.forEach(c -> c.setCanceled(true));
        }
        gate.awaitEmpty();
        db.cancelAllBackgroundWork(true);
        closeAll(owned);
        return true;
    }

    /** A property that is a number, of all column families together. */
    long sum(String property) throws RocksDBException {
        return db.getLongProperty(meta, property)
                + db.getLongProperty(keys, property)
                + db.getLongProperty(expiry, property);
    }

    static void closeAll(Deque<AutoCloseable> owned) {
        RuntimeException first = null;
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            } catch (Exception e) {
                throw new AssertionError("RocksDB's handles declare no checked exception on close", e);
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
