package io.swytch.stats;

/** Where {@link Stats} gets the store's figures from. */
@FunctionalInterface
public interface StoreStats {
    /** A store that holds nothing. */
    StoreStats NONE = into -> {};

    /** Fills in all fields, as they stand since the start. Any thread, several times a second: must be cheap and must not wait on a disk. */
    void read(StoreFigures into);
}
