package io.swytch.store.l1;

/** Sees which keys an L1 holds and how hot they are, under their shard's lock; it must not change the shard. */
@FunctionalInterface
public interface HotVisitor {
    /**
     * Sees one live entry.
     *
     * @param hash of its key
     * @param isMain whether it lies in the main queue
     * @param uses its use counter, 0 to 3
     */
    void visit(int space, long hash, boolean isMain, int uses);
}
