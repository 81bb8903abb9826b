package io.swytch.stats;

/**
 * What one thread counts: plain fields with one writer, so that counting costs an addition; readers sum over all threads and may see a value
 * a moment late.
 *
 * <p>Threads: fields are written by the owning thread only, read by any.
 */
public final class LoopStats {
    public long hits;
    public long misses;
    public long l2Hits;
    public long l2Misses;
    public long expired;
    public long bytesRead;
    public long bytesWritten;
    public long commands;
}
