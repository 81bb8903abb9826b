package io.swytch.differential;

import java.util.EnumMap;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Assumptions;

/**
 * A way to start Swytch for a test.
 *
 * <p>If the system property {@code swytch.cmd} is set, it is a command line, and Swytch runs as a process of its own ({@link SwytchProcess}).
 * Otherwise the implementation is found as a service, and runs in this JVM.
 */
public interface SwytchUnderTest {
    /** Starts a server. It stops when the JVM ends. Returns its port on 127.0.0.1. */
    int start(Mode mode);

    /**
     * Drains the server on {@code port} and empties its L1, so that the next look at any key is a fill: called before each command in mode
     * TIERED_TINY.
     */
    void chill(int port);

    /** A server that runs. */
    record Running(SwytchUnderTest starter, Mode mode, int port) {
        void chillIfTiny() {
            if (mode == Mode.TIERED_TINY) {
                starter.chill(port);
            }
        }
    }

    /** The server of a mode, started once in a JVM; aborts the test where there is no way to start one. */
    static Running running(Mode mode) {
        return Started.get(mode);
    }

    /** What has been started in this JVM. Threads: any. */
    final class Started {
        private static final Map<Mode, Running> RUNNING = new EnumMap<>(Mode.class);

        private Started() {}

        private static synchronized Running get(Mode mode) {
            Running running = RUNNING.get(mode);
            if (running == null) {
                SwytchUnderTest starter = starter();
                running = new Running(starter, mode, starter.start(mode));
                RUNNING.put(mode, running);
            }
            return running;
        }

        private static SwytchUnderTest starter() {
            String command = System.getProperty("swytch.cmd");
            if (command != null) {
                return new SwytchProcess(command);
            }
            return ServiceLoader.load(SwytchUnderTest.class)
                    .findFirst()
                    .orElseGet(() ->
                            Assumptions.abort("no Swytch to start: set -Dswytch.cmd='target/swytch/bin/swytch redis'"));
        }
    }
}
