package io.swytch.command.string;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swytch.clock.Clock;
import io.swytch.command.CommandPlayer;
import io.swytch.command.bitmap.BitmapCommands;
import io.swytch.command.key.ExpiryCommands;
import io.swytch.command.key.KeyCommands;
import io.swytch.command.key.ObjectCommands;
import io.swytch.keyspace.MapKeyspace;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The handlers of strings and bitmaps against a real server, byte for byte, without the rest of Swytch. */
class StringHandlersDifferentialIT {
    private static final Path TRANSCRIPTS = Path.of("src/test/resources/transcripts");

    @TempDir
    static Path directory;

    private static Process server;
    private static int port;

    @BeforeAll
    static void startServer() throws IOException {
        boolean installed = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "redis-server")));
        assertTrue(installed || System.getenv("CI") == null, "CI needs redis-server");
        assumeTrue(installed, "apt-get install redis-server");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        server = new ProcessBuilder(
                        "redis-server",
                        "--port",
                        "" + port,
                        "--save",
                        "",
                        "--bind",
                        "127.0.0.1",
                        "--dir",
                        "" + directory)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectErrorStream(true)
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(10)).ignoreExceptions().until(() -> {
            new Socket(InetAddress.getLoopbackAddress(), port).close();
            return true;
        });
    }

    @AfterAll
    static void stopServer() throws InterruptedException {
        if (server != null) {
            server.destroy();
            server.waitFor();
        }
    }

    static List<Path> transcripts() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String group : List.of("string", "bitmap")) {
            try (Stream<Path> found = Files.list(TRANSCRIPTS.resolve(group))) {
                found.sorted().forEach(files::add);
            }
        }
        return files;
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void transcript_repliesAsRedis(Path file) throws IOException {
        if (file.toString().endsWith("-newer.txt")) {
            playExpected(file);
            return;
        }
        for (int protocol = 2; protocol <= 3; protocol++) {
            playBoth(file, protocol, new MapKeyspace(Clock.system()));
            playBoth(file, protocol, new MapKeyspace(Clock.system(), 9, 3));
            playBoth(file, protocol, new MapKeyspace(Clock.system(), 4096, 12));
        }
    }

    private static CommandPlayer player(MapKeyspace keyspace, int protocol) {
        return new CommandPlayer(
                keyspace,
                Clock.system(),
                protocol,
                StringCommands.FAMILY,
                BitmapCommands.FAMILY,
                KeyCommands.FAMILY,
                ExpiryCommands.FAMILY,
                ObjectCommands.FAMILY);
    }

    private static void playBoth(Path file, int protocol, MapKeyspace keyspace) throws IOException {
        CommandPlayer player = player(keyspace, protocol);
        List<Runnable> differences = new ArrayList<>();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            ask(socket, in, List.of("HELLO", "" + protocol));
            ask(socket, in, List.of("FLUSHALL"));
            for (String line : Files.readAllLines(file)) {
                if (line.isEmpty() || line.startsWith("#")) {
                    continue;
                }
                List<String> args = CommandPlayer.parse(line);
                String expected = ask(socket, in, args);
                String actual = player.play(args.toArray(new String[0]));
                differences.add(() -> assertEquals(escape(expected), escape(actual), line));
            }
        }
        assertAll(differences.stream().map(difference -> difference::run));
    }

    private static void playExpected(Path file) throws IOException {
        CommandPlayer player = player(new MapKeyspace(Clock.system()), 2);
        List<Runnable> differences = new ArrayList<>();
        String command = "";
        String reply = "";
        StringBuilder expected = new StringBuilder();
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.add("#");
        for (String line : lines) {
            if (line.startsWith("> ")) {
                expected.append(line.substring(2));
                continue;
            }
            String shown = command;
            String wanted = expected.toString();
            String got = escape(reply);
            differences.add(() -> assertEquals(wanted, got, shown));
            expected.setLength(0);
            boolean runs = !line.isEmpty() && !line.startsWith("#");
            command = line;
            reply = runs ? player.play(CommandPlayer.parse(line).toArray(new String[0])) : "";
        }
        assertAll(differences.stream().map(difference -> difference::run));
    }

    /** The bytes as redis-cli would quote them. */
    static String escape(String bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length(); i++) {
            char c = bytes.charAt(i);
            if (c == '\r') {
                text.append("\\r");
            } else if (c == '\n') {
                text.append("\\n");
            } else if (c == '\\') {
                text.append("\\\\");
            } else if (c < ' ' || c > '~') {
                text.append(String.format("\\x%02x", (int) c));
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    private static String ask(Socket socket, InputStream in, List<String> args) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(("*" + args.size() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        for (String arg : args) {
            request.writeBytes(("$" + arg.length() + "\r\n" + arg + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        }
        request.writeTo(socket.getOutputStream());
        StringBuilder reply = new StringBuilder();
        read(in, reply);
        return reply.toString();
    }

    private static void read(InputStream in, StringBuilder into) throws IOException {
        int begin = into.length();
        while (into.length() < begin + 2 || into.charAt(into.length() - 1) != '\n') {
            into.append((char) in.read());
        }
        String rest = into.substring(begin + 1, into.length() - 2);
        switch (into.charAt(begin)) {
            case '$', '=' -> {
                for (int left = Integer.parseInt(rest) + 2; left > 0 && !rest.equals("-1"); left--) {
                    into.append((char) in.read());
                }
            }
            case '*', '~', '>', '%' -> {
                int each = into.charAt(begin) == '%' ? 2 : 1;
                for (int left = Integer.parseInt(rest) * each; left > 0; left--) {
                    read(in, into);
                }
            }
            default -> {
                // The line is the whole reply.
            }
        }
    }
}
