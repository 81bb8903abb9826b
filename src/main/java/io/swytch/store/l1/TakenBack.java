package io.swytch.store.l1;

/** What became of an item that was offered to {@link Shard#takeBack}. */
public enum TakenBack {
    /** It has an entry now. */
    IN,
    /** Its key has an entry already, which is as new or newer. */
    THERE,
    /** Its key was deleted, and L2 has not heard of that yet. */
    DELETED,
    /** It would have to drive something out. */
    NO_ROOM
}
