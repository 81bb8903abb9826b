package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server refuses that nobody has told to be careful: other machines, web browsers, other users' eyes. */
@Timeout(60)
class SecurityDefaultsIT {
    private static final int WAIT_MS = 5_000;

    private final Path room = ServerProcess.temporaryDirectory("swytch-security");

    @AfterEach
    void delete() {
        ServerProcess.delete(room);
    }

    /** An address of this machine that a server takes for another one. */
    private static InetAddress outside() throws IOException {
        Optional<InetAddress> address = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
                .findFirst();
        assumeTrue(address.isPresent(), "this machine has a loopback interface only");
        return address.get();
    }

    private static String say(InetAddress address, int port, String text) throws IOException {
        try (Socket socket = new Socket(address, port)) {
            socket.setSoTimeout(WAIT_MS);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void dataDirectory_isItsOwnersAlone() throws IOException {
        Path data = room.resolve("data");
        Path socket = room.resolve("socket");
        // As the launcher does: RocksDB makes its files by the umask.
        try (Child server = Launch.in(room)
                        .persistent()
                        .flags("--unixsocket", socket.toString())
                        .afterSaying("umask 077")
                        .serving("log");
                RespConnection connection = server.connect()) {
            assertEquals("+OK\r\n", connection.ask("SET", "key", "value"));
            assertEquals("+OK\r\n", connection.ask("SAVE"));
            try (Stream<Path> files = Files.walk(data)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    assertEquals(
                            Files.isDirectory(file) ? "rwx------" : "rw-------",
                            PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
                            file::toString);
                }
            }
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        }
        assertTrue(Files.readString(Path.of("src/main/launcher/swytch")).contains("\numask 077\n"));
    }

    @Test
    void withoutFlags_onlyThisMachineIsListenedTo() throws IOException {
        InetAddress outside = outside();
        try (Child server = Child.server(room.resolve("data"), room.resolve("log"))) {
            server.serving();
            assertThrows(ConnectException.class, () -> new Socket(outside, server.port()).close());
        }
    }

    @Test
    void anyAddressOfOneFamily_leavesTheOtherAlone() throws IOException {
        InetAddress four = InetAddress.getAllByName("127.0.0.1")[0];
        InetAddress six = InetAddress.getAllByName("::1")[0];
        assumeTrue(NetworkInterface.getByInetAddress(six) != null, "this machine has no IPv6");
        try (Child server = Child.server(room.resolve("four"), room.resolve("four.log"), "--bind", "0.0.0.0")
                .serving()) {
            assertEquals("+PONG\r\n+OK\r\n", say(four, server.port(), "PING\r\nQUIT\r\n"));
            assertThrows(ConnectException.class, () -> new Socket(six, server.port()).close());
        }
        try (Child server = Child.server(room.resolve("both"), room.resolve("both.log"), "--bind", "0.0.0.0", "::")
                .serving()) {
            assertEquals("+PONG\r\n+OK\r\n", say(four, server.port(), "PING\r\nQUIT\r\n"));
            String info = say(six, server.port(), "CLIENT INFO\r\nQUIT\r\n");
            assertTrue(info.contains(" laddr=[::1]:" + server.port() + " "), info);
            assertTrue(server.output().contains("[::]:" + server.port()), server::output);
        }
    }

    @Test
    void protectedMode_refusesOtherMachines_untilThereIsAPassword() throws IOException {
        InetAddress outside = outside();
        try (Child server = Child.server(room.resolve("data"), room.resolve("log"), "--bind", "0.0.0.0")
                        .serving();
                RespConnection connection = server.connect()) {
            String refusal = say(outside, server.port(), "");
            assertTrue(refusal.startsWith("-DENIED Redis is running in protected mode because"), refusal);
            assertEquals("+OK\r\n", connection.ask("SET", "key", "value"));
            assertEquals("+OK\r\n", connection.ask("CONFIG", "SET", "requirepass", "secret"));
            assertEquals(
                    "-NOAUTH Authentication required.\r\n+OK\r\n", say(outside, server.port(), "GET key\r\nQUIT\r\n"));
            String wrong = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
            for (String guess : List.of("", "s", "secre", "secret2", "SECRET")) {
                assertEquals(wrong + "+OK\r\n", say(outside, server.port(), "AUTH \"" + guess + "\"\r\nQUIT\r\n"));
            }
            assertEquals(
                    "+OK\r\n$5\r\nvalue\r\n+OK\r\n", say(outside, server.port(), "AUTH secret\r\nGET key\r\nQUIT\r\n"));
            assertFalse(server.output().contains("secret"), server::output);
        }
    }

    @Test
    void webBrowsers_areHungUpOn_beforeWhatTheyWereMadeToSend() throws IOException {
        InetAddress here = InetAddress.getLoopbackAddress();
        try (Child server =
                        Child.server(room.resolve("data"), room.resolve("log")).serving();
                RespConnection connection = server.connect()) {
            String post = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET by-browser 1\r\n";
            assertEquals("", say(here, server.port(), post));
            String get = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nSET by-browser 1\r\n";
            String reply = say(here, server.port(), get);
            assertEquals("-ERR wrong number of arguments for 'get' command\r\n", reply);
            assertEquals(":0\r\n", connection.ask("EXISTS", "by-browser"));
            assertTrue(server.output().contains("Possible SECURITY ATTACK detected"), server::output);
        }
    }
}
