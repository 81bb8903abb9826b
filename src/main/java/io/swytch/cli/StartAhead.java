package io.swytch.cli;

import io.swytch.command.Engine;
import io.swytch.config.Settings;
import io.swytch.server.Server;
import io.swytch.store.l2.NativeLibrary;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/**
 * Brings up on a second core what every start needs and no setting changes: the log, the sockets' library, the tables of commands. They are a third of a start. The thread that
 * starts the server reads the settings and opens the store meanwhile; where it comes to one of these first, it does it itself, or waits for who is at it, because the JVM
 * has each class initialized once. What fails here fails again there, and is told there.
 */
final class StartAhead {
    private final CountDownLatch logged = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "swytch-start");

    private StartAhead() {}

    static StartAhead begin() {
        StartAhead ahead = new StartAhead();
        ahead.thread.setDaemon(true);
        ahead.thread.start();
        return ahead;
    }

    private void run() {
        try {
            LoggerFactory.getILoggerFactory();
        } finally {
            logged.countDown();
        }
        Server.prepare();
        Engine.prepare();
    }

    /**
     * Loads what else these settings need, and returns when the log is there: while it comes up, SLF4J gives out stand-ins for its loggers, so nobody may ask for
     * one before.
     */
    void finish(Settings settings) throws StartException {
        if (settings.isPersistent()) {
            try {
                NativeLibrary.load();
            } catch (RuntimeException | UnsatisfiedLinkError e) {
                throw new StartException(
                        "RocksDB's native library cannot be loaded, neither from java.library.path nor by way of "
                                + System.getProperty("java.io.tmpdir") + ": " + e,
                        e);
            }
        }
        boolean interrupted = false;
        while (true) {
            try {
                logged.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
