package io.swytch.command.spec;

import io.swytch.resp.Request;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What queued commands and watched keys of all clients take of the Java heap, commands with many keys that wait for the disk, and requests that are
 * not complete, or wait: nothing else of a client's making does that for longer than a command runs. Bounded, so that clients who ask for too much get an error before the heap is full, of which the process would end.
 *
 * <p>Counted by estimates, measured with Java 17 for small requests and keys. Threads: any.
 */
public final class ClientHeap {
    /** Bytes that all clients may have together: half of the heap; the other half is for what commands need while they run, and for the rest. */
    public static final long BYTES_MAX = Runtime.getRuntime().maxMemory() / 2;

    /** Beyond so many, requests that take long to come give way: others are refused soon. */
    private static final long BYTES_MANY = BYTES_MAX / 4 * 3;

    private static final int QUEUED_BYTES = 320;
    private static final int QUEUED_ARG_BYTES = 48;
    private static final int WATCH_BYTES = 480;

    /** Of an argument whose command waits: its slice, with what the table of slices is too long, and that of the copy that another thread runs. */
    private static final int WAITING_ARG_BYTES = 128;

    /** Arguments that have slices; those behind have a place of eight bytes each. */
    private static final int WAITING_ARGS_MAX = 1 << 14;

    private static final int WAITING_ARG_BEHIND_BYTES = 16;

    /** Of a key that is being fetched. */
    private static final int FETCHED_KEY_BYTES = 320;

    /** Of an argument whose request is not complete: its slice, and its place in a table that grows. */
    private static final int UNFINISHED_ARG_BYTES = 56;

    /** So many arguments are not counted: ten thousand clients with as many have a fraction of the smallest heap, and GET and SET need not look. */
    private static final int UNFINISHED_ARGS_FEW = 16;

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

    /** What a command of so many arguments takes while it waits, with so many keys that are fetched for it. */
    public static long waitingBytes(int args, int keys) {
        return (long) WAITING_ARG_BYTES * Math.min(args, WAITING_ARGS_MAX)
                + (long) WAITING_ARG_BEHIND_BYTES * args
                + (long) FETCHED_KEY_BYTES * keys;
    }

    /** Whether a complete request may wait, for as long as which its connection counts it. */
    public static boolean hasRoomForRequest(Request request) {
        long bytes = unfinishedBytes(request.argCount());
        return bytes == 0 || hasRoom(bytes);
    }

    /** What a request takes of which so many arguments have come, and which is not complete or waits. */
    public static long unfinishedBytes(int args) {
        return args <= UNFINISHED_ARGS_FEW
                ? 0
                : (long) UNFINISHED_ARG_BYTES * Math.min(args, WAITING_ARGS_MAX)
                        + (long) WAITING_ARG_BEHIND_BYTES * Math.max(0, args - WAITING_ARGS_MAX);
    }

    /** What one user has, which changes. Threads: the user's. */
    public static final class Share {
        private long bytes;

        /** Takes or gives back what is between now and {@code wanted}; false, with nothing changed, if there are not as many. */
        public boolean set(long wanted) {
            if (wanted > bytes) {
                if (!take(wanted - bytes)) {
                    return false;
                }
            } else if (wanted < bytes) {
                give(bytes - wanted);
            }
            bytes = wanted;
            return true;
        }

        public long bytes() {
            return bytes;
        }
    }

    /** Whether little is left for others. */
    public static boolean isShort() {
        return TAKEN.get() > BYTES_MANY;
    }

    /** Whether there are so many bytes. */
    public static boolean hasRoom(long bytes) {
        return TAKEN.get() + bytes <= BYTES_MAX;
    }

    /** Takes what is there already, and can only be waited for. */
    public static void takeInAnyCase(long bytes) {
        TAKEN.addAndGet(bytes);
    }

    /** Takes so many bytes; false, with none taken, if there are not as many. */
    public static boolean take(long bytes) {
        if (TAKEN.addAndGet(bytes) > BYTES_MAX) {
            TAKEN.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Gives bytes back that were taken. */
    public static void give(long bytes) {
        TAKEN.addAndGet(-bytes);
    }
}
