package io.swytch.command.spec;

import io.swytch.store.item.Key;

/** Makes each key of a call safe to look at just before the handler does, where not all of them are all the time. */
public interface KeyTurns {
    /** The handler is about to look at key {@code index}, and has done with the one before. */
    void take(int index, Key key);
}
