package io.swytch.differential;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What INFO says of memory is what the process holds, within 15 %: at the start, after writes, after reads of cold keys. */
class MemoryAccountIT {
    private static final int BATCH = 500;
    private static final double DIFFERENCE_MAX = 0.15;
    private static final String VALUE = "v".repeat(200);

    @Test
    void persistent_100mb() {
        int port = start("--maxmemory", "100mb", "--persistent", "yes");
        try (RespConnection client = new RespConnection(port, 2)) {
            assertAccounted(client, "at the start");
            set(client, 400_000);
            assertAccounted(client, "after writes");
            get(client, 100_000);
            assertAccounted(client, "after reads");
        }
    }

    @Test
    void memory_400mb() {
        int port = start("--maxmemory", "400mb");
        try (RespConnection client = new RespConnection(port, 2)) {
            assertAccounted(client, "at the start");
            set(client, 500_000);
            assertAccounted(client, "after writes");
        }
    }

    /** A server in a process of its own, started as {@code bin/swytch} starts it. */
    private static int start(String... flags) {
        int port = ServerProcess.freePort();
        Path directory = ServerProcess.temporaryDirectory("swytch-memory");
        List<String> line = new ArrayList<>(List.of(
                "env",
                "MALLOC_ARENA_MAX=2",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms64m",
                "-XX:NewSize=10m",
                "-Xmx262m",
                "-XX:MaxDirectMemorySize=4g",
                "-Xss512k",
                "-Djava.io.tmpdir=" + directory,
                "-Djava.library.path=" + System.getProperty("java.library.path"),
                "-cp",
                System.getProperty("java.class.path"),
                "io.swytch.cli.Main",
                "redis",
                "--port",
                Integer.toString(port)));
        line.addAll(List.of(flags));
        if (line.contains("--persistent")) {
            line.addAll(List.of("--data-dir", directory.resolve("data").toString()));
        }
        ServerProcess.start(line, directory, port);
        return port;
    }

    private static void set(RespConnection client, int count) {
        for (int from = 0; from < count; from += BATCH) {
            for (int i = from; i < from + BATCH; i++) {
                client.send(List.of(bytes("SET"), bytes("key:%09d".formatted(i)), bytes(VALUE)));
            }
            for (int i = 0; i < BATCH; i++) {
                client.read();
            }
        }
    }

    private static void get(RespConnection client, int count) {
        for (int from = 0; from < count; from += BATCH) {
            for (int i = from; i < from + BATCH; i++) {
                client.send(List.of(bytes("GET"), bytes("key:%09d".formatted(i))));
            }
            for (int i = 0; i < BATCH; i++) {
                client.read();
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Waits for a sample of the process, and where RocksDB left holes in the native heap, for their return. */
    private static void assertAccounted(RespConnection client, String when) {
        await().alias(when).atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            String info = client.call(List.of(bytes("INFO"), bytes("memory")))
                    .payload()
                    .toString();
            long resident = field(info, "used_memory_rss");
            long accounted = field(info, "memory_accounted");
            assertTrue(field(info, "memory_base_bytes") > 1 << 20, info);
            assertTrue(Math.abs(resident - accounted) <= DIFFERENCE_MAX * resident, () -> when + "\n" + info);
        });
    }

    private static long field(String info, String name) {
        return info.lines()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is missing"));
    }
}
