package io.swytch.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.swytch.command.spec.ServerContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The small HTTP server behind {@code --metrics-port}: {@code /metrics} for Prometheus, {@code /health} and {@code /ready} for whoever runs the
 * server. Everything is read when it is asked for.
 *
 * <p>Threads: answers on one thread of its own, {@code swytch-http}; {@link #close} any.
 */
public final class MetricsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);

    /** Connections waiting to be accepted. */
    private static final int BACKLOG = 16;

    /** How long a request may take to arrive, and its reply to be read: one thread answers all. */
    private static final String SECONDS_MAX = "10";

    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private final ExecutorService thread;
    private final HttpServer http;
    private final Health health;

    /**
     * Begins to answer.
     *
     * @param port 0 for any free one: see {@link #port}
     * @throws IOException if the address cannot be bound
     */
    public MetricsServer(String bind, int port, ServerContext server, Health health) throws IOException {
        this.health = health;
        registry.getPrometheusRegistry().register(new SwytchCollector(server));
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        gcMetrics.bindTo(registry);
        if (System.getProperty("sun.net.httpserver.maxReqTime") == null) {
            System.setProperty("sun.net.httpserver.maxReqTime", SECONDS_MAX);
            System.setProperty("sun.net.httpserver.maxRspTime", SECONDS_MAX);
        }
        http = HttpServer.create(new InetSocketAddress(bind, port), BACKLOG);
        thread = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(task, "swytch-http");
            made.setDaemon(true);
            return made;
        });
        http.setExecutor(thread);
        http.createContext("/", this::answer);
        http.start();
    }

    /** The port that is listened on. */
    public int port() {
        return http.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, TEXT, bytes("method not allowed\n"));
                return;
            }
            switch (exchange.getRequestURI().getPath()) {
                case "/metrics" -> metrics(exchange);
                case "/health" -> state(exchange, health.trouble(), null);
                case "/ready" -> state(exchange, health.notReady(), health.remark());
                default -> send(exchange, 404, TEXT, bytes("try /metrics, /health or /ready\n"));
            }
        } catch (RuntimeException e) {
            // This thread's outermost loop: the next request finds it alive.
            LOG.error("A request for metrics failed", e);
        }
    }

    private void metrics(HttpExchange exchange) throws IOException {
        List<String> accept = exchange.getRequestHeaders().getOrDefault("Accept", List.of());
        boolean isOpen = accept.stream().anyMatch(a -> a.contains("application/openmetrics-text"));
        String type = isOpen ? OPEN_METRICS : TEXT;
        ByteArrayOutputStream body = new ByteArrayOutputStream(1 << 16);
        registry.scrape(body, type);
        send(exchange, 200, type, body.toByteArray());
    }

    private static void state(HttpExchange exchange, @Nullable String trouble, @Nullable String remark)
            throws IOException {
        String text = (trouble == null ? "ok" : trouble) + "\n" + (remark == null ? "" : remark + "\n");
        send(exchange, trouble == null ? 200 : 503, TEXT, bytes(text));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
        if (!isHead) {
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        http.stop(0);
        thread.shutdownNow();
        gcMetrics.close();
        registry.close();
    }
}
