package io.swytch.store.l2;

import io.swytch.store.item.Key;

/** Sees keys that were once written with an expiry that has passed since. Must not close L2. */
@FunctionalInterface
public interface ExpiredVisitor {
    /**
     * One candidate: the key may have been deleted, or written again with another expiry or none.
     *
     * @param key valid until this method returns
     */
    void candidate(Key key, long expireAtMs);
}
