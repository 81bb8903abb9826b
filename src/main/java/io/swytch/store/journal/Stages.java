package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.TreeMap;

/**
 * Where in the log the bytes lie that were staged and are still to be named, so that no trim takes them: the effect that names them may come after
 * a drain's cut, and so belong to the next drain, while they lie before it.
 *
 * <p>Threads: any.
 */
final class Stages {
    /** Where each began, by its id. */
    @GuardedBy("this")
    private final TreeMap<Long, Long> live = new TreeMap<>();

    @GuardedBy("this")
    private long lastId;

    /** Nothing from here on may be trimmed before the next cut. */
    @GuardedBy("this")
    private long floor = Long.MAX_VALUE;

    /** Ids grow over restarts too, because positions do: of an older run there may be bytes that nothing names. */
    synchronized long begin(long position) {
        lastId = Math.max(lastId + 1, position);
        live.put(lastId, position);
        return lastId;
    }

    synchronized void end(long id) {
        live.remove(id);
    }

    /** A drain begins. */
    synchronized void cut() {
        floor = live.values().stream().min(Long::compare).orElse(Long.MAX_VALUE);
    }

    /** Where a trim that may go to {@code position} must end. */
    synchronized long trimBefore(long position) {
        return Math.min(position, floor);
    }
}
