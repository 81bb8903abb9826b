package io.swytch.store.l1;

import io.swytch.store.item.Item;

/** Takes the dirty entries of a drain in hash order, under their shard's lock; it must not change the shard. */
@FunctionalInterface
public interface DrainSink {
    /**
     * Takes one entry: a live one, or a tombstone.
     *
     * @param item valid until this call returns
     * @param hash of its key
     * @param l2State what was known of the key in L2 before this drain; afterwards it counts as HAS, or NONE for a tombstone
     */
    void take(Item item, long hash, int l2State);
}
