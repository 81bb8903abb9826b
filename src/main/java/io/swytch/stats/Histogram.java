package io.swytch.stats;

/**
 * The buckets that durations of commands are counted in: log-linear, eight to a doubling, so that a percentile is at most an eighth too high.
 *
 * <p>One unit is 125 ns. The first 16 buckets are a unit wide; from there each doubling is cut in eight, up to about a minute; the last bucket takes
 * what is longer. So 1, 2, 4, 8… microseconds are all bounds of buckets, which is what the Prometheus histogram shows. A bucket holds the
 * durations over its lower and up to its upper bound. Stateless.
 */
public final class Histogram {
    private static final long UNIT_NANOS = 125;
    private static final int LINEAR = 16;
    private static final int DOUBLINGS = 25;

    /** How many buckets there are. */
    public static final int BUCKETS = LINEAR + DOUBLINGS * 8;

    private static final long[] BOUNDS = bounds();

    private Histogram() {}

    /** The bucket of a duration; never fails, whatever the clock did. */
    public static int bucket(long nanos) {
        long units = (nanos - 1) / UNIT_NANOS;
        if (units < LINEAR) {
            return (int) Math.max(0, units);
        }
        int doubling = 63 - Long.numberOfLeadingZeros(units);
        int bucket = LINEAR + (doubling - 4) * 8 + ((int) (units >>> (doubling - 3)) & 7);
        return Math.min(BUCKETS - 1, bucket);
    }

    /** Upper bounds of the buckets, in nanoseconds; a fresh array. */
    public static long[] upperBoundsNanos() {
        return BOUNDS.clone();
    }

    private static long[] bounds() {
        long[] bounds = new long[BUCKETS];
        for (int i = 0; i < LINEAR; i++) {
            bounds[i] = (i + 1) * UNIT_NANOS;
        }
        for (int i = LINEAR; i < BUCKETS; i++) {
            int doubling = (i - LINEAR) / 8 + 4;
            long eighth = 1L << (doubling - 3);
            bounds[i] = ((1L << doubling) + ((i - LINEAR) % 8 + 1) * eighth) * UNIT_NANOS;
        }
        return bounds;
    }
}
