package io.swytch.command;

import io.swytch.command.spec.Session;
import io.swytch.keyspace.OffLoop;
import io.swytch.store.Fetch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a session's connection waits, and what is kept for its commands when it goes on. Lives in the session from the moment the connection is
 * parked until the commands that it was parked for have run.
 *
 * <p>Threads: the session's loop.
 */
final class Parking {
    private final @Nullable Fetch fetch;

    /** Commands that the fetch was made for and that have not run yet: what it keeps for them is kept until then. */
    private int commandsLeft;

    /** Work that was done for the command. */
    private final List<OffLoop> done = new ArrayList<>();

    private Parking(@Nullable Fetch fetch, int commandsLeft) {
        this.fetch = fetch;
        this.commandsLeft = commandsLeft;
    }

    /** The parking of a session, or null. */
    static @Nullable Parking of(Session session) {
        return (Parking) session.attachment;
    }

    /** Parks for a fetch that serves as many commands. */
    static void park(Session session, Fetch fetch, int commands) {
        session.attachment = new Parking(fetch, commands);
    }

    /** Parks for something else: a command in the background, a pause, a limit. */
    static void park(Session session) {
        session.attachment = new Parking(null, 1);
    }

    /** One of the commands has run; after the last, what was kept goes. */
    void commandDone(Session session) {
        done.forEach(OffLoop::release);
        done.clear();
        if (--commandsLeft <= 0) {
            session.attachment = null;
            abandon();
        }
    }

    /** What has been done off the loop for the command that runs next. */
    List<OffLoop> done() {
        return done;
    }

    /** Nobody waits any more. */
    void abandon() {
        done.forEach(OffLoop::release);
        done.clear();
        if (fetch != null) {
            fetch.release();
        }
    }
}
