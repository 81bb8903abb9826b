package io.swytch.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.command.connection.ConnectionCommands;
import io.swytch.command.spec.TestServer;
import io.swytch.stats.HistogramSnapshot;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MetricsServerTest {
    private final TestServer server = new TestServer(List.of(ConnectionCommands.FAMILY));
    private final TestServer.Client client = server.connect();
    private @Nullable String trouble;
    private @Nullable String notReady;
    private MetricsServer metrics;

    @BeforeEach
    void open() throws IOException {
        metrics = new MetricsServer("127.0.0.1", 0, server, new Health() {
            @Override
            public @Nullable String trouble() {
                return trouble;
            }

            @Override
            public @Nullable String notReady() {
                return notReady;
            }

            @Override
            public @Nullable String remark() {
                return "warm 0.50 loading";
            }
        });
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private HttpResponse<String> get(String path, String accept) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metrics.port() + path))
                .header("Accept", accept)
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void metrics_areInThePrometheusFormat() throws IOException, InterruptedException {
        client.run("PING");
        client.run("SELECT 99");
        server.figures.usedBytes = 4096;
        server.figures.evictions = 3;
        server.figures.keys = 7;
        server.figures.writeStallNanos = 1_500_000_000;
        server.figures.fillTimes = HistogramSnapshot.ofDoublingMicros(new long[] {0, 0, 5}, 20_000);
        String text = get("/metrics", "*/*").body();
        for (String line : List.of(
                "swytch_redis_evictions_total 3.0",
                "swytch_redis_evicted_keys_total 3.0",
                "swytch_redis_write_stall_seconds_total 1.5",
                "swytch_redis_keys_estimate 7.0",
                "swytch_redis_memory_bytes 4096.0",
                "swytch_redis_connections_current 1.0",
                "swytch_redis_commands_total{command=\"ping\"} 1.0",
                "swytch_redis_command_errors_total{command=\"select\",error=\"ERR\"} 1.0",
                "swytch_redis_latency_seconds_bucket{command=\"ping\",le=\"4.0E-6\"} 1",
                "swytch_redis_latency_seconds_bucket{command=\"ping\",le=\"2.0E-6\"} 0",
                "swytch_redis_latency_seconds_count{command=\"ping\"} 1",
                "swytch_redis_fill_seconds_count 5",
                "swytch_redis_fill_seconds_sum 2.0E-5",
                "swytch_redis_cache_hit_rate 0.0")) {
            assertTrue(text.contains(line + "\n"), () -> line + " is missing in\n" + text);
        }
        for (String name : List.of(
                "cache_hits_total",
                "cache_misses_total",
                "expired_total",
                "memory_max_bytes",
                "items_count",
                "l2_hits_total",
                "l2_misses_total",
                "l2_writes_total",
                "l2_bytes",
                "journal_bytes",
                "journal_sync_seconds_count",
                "drain_seconds_count",
                "dirty_bytes",
                "connections_total",
                "bytes_read_total",
                "bytes_written_total",
                "uptime_seconds",
                "blocked_clients")) {
            assertTrue(text.contains("\nswytch_redis_" + name + " "), name);
        }
        assertTrue(text.contains("\nswytch_build_info{java=\"" + Runtime.version() + "\",version=\""), text);
        assertTrue(text.contains("jvm_memory_used_bytes{"));
        assertFalse(text.contains("command=\"echo\""));
    }

    @Test
    void metrics_areOpenMetricsOnDemand() throws IOException, InterruptedException {
        HttpResponse<String> response = get("/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        assertTrue(response.body().endsWith("# EOF\n"));
        assertTrue(response.headers().firstValue("Content-Type").orElse("").startsWith("application/openmetrics-text"));
    }

    @Test
    void health_saysWhatIsWrong() throws IOException, InterruptedException {
        assertEquals(200, get("/health", "*/*").statusCode());
        assertEquals("ok\n", get("/health", "*/*").body());
        trouble = "disk full";
        assertEquals(503, get("/health", "*/*").statusCode());
        assertEquals("disk full\n", get("/health", "*/*").body());
        assertEquals(404, get("/other", "*/*").statusCode());
    }

    @Test
    void ready_saysHowWarmAlthoughItIs() throws IOException, InterruptedException {
        assertEquals(200, get("/ready", "*/*").statusCode());
        assertEquals("ok\nwarm 0.50 loading\n", get("/ready", "*/*").body());
        notReady = "stopping";
        assertEquals(503, get("/ready", "*/*").statusCode());
        assertEquals("stopping\nwarm 0.50 loading\n", get("/ready", "*/*").body());
    }
}
