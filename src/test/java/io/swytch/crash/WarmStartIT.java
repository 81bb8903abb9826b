package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A server that was stopped, or killed, has its hot keys in memory soon after its next start, without a client's asking for them. */
class WarmStartIT {
    private static final int KEYS = 40_000;
    private static final int HOT = 5_000;
    private static final int CHANGED = 100;

    /** Requests that are sent before a reply is read. */
    private static final int BATCH = 100;

    private static final Duration WARM_MAX = Duration.ofSeconds(30);

    private final Path room = ServerProcess.temporaryDirectory("swytch-warm");
    private final Path directory = room.resolve("data");

    private Child server(String... flags) {
        return Child.server(directory, room.resolve("log"), flags).serving();
    }

    private static String value(int key) {
        return key + ":" + "v".repeat(400);
    }

    private static Map<String, String> info(RespConnection connection) {
        Map<String, String> fields = new TreeMap<>();
        connection
                .call(RespConnection.words("INFO", "tiering"))
                .payload()
                .toString()
                .lines()
                .forEach(line -> {
                    int colon = line.indexOf(':');
                    if (colon > 0) {
                        fields.put(
                                line.substring(0, colon),
                                line.substring(colon + 1).strip());
                    }
                });
        return fields;
    }

    private static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    /** Twice as much as memory holds, of which some is asked for again and again. */
    private static void fill(RespConnection connection) {
        for (int from = 0; from < KEYS; from += BATCH) {
            for (int i = from; i < from + BATCH; i++) {
                connection.send(RespConnection.words("SET", "key:" + i, value(i)));
            }
            for (int i = from; i < from + BATCH; i++) {
                assertEquals("+OK\r\n", connection.read().raw().toString());
            }
        }
        for (int round = 0; round < 4; round++) {
            get(connection, 0);
        }
    }

    /** Reads the hot keys from {@code first} on, and checks their values. */
    private static void get(RespConnection connection, int first) {
        for (int from = first; from < HOT; from += BATCH) {
            int to = Math.min(HOT, from + BATCH);
            for (int i = from; i < to; i++) {
                connection.send(RespConnection.words("GET", "key:" + i));
            }
            for (int i = from; i < to; i++) {
                assertEquals(bulk(value(i)), connection.read().raw().toString());
            }
        }
    }

    /** Waits until the server has read back what it will, and checks that it did so by itself and that the hot keys are in memory. */
    private static void checkWarm(RespConnection connection) {
        await().atMost(WARM_MAX).until(() -> info(connection).get("warm_state").equals("done"));
        Map<String, String> warm = info(connection);
        long saved = Long.parseLong(warm.get("warm_keys_saved"));
        assertTrue(saved > HOT && saved < KEYS, warm::toString);
        assertTrue(Double.parseDouble(warm.get("warm_share")) > 0.99, warm::toString);
        assertEquals("0", warm.get("fills"));
        assertEquals("0", warm.get("l1_evictions"));
        get(connection, CHANGED);
        Map<String, String> read = info(connection);
        // Of those that were new when the server was stopped, main had not taken all yet.
        assertTrue(Long.parseLong(read.get("fills")) < HOT / 100, read::toString);
        assertTrue(Long.parseLong(read.get("l1_hits")) > HOT - CHANGED - HOT / 100, read::toString);
    }

    @Test
    void stoppedServer_isWarmAgain_andChangesSinceAreSeen() throws Exception {
        try (Child server = server();
                RespConnection connection = server.connect()) {
            fill(connection);
            assertEquals(0, server.stop(), server::output);
        }
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("hot-keys"))));
        int metricsPort = ServerProcess.freePort();
        try (Child server = server("--metrics-port", Integer.toString(metricsPort), "--warm-interval", "0");
                RespConnection connection = server.connect()) {
            checkWarm(connection);
            assertTrue(ready(metricsPort).matches("ok\nwarm (0\\.99|1\\.00) done\n"), ready(metricsPort));
            for (int i = 0; i < CHANGED; i++) {
                connection.ask(i % 2 == 0 ? "DEL" : "APPEND", "key:" + i, "x");
            }
            // Nothing is saved from here on: the list is of before the changes.
            server.kill();
        }
        try (Child server = server();
                RespConnection connection = server.connect()) {
            checkWarm(connection);
            for (int i = 0; i < CHANGED; i++) {
                String expected = i % 2 == 0 ? "$-1\r\n" : bulk(value(i) + "x");
                assertEquals(expected, connection.ask("GET", "key:" + i));
            }
            assertEquals(":" + (KEYS - CHANGED / 2) + "\r\n", connection.ask("DBSIZE"));
        }
    }

    private static String ready(int port) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ready"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Test
    void killedServer_isAsWarmAsWhenItLastSaved() {
        try (Child server = server("--warm-interval", "1");
                RespConnection connection = server.connect()) {
            fill(connection);
            // What is replayed after the crash is in memory first, and might leave too little room.
            connection.ask("SAVE");
            long saves = connection.figure("warm_saves");
            // One may be under way that began before the last reads.
            await().atMost(WARM_MAX).until(() -> connection.figure("warm_saves") >= saves + 2);
            server.kill();
        }
        try (Child server = server();
                RespConnection connection = server.connect()) {
            checkWarm(connection);
        }
    }

    @Test
    void warmNo_readsNothingBackAndSavesNothing() throws IOException {
        try (Child server = server("--warm", "no");
                RespConnection connection = server.connect()) {
            fill(connection);
            assertEquals(0, server.stop(), server::output);
        }
        assertFalse(Files.exists(directory.resolve("hot-keys")));
        try (Child server = server();
                RespConnection connection = server.connect()) {
            await().atMost(WARM_MAX)
                    .until(() -> info(connection).get("warm_state").equals("done"));
            assertEquals("0", info(connection).get("warm_keys_saved"));
            for (int i = 0; i < HOT; i++) {
                connection.ask("GET", "key:" + i);
            }
            assertEquals(0, server.stop(), server::output);
        }
        assertTrue(Files.exists(directory.resolve("hot-keys")));
        try (Child server = server("--warm", "no");
                RespConnection connection = server.connect()) {
            assertEquals("off", info(connection).get("warm_state"));
            connection.ask("GET", "key:1");
            assertEquals(1, connection.figure("fills"));
        }
    }

    @Test
    void damagedList_isOneLineInTheLogAndAColdStart() throws IOException {
        try (Child server = server();
                RespConnection connection = server.connect()) {
            fill(connection);
            assertEquals(0, server.stop(), server::output);
        }
        Path list = directory.resolve("hot-keys");
        Files.write(list, new byte[] {1}, StandardOpenOption.APPEND);
        try (Child server = server();
                RespConnection connection = server.connect()) {
            await().atMost(WARM_MAX)
                    .until(() -> info(connection).get("warm_state").equals("done"));
            assertEquals(
                    1,
                    server.output()
                            .lines()
                            .filter(line -> line.contains(list.toString()))
                            .count(),
                    server::output);
            assertEquals("0", info(connection).get("warm_keys_loaded"));
            assertEquals(bulk(value(1)), connection.ask("GET", "key:1"));
            assertEquals(0, server.stop(), server::output);
        }
    }
}
