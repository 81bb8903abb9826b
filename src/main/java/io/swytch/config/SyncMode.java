package io.swytch.config;

/** When the journal reaches the disk platter: what a power loss may take. A crash of the process takes nothing in any mode. */
public enum SyncMode {
    /** A thread of its own calls fsync every 10 ms. */
    EVERY_10MS,
    /** Every tick calls fsync before its replies leave. */
    ALWAYS,
    /** The operating system decides. */
    OS
}
