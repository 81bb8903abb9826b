package io.swytch.command.spec;

import io.swytch.clock.Clock;
import io.swytch.config.Settings;
import io.swytch.stats.Stats;

/** What admin and connection commands ask of the running server beyond the keyspace. Threads: any. */
public interface ServerContext {
    Settings settings();

    Catalogue catalogue();

    Sessions sessions();

    Clock clock();

    /** All figures, and the slow log. */
    Stats stats();

    /** The store as a whole. */
    AdminPort admin();

    Identity identity();

    /**
     * Runs the commands that {@code call}'s session has queued, as one: EXEC's work, for the dispatcher holds the locks. Replies with their
     * array of replies, or with the null array where a watched key was touched.
     */
    void runQueued(Call call, io.swytch.resp.ReplyWriter reply);

    /** Holds back commands of all clients until {@code untilMs}; only those that write, unless {@code all}. CLIENT PAUSE. */
    void pauseClients(long untilMs, boolean all);

    /** Ends a pause. */
    void unpauseClients();

    /**
     * Ends the wait of client {@code id}. CLIENT UNBLOCK.
     *
     * @param withError whether the client is told that it was ended; else its command replies as where its time runs out
     * @return false if there is no such client, or it waits for nothing that can be ended so
     */
    boolean unblock(long id, boolean withError);

    /** Begins an ordered stop, as SIGTERM does; {@code drain} false skips the drain (the journal keeps what is dirty). */
    void shutdown(boolean drain);
}
