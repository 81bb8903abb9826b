package io.swytch.store;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * How long something rare took: a count, a sum and a histogram by powers of two of a microsecond.
 *
 * <p>Threads: any.
 */
public final class Latency {
    /** Bucket i holds durations of at most 2^i microseconds; the last one everything longer. */
    public static final int BUCKETS = 28;

    private final AtomicLongArray buckets = new AtomicLongArray(BUCKETS);
    private final LongAdder nanos = new LongAdder();
    private volatile LongConsumer listener = n -> {};

    /** Lets {@code listener} hear of each duration in nanoseconds, on the thread that adds it. */
    public void onRecord(LongConsumer listener) {
        this.listener = listener;
    }

    /** Adds one duration. */
    public void record(long durationNanos) {
        long micros = Math.max(0, durationNanos - 1) / 1000;
        buckets.incrementAndGet(Math.min(BUCKETS - 1, Long.SIZE - Long.numberOfLeadingZeros(micros)));
        nanos.add(durationNanos);
        listener.accept(durationNanos);
    }

    /** Counts by bucket. */
    public long[] counts() {
        long[] counts = new long[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] = buckets.get(i);
        }
        return counts;
    }

    /** All durations added up. */
    public long totalNanos() {
        return nanos.sum();
    }
}
