package io.swytch.stats;

import java.util.Arrays;

/** A histogram of durations as it stood when it was read. Threads: one at a time; the arrays are not copied, so nobody changes them. */
public final class HistogramSnapshot {
    /** Nothing was measured. */
    public static final HistogramSnapshot EMPTY =
            new HistogramSnapshot(Histogram.upperBoundsNanos(), new long[Histogram.BUCKETS], 0);

    private final long[] boundsNanos;
    private final long[] counts;
    private final long sumNanos;
    private final long count;

    /**
     * A snapshot.
     *
     * @param boundsNanos upper bounds of the buckets, ascending; the last bucket takes longer durations too
     * @param counts durations in each bucket, not cumulative
     * @param sumNanos all durations added up
     */
    public HistogramSnapshot(long[] boundsNanos, long[] counts, long sumNanos) {
        if (boundsNanos.length != counts.length) {
            throw new IllegalArgumentException(boundsNanos.length + " bounds, " + counts.length + " counts");
        }
        this.boundsNanos = boundsNanos;
        this.counts = counts;
        this.sumNanos = sumNanos;
        count = Arrays.stream(counts).sum();
    }

    /** A snapshot of buckets whose bounds are 1, 2, 4, 8… microseconds; they may go on counting. */
    public static HistogramSnapshot ofDoublingMicros(long[] counts, long sumNanos) {
        long[] bounds = new long[counts.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = 1000L << i;
        }
        return new HistogramSnapshot(bounds, counts.clone(), sumNanos);
    }

    /** How many durations were counted. */
    public long count() {
        return count;
    }

    public long sumNanos() {
        return sumNanos;
    }

    /** How many durations were at most {@code nanos}; exact where that is a bucket's bound, else those of the buckets that end before. */
    public long countUpTo(long nanos) {
        long sum = 0;
        for (int i = 0; i < counts.length && boundsNanos[i] <= nanos; i++) {
            sum += counts[i];
        }
        return sum;
    }

    /** A duration that {@code percent} of all did not pass, as the upper bound of its bucket; 0 if none was counted. */
    public long percentileNanos(double percent) {
        long rank = Math.max(1, (long) Math.ceil(count * Math.min(100, percent) / 100));
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            sum += counts[i];
            if (sum >= rank) {
                return boundsNanos[i];
            }
        }
        return 0;
    }

    /** What came after {@code earlier} was taken of the same histogram. */
    public HistogramSnapshot since(HistogramSnapshot earlier) {
        if (!Arrays.equals(boundsNanos, earlier.boundsNanos)) {
            return this;
        }
        long[] rest = counts.clone();
        for (int i = 0; i < rest.length; i++) {
            rest[i] -= earlier.counts[i];
        }
        return new HistogramSnapshot(boundsNanos, rest, sumNanos - earlier.sumNanos);
    }
}
