package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A crowd: idle clients, more who connect at once, half-closed ones, slow writers, and slow readers of big replies. A healthy client is served beside
 * them, and when they go nothing is left of them. With -Dswytch.faults=all the crowd has ten thousand.
 */
@Timeout(120)
class CrowdIT {
    private static final boolean IS_WHOLE =
            System.getProperty("swytch.faults", "").equals("all");
    private static final int IDLE = IS_WHOLE ? 9_000 : 1_000;
    private static final int CONNECTING = IS_WHOLE ? 5_000 : 1_000;
    private static final int SLOW_READERS = 40;
    private static final int LOOKS = 1_000;

    /** Below this the machine that runs the tests tells more than the server. */
    private static final Duration NOISE = Duration.ofMillis(40);

    private final Path room = ServerProcess.temporaryDirectory("swytch-crowd");
    private final List<SocketChannel> crowd = new ArrayList<>();

    @AfterEach
    void delete() {
        ServerProcess.delete(room);
    }

    private static Duration p99(RespConnection healthy) {
        long[] nanos = new long[LOOKS];
        for (int i = 0; i < LOOKS; i++) {
            long began = System.nanoTime();
            assertEquals("$5\r\nvalue\r\n", healthy.ask("GET", "key"));
            nanos[i] = System.nanoTime() - began;
        }
        Arrays.sort(nanos);
        return Duration.ofNanos(nanos[LOOKS * 99 / 100]);
    }

    private void join(int port, int clients, boolean waits) throws IOException {
        for (int i = 0; i < clients; i++) {
            SocketChannel client = SocketChannel.open();
            crowd.add(client);
            client.setOption(StandardSocketOptions.SO_RCVBUF, 8 << 10);
            client.configureBlocking(waits);
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        }
    }

    private static void say(SocketChannel client, String text) throws IOException {
        client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private static long residentBytes(Child server) throws IOException {
        String pages = Files.readString(Path.of("/proc/" + server.pid() + "/statm"));
        int at = pages.indexOf(' ') + 1;
        return Long.parseLong(pages.substring(at, pages.indexOf(' ', at))) * 4096;
    }

    @Test
    void healthyClient_isServedBesideACrowd_whichLeavesNothingBehind() throws IOException {
        try (Child server = Launch.in(room).flags("--maxmemory", "64mb").serving("log");
                RespConnection healthy = server.connect()) {
            assertEquals("+OK\r\n", healthy.ask("SET", "key", "value"));
            assertEquals("+OK\r\n", healthy.ask("SET", "large", "v".repeat(60_000)));
            p99(healthy);
            Duration alone = p99(healthy);
            Duration bound = NOISE.compareTo(alone.multipliedBy(5)) > 0 ? NOISE : alone.multipliedBy(5);
            List<String> seen = new ArrayList<>(List.of("alone " + alone));

            join(server.port(), IDLE, true);
            await().until(() -> healthy.figure("connected_clients") == IDLE + 1);
            seen.add(within(bound, "idle", p99(healthy)));
            join(server.port(), CONNECTING, false);
            seen.add(within(bound, "connecting", p99(healthy)));
            for (SocketChannel client : crowd.subList(0, IDLE / 3)) {
                client.shutdownOutput();
            }
            seen.add(within(bound, "half-closed", p99(healthy)));
            for (SocketChannel client : crowd.subList(IDLE / 3, IDLE)) {
                say(client, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2000\r\nabc");
            }
            seen.add(within(bound, "slow writers", p99(healthy)));
            long before = residentBytes(server);
            String mget = "*201\r\n$4\r\nMGET\r\n" + "$5\r\nlarge\r\n".repeat(200);
            join(server.port(), SLOW_READERS, true);
            for (SocketChannel client : crowd.subList(crowd.size() - SLOW_READERS, crowd.size())) {
                say(client, mget);
            }
            // Pages that are new take a loaded machine seconds.
            await().atMost(Duration.ofSeconds(30)).until(() -> healthy.figure("memory_network_bytes") > 200 << 20);
            seen.add(within(bound, "slow readers", p99(healthy)));
            assertTrue(healthy.figure("memory_network_bytes") <= healthy.figure("memory_network_max_bytes"));
            long most = residentBytes(server);
            assertTrue(most - before > 150 << 20, () -> most - before + " bytes");

            for (SocketChannel client : crowd) {
                client.close();
            }
            await().until(() -> healthy.figure("connected_clients") == 1);
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> residentBytes(server) < before + (64 << 20));
            assertEquals("+OK\r\n", healthy.ask("SET", "key", "value"));
            System.out.println("p99: " + String.join(", ", seen));
            assertEquals(0, server.stop());
        }
    }

    private static String within(Duration bound, String what, Duration p99) {
        assertTrue(p99.compareTo(bound) <= 0, () -> what + ": p99 " + p99 + ", more than " + bound);
        return what + " " + p99;
    }
}
