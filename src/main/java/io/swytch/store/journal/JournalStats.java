package io.swytch.store.journal;

/**
 * What the journal counts since it was opened.
 *
 * <p>Threads: commit fields are written under the commit lock, sync fields under the sync lock; read by any, perhaps a moment late.
 */
public final class JournalStats {
    /** Buckets of {@link #syncBuckets}; the last one also takes everything above. */
    public static final int SYNC_BUCKETS = 24;

    /** How old, in nanoseconds, the oldest unsynced byte may get in {@link SyncMode#TEN_MS} before a sync counts as late. */
    public static final long SYNC_LATE_NANOS = 10_000_000;

    /** Commands and transactions that changed something; written under the lock of what is pending. */
    public long units;

    public long commits;
    public long records;
    /** Bytes written, record headers included. */
    public long bytesWritten;

    public long segmentsBegun;
    public long syncs;
    public long syncNanosTotal;
    public long syncNanosMax;
    /** Syncs that ended when their oldest byte may have been older than {@link #SYNC_LATE_NANOS}. */
    public long syncsLate;
    /** Syncs by duration: bucket i counts those below {@code 1 << i} microseconds that bucket i − 1 does not. */
    public final long[] syncBuckets = new long[SYNC_BUCKETS];

    void synced(long nanos) {
        syncs++;
        syncNanosTotal += nanos;
        syncNanosMax = Math.max(syncNanosMax, nanos);
        syncBuckets[Math.min(SYNC_BUCKETS - 1, 64 - Long.numberOfLeadingZeros(nanos / 1000))]++;
    }
}
