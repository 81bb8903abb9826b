package io.swytch.store.l2;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the calls that are under way, so that closing waits for them and later ones are turned away. A call costs two atomic additions.
 *
 * <p>Threads: any. Whoever is inside must not call {@link #awaitEmpty}: it would wait for itself.
 */
final class Gate {
    private static final long CLOSED = Long.MIN_VALUE;

    /** Calls under way; plus {@link #CLOSED}, which makes it negative, once closing has begun. */
    private final AtomicLong state = new AtomicLong();

    /** Goes in; {@link #leave} must follow. Throws if closing has begun. */
    void enter() {
        if (!tryEnter()) {
            throw new L2ClosedException();
        }
    }

    /** As {@link #enter}, but returns false if closing has begun. */
    boolean tryEnter() {
        if (state.incrementAndGet() < 0) {
            leave();
            return false;
        }
        return true;
    }

    void leave() {
        if (state.decrementAndGet() == CLOSED) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    boolean isClosed() {
        return state.get() < 0;
    }

    /** Turns new calls away. Returns whether this was the first call. */
    boolean shut() {
        return state.getAndUpdate(s -> s | CLOSED) >= 0;
    }

    /** After {@link #shut}: waits for the calls under way. */
    void awaitEmpty() {
        boolean interrupted = false;
        synchronized (this) {
            while (state.get() != CLOSED) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    // Going on would close handles under a running call, which kills the process; so the interrupt
                    // waits.
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
