package io.swytch.server;

/** Watches how a client reads its replies, once a second, and says when it is too slow. Threads: its loop. */
final class SlowReading {
    private int overSoftSince = -1;
    private long takenBytes = -1;
    private int takenAt;

    /** Whether replies have held more than the soft limit for longer than that allows. */
    boolean isOverSoftLimit(int now, long memoryBytes, ServerLimits limits) {
        if (limits.outputSoftBytes <= 0 || memoryBytes <= limits.outputSoftBytes) {
            overSoftSince = -1;
            return false;
        }
        if (overSoftSince < 0) {
            overSoftSince = now;
        }
        return now - overSoftSince > limits.outputSoftSeconds;
    }

    /**
     * Whether a client that says no more has not read anything for so long that it is taken to have gone.
     *
     * @param bytes of replies that the system has taken so far
     */
    boolean isNone(int now, long bytes, ServerLimits limits) {
        if (bytes != takenBytes) {
            takenBytes = bytes;
            takenAt = now;
        }
        return now - takenAt >= limits.halfClosedSecondsMax;
    }
}
