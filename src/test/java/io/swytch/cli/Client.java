package io.swytch.cli;

import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client that speaks in words: {@code call("SET k v")} returns {@code "+OK"}. Threads: one at a time. */
final class Client implements AutoCloseable {
    private final RespConnection connection;

    Client(int port) {
        connection = new RespConnection(port, 2);
    }

    /** The type of the reply and its text; the bytes of aggregates as they came. */
    String call(String command) {
        send(command);
        return read();
    }

    void send(String command) {
        List<byte[]> args = new ArrayList<>();
        for (String word : command.split(" ", -1)) {
            args.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        connection.send(args);
    }

    String read() {
        Reply reply = connection.read();
        return reply.elements().isEmpty()
                ? reply.type() + reply.payload().toString()
                : reply.raw().toString();
    }

    @Override
    public void close() {
        connection.close();
    }
}
