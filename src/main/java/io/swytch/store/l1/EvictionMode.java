package io.swytch.store.l1;

/** What L1 may give up where memory ends; in persistent mode it is always {@link #ALL}, because the disk keeps what L1 forgets. */
public enum EvictionMode {
    /** Any key. */
    ALL,
    /** Keys that have an expiry; the others survive as if they were used all the time. */
    VOLATILE,
    /** None: writes are refused. */
    NONE
}
