package io.swytch.metrics;

import org.jspecify.annotations.Nullable;

/** What {@code /health} and {@code /ready} say. Threads: any; must answer at once. */
public interface Health {
    /** Why the server does not do all it should, in a few words; null if it does. */
    @Nullable
    String trouble();

    /** Why the server should not be sent clients yet, or any more; null if it may be. */
    @Nullable
    String notReady();

    /** What who asks whether the server is ready may want to know besides, in a line; null if there is nothing. */
    @Nullable
    String remark();
}
