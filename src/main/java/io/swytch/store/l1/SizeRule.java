package io.swytch.store.l1;

/**
 * How many hits an entry must have for its size to stay: what memory earns is hits per byte, so a large entry needs more and a small one fewer. In
 * proportion to size would follow from that; the third logarithm is gentler, because in a loop a stricter rule keeps so many small entries that
 * there are ghosts enough for all that returns to go to main.
 *
 * <p>A small entry thus leaves the small queue for main without a hit, on credit. That is right as long as small entries are used as the others
 * are, and wrong where they are the ones that nobody reads again, such as a scan of tiny keys: so the hits of both kinds in the small queue are
 * counted, and there is credit only while small entries earn as much per byte as the rest. Where nobody has hits, as in a loop that is longer
 * than the queue, there is credit: of entries that are used alike, more of the small ones fit.
 *
 * <p>Source of the value: Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy", HP Labs 1998. Threads:
 * under the shard's lock.
 */
final class SizeRule {
    /** Counters end at 3, so more would mean never. */
    private static final int EXTRA_HITS_MAX = 2;

    /** Of the entries that came to the end of the small queue, small ones and others: bytes, and how many had a counted hit. */
    private long smallBytes;

    private long smallHits;
    private long otherBytes;
    private long otherHits;

    /**
     * Counts an entry that has come to the end of the small queue.
     *
     * @param memory halves what was counted when so many bytes have come: about what is held at once
     */
    void note(long bytes, long mean, boolean hasHit, long memory) {
        if (smallBytes + otherBytes > memory) {
            smallBytes >>= 1;
            smallHits >>= 1;
            otherBytes >>= 1;
            otherHits >>= 1;
        }
        if (extraHits(bytes, mean) < 0) {
            smallBytes += bytes;
            smallHits += hasHit ? 1 : 0;
        } else {
            otherBytes += bytes;
            otherHits += hasHit ? 1 : 0;
        }
    }

    /** As {@link #extraHits} for an entry at the end of the small queue, but not below 0 while small entries earn less than others. */
    int extraHitsOfNew(long bytes, long mean) {
        int extra = extraHits(bytes, mean);
        return extra < 0 && earnLess() ? 0 : extra;
    }

    private boolean earnLess() {
        return (double) smallHits * otherBytes < (double) otherHits * smallBytes;
    }

    /** How many hits more than one an entry needs for its size, {@code round(log3(size / mean))} from −2 to 2; less than 0: it stays so many rounds without any. */
    static int extraHits(long bytes, long mean) {
        // 3^0.5 is 1.73, 3^1.5 is 5.2.
        if (bytes > mean) {
            return bytes * 100 < mean * 173 ? 0 : bytes * 10 < mean * 52 ? 1 : EXTRA_HITS_MAX;
        }
        return mean * 100 < bytes * 173 ? 0 : mean * 10 < bytes * 52 ? -1 : -EXTRA_HITS_MAX;
    }
}
