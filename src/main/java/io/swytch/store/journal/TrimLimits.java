package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.TreeMap;

/**
 * What must stay in the log although a drain has covered it. Bytes that were staged and are still to be named: the effect that names them may come
 * after the drain's cut, and so belong to the next drain, while they lie before it. And everything, when something after the cut builds on it.
 *
 * <p>Threads: any; the innermost of the journal's locks.
 */
final class TrimLimits {
    /** Cuts in a row that {@link #hold} may keep the log from being trimmed after. */
    private static final int HELD_CUTS_MAX = 4;

    /** Where each stage began, by its id. */
    @GuardedBy("this")
    private final TreeMap<Long, Long> live = new TreeMap<>();

    @GuardedBy("this")
    private long lastId;

    /** Nothing from here on may be trimmed before the next cut. */
    @GuardedBy("this")
    private long floor = Long.MAX_VALUE;

    /** How many cuts in a row {@link #hold} was called after, this one included. */
    @GuardedBy("this")
    private int heldCuts;

    @GuardedBy("this")
    private boolean isHeld;

    /** Ids grow over restarts too, because positions do: of an older run there may be bytes that nothing names. */
    synchronized long beginStage(long position) {
        lastId = Math.max(lastId + 1, position);
        live.put(lastId, position);
        return lastId;
    }

    synchronized void endStage(long id) {
        live.remove(id);
    }

    /**
     * Keeps everything until after the next cut.
     *
     * @return false if that was so after each of the last cuts: then the log must be allowed to become shorter
     */
    synchronized boolean hold() {
        if (!isHeld) {
            if (heldCuts == HELD_CUTS_MAX) {
                return false;
            }
            heldCuts++;
            isHeld = true;
        }
        return true;
    }

    /** Where the earliest stage began of those that are still to be named; {@link Long#MAX_VALUE} if there is none. */
    synchronized long firstStaged() {
        return live.values().stream().min(Long::compare).orElse(Long.MAX_VALUE);
    }

    /**
     * A drain begins.
     *
     * @param staged what {@link #firstStaged} was before anything of this cut was taken to be written
     */
    synchronized void cut(long staged) {
        heldCuts = isHeld ? heldCuts : 0;
        isHeld = false;
        floor = Math.min(staged, firstStaged());
    }

    /** Where a trim that may go to {@code position} must end; 0 if it may take nothing. */
    synchronized long trimBefore(long position) {
        return isHeld ? 0 : Math.min(position, floor);
    }
}
