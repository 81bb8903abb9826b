package io.swytch.store;

import io.swytch.store.item.Item;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;

/**
 * What a few entries say of the times to live in a space: entries lie in the order of their hashes, so those from any place on are a fair sample.
 *
 * <p>Threads: the one that made it; takes each stripe for a short time, holds none before.
 */
final class TtlSample {
    /** Entries with an expiry that are enough, and entries that are looked at for them at most. */
    private static final int ENOUGH = 64;

    private static final int LOOKS_MAX = 4096;
    private static final int SLICE = 256;

    private final long nowMs;
    private long looks;
    private long alive;
    private long expired;
    private double sumMs;

    private TtlSample(long nowMs) {
        this.nowMs = nowMs;
    }

    /** Looks at entries of a space in L1 from a hash on. */
    static TtlSample of(L1 l1, int space, long fromHash, long nowMs) {
        TtlSample sample = new TtlSample(nowMs);
        int first = l1.shardIndex(fromHash);
        for (int i = 0; i <= l1.shardCount() && sample.wantsMore(); i++) {
            // The shard that was begun in the middle comes again at the end.
            int index = (first + i) % l1.shardCount();
            sample.lookAt(l1.shard(index), space, i == 0 ? fromHash : Walk.firstHash(l1, index));
        }
        return sample;
    }

    private boolean wantsMore() {
        return alive + expired < ENOUGH && looks < LOOKS_MAX;
    }

    private void lookAt(Shard shard, int space, long fromHash) {
        long hash = fromHash;
        while (hash != Shard.DONE && wantsMore()) {
            shard.lock();
            try {
                if (shard.isRetired()) {
                    return;
                }
                hash = shard.walk(hash, space, SLICE, (item, itemHash) -> see(item));
            } finally {
                shard.unlock();
            }
            // A slice without an entry of this space was looked at as well.
            looks += SLICE;
        }
    }

    private void see(Item item) {
        if (item.isTombstone() || item.expireAtMs() == 0) {
            return;
        }
        if (item.isExpired(nowMs)) {
            expired++;
        } else {
            alive++;
            sumMs += item.expireAtMs() - nowMs;
        }
    }

    /** Mean time to live of the keys that were seen; 0 if none had one. */
    long averageMs() {
        return alive == 0 ? 0 : Math.round(sumMs / alive);
    }

    /** How much of what was seen has expired and is still there, 0 to 1. */
    double staleShare() {
        return alive + expired == 0 ? 0 : (double) expired / (alive + expired);
    }
}
