package io.swytch.server;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.clock.Clock;
import io.swytch.command.ClientConnection;
import io.swytch.resp.BlockPool;
import io.swytch.stats.LoopStats;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerIT {
    private static final int READ_TIMEOUT_MS = 30_000;

    private final ServerLimits limits = new ServerLimits();
    private final List<StubLoop> loops = new CopyOnWriteArrayList<>();
    private Server server;

    @BeforeEach
    void start() throws IOException {
        server = start(false, null);
    }

    private Server start(boolean ioUring, Path unixSocket) throws IOException {
        loops.clear();
        ServerOptions options =
                new ServerOptions(List.of("127.0.0.1"), 0, unixSocket, 0700, 511, 1, ioUring, limits, Clock.system());
        return Server.start(options, loop -> {
            StubLoop stub = new StubLoop(loop, StubLoop.table(1024));
            loops.add(stub);
            return stub;
        });
    }

    @AfterEach
    void stop() {
        server.stop(Duration.ofSeconds(5));
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(READ_TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void expect(Socket socket, String text) throws IOException {
        byte[] bytes = socket.getInputStream().readNBytes(text.length());
        assertEquals(text, new String(bytes, StandardCharsets.ISO_8859_1));
    }

    private static void expectEnd(Socket socket) throws IOException {
        assertEquals(-1, socket.getInputStream().read());
    }

    private LoopStats stats() {
        return server.stats().get(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requests_oneByteAtATime_areAnswered(boolean ioUring) throws IOException {
        if (ioUring) {
            server.stop(Duration.ofSeconds(1));
            server = start(true, null);
        }
        try (Socket socket = connect()) {
            for (char c : "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\nGET k\r\nQUIT\r\n".toCharArray()) {
                socket.getOutputStream().write(c);
            }
            expect(socket, "+OK\r\n$5\r\nvalue\r\n+OK\r\n");
            expectEnd(socket);
        }
        assertEquals(1, stats().connectionsTotal);
        await().until(() -> stats().connectionsCurrent == 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pipeline_ofManyCommandsThenHalfClosed_isAnsweredInOrder(boolean ioUring) throws Exception {
        if (ioUring) {
            server.stop(Duration.ofSeconds(1));
            server = start(true, null);
        }
        int commands = 100_000;
        try (Socket socket = connect()) {
            Thread writer = new Thread(() -> {
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < commands; i++) {
                    String number = String.valueOf(i);
                    text.append("*2\r\n$4\r\nECHO\r\n$").append(number.length()).append("\r\n");
                    text.append(number).append("\r\n");
                }
                try {
                    send(socket, text.toString());
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            writer.start();
            StringBuilder expected = new StringBuilder();
            for (int i = 0; i < commands; i++) {
                String number = String.valueOf(i);
                expected.append('$')
                        .append(number.length())
                        .append("\r\n")
                        .append(number)
                        .append("\r\n");
            }
            byte[] all = socket.getInputStream().readAllBytes();
            assertEquals(expected.toString(), new String(all, StandardCharsets.ISO_8859_1));
            writer.join();
        }
    }

    @Test
    void slowReader_isNotRunBeyondABound_andGetsEverythingLater() throws Exception {
        int replies = 400;
        int size = 100_000;
        long before = BlockPool.totalBytes();
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(64 << 10);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            socket.setSoTimeout(READ_TIMEOUT_MS);
            send(socket, ("REPEAT " + size + "\r\n").repeat(replies));
            await().until(() -> stats().commands > 5);
            try (Socket other = connect()) {
                send(other, "PING\r\n");
                expect(other, "+PONG\r\n");
            }
            assertTrue(stats().commands < replies, "the rest waits");
            long held = BlockPool.totalBytes() - before;
            assertTrue(held < 4 << 20, () -> held + " bytes are held");
            long total = 0;
            long wanted = replies * (long) ("$100000\r\n".length() + size + 2);
            InputStream in = socket.getInputStream();
            byte[] bytes = new byte[1 << 16];
            while (total < wanted) {
                int n = in.read(bytes);
                assertTrue(n > 0);
                total += n;
            }
            assertEquals(wanted, total);
        }
    }

    @Test
    void reply_overTheHardLimit_closes() throws IOException {
        limits.outputHardBytes = 1 << 20;
        try (Socket socket = connect()) {
            send(socket, "REPEAT 8000000\r\n");
            assertThrows(IOException.class, () -> {
                if (socket.getInputStream().readAllBytes().length < 8_000_000) {
                    throw new IOException("closed");
                }
            });
        }
        assertEquals(1, stats().connectionsOverOutputLimit);
    }

    @Test
    void input_overTheQueryBufferLimit_closes() throws IOException {
        limits.resp.clientQueryBufferLimit = 1 << 20;
        try (Socket socket = connect()) {
            assertThrows(IOException.class, () -> {
                send(socket, "*2\r\n$6\r\nLENGTH\r\n$8000000\r\n" + "x".repeat(4_000_000));
                expectEnd(socket);
                throw new IOException("closed");
            });
        }
        await().until(() -> stats().connectionsOverQueryLimit == 1);
    }

    @Test
    void bulkOf64MiB_isGathered_andItsMemoryGivenBack() throws IOException {
        long before = BlockPool.totalBytes();
        try (Socket socket = connect()) {
            OutputStream out = socket.getOutputStream();
            send(socket, "*2\r\n$6\r\nLENGTH\r\n$67108864\r\n");
            byte[] part = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                out.write(part);
            }
            send(socket, "\r\nPING\r\n");
            expect(socket, ":67108864\r\n+PONG\r\n");
        }
        await().until(() -> BlockPool.totalBytes() - before < 8 << 20);
    }

    @Test
    void parkedRequest_runsAgainInItsPlace_whileOthersGoOn() throws Exception {
        StubLoop loop = loops.get(0);
        try (Socket socket = connect();
                Socket other = connect()) {
            send(
                    socket,
                    "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nPARK\r\n$3\r\nabc\r\n*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n");
            expect(socket, "+PONG\r\n");
            send(socket, "PING\r\n");
            send(other, "PING\r\n");
            expect(other, "+PONG\r\n");
            loop.loop().execute(() -> {
                ClientConnection parked = loop.parked;
                if (parked != null) {
                    parked.resume();
                }
            });
            expect(socket, "+run 1 with abc\r\n+PONG\r\n$1\r\nx\r\n+PONG\r\n");
            assertEquals(List.of("PING", "ECHO"), loop.lookedAhead);
        }
    }

    @Test
    void replies_thatAreHeld_leaveWhenTheirPositionIsFlushable() throws Exception {
        StubLoop loop = loops.get(0);
        loop.holds = true;
        try (Socket socket = connect()) {
            send(socket, "PING\r\n");
            await().until(() -> stats().commands == 1 && loop.position >= 1);
            send(socket, "ECHO a\r\n");
            await().until(() -> stats().commands == 2);
            assertEquals(0, socket.getInputStream().available());
            loop.loop().execute(() -> loop.loop().flushable(loop.position));
            expect(socket, "+PONG\r\n$1\r\na\r\n");
            loop.holds = false;
            send(socket, "ECHO b\r\n");
            expect(socket, "$1\r\nb\r\n");
        }
    }

    @Test
    void requestsForMuch_letOthersGoFirst_onceTheLoopHasWrittenMuch() throws Exception {
        StubLoop loop = loops.get(0);
        List<Socket> greedy = new ArrayList<>();
        try (Socket modest = connect()) {
            CountDownLatch sent = new CountDownLatch(1);
            // All of them are readable when the loop looks at its sockets again, in the order of their sending.
            for (int i = 0; i < 5; i++) {
                greedy.add(connect());
            }
            await().until(() -> stats().connectionsCurrent == 6);
            CountDownLatch holds = new CountDownLatch(1);
            loop.loop().execute(() -> {
                holds.countDown();
                assertDoesNotThrow(() -> assertTrue(sent.await(10, TimeUnit.SECONDS)));
            });
            assertTrue(holds.await(10, TimeUnit.SECONDS));
            String much = "REPEAT 3000000" + " x".repeat(40) + "\r\n";
            for (Socket socket : greedy) {
                send(socket, much);
            }
            send(modest, "PING\r\n");
            sent.countDown();
            expect(modest, "+PONG\r\n");
            assertEquals(List.of("REPEAT", "PING"), List.copyOf(loop.ran).subList(0, 2));
            for (Socket socket : greedy) {
                expect(socket, "$3000000\r\n" + "\0".repeat(3_000_000) + "\r\n");
            }
        } finally {
            for (Socket socket : greedy) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void halfClosedClient_whichReadsSlowly_getsEverything(boolean ioUring) throws Exception {
        if (ioUring) {
            server.stop(Duration.ofSeconds(1));
            server = start(true, null);
        }
        int replies = 8;
        int size = 3_000_000;
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(64 << 10);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            socket.setSoTimeout(READ_TIMEOUT_MS);
            send(socket, ("REPEAT " + size + "\r\n").repeat(replies));
            socket.shutdownOutput();
            await().until(() -> stats().commands > 0);
            long total = 0;
            byte[] some = new byte[32 << 10];
            for (int n = 0; n >= 0; n = socket.getInputStream().read(some)) {
                total += n;
            }
            assertEquals(replies * (long) ("$3000000\r\n".length() + size + 2), total);
        }
    }

    @Test
    void halfClosedClient_whichReadsNothing_isTakenToHaveGone() throws Exception {
        limits.halfClosedSecondsMax = 1;
        try (Socket socket = connect()) {
            send(socket, "REPEAT 20000000\r\nPING\r\n");
            socket.shutdownOutput();
            await().until(() -> stats().connectionsCurrent == 0);
            assertEquals(1, stats().connectionsTimedOut);
        }
    }

    @Test
    void halfClosedClient_whoseRepliesWaitForUs_isNotTakenToHaveGone() throws Exception {
        limits.halfClosedSecondsMax = 1;
        StubLoop loop = loops.get(0);
        loop.holds = true;
        try (Socket socket = connect()) {
            send(socket, "PING\r\n");
            socket.shutdownOutput();
            await().until(() -> stats().commands == 1);
            await().during(Duration.ofMillis(2500)).until(() -> stats().connectionsCurrent == 1);
            loop.loop().execute(() -> loop.loop().flushable(loop.position));
            expect(socket, "+PONG\r\n");
            expectEnd(socket);
        }
    }

    @Test
    void whatTheSocketSaysOfItsEnd_isNoFailureOfOurs() {
        assertTrue(Native.isOfTheSocket(new IOException("Connection reset by peer")));
        assertTrue(Native.isOfTheSocket(new UncheckedIOException(new IOException("epoll_ctl: ENOENT"))));
        assertFalse(Native.isOfTheSocket(new IllegalStateException("a bug")));
    }

    @Test
    void protocolError_isTold_andCloses() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "PING\r\n*abc\r\nPING\r\n");
            expect(socket, "+PONG\r\n-ERR Protocol error: invalid multibulk length\r\n");
            expectEnd(socket);
        }
        try (Socket socket = connect()) {
            send(socket, "PING\r\nPOST / HTTP/1.1\r\n");
            expect(socket, "+PONG\r\n");
            expectEnd(socket);
        }
    }

    @Test
    void clients_beyondMaxClients_areRefused() throws IOException {
        limits.maxClients = 1;
        try (Socket first = connect();
                Socket second = connect()) {
            expect(second, "-ERR max number of clients reached\r\n");
            expectEnd(second);
            send(first, "PING\r\n");
            expect(first, "+PONG\r\n");
        }
        await().until(() -> server.clientCount() == 0);
        assertEquals(1, stats().connectionsRejected);
    }

    @Test
    void silentClient_isClosedAfterTimeout() throws IOException {
        limits.timeoutSeconds = 1;
        try (Socket socket = connect()) {
            expectEnd(socket);
        }
        assertEquals(1, stats().connectionsTimedOut);
    }

    @Test
    void unixSocket_answersAndHasItsPermissions(@TempDir Path dir) throws IOException {
        server.stop(Duration.ofSeconds(1));
        Path path = dir.resolve("s");
        server = start(false, path);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.write(ByteBuffer.wrap("PING\r\n".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer reply = ByteBuffer.allocate(7);
            while (reply.hasRemaining() && channel.read(reply) >= 0) {}
            assertEquals("+PONG\r\n", new String(reply.array(), StandardCharsets.US_ASCII));
        }
        server.stop(Duration.ofSeconds(1));
        assertTrue(Files.notExists(path));
    }

    @Test
    void start_onAPortInUse_saysWhichAndWhy() {
        ServerOptions options =
                new ServerOptions(List.of("127.0.0.1"), server.port(), null, 0, 511, 1, false, limits, Clock.system());
        IOException e = assertThrows(
                IOException.class, () -> Server.start(options, loop -> new StubLoop(loop, StubLoop.table(2))));
        assertTrue(
                e.getMessage().startsWith("cannot listen on 127.0.0.1:" + server.port() + ": ")
                        && e.getMessage().contains("Address already in use"),
                e::getMessage);
    }

    @Test
    void stop_finishesWhatWasRead() throws Exception {
        StubLoop loop = loops.get(0);
        try (Socket socket = connect()) {
            send(socket, "PARK x\r\nPING\r\n");
            await().until(() -> stats().commands == 1);
            Thread stopper = new Thread(() -> server.stop(Duration.ofSeconds(10)));
            stopper.start();
            loop.loop().execute(() -> {
                ClientConnection parked = loop.parked;
                if (parked != null) {
                    parked.resume();
                }
            });
            expect(socket, "+run 1 with x\r\n+PONG\r\n");
            expectEnd(socket);
            stopper.join();
            assertEquals(0, server.clientCount());
        }
    }
}
