package io.swytch.keyspace;

import io.swytch.bytes.Slice;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The {@link OffLoop} work of the command that runs: what was done of it before, and what it gives up for. Threads: its keyspace's. */
final class OffLoopWork {
    private boolean mayLeave;

    /** What was done for the command before. */
    private List<OffLoop> done = List.of();

    private @Nullable OffLoop wanted;

    /** The result of work that was done here and now, of which nothing is left to see when the next command begins. */
    private @Nullable AutoCloseable closedByNext;

    /** Positions this for the next command, which may give up or not. */
    void begin(boolean mayGiveUp, List<OffLoop> doneBefore) {
        mayLeave = mayGiveUp;
        done = doneBefore;
    }

    /** What the command gave up for; null if it did not. */
    @Nullable
    OffLoop take() {
        OffLoop taken = wanted;
        wanted = null;
        return taken;
    }

    /** Lets go of the last result that was to be closed. */
    void closeLast() {
        AutoCloseable last = closedByNext;
        if (last == null) {
            return;
        }
        closedByNext = null;
        try {
            last.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Has a result closed by the next such, or when the next command begins. */
    void closeWithNext(AutoCloseable result) {
        closeLast();
        closedByNext = result;
    }

    /** The result of work, or null if it must be done here and now; gives up if it can be done elsewhere. */
    // The result of a function of type T.
    @SuppressWarnings("unchecked")
    <T> @Nullable T done(Object what, List<Slice> values, Function<List<Slice>, T> function, boolean mayGiveUp) {
        for (OffLoop each : done) {
            if (each.isFor(what, values)) {
                return (T) each.result();
            }
        }
        if (!mayLeave || !mayGiveUp || !OffLoop.canKeep(values)) {
            return null;
        }
        wanted = new OffLoop(what, values, function);
        throw OffLoopNeeded.SIGNAL;
    }

    /** Whether work has not been done yet, and is what {@link #take} has. */
    <T> boolean isWanted(Object what, List<Slice> values, Function<List<Slice>, T> function) {
        if (done.stream().anyMatch(each -> each.isFor(what, values))) {
            return false;
        }
        wanted = new OffLoop(what, values, function);
        return true;
    }
}
