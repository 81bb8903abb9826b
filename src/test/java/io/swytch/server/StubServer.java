package io.swytch.server;

import io.swytch.clock.Clock;
import java.nio.ByteBuffer;
import java.util.List;

/** The server with {@link StubLoop}, by itself, for measuring: {@code StubServer PORT [io_uring]}. */
final class StubServer {
    private StubServer() {}

    public static void main(String[] args) throws Exception {
        ByteBuffer table = StubLoop.table();
        ServerOptions options = new ServerOptions(
                List.of("127.0.0.1"),
                Integer.parseInt(args[0]),
                null,
                0,
                511,
                1,
                args.length > 1,
                new ServerLimits(),
                Clock.system());
        Server server = Server.start(options, loop -> new StubLoop(loop, table));
        System.out.println(Server.transport(options.ioUring()) + " " + server.port());
    }
}
