package io.swytch.command;

import io.swytch.command.spec.Transport;
import io.swytch.resp.WireReplyWriter;

/** The connection of a session, as the dispatcher sees it. Threads: its loop, unless a method of {@link Transport} says otherwise. */
public interface ClientConnection extends Transport {
    /** Where this connection's replies go. Between two commands it may be written to as well; {@link #execute} sends it. */
    WireReplyWriter reply();

    /** Runs the parked request again. Nothing happens where the connection is closed. */
    void resume();

    /** The parked request is done, its reply written to {@link #reply}; the connection goes on with the next one. */
    void resumeNext();
}
