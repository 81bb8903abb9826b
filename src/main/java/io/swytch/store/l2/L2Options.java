package io.swytch.store.l2;

import java.nio.file.Path;

/**
 * How L2 is opened.
 *
 * @param dir the data directory; L2 makes it if absent, keeps its marker and lock files there and RocksDB's files in {@code db/}
 * @param blockCacheBytes bound of RocksDB's block cache, which also holds all filters and index blocks
 * @param openFilesMax tables that are kept open; −1 for all, so that a read never opens one
 * @param backgroundThreads threads for compactions, 1 or more
 */
public record L2Options(Path dir, long blockCacheBytes, int openFilesMax, int backgroundThreads) {
    /** A cache of 64 MiB, all tables open, one background thread per two cores. */
    public static L2Options of(Path dir) {
        return new L2Options(
                dir, 64L << 20, -1, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    }

    /** The same with another bound of the block cache. */
    public L2Options withBlockCacheBytes(long bytes) {
        return new L2Options(dir, bytes, openFilesMax, backgroundThreads);
    }

    /** The same with another bound of the tables that are open. */
    public L2Options withOpenFilesMax(int files) {
        return new L2Options(dir, blockCacheBytes, files, backgroundThreads);
    }
}
