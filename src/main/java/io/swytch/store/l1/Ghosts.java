package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Remembers the tags of keys that left the small queue, so that a key that comes back goes straight to main.
 *
 * <p>As many as the shard has live entries: a quarter of that costs up to 34 points of hit ratio. A tag belongs to a bucket, by its top
 * bits scaled to any number of buckets; a bucket is a cache line of 16 tags, newest first, and each is forgotten when 16 more have come.
 * Well mixed hashes fill the buckets evenly, so that this is nearly one ring, without a table to find things in it. Pages are segments of
 * the arena. Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023. Threads: under the shard's lock.
 */
final class Ghosts {
    private static final int WAYS = 16;
    private static final int BUCKET_SHIFT = 6;

    private final Arena arena;
    private final int pageShift;
    private final int pageMask;
    private int[] segments = new int[0];
    private long buckets;

    Ghosts(Arena arena) {
        this.arena = arena;
        pageShift = arena.segmentShift - BUCKET_SHIFT;
        pageMask = (1 << pageShift) - 1;
    }

    int pages() {
        return segments.length;
    }

    /** Pages that suit so many live entries. */
    int pagesFor(int entries) {
        int perPage = WAYS << pageShift;
        return Math.max(1, (entries + (perPage >> 1)) / perPage);
    }

    /** Remembers a tag. */
    void add(int tag) {
        if (buckets != 0) {
            push(bucket(tag), tag);
        }
    }

    /** Whether a tag left lately; forgets it then. May say true wrongly, about once in 2^32 / length. */
    boolean take(int tag) {
        if (buckets == 0 || tag == 0) {
            return false;
        }
        int bucket = bucket(tag);
        ByteBuffer buffer = buffer(bucket);
        int offset = offset(bucket);
        for (int i = 0; i < WAYS; i++) {
            if ((int) Slice.INT.get(buffer, offset + (i << 2)) == tag) {
                for (; i < WAYS - 1; i++) {
                    Slice.INT.set(buffer, offset + (i << 2), (int) Slice.INT.get(buffer, offset + (i + 1 << 2)));
                }
                Slice.INT.set(buffer, offset + (WAYS - 1 << 2), 0);
                return true;
            }
        }
        return false;
    }

    /** Changes the number of pages; what is remembered is kept, but for the oldest where it shrinks. The budget has the new pages. */
    void resize(int pages) {
        int old = segments.length;
        if (pages == old) {
            return;
        }
        long oldBuckets = buckets;
        if (pages > old) {
            segments = Arrays.copyOf(segments, pages);
            for (int i = old; i < pages; i++) {
                segments[i] = arena.take(Arena.GHOSTS);
            }
        }
        buckets = (long) pages << pageShift;
        spread(oldBuckets);
        if (pages < old) {
            for (int i = pages; i < old; i++) {
                arena.give(segments[i]);
            }
            segments = Arrays.copyOf(segments, pages);
        }
    }

    /** Puts each bucket's tags where they belong now, in the order in which no bucket is written before it was read. */
    private void spread(long oldBuckets) {
        int[] tags = new int[WAYS];
        boolean growing = buckets > oldBuckets;
        // Buckets from (growing: down to; shrinking: up to) this one on are in their new form.
        long done = growing ? buckets : 0;
        for (long n = 0; n < oldBuckets; n++) {
            int from = (int) (growing ? oldBuckets - 1 - n : n);
            for (int i = 0; i < WAYS; i++) {
                tags[i] = (int) Slice.INT.get(buffer(from), offset(from) + (i << 2));
            }
            if (growing) {
                long first = from * buckets / oldBuckets;
                for (; done > first; done--) {
                    zero((int) done - 1);
                }
            } else {
                long last = ((from + 1L) * buckets - 1) / oldBuckets;
                for (; done <= last; done++) {
                    zero((int) done);
                }
            }
            for (int i = WAYS - 1; i >= 0; i--) {
                if (tags[i] != 0) {
                    push(bucket(tags[i]), tags[i]);
                }
            }
        }
        for (; growing && done > 0; done--) {
            zero((int) done - 1);
        }
    }

    private void push(int bucket, int tag) {
        ByteBuffer buffer = buffer(bucket);
        int offset = offset(bucket);
        for (int i = 56; i > 0; i -= 8) {
            long low = (long) Slice.LONG.get(buffer, offset + i - 8);
            long here = (long) Slice.LONG.get(buffer, offset + i);
            Slice.LONG.set(buffer, offset + i, here << 32 | low >>> 32);
        }
        Slice.LONG.set(buffer, offset, (long) Slice.LONG.get(buffer, offset) << 32 | tag & 0xFFFF_FFFFL);
    }

    private void zero(int bucket) {
        ByteBuffer buffer = buffer(bucket);
        int offset = offset(bucket);
        for (int i = 0; i < 64; i += 8) {
            Slice.LONG.set(buffer, offset + i, 0L);
        }
    }

    private int bucket(int tag) {
        return (int) ((tag & 0xFFFF_FFFFL) * buckets >>> 32);
    }

    private ByteBuffer buffer(int bucket) {
        return arena.segmentBuffer(segments[bucket >>> pageShift]);
    }

    private int offset(int bucket) {
        return arena.segmentOffset(segments[bucket >>> pageShift]) + ((bucket & pageMask) << BUCKET_SHIFT);
    }
}
