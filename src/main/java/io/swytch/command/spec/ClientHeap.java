package io.swytch.command.spec;

import io.swytch.resp.Request;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What queued commands and watched keys of all clients take of the Java heap, which nothing else of a client's making does for longer than a command
 * runs. Bounded, so that clients who ask for too much get an error before the heap is full, of which the process would end.
 *
 * <p>Counted by estimates, measured with Java 17 for small requests and keys. Threads: any.
 */
public final class ClientHeap {
    /** Bytes that all clients may have together: half of the heap; the other half is for what commands need while they run, and for the rest. */
    public static final long BYTES_MAX = Runtime.getRuntime().maxMemory() / 2;

    private static final int QUEUED_BYTES = 320;
    private static final int QUEUED_ARG_BYTES = 48;
    private static final int WATCH_BYTES = 480;

    private static final AtomicLong TAKEN = new AtomicLong();

    private ClientHeap() {}

    /** Bytes that clients have now. */
    public static long bytes() {
        return TAKEN.get();
    }

    /** What a queued copy of {@code request} takes. */
    static long queuedBytes(Request request) {
        return QUEUED_BYTES + (long) QUEUED_ARG_BYTES * request.argCount();
    }

    /** What one watch takes. */
    static long watchBytes(int keyLength) {
        return WATCH_BYTES + 2L * keyLength;
    }

    /** Takes so many bytes; false, with none taken, if there are not as many. */
    static boolean take(long bytes) {
        if (TAKEN.addAndGet(bytes) > BYTES_MAX) {
            TAKEN.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Gives bytes back that were taken. */
    static void give(long bytes) {
        TAKEN.addAndGet(-bytes);
    }
}
