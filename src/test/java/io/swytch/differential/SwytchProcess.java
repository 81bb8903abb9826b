package io.swytch.differential;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Swytch as a process of its own, from a command line to which the flags of the mode are added. */
public final class SwytchProcess implements SwytchUnderTest {
    private final List<String> command;

    /** @param command the program and its first arguments, blanks between them, such as {@code target/swytch/bin/swytch redis} */
    public SwytchProcess(String command) {
        this.command = List.of(command.trim().split("\\s+"));
    }

    @Override
    public int start(Mode mode) {
        int port = ServerProcess.freePort();
        Path directory = ServerProcess.temporaryDirectory("swytch-" + mode);
        List<String> line = new ArrayList<>(command);
        line.addAll(mode.flags(port, directory.resolve("data")));
        ServerProcess.start(line, directory, port);
        return port;
    }

    /** Closes and reopens the store: nothing is in L1 then but what the warm-up brings back. */
    @Override
    public void chill(int port) {
        try (RespConnection connection = new RespConnection(port, 2)) {
            Reply reply = connection.call(CommandLine.split("DEBUG RELOAD"));
            if (!reply.toString().startsWith("+")) {
                throw new IllegalStateException("DEBUG RELOAD: " + reply);
            }
        }
    }
}
