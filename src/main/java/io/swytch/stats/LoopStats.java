package io.swytch.stats;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one thread counts: plain fields with one writer, so that counting costs an addition; readers sum over all threads and may see a value
 * a moment late. On the way of GET and SET: nothing is allocated after a command's first use.
 *
 * <p>Threads: fields and {@code record…} are the owning thread's only, read by any.
 */
public final class LoopStats {
    /** Distinct pairs of command and error code that are told apart; more are counted under the code {@link #OTHER_CODE}. */
    private static final int ERROR_KINDS_MAX = 512;

    private static final String OTHER_CODE = "other";

    static final int CALLS = 0;
    static final int NANOS = 1;
    static final int FAILED = 2;
    static final int REJECTED = 3;
    static final int BUCKETS_FROM = 4;
    static final int ROW_LENGTH = BUCKETS_FROM + Histogram.BUCKETS;

    public long hits;
    public long misses;
    /** Looks at keys that were nowhere: Redis's {@code keyspace_misses}. */
    public long absent;

    public long l2Hits;
    public long l2Misses;
    public long expired;
    public long bytesRead;
    public long bytesWritten;
    public long commands;
    /** Connections that were accepted, those that were refused then counted. */
    public long connectionsTotal;
    /** Connections that are open. */
    public long connectionsCurrent;
    /** Connections beyond {@code maxclients}, or refused by protected mode. */
    public long connectionsRejected;
    /** Accepts that the system refused, for want of descriptors for example. */
    public long acceptsFailed;
    /** Connections closed because they sent too much in one request. */
    public long connectionsOverQueryLimit;
    /** Connections closed because they left too many replies unread. */
    public long connectionsOverOutputLimit;
    /** Connections closed because they held most of the memory for clients, when there was too little of it. */
    public long connectionsEvicted;
    /** Connections closed for saying nothing. */
    public long connectionsTimedOut;
    /** Times that the loop had something to do. */
    public long ticks;

    /** Times that the thread read from sockets, and wrote to them. */
    public long reads;

    public long writes;

    private long @Nullable [][] rows = new long[64][];
    private final Map<ErrorKind, Count> errors = new ConcurrentHashMap<>();

    /**
     * One kind of error reply.
     *
     * @param spec the command's index in the catalogue, −1 where no command was found
     */
    record ErrorKind(int spec, String code) {}

    /** A number with one writer. */
    static final class Count {
        long value;
    }

    /** Counts one run of a command, a failed one too. */
    public void recordCommand(int specIndex, long nanos) {
        long[] row = row(specIndex);
        row[CALLS]++;
        row[NANOS] += nanos;
        row[BUCKETS_FROM + Histogram.bucket(nanos)]++;
        commands++;
    }

    /**
     * Counts an error reply of a command that ran.
     *
     * @param specIndex the command's index in the catalogue, or −1
     * @param code the first word of the reply
     */
    public void recordError(int specIndex, String code) {
        if (specIndex >= 0) {
            row(specIndex)[FAILED]++;
        }
        countError(specIndex, code);
    }

    /** Counts a command that was refused before it ran: wrong arity, no AUTH, no memory…; an unknown one as −1. */
    public void recordRejected(int specIndex, String code) {
        if (specIndex >= 0) {
            row(specIndex)[REJECTED]++;
        }
        countError(specIndex, code);
    }

    private void countError(int specIndex, String code) {
        ErrorKind kind = new ErrorKind(specIndex, code);
        Count count = errors.get(kind);
        if (count == null) {
            // A code can be a script's invention, so there is a bound.
            if (errors.size() >= ERROR_KINDS_MAX) {
                kind = new ErrorKind(specIndex, OTHER_CODE);
            }
            count = errors.computeIfAbsent(kind, k -> new Count());
        }
        count.value++;
    }

    private long[] row(int specIndex) {
        if (specIndex < rows.length) {
            long[] row = rows[specIndex];
            if (row != null) {
                return row;
            }
        }
        return newRow(specIndex);
    }

    private long[] newRow(int specIndex) {
        if (specIndex >= rows.length) {
            rows = Arrays.copyOf(rows, Math.max(specIndex + 1, rows.length * 2));
        }
        long[] row = new long[ROW_LENGTH];
        rows[specIndex] = row;
        return row;
    }

    /** Adds what was counted so far to {@code totals}. Any thread. */
    void addTo(Totals totals) {
        totals.hits += hits;
        totals.misses += misses;
        totals.absent += absent;
        totals.l2Hits += l2Hits;
        totals.l2Misses += l2Misses;
        totals.expired += expired;
        totals.bytesRead += bytesRead;
        totals.bytesWritten += bytesWritten;
        totals.commands += commands;
        totals.reads += reads;
        totals.writes += writes;
        totals.connectionsReceived += connectionsTotal;
        totals.connectionsRejected += connectionsRejected;
        totals.acceptsFailed += acceptsFailed;
        totals.clientsOverQueryLimit += connectionsOverQueryLimit;
        totals.clientsOverOutputLimit += connectionsOverOutputLimit;
        totals.clientsEvicted += connectionsEvicted;
        long[][] seen = rows;
        for (int i = 0; i < seen.length; i++) {
            long[] row = seen[i];
            if (row != null) {
                totals.addCommand(i, row);
            }
        }
        errors.forEach((kind, count) -> totals.addErrors(kind.spec(), kind.code(), count.value));
    }
}
