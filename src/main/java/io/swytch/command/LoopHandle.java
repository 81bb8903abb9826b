package io.swytch.command;

import io.swytch.stats.LoopStats;
import java.util.concurrent.Executor;

/** An event loop, as its command loop sees it. Threads: any, unless a method says otherwise. */
public interface LoopHandle extends Executor {
    /** 0 to the number of loops − 1. */
    int index();

    /** What the loop counts; written on it only. */
    LoopStats stats();

    /** Whether this is the loop's thread. */
    boolean isCurrent();

    /** Runs {@code task} on the loop, and {@link CommandLoop#tick} after it. */
    @Override
    void execute(Runnable task);

    /** Replies that were held at a tick which returned {@code position} or less may leave. */
    void flushable(long position);

    /** Closes the connections whose replies are held; any thread. */
    void dropHeld();
}
