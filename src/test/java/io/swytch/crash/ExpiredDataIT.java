package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What has expired or was deleted leaves the disk without anybody's help, though no client asks for it again and nothing else is written. */
@Execution(ExecutionMode.CONCURRENT)
class ExpiredDataIT {
    private static final int KEYS = 4_000;
    private static final int KEPT = 100;
    private static final int VALUE_BYTES = 1_000;
    private static final int TTL_MS = 4_000;

    /** Ten seconds may pass between two drains of expired keys. */
    private static final Duration GONE_MAX = Duration.ofSeconds(30);

    private final Path room = ServerProcess.temporaryDirectory("swytch-expired");
    private final Path directory = room.resolve("data");
    private final Random random = new Random(1);

    @AfterEach
    void delete() throws IOException {
        ServerProcess.delete(room);
    }

    /** Not one that compresses. */
    private String value() {
        return random.ints(VALUE_BYTES, 'a', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private long tableBytes() throws IOException {
        long bytes = 0;
        try (var files = Files.list(directory.resolve("db"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".sst") || name.endsWith(".blob")) {
                    bytes += Files.size(file);
                }
            }
        } catch (NoSuchFileException e) {
            // One that was just replaced; the next look sees what took its place.
            return Long.MAX_VALUE;
        }
        return bytes;
    }

    private static double metric(int port, String name) throws IOException, InterruptedException {
        String body = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        return body.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name));
    }

    @Test
    void coldKeys_leaveTheDisk_whenTheirTimeIsOut_andWhenTheyAreDeleted() throws Exception {
        int metricsPort = ServerProcess.freePort();
        try (Child server = Child.server(
                                directory, room.resolve("log"), "--metrics-port", Integer.toString(metricsPort))
                        .serving();
                RespConnection connection = server.connect()) {
            // All at one moment, so that one sweep finds them all.
            String endMs = Long.toString(System.currentTimeMillis() + TTL_MS);
            for (int i = 0; i < KEYS; i++) {
                if (i < KEPT || i % 2 == 0) {
                    connection.send(RespConnection.words("SET", "key:" + i, value()));
                } else {
                    connection.send(RespConnection.words("SET", "key:" + i, value(), "PXAT", endMs));
                }
                assertEquals('+', connection.read().type());
            }
            // Drains; that it also makes a copy of links elsewhere does not matter.
            assertEquals("+OK\r\n", connection.ask("SAVE"));
            assertTrue(tableBytes() > KEYS / 2 * VALUE_BYTES, () -> "nothing to get rid of: " + server.output());
            for (int i = KEPT; i < KEYS; i += 2) {
                connection.send(RespConnection.words("DEL", "key:" + i));
                assertEquals(":1", connection.read().raw().toString().strip());
            }
            await().atMost(GONE_MAX)
                    .until(() -> tableBytes() < 2 * KEPT * VALUE_BYTES
                            && metric(metricsPort, "swytch_redis_l2_expired_backlog_seconds") == 0
                            && metric(metricsPort, "swytch_redis_l2_expired_waiting") == 0);
            assertEquals(":" + KEPT + "\r\n", connection.ask("DBSIZE"));
            assertEquals(0, server.stop(), server::output);
        }
    }
}
