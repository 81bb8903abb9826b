package io.swytch.store;

import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.FetchVisitor;
import io.swytch.store.l2.Ingest;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Takes expired keys off the disk that nobody asks for any more, earliest first, by L2's index of expiries: no scan.
 *
 * <p>What is found becomes a tombstone in L1, and goes the way of every delete: the next drain takes it to L2, and with it the word that
 * these entries of the index are done with.
 *
 * <p>Threads: the one that drains.
 */
final class ColdExpiry {
    /** Candidates of one sweep and space; sweeps come every few seconds, and a drain between two that found this many. */
    private static final int CANDIDATES_MAX = 200_000;

    private static final int BATCH = 1_000;

    private final L1 l1;
    private final L2 l2;
    private final Spaces spaces;
    private final Clock clock;

    /** How far the index of each space has been worked off into tombstones that no drain has taken yet. */
    private final Map<Integer, byte[]> through = new HashMap<>();

    private final LongAdder backlog = new LongAdder();

    ColdExpiry(L1 l1, L2 l2, Spaces spaces, Clock clock) {
        this.l1 = l1;
        this.l2 = l2;
        this.spaces = spaces;
        this.clock = clock;
    }

    /** Tombstones that wait for a drain. */
    long backlog() {
        return backlog.sum();
    }

    /** Makes tombstones of keys that have expired on disk. Does nothing while an earlier sweep waits for its drain. */
    void sweep() throws IOException {
        if (!through.isEmpty()) {
            return;
        }
        long nowMs = clock.millis();
        try {
            for (int space : spaces.map()) {
                List<Key> candidates = new ArrayList<>();
                byte[] upTo = l2.expired(space, nowMs, CANDIDATES_MAX, (key, expireAtMs) -> candidates.add(key.copy()));
                if (upTo != null) {
                    through.put(space, upTo);
                    for (int from = 0; from < candidates.size(); from += BATCH) {
                        bury(candidates.subList(from, Math.min(candidates.size(), from + BATCH)), nowMs);
                    }
                }
            }
        } catch (L2Exception e) {
            through.clear();
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Of these candidates, buries those that L2 still holds in their expired form. */
    private void bury(List<Key> candidates, long nowMs) throws L2Exception {
        l2.get(candidates, new FetchVisitor() {
            @Override
            public void absent(int index) {
                // Deleted since, or found by an earlier sweep.
            }

            @Override
            public void found(int index, Item item) {
                if (item.isExpired(nowMs)) {
                    bury(candidates.get(index), nowMs);
                }
            }
        });
    }

    private void bury(Key key, long nowMs) {
        Item above = new Item();
        Shard shard = l1.shard(key.hash());
        shard.lock();
        try {
            // What L1 holds is newer than L2, or the same: only if that has expired too is the key gone.
            if (!shard.find(key, above, false) || (!above.isTombstone() && above.isExpired(nowMs))) {
                shard.putTombstone(key, ItemHeader.L2_HAS);
                backlog.increment();
            }
        } finally {
            shard.unlock();
        }
    }

    /** Tells a drain, which has taken the tombstones, what the index need not show again. */
    void settle(Ingest ingest) {
        through.forEach(ingest::forgetExpired);
    }

    /** That drain is done. */
    void settled() {
        through.clear();
        backlog.reset();
    }

    /** Whether tombstones wait for a drain. */
    boolean isWaiting() {
        return !through.isEmpty();
    }
}
