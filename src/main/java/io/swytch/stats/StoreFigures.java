package io.swytch.stats;

/**
 * What the store holds and has counted, as plain named fields that {@link StoreStats} fills in. Bytes unless the name says otherwise.
 *
 * <p>Threads: the one that asked for them.
 */
public final class StoreFigures {
    /** Whether there is a second tier. */
    public boolean isTiered;

    /** What L1 uses of {@link #maxBytes}: segments, index, ghosts, large values, everything. */
    public long usedBytes;

    public long maxBytes;
    public long segmentBytes;
    public long indexBytes;
    public long ghostBytes;
    public long largeBytes;

    /** Memory that L1 has taken, in use or not, the write buffer's included. */
    public long takenBytes;

    /** Entries in L1, tombstones not counted. */
    public long entries;

    /** Entries that eviction met before their drain, and their bound. */
    public long writeBufferBytes;

    public long writeBufferMaxBytes;

    /** What L2 does not have yet. */
    public long dirtyBytes;

    /** Fetched items that found no place in L1 and are kept beside it for the commands that asked. */
    public long overlayBytes;

    public long overlayBytesMax;

    /** Files of L2, and of the journal, on disk. */
    public long l2Bytes;

    public long l2Keys;
    public long journalBytes;

    /** Disk that is kept for a start when there is none left. */
    public long reserveBytes;

    /** Bound of {@link #journalBytes}, as the next ones of RocksDB's files at level 0 and of what its compactions have before them. */
    public long journalBytesMax;

    public long level0Files;
    public long level0FilesMax;
    public long compactionBytes;
    public long compactionBytesMax;
    public long journalBufferBytes;

    /** RocksDB's memory. */
    public long blockCacheBytes;

    public long blockCacheMaxBytes;
    public long memtableBytes;
    public long filterBytes;

    /** Keys over all databases and both tiers; those not yet resolved are counted as new. */
    public long keys;

    /** Whether what L1 held before the start is being read back: {@code off}, {@code loading}, or {@code done}, with all that found room. */
    public String warmState = "off";

    /** Keys of L1 that were saved before the start, and those of them that are in L1 again. */
    public long warmKeysSaved;

    public long warmKeysLoaded;

    /** How many of the saved keys that still exist are in L1 again, 0 to 1; 1 where none were saved. */
    public double warmShare;

    /** How long reading them back took, or has taken until now. */
    public long warmNanos;

    /** How often the keys of L1 were saved since the start. */
    public long warmSaves;

    /** For how long the earliest key that L2 still has has been expired; 0 if there is none. */
    public long expiredBacklogMs;

    /** Expired keys of L2 that wait for a drain. */
    public long expiredWaitingKeys;

    // Counters from here on: RESETSTAT begins them anew.
    /** Entries that left L1 because its memory ran out. */
    public long evictions;

    /** Expired keys that upkeep found; those that commands met are counted by the loops. */
    public long expiredByUpkeep;

    public long l2Writes;
    public long l2Deletes;
    public long l2BytesWritten;
    public long fills;
    public long fillsLost;
    public long drains;
    public long drainsFailed;
    public long journalCommits;
    public long journalBytesWritten;

    /** Syncs that ended when their oldest byte may have been older than 10 ms. */
    public long journalSyncsLate;

    /** Commands that had to wait before they wrote because the disk did not keep up, and for how long they did together. */
    public long writeStalls;

    public long writeStallNanos;

    /** {@link #writeStalls} by what they were for, in the order of {@link WriteLimit}. */
    public final long[] writeStallsBy = new long[WriteLimit.values().length];

    /** How long fills took from the request to L1, fsyncs of the journal, drains. */
    public HistogramSnapshot fillTimes = HistogramSnapshot.EMPTY;

    public HistogramSnapshot journalSyncTimes = HistogramSnapshot.EMPTY;
    public HistogramSnapshot drainTimes = HistogramSnapshot.EMPTY;

    /** Keys that are gone because memory ran out: none where there is a disk to keep them. */
    public long evictedKeys() {
        return isTiered ? 0 : evictions;
    }

    void subtractCounts(StoreFigures base) {
        evictions -= base.evictions;
        expiredByUpkeep -= base.expiredByUpkeep;
        l2Writes -= base.l2Writes;
        l2Deletes -= base.l2Deletes;
        l2BytesWritten -= base.l2BytesWritten;
        fills -= base.fills;
        fillsLost -= base.fillsLost;
        drains -= base.drains;
        drainsFailed -= base.drainsFailed;
        journalCommits -= base.journalCommits;
        journalBytesWritten -= base.journalBytesWritten;
        journalSyncsLate -= base.journalSyncsLate;
        writeStalls -= base.writeStalls;
        for (int i = 0; i < writeStallsBy.length; i++) {
            writeStallsBy[i] -= base.writeStallsBy[i];
        }
        writeStallNanos -= base.writeStallNanos;
        fillTimes = fillTimes.since(base.fillTimes);
        journalSyncTimes = journalSyncTimes.since(base.journalSyncTimes);
        drainTimes = drainTimes.since(base.drainTimes);
    }
}
