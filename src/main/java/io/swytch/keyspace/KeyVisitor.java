package io.swytch.keyspace;

import io.swytch.bytes.Slice;

/** Is told of keys by a walk. */
@FunctionalInterface
public interface KeyVisitor {
    /**
     * Is told of one key.
     *
     * @param key valid during the call only
     * @param type one of {@code ItemType}, never TOMBSTONE
     */
    void visit(Slice key, int type);
}
