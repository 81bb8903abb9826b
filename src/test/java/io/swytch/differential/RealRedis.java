package io.swytch.differential;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** The redis-server that replies are compared with, started once in a JVM. Threads: any. */
public final class RealRedis {
    private static final String MISSING =
            "redis-server is not installed, so replies cannot be compared; install it with: apt-get install -y redis-server";

    private static @Nullable Integer port;

    private RealRedis() {}

    /** The port it listens on. Where it is not installed this fails the test if the environment says {@code CI=true}, else skips it. */
    public static synchronized int port() {
        if (port == null) {
            Optional<Path> program = find();
            if (program.isEmpty()) {
                if ("true".equals(System.getenv("CI"))) {
                    Assertions.fail(MISSING);
                }
                System.out.println(MISSING);
                Assumptions.abort(MISSING);
            }
            port = start(program.get());
        }
        return port;
    }

    private static int start(Path program) {
        int free = ServerProcess.freePort();
        Path directory = ServerProcess.temporaryDirectory("redis");
        // A memory limit and an LFU policy as Swytch has them: OBJECT's replies depend on both.
        List<String> command = List.of(
                program.toString(),
                "--port",
                Integer.toString(free),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                directory.toString(),
                "--maxmemory",
                "1gb",
                "--maxmemory-policy",
                "allkeys-lfu",
                "--enable-debug-command",
                "yes");
        ServerProcess.start(command, directory, free);
        return free;
    }

    private static Optional<Path> find() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Arrays.stream(path.split(":"))
                .map(folder -> Path.of(folder, "redis-server"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
