package io.swytch.command;

import io.swytch.command.spec.ClientHeap;
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

    private final boolean isForOne;

    /** Work that was done for the command. */
    private final List<OffLoop> done = new ArrayList<>();

    /** Whether another thread runs the session's command, from whose queue and watches nothing may be taken meanwhile. */
    private boolean runsElsewhere;

    /** What waits for that thread; null if nothing does. */
    private @Nullable Runnable goOn;

    /** What is taken of {@link ClientHeap} for it. */
    private long heapBytes;

    private Parking(@Nullable Fetch fetch, int commandsLeft) {
        this.fetch = fetch;
        this.commandsLeft = commandsLeft;
        isForOne = commandsLeft == 1;
    }

    /** The parking of a session, or null. */
    static @Nullable Parking of(Session session) {
        return (Parking) session.attachment;
    }

    /** Parks for a fetch that serves as many commands, for which so much is taken of {@link ClientHeap}. */
    static void park(Session session, Fetch fetch, int commands, long heapBytes) {
        Parking parking = new Parking(fetch, commands);
        parking.heapBytes = heapBytes;
        session.attachment = parking;
    }

    /** Parks for something else: a pause, a limit. */
    static void park(Session session) {
        session.attachment = new Parking(null, 1);
    }

    /**
     * Parks for a command that another thread runs, for which so much is taken of {@link ClientHeap}. What was fetched for it, or ahead for those behind it, is
     * let go of.
     */
    static void parkForOther(Session session, long heapBytes) {
        Parking before = of(session);
        Parking parking = new Parking(null, 1);
        parking.heapBytes = heapBytes;
        parking.runsElsewhere = true;
        session.attachment = parking;
        if (before != null) {
            before.abandon();
        }
    }

    /** Runs {@code goOn} once no other thread is in the middle of the session's command: at once, or by {@link #cameBack}. */
    static void whenBack(Session session, Runnable goOn) {
        Parking parking = of(session);
        if (parking != null && parking.runsElsewhere) {
            parking.goOn = goOn;
        } else {
            goOn.run();
        }
    }

    /** The command that another thread has run is done. */
    static void cameBack(Session session) {
        Parking parking = of(session);
        session.attachment = null;
        if (parking != null) {
            parking.giveHeap();
            if (parking.goOn != null) {
                parking.goOn.run();
            }
        }
    }

    /** Whether what was fetched would have taken too much, so that some of it was not. */
    boolean isDenied() {
        return fetch != null && fetch.isDenied();
    }

    /** Whether it was parked for keys to be fetched: what the command found before then has been counted. */
    boolean hasFetched() {
        return fetch != null;
    }

    /** What is taken of {@link ClientHeap} for it. */
    long heapBytes() {
        return heapBytes;
    }

    /** Whether it was parked for one command alone. */
    boolean isForOne() {
        return isForOne;
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
        giveHeap();
    }

    private void giveHeap() {
        ClientHeap.give(heapBytes);
        heapBytes = 0;
    }
}
