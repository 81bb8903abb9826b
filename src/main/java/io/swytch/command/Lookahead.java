package io.swytch.command;

import io.swytch.resp.Request;
import org.jspecify.annotations.Nullable;

/** The complete requests that wait behind the one that runs; nothing is consumed. Threads: the loop's, while it runs. */
public interface Lookahead {
    /**
     * The next of them, or null: there is none, or it is one that cannot be looked at yet (inline, or very large). Valid until the next
     * call; so are its arguments.
     */
    @Nullable
    Request next();
}
