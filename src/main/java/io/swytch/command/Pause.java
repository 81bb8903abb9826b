package io.swytch.command;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.clock.Clock;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Session;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * CLIENT PAUSE: commands that are held back until a moment, or until somebody says go on.
 *
 * <p>Threads: any.
 */
final class Pause {
    private final Clock clock;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "swytch-pause");
        thread.setDaemon(true);
        return thread;
    });

    private volatile long untilMs;
    private volatile boolean all;

    @GuardedBy("this")
    private final Map<Session, Runnable> waiting = new LinkedHashMap<>();

    Pause(Clock clock) {
        this.clock = clock;
    }

    /** Begins a pause, or makes one longer; a pause of all is not turned into one of writes. */
    synchronized void begin(long until, boolean ofAll) {
        boolean isOn = isOn();
        untilMs = isOn ? Math.max(untilMs, until) : until;
        all = ofAll || (isOn && all);
        ScheduledFuture<?> unused =
                timer.schedule(this::endIfOver, Math.max(1, untilMs - clock.millis()), TimeUnit.MILLISECONDS);
    }

    /** Ends the pause. */
    synchronized void end() {
        untilMs = 0;
        all = false;
        waiting.values().forEach(Runnable::run);
        waiting.clear();
    }

    private synchronized void endIfOver() {
        if (untilMs != 0 && untilMs <= clock.millis()) {
            end();
        }
    }

    boolean isOn() {
        long until = untilMs;
        return until != 0 && until > clock.millis();
    }

    /** Whether the pause, which is on, is for this command too. */
    boolean holdsBack(CommandSpec spec, Session session) {
        return all || Engine.writes(spec, session);
    }

    /** Runs {@code goOn} when the pause is over. Returns false, and does nothing, if it is. */
    synchronized boolean await(Session session, Runnable goOn) {
        if (!isOn()) {
            return false;
        }
        waiting.put(session, goOn);
        return true;
    }

    /** Lets a session wait no longer, without running what it waited with. Returns whether it waited. */
    synchronized boolean forget(Session session) {
        return waiting.remove(session) != null;
    }
}
