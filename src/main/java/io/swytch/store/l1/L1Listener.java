package io.swytch.store.l1;

import io.swytch.store.item.Item;

/** Hears of keys that leave a memory-only L1 by themselves, under their shard's lock; it must not change the shard. */
public interface L1Listener {
    /** Time ran out, and the sweep or an eviction found it. */
    void expired(Item item, int space);

    /** Memory ran out. */
    void evicted(Item item, int space);
}
