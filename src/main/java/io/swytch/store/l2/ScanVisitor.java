package io.swytch.store.l2;

import io.swytch.store.item.Key;

/** Sees keys in the order of their hash. Must not close L2. */
@FunctionalInterface
public interface ScanVisitor {
    /**
     * One key.
     *
     * @param key valid until this method returns
     * @param type one of {@link io.swytch.store.item.ItemType}
     * @param expireAtMs 0 if never; may have passed
     */
    void key(Key key, int type, long expireAtMs);
}
