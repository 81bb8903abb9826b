package io.swytch.store.l2;

/**
 * What RocksDB says of itself.
 *
 * @param diskBytes bytes of live SST and blob files
 * @param fileCount live SST files
 * @param level0Files SST files that wait at level 0 of the {@code keys} family; reads slow down and space grows with them, so writers
 *     are slowed by this number
 * @param pendingCompactionBytes bytes that compactions must rewrite before all levels are in shape, estimated
 * @param runningCompactions compactions under way
 * @param blockCacheBytes memory of cached blocks, filters and indexes
 * @param memtableBytes memory of memtables
 * @param tableReaderBytes memory of open tables outside the block cache, estimated
 * @param backgroundErrors errors of flushes and compactions since L2 was opened
 * @param writeStopped whether RocksDB refuses to take more at the moment
 */
public record L2Stats(
        long diskBytes,
        long fileCount,
        long level0Files,
        long pendingCompactionBytes,
        long runningCompactions,
        long blockCacheBytes,
        long memtableBytes,
        long tableReaderBytes,
        long backgroundErrors,
        boolean writeStopped) {}
