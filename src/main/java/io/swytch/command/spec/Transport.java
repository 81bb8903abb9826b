package io.swytch.command.spec;

/** What a session can ask of its socket. Threads: any, unless a method says otherwise. */
public interface Transport {
    /** The peer as {@code ip:port}, or {@code path:0} of a unix socket. */
    String remoteAddress();

    /** This end, in the same form. */
    String localAddress();

    /** File descriptor number for CLIENT LIST; −1 where unknown. */
    int descriptor();

    /** Closes once the replies so far have been sent. On the session's own loop only. */
    void closeAfterReplies();

    /** Closes at once, from any thread. */
    void kill();

    /** What its buffers hold now. */
    Buffers buffers();

    /** Runs {@code task} on the session's loop, between two commands. */
    void execute(Runnable task);
}
