package io.swytch.server;

import io.swytch.command.spec.ClientHeap;

/**
 * What one connection's request takes of the heap as long as it is not complete, or waits: for a pause, a limit, a thread, the disk; and for how long it has been
 * coming. Threads: the connection's loop.
 */
final class UnfinishedRequest {
    private final ClientHeap.Share heap = new ClientHeap.Share();
    private int since;

    /**
     * Takes what so many arguments need, or gives back; false, with nothing changed, if there is not as much.
     *
     * @param isNew whether another request came to its end since the last call, or none is there
     */
    boolean set(int args, boolean isNew, int now) {
        long bytes = ClientHeap.unfinishedBytes(args);
        if (isNew || bytes == 0) {
            since = now;
        }
        return heap.set(bytes);
    }

    /** What it has taken for longer than others, for whom there is no heap, have to wait for it; 0 if it has not. */
    long overdueBytes(int now, ServerLimits limits) {
        return now - since < limits.unfinishedSecondsMax ? 0 : heap.bytes();
    }

    void close() {
        heap.set(0);
    }
}
