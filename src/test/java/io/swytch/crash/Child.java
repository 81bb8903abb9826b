package io.swytch.crash;

import static org.awaitility.Awaitility.await;

import io.swytch.differential.RespConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A {@code swytch} that runs as a process of its own, watched from outside. Threads: one at a time. */
final class Child implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(20);
    private static final Duration STOP_MAX = Duration.ofSeconds(15);

    private final Process process;
    private final Path log;
    private final int port;

    private Child(Process process, Path log, int port) {
        this.process = process;
        this.log = log;
        this.port = port;
    }

    /** Starts a persistent server with little memory, and does not wait for it. */
    static Child server(Path dataDir, Path log, String... flags) {
        return Launch.in(log.getParent())
                .flags("--persistent", "--data-dir", dataDir.toString(), "--maxmemory", "8mb")
                .flags("--l2-write-buffer", "4mb", "--l2-cache-size", "4mb")
                .flags(flags)
                .start(log.getFileName().toString());
    }

    /**
     * Starts any subcommand, and does not wait for it.
     *
     * @param before what runs the Java machine, such as {@code setpriv}; its words come first
     * @param environment variables that the process has beside those of this one
     * @param log where both of its outputs go
     * @param port what {@link #isServing} asks
     */
    static Child start(List<String> before, Map<String, String> environment, Path log, int port, List<String> words) {
        return start(before, environment, List.of(), log, port, words);
    }

    /** As above, with options of the Java machine that win over the usual ones. */
    static Child start(
            List<String> before,
            Map<String, String> environment,
            List<String> javaOptions,
            Path log,
            int port,
            List<String> words) {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:MaxDirectMemorySize=1g",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                // Without it, Java 25 frees what replies take when it collects garbage, and not before.
                "--enable-native-access=ALL-UNNAMED",
                "-ea"));
        command.addAll(javaOptions);
        command.addAll(List.of(
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path"),
                "io.swytch.cli.Main"));
        command.addAll(words);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        try {
            return new Child(builder.start(), log, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return port;
    }

    RespConnection connect() {
        return new RespConnection(port, 2);
    }

    /** Waits until it serves or has ended. Returns whether it serves. */
    boolean awaitServing() {
        await().atMost(START_MAX)
                .pollDelay(Duration.ofMillis(100))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> !process.isAlive() || isServing());
        return process.isAlive();
    }

    /** As {@link #awaitServing}, where it must. */
    Child serving() {
        if (!awaitServing()) {
            throw new AssertionError("the server does not start: " + output());
        }
        return this;
    }

    private boolean isServing() {
        try (RespConnection connection = connect()) {
            return connection.ask("PING").startsWith("+");
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Waits for its end. Returns the exit status. */
    int awaitEnd() {
        try {
            if (!process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("still running: " + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends SIGTERM and waits. Returns the exit status. */
    int stop() {
        process.destroy();
        return awaitEnd();
    }

    /** Sends SIGTERM and does not wait. */
    void terminate() {
        process.destroy();
    }

    /** Whether it has ended, or does within so many milliseconds. */
    boolean endsWithin(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** Sends SIGKILL and waits. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    /** What it has printed so far. */
    String output() {
        try {
            return Files.readString(log, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
