package io.swytch.crash;

import io.swytch.differential.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How a {@code swytch redis} is to be started, on a free port, with its files in a folder. Threads: one. */
final class Launch {
    private final Path room;
    private final List<String> words = new ArrayList<>();
    private final List<String> before = new ArrayList<>();

    /** What bin/swytch tells the C library. */
    private final Map<String, String> environment =
            new HashMap<>(Map.of("MALLOC_ARENA_MAX", "2", "MALLOC_MMAP_THRESHOLD_", "1048576"));

    private final List<String> javaOptions = new ArrayList<>();

    private Launch(Path room) {
        this.room = room;
    }

    /** A server in memory alone, with {@code room} for its log. */
    static Launch in(Path room) {
        return new Launch(room);
    }

    /** With the data directory {@code data} of the folder. */
    Launch persistent() {
        return flags("--persistent", "--data-dir", room.resolve("data").toString());
    }

    Launch flags(String... flags) {
        words.addAll(Arrays.asList(flags));
        return this;
    }

    /** Words that come before those that run the Java machine. */
    Launch behind(String... command) {
        before.addAll(Arrays.asList(command));
        return this;
    }

    /** By a shell that says {@code first} before it becomes the server. */
    Launch afterSaying(String first) {
        return behind("sh", "-c", first + "; exec \"$0\" \"$@\"");
    }

    Launch environment(String name, Path value) {
        environment.put(name, value.toString());
        return this;
    }

    /** Options of the Java machine that win over the usual ones. */
    Launch java(String... options) {
        javaOptions.addAll(Arrays.asList(options));
        return this;
    }

    /** Starts it and does not wait for it; what it prints goes to the file {@code log} of the folder. */
    Child start(String log) {
        int port = ServerProcess.freePort();
        List<String> all = new ArrayList<>(List.of("redis", "--port", Integer.toString(port)));
        all.addAll(words);
        return Child.start(before, environment, javaOptions, room.resolve(log), port, all);
    }

    /** Starts it and waits until it serves. */
    Child serving(String log) {
        return start(log).serving();
    }
}
