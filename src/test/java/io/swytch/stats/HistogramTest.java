package io.swytch.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final long[] BOUNDS = Histogram.upperBoundsNanos();

    @Test
    void bounds_ascendAndHoldAllDoublingsOfAMicrosecond() {
        for (int i = 1; i < BOUNDS.length; i++) {
            assertTrue(BOUNDS[i] > BOUNDS[i - 1], "bucket " + i);
        }
        for (long bound = 1000; bound < 30_000_000_000L; bound *= 2) {
            assertEquals(bound, BOUNDS[Histogram.bucket(bound)]);
        }
    }

    @Test
    void bucket_holdsWhatIsOverTheBoundBeforeAndUpToItsOwn() {
        long seed = 20261122;
        Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            long nanos = random.nextLong() >>> (random.nextInt(36) + 28);
            int bucket = Histogram.bucket(nanos);
            if (bucket < Histogram.BUCKETS - 1) {
                assertTrue(nanos <= BOUNDS[bucket], () -> nanos + ", seed " + seed);
            }
            if (bucket > 0) {
                assertTrue(nanos > BOUNDS[bucket - 1], () -> nanos + ", seed " + seed);
            }
        }
    }

    @Test
    void bucket_takesAnyNumber() {
        assertEquals(0, Histogram.bucket(0));
        assertEquals(0, Histogram.bucket(-1));
        assertEquals(0, Histogram.bucket(Long.MIN_VALUE + 1));
        assertEquals(Histogram.BUCKETS - 1, Histogram.bucket(Long.MAX_VALUE));
    }

    @Test
    void percentile_isTheBoundOfItsBucket() {
        long[] counts = new long[Histogram.BUCKETS];
        for (int micros = 1; micros <= 1000; micros++) {
            counts[Histogram.bucket(micros * 1000L)]++;
        }
        HistogramSnapshot snapshot = new HistogramSnapshot(BOUNDS, counts, 500_500_000);
        assertEquals(1000, snapshot.count());
        assertEquals(500_000, (double) snapshot.percentileNanos(50), 500_000 / 8.0);
        assertEquals(990_000, (double) snapshot.percentileNanos(99), 990_000 / 8.0);
        assertTrue(snapshot.percentileNanos(100) >= 1_000_000);
        assertEquals(512, snapshot.countUpTo(512_000));
        assertEquals(0, HistogramSnapshot.EMPTY.percentileNanos(99));
    }

    @Test
    void snapshot_ofBucketsThatGoOnCounting_stays() {
        long[] counts = {1, 2, 3};
        HistogramSnapshot early = HistogramSnapshot.ofDoublingMicros(counts, 10);
        counts[1] += 5;
        assertEquals(6, early.count());
        assertEquals(
                5, HistogramSnapshot.ofDoublingMicros(counts, 10).since(early).count());
    }

    @Test
    void since_leavesWhatCameAfter() {
        HistogramSnapshot early = HistogramSnapshot.ofDoublingMicros(new long[] {1, 2, 3}, 10);
        HistogramSnapshot late = HistogramSnapshot.ofDoublingMicros(new long[] {1, 5, 4}, 30);
        HistogramSnapshot between = late.since(early);
        assertEquals(4, between.count());
        assertEquals(20, between.sumNanos());
        assertEquals(3, between.countUpTo(2000));
    }
}
