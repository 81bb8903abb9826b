package io.swytch.differential;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.cli.RedisServer;
import io.swytch.cli.StartException;
import io.swytch.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One number for one thing: what {@code /metrics} exports is what INFO shows. */
class MetricsAndInfoIT {
    /** A series, and INFO's field; of all that a server shows of its tiers. */
    private static final Map<String, String> SAME = Map.ofEntries(
            Map.entry("cache_hits_total", "l1_hits"),
            Map.entry("cache_misses_total", "l1_misses"),
            Map.entry("evictions_total", "l1_evictions"),
            Map.entry("evicted_keys_total", "evicted_keys"),
            Map.entry("keys_estimate", "keys_estimate"),
            Map.entry("expired_total", "expired_keys"),
            Map.entry("memory_bytes", "used_memory"),
            Map.entry("memory_max_bytes", "maxmemory"),
            Map.entry("items_count", "l1_entries"),
            Map.entry("l2_hits_total", "l2_hits"),
            Map.entry("l2_misses_total", "l2_misses"),
            Map.entry("l2_writes_total", "l2_writes"),
            Map.entry("l2_deletes_total", "l2_deletes"),
            Map.entry("l2_written_bytes_total", "l2_bytes_written"),
            Map.entry("l2_bytes", "l2_bytes"),
            Map.entry("l2_expired_waiting", "l2_expired_waiting"),
            Map.entry("l2_expired_backlog_seconds", "l2_expired_backlog_seconds"),
            Map.entry("overlay_bytes", "overlay_bytes"),
            Map.entry("overlay_max_bytes", "overlay_max_bytes"),
            Map.entry("fill_seconds_count", "fills"),
            Map.entry("journal_bytes", "journal_bytes"),
            Map.entry("journal_max_bytes", "journal_max_bytes"),
            Map.entry("l2_level0_files", "l2_level0_files"),
            Map.entry("l2_level0_max_files", "l2_level0_max_files"),
            Map.entry("l2_compaction_bytes", "l2_compaction_bytes"),
            Map.entry("l2_compaction_max_bytes", "l2_compaction_max_bytes"),
            Map.entry("write_buffer_max_bytes", "write_buffer_max_bytes"),
            Map.entry("journal_sync_seconds_count", "journal_syncs"),
            Map.entry("drain_seconds_count", "drains"),
            Map.entry("dirty_bytes", "dirty_bytes"),
            Map.entry("disk_reserve_bytes", "disk_reserve_bytes"),
            Map.entry("write_stalls_total", "write_stalls"),
            Map.entry("warm_share", "warm_share"),
            Map.entry("warm_keys_saved", "warm_keys_saved"),
            Map.entry("warm_keys_loaded", "warm_keys_loaded"),
            Map.entry("warm_saves_total", "warm_saves"),
            Map.entry("connections_total", "total_connections_received"),
            Map.entry("connections_rejected_total", "rejected_connections"),
            Map.entry("client_heap_bytes", "mem_clients_heap"),
            Map.entry("client_heap_max_bytes", "mem_clients_heap_max"),
            Map.entry("memory_network_max_bytes", "memory_network_max_bytes"),
            Map.entry("accepts_failed_total", "accepts_failed"),
            Map.entry("connections_over_query_limit_total", "client_query_buffer_limit_disconnections"),
            Map.entry("connections_over_output_limit_total", "client_output_buffer_limit_disconnections"),
            Map.entry("connections_evicted_total", "evicted_clients"),
            Map.entry("connections_current", "connected_clients"),
            Map.entry("blocked_clients", "blocked_clients"));

    private final int metricsPort = ServerProcess.freePort();
    private RedisServer server;
    private RespConnection client;

    @BeforeEach
    void start() throws StartException {
        server = RedisServer.start(Settings.of(
                "port",
                Integer.toString(ServerProcess.freePort()),
                "metrics-port",
                Integer.toString(metricsPort),
                "maxmemory",
                "3mb",
                "persistent",
                "yes",
                "data-dir",
                ServerProcess.temporaryDirectory("swytch-metrics")
                        .resolve("data")
                        .toString()));
        client = new RespConnection(server.port(), 2);
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
    }

    private String call(String line) {
        return client.call(CommandLine.split(line)).toString();
    }

    private Map<String, Double> scrape(String accept) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + metricsPort + "/metrics"))
                .header("Accept", accept)
                .build();
        Map<String, Double> series = new TreeMap<>();
        HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("swytch_redis_"))
                .forEach(line -> {
                    int blank = line.lastIndexOf(' ');
                    String name = line.substring("swytch_redis_".length(), blank);
                    double value = Double.parseDouble(line.substring(blank + 1));
                    series.put(name, value);
                    // INFO shows the sum of those that differ by what was near its limit.
                    if (name.startsWith("write_stalls_total{")) {
                        series.merge("write_stalls_total", value, Double::sum);
                    }
                });
        return series;
    }

    private Map<String, String> info() {
        Map<String, String> fields = new TreeMap<>();
        client.call(CommandLine.split("INFO everything"))
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

    private void load() {
        String value = "v".repeat(1000);
        for (int i = 0; i < 8000; i++) {
            assertEquals("+OK\\r\\n", call("SET key:" + i + " " + value));
        }
        for (int i = 0; i < 300; i++) {
            call("GET key:" + i);
            call("GET key:" + i);
            call("GET none:" + i);
        }
        for (int i = 0; i < 100; i++) {
            call("DEL key:" + i);
        }
        assertEquals("+OK\\r\\n", call("SET short v PX 1"));
        await().until(() -> call("GET short").equals("$-1\\r\\n"));
        call("INCR key:500");
        call("NOSUCH");
        call("GET");
        assertEquals("+OK\\r\\n", call("SAVE"));
    }

    @Test
    void metrics_areInfosNumbers() throws Exception {
        load();
        // Upkeep may move something between two looks; the look is taken anew then.
        await().untilAsserted(() -> {
            Map<String, Double> plain = scrape("text/plain");
            Map<String, String> info = info();
            Map<String, Double> open = scrape("application/openmetrics-text");
            for (Map.Entry<String, String> same : SAME.entrySet()) {
                assertTrue(plain.containsKey(same.getKey()), same.getKey());
                assertTrue(info.containsKey(same.getValue()), same.getValue());
                assertEquals(Double.parseDouble(info.get(same.getValue())), plain.get(same.getKey()), same.getKey());
                assertEquals(plain.get(same.getKey()), open.get(same.getKey()), same.getKey());
            }
            assertEquals(Double.parseDouble(info.get("l1_hit_rate")), plain.get("cache_hit_rate"), 0.0001, "hit rate");
        });
        List<String> moving = List.of(
                "cache_hits_total",
                "cache_misses_total",
                "evictions_total",
                "expired_total",
                "l2_hits_total",
                "l2_misses_total",
                "l2_writes_total",
                "l2_deletes_total",
                "l2_written_bytes_total",
                "l2_bytes",
                "fill_seconds_count",
                "journal_bytes",
                "drain_seconds_count",
                "bytes_read_total",
                "bytes_written_total",
                "uptime_seconds",
                "commands_total{command=\"set\"}",
                "latency_seconds_count{command=\"get\"}",
                "command_errors_total{command=\"incr\",error=\"ERR\"}",
                "command_errors_total{command=\"get\",error=\"ERR\"}",
                "command_errors_total{command=\"unknown\",error=\"ERR\"}");
        // Whole seconds: a fast machine is here within the first.
        await().untilAsserted(() -> {
            Map<String, Double> series = scrape("text/plain");
            for (String moved : moving) {
                assertTrue(series.getOrDefault(moved, -1.0) > 0, () -> moved + " in " + series);
            }
        });
        Map<String, Double> series = scrape("text/plain");
        assertEquals(0.0, series.get("evicted_keys_total"), "the disk has them all");
        String set = info().get("cmdstat_set");
        assertTrue(set.startsWith("calls=8001,"), set);
        String get = info().get("cmdstat_get");
        assertTrue(get.contains("rejected_calls=1,"), get);
        assertEquals(8001.0, series.get("commands_total{command=\"set\"}"));
    }

    @Test
    void keyspaceMisses_areKeysThatWereNowhere_alsoWhileTheDiskReads() {
        load();
        long before = keyspaceMisses();
        try (RespConnection reader = new RespConnection(server.port(), 2)) {
            long last = before;
            for (int from = 0; from < 8000; from += 500) {
                int first = from;
                ByteArrayOutputStream batch = new ByteArrayOutputStream();
                for (int i = 0; i < 500; i++) {
                    batch.writeBytes(RespConnection.encode(CommandLine.split("GET key:" + (first + i))));
                }
                reader.write(batch.toByteArray());
                long now = keyspaceMisses();
                assertTrue(now >= last, () -> "a counter never goes back: at key:" + first);
                last = now;
                for (int i = 0; i < 500; i++) {
                    reader.read();
                }
            }
        }
        assertEquals(before + 100, keyspaceMisses(), "the 100 that were deleted");
    }

    private long keyspaceMisses() {
        return Long.parseLong(info().get("keyspace_misses"));
    }

    @Test
    void averageTtl_isSampled() {
        for (int i = 0; i < 200; i++) {
            call("SET key:" + i + " v PX " + (100_000 + i * 1000));
            call("SET other:" + i + " v");
        }
        String db = info().get("db0");
        assertTrue(db.startsWith("keys=400,expires=200,avg_ttl="), db);
        long ttlMs = Long.parseLong(db.substring(db.lastIndexOf('=') + 1));
        assertTrue(ttlMs > 100_000 && ttlMs < 300_000, db);
        assertEquals("0.00", info().get("expired_stale_perc"));
    }
}
