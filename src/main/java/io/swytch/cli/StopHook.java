package io.swytch.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The way out. SIGTERM and SIGINT stop the server in order and the process exits 0, where the JVM would exit 143 or 130; the SHUTDOWN command
 * comes the same way. Threads: any.
 */
final class StopHook {
    /** What an ordered stop may take. Beyond it the process goes without: the journal has all that was acknowledged. */
    private static final long STOP_MILLIS_MAX = 9_000;

    private static final AtomicReference<@Nullable Runnable> STOP = new AtomicReference<>();
    private static final AtomicBoolean IS_INSTALLED = new AtomicBoolean();
    private static volatile int status;

    private StopHook() {}

    /** From now on a signal ends the process with status 0, at once as long as nothing is registered: what a start does needs no undoing. */
    static void install() {
        if (IS_INSTALLED.compareAndSet(false, true)) {
            Runtime.getRuntime().addShutdownHook(new Thread(StopHook::end, "swytch-stop"));
        }
    }

    /** From now on the end of the process begins with {@code stop}, which may be called after the server has stopped by itself. */
    static void register(Runnable stop) {
        STOP.set(stop);
    }

    /** Ends the process. */
    static void exit(int exitStatus) {
        status = exitStatus;
        System.exit(exitStatus);
    }

    // Halts, because a signal's own status would win over exit's; nothing else in this process is a shutdown hook.
    private static void end() {
        Runnable stop = STOP.getAndSet(null);
        if (stop != null) {
            Thread stopping = new Thread(stop, "swytch-stopping");
            stopping.setDaemon(true);
            stopping.start();
            try {
                stopping.join(STOP_MILLIS_MAX);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (stopping.isAlive()) {
                LoggerFactory.getLogger(StopHook.class)
                        .atWarn()
                        .addKeyValue("seconds", TimeUnit.MILLISECONDS.toSeconds(STOP_MILLIS_MAX))
                        .log("the stop took too long and is cut short; the journal keeps what was acknowledged");
            }
        }
        Runtime.getRuntime().halt(status);
    }
}
