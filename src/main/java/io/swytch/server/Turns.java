package io.swytch.server;

import io.swytch.clock.Clock;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Who goes first on a loop where not all can be served at once: who asks for little before who asks for much, and of thousands that leave a few are
 * closed at a time. On the way of GET and SET, so nothing is allocated for them.
 *
 * <p>Writing a reply of megabytes takes milliseconds, most of it the kernel's for memory that is new. So once an iteration has written {@link
 * #REPLIED_BYTES_MANY}, those who may ask for as much wait for the next one, in which the others are served and have their replies sent first. Where
 * there are others, it also rests from large replies for about as long as they took: without that, each of the others' requests would find
 * one before it, for a client sends its next request a moment after the reply to its last.
 *
 * <p>Threads: the loop's.
 */
final class Turns {
    /** Bytes of replies after which an iteration goes on with those who ask for little. */
    private static final long REPLIED_BYTES_MANY = 2 << 20;

    /** A client whose requests came to no more is one of those who ask for little. */
    private static final long REPLIED_BYTES_FEW = 64 << 10;

    /** What a byte of a reply takes, about, and how long the loop rests at most. */
    private static final long NANOS_PER_BYTE = 1;

    private static final long REST_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(50);

    /** Connections that are closed, where many are to be, between two looks at the others. */
    private static final int CLOSED_IN_A_ROW = 8;

    private final Loop loop;
    private final Clock clock;

    /** Those that let others go first, in the order in which they came. */
    private final ArrayDeque<Connection> waiting = new ArrayDeque<>();

    /** Those that are done with, and to be closed. */
    private final ArrayDeque<Connection> leaving = new ArrayDeque<>();

    private final Runnable takeTurns = this::takeTurns;
    private final Runnable endRest = this::endRest;
    private boolean turnsAreDue;
    private boolean isResting;

    /** Bytes of replies that this iteration has written. */
    private long repliedBytes;

    /** Until when the loop rests, if anybody is glad of it: whether clients who ask for little have been served since the last large reply. */
    private long restUntilNanos;

    private boolean hasServedOthers;

    Turns(Loop loop, Clock clock) {
        this.loop = loop;
        this.clock = clock;
        restUntilNanos = clock.nanos();
    }

    /** Counts the bytes of replies that a connection's requests have written. */
    void ran(long bytes) {
        repliedBytes += bytes;
        if (bytes <= REPLIED_BYTES_FEW) {
            hasServedOthers = true;
        } else if (bytes >= REPLIED_BYTES_MANY) {
            hasServedOthers = false;
            restUntilNanos = clock.nanos() + Math.min(REST_NANOS_MAX, bytes * NANOS_PER_BYTE);
        }
    }

    /** Whether who may ask for much must wait. */
    boolean mustWait() {
        return repliedBytes >= REPLIED_BYTES_MANY || restNanos() > 0;
    }

    private long restNanos() {
        return hasServedOthers ? restUntilNanos - clock.nanos() : 0;
    }

    /** Calls {@link Connection#takeTurn} when the others have been served, and those that asked for it before. */
    void later(Connection connection) {
        waiting.add(connection);
        loop.requestTick();
    }

    /** Closes a connection, soon. */
    void leave(Connection connection) {
        leaving.add(connection);
        loop.requestTick();
    }

    /** The replies of this iteration have been sent. */
    void endIteration() {
        repliedBytes = 0;
        if (!turnsAreDue && (!leaving.isEmpty() || !waiting.isEmpty() && !isResting)) {
            turnsAreDue = true;
            // From here, and not from a task: Netty would run it before it looks at the sockets again.
            loop.eventLoop().execute(takeTurns);
        }
    }

    private void takeTurns() {
        turnsAreDue = false;
        for (int i = 0; i < CLOSED_IN_A_ROW && !leaving.isEmpty(); i++) {
            leaving.remove().kill();
        }
        if (!waiting.isEmpty() && !isResting) {
            takeTurnsOfWaiting();
        }
        if (!leaving.isEmpty() || !waiting.isEmpty()) {
            loop.requestTick();
        }
    }

    private void takeTurnsOfWaiting() {
        long restNanos = restNanos();
        if (restNanos > 0) {
            isResting = true;
            // It ends with the loop.
            var unused = loop.eventLoop().schedule(endRest, restNanos, TimeUnit.NANOSECONDS);
            return;
        }
        loop.tickEarly();
        // One at least, however much was written for those who came first.
        long bytes = repliedBytes;
        long began = clock.nanos();
        for (int n = waiting.size(); n > 0 && repliedBytes - bytes < REPLIED_BYTES_MANY; n--) {
            waiting.remove().takeTurn();
        }
        if (repliedBytes - bytes >= REPLIED_BYTES_MANY) {
            hasServedOthers = false;
            long now = clock.nanos();
            restUntilNanos = now + Math.min(REST_NANOS_MAX, now - began);
        }
    }

    private void endRest() {
        isResting = false;
        loop.requestTick();
    }
}
