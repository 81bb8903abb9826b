package io.swytch.cli;

import io.swytch.config.Settings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * {@code swytch prepare}: two short lives of a server in a temporary folder, so that the JVM that lives it can write down the classes a start
 * needs. Called by the launcher, with the JVM's option for such an archive.
 */
final class PrepareCommand {
    /** What a client says first, and what an operator asks. */
    private static final String CONVERSATION = """
            PING
            HELLO 3
            SET prepare:key value EX 100
            GET prepare:key
            INCR prepare:counter
            MSET prepare:a 1 prepare:b 2
            DEL prepare:a
            INFO
            CONFIG GET *
            COMMAND COUNT
            QUIT
            """.replace("\n", "\r\n");

    private PrepareCommand() {}

    /** Lives the life. */
    static void run() throws IOException, StartException {
        Path folder = Files.createTempDirectory("swytch-prepare");
        try {
            Path socket = folder.resolve("s");
            int metricsPort = freePort();
            Settings settings = Settings.of(
                    "bind", "",
                    "unixsocket", socket.toString(),
                    "persistent", "yes",
                    "data-dir", folder.resolve("data").toString(),
                    "maxmemory", "8mb",
                    "threads", "1",
                    "metrics-port", Integer.toString(metricsPort));
            StartAhead.begin().finish(settings);
            LogSetup.apply(settings);
            // The second life finds what the first one left, and reads it.
            for (int life = 0; life < 2; life++) {
                RedisServer server = RedisServer.start(settings);
                try {
                    converse(socket);
                    scrape(metricsPort);
                } finally {
                    server.stop();
                }
            }
        } finally {
            delete(folder);
        }
    }

    private static void converse(Path socket) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer words = ByteBuffer.wrap(CONVERSATION.getBytes(StandardCharsets.US_ASCII));
            while (words.hasRemaining()) {
                channel.write(words);
            }
            ByteBuffer replies = ByteBuffer.allocate(64 << 10);
            // QUIT closes the connection from the other end.
            while (channel.read(replies) >= 0) {
                replies.clear();
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    private static void scrape(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
