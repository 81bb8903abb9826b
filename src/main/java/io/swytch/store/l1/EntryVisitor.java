package io.swytch.store.l1;

import io.swytch.store.item.Item;

/** Sees entries one by one, under their shard's lock; it must not change the shard. */
@FunctionalInterface
public interface EntryVisitor {
    /**
     * Sees one entry, which may be expired.
     *
     * @param item valid until this call returns
     * @param hash of its key
     */
    void visit(Item item, long hash);
}
