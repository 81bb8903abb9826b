package io.swytch.command;

import io.swytch.command.spec.Session;
import io.swytch.resp.Request;
import io.swytch.resp.WireReplyWriter;
import java.nio.ByteBuffer;

/** What the server calls on an event loop; one for each loop. Threads: its loop. */
public interface CommandLoop {
    /** What became of a request. */
    enum Outcome {
        /** It has been run, and its reply, if any, written. */
        RUN,
        /**
         * It waits. The connection's later requests wait too, until {@link ClientConnection#resume} or {@link
         * ClientConnection#resumeNext}; the request stays valid until then.
         */
        PARKED,
        /** It has been run; the connection closes once its replies are sent. */
        CLOSE
    }

    /** {@link #tick}: the replies may leave at once. */
    long MAY_LEAVE = 0;

    /** A client has come. */
    Session opened(ClientConnection connection);

    /** A client has gone, whoever closed the connection. If its request is parked, nothing is to be resumed. */
    void closed(Session session);

    /**
     * Runs one request or parks it.
     *
     * @param following the complete requests that wait behind it
     */
    Outcome execute(Session session, Request request, WireReplyWriter reply, Lookahead following);

    /**
     * Says which requests come next, so that what they need can be looked at beforehand; nothing is run, and nothing need be done.
     *
     * @param memory holds them from {@code from} to {@code end}; the last may be cut
     * @return where the first request begins of which to be told again
     */
    int prefetch(ByteBuffer memory, int from, int end);

    /** What the client sent is no request; replies {@code text}, which begins with its code. The server closes after it. */
    void protocolError(Session session, String text, WireReplyWriter reply);

    /**
     * The end of the loop's iteration: commits what its commands changed. Then the server sends their replies.
     *
     * @return {@link #MAY_LEAVE}, or a position, greater than 0 and never less than before: the replies written up to now are held until
     *     {@link LoopHandle#flushable} says so
     */
    long tick();

    /** Makes the command loop of each event loop; called on it. */
    interface Factory {
        CommandLoop create(LoopHandle loop);
    }
}
