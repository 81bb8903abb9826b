package io.swytch.bytes;

/**
 * Keeps off-heap memory from being reused while somebody still reads it, such as a socket that sends a large value straight from L1.
 *
 * <p>Threads: any; implementations count atomically.
 */
public interface Pin {
    /** Adds one reader. The caller holds the lock under which it found the memory, or a reference of its own. */
    void retain();

    /** Removes one reader; the last one gives the memory back. */
    void release();

    /** Whether there is just one reader, so that whoever knows to be it may write. */
    default boolean isExclusive() {
        return false;
    }
}
