package io.swytch.differential;

import io.swytch.cli.RedisServer;
import io.swytch.cli.StartException;
import io.swytch.config.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Swytch in this JVM. Threads: any. */
public final class SwytchInProcess implements SwytchUnderTest {
    private final Map<Integer, RedisServer> servers = new ConcurrentHashMap<>();

    @Override
    public int start(Mode mode) {
        List<String> flags = mode.flags(
                ServerProcess.freePort(),
                ServerProcess.temporaryDirectory("swytch-" + mode).resolve("data"));
        String[] settings =
                flags.stream().map(flag -> flag.replaceFirst("^--", "")).toArray(String[]::new);
        try {
            RedisServer server = RedisServer.start(Settings.of(settings));
            servers.put(server.port(), server);
            return server.port();
        } catch (StartException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void chill(int port) {
        try {
            servers.get(port).chill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
