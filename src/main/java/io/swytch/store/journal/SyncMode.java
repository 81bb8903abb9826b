package io.swytch.store.journal;

/** When what the journal has written is forced to the disk: what a power loss may take. A crash of the process alone takes nothing. */
public enum SyncMode {
    /** At most 10 ms after it was written. */
    TEN_MS,
    /** As soon as it is written, back to back; the server holds replies until it is done. */
    ALWAYS,
    /** When the operating system likes, and at every drain. */
    OS
}
