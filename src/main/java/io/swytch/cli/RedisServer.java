package io.swytch.cli;

import io.swytch.bytes.Bytes;
import io.swytch.clock.Clock;
import io.swytch.command.Engine;
import io.swytch.command.Lifecycle;
import io.swytch.command.spec.Identity;
import io.swytch.config.EvictionPolicy;
import io.swytch.config.OutputBufferLimit;
import io.swytch.config.Settings;
import io.swytch.config.SyncMode;
import io.swytch.metrics.Health;
import io.swytch.metrics.MetricsServer;
import io.swytch.server.Server;
import io.swytch.server.ServerLimits;
import io.swytch.server.ServerOptions;
import io.swytch.stats.Stats;
import io.swytch.stats.StoreFigures;
import io.swytch.store.BacklogLimits;
import io.swytch.store.Store;
import io.swytch.store.StoreLostException;
import io.swytch.store.StoreOptions;
import io.swytch.store.WarmOptions;
import io.swytch.store.journal.JournalDamagedException;
import io.swytch.store.l1.EvictionMode;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The graph of a Redis server: built from settings, started, stopped. Threads: any. */
public final class RedisServer implements Lifecycle, Health {
    private static final Logger LOG = LoggerFactory.getLogger(RedisServer.class);

    /** How long clients are given to take the replies that wait for them when the server stops. */
    private static final Duration FINISH_MAX = Duration.ofSeconds(2);

    /** What buffers of clients may take in any case. */
    private static final long BUFFERS_BYTES_MIN = 16 << 20;

    /** The least that maxmemory-clients means, as in Redis: with less every client would be closed at its first reply, and no CONFIG SET could undo that. */
    private static final long CLIENTS_BYTES_MIN = 128 << 10;

    private final Settings settings;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final ServerLimits limits = new ServerLimits();
    private final Store store;
    private final Stats stats;
    private final Engine engine;
    private final Server server;
    private final @Nullable MetricsServer metrics;

    private volatile boolean drainAtStop = true;

    private RedisServer(Settings settings) throws StartException {
        this.settings = settings;
        Clock clock = Clock.system();
        String transport = transport(settings);
        Descriptors descriptors = Descriptors.share(settings.maxclients(), settings.isPersistent());
        boundClients(settings, descriptors);
        store = openStore(settings, clock, descriptors.tables());
        stats = new Stats(clock, store.stats());
        engine = new Engine(settings, store, clock, stats, Identity.begin(Version.text(), clock, transport), this);
        applyLimits();
        try {
            server = Server.start(
                    new ServerOptions(
                            settings.port() == 0 ? List.of() : settings.bind(),
                            settings.port(),
                            settings.unixsocket(),
                            settings.unixsocketperm(),
                            settings.tcpBacklog(),
                            settings.threads(),
                            settings.isIoUring(),
                            limits,
                            clock),
                    engine::newLoop);
        } catch (IOException e) {
            closeQuietly();
            throw new StartException(e.getMessage(), e);
        }
        try {
            metrics = settings.metricsPort() == 0
                    ? null
                    : new MetricsServer(settings.metricsBind(), settings.metricsPort(), engine.port(), this);
        } catch (IOException e) {
            server.stop(Duration.ZERO);
            closeQuietly();
            throw new StartException(
                    "metrics: cannot listen on " + settings.metricsBind() + ":" + settings.metricsPort() + ": "
                            + e.getMessage(),
                    e);
        }
        settings.onChange("maxmemory", value -> {
            store.setMaxBytes(settings.maxmemoryBytes());
            store.setOverlayBytesMax(overlayBytesMax(settings));
            applyLimits();
        });
        settings.onChange("maxmemory-policy", value -> store.setEvictionMode(evictionMode(settings)));
        for (String name : List.of(
                "maxclients",
                "timeout",
                "tcp-keepalive",
                "client-output-buffer-limit",
                "protected-mode",
                "requirepass",
                "proto-max-bulk-len",
                "client-query-buffer-limit",
                "maxmemory-clients")) {
            settings.onChange(name, value -> applyLimits());
        }
        stats.slowlog().setThresholdMicros(settings.slowlogSlowerThanMicros());
        stats.slowlog().setEntriesMax(settings.slowlogEntriesMax());
        settings.onChange(
                "slowlog-log-slower-than",
                value -> stats.slowlog().setThresholdMicros(settings.slowlogSlowerThanMicros()));
        settings.onChange("slowlog-max-len", value -> stats.slowlog().setEntriesMax(settings.slowlogEntriesMax()));
    }

    /**
     * Builds and starts a server, and says so.
     *
     * @throws StartException where an address or a directory cannot be had
     */
    public static RedisServer start(Settings settings) throws StartException {
        RedisServer server = new RedisServer(settings);
        StartBlock.print(settings, server.server.addresses());
        server.store.startWarming();
        return server;
    }

    private static String transport(Settings settings) throws StartException {
        try {
            return Server.transport(settings.isIoUring());
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void boundClients(Settings settings, Descriptors descriptors) {
        if (descriptors.clientsMax() < settings.maxclients()) {
            LOG.warn(
                    "Current maximum open files is {}. maxclients has been reduced to {} to compensate for low ulimit. If you need higher"
                            + " maxclients increase 'ulimit -n'.",
                    descriptors.limit(),
                    descriptors.clientsMax());
        }
        settings.boundClients(descriptors.clientsMax());
    }

    private static Store openStore(Settings settings, Clock clock, int tablesOpenMax) throws StartException {
        try {
            return Store.open(
                    new StoreOptions(
                            settings.maxmemoryBytes(),
                            evictionMode(settings),
                            settings.databases(),
                            settings.threads(),
                            settings.isPersistent() ? settings.dataDir() : null,
                            settings.l2WriteBufferBytes(),
                            overlayBytesMax(settings),
                            new BacklogLimits(
                                    settings.journalLimitBytes(),
                                    settings.level0LimitFiles(),
                                    settings.compactionLimitBytes()),
                            settings.l2CacheBytes(),
                            tablesOpenMax,
                            journalSync(settings.sync()),
                            settings.skipsDamaged(),
                            new WarmOptions(settings.isWarm(), Duration.ofSeconds(settings.warmIntervalSeconds()))),
                    clock);
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()) + waysOn(e, settings.dataDir()), e);
        }
    }

    /** What an operator may do about a damaged directory. */
    private static String waysOn(IOException e, Path dataDir) {
        String check = "'swytch check --data-dir " + dataDir + "' tells what else is damaged";
        if (e instanceof JournalDamagedException) {
            return "\nTwo ways on: " + check
                    + "; '--recover skip-damaged' starts without what cannot be read of the journal, and logs what it drops.";
        }
        return e instanceof L2Exception failed && failed.isDamage()
                ? "\n" + check + "; a backup (BGSAVE) is a data directory that a server starts from."
                : "";
    }

    private static EvictionMode evictionMode(Settings settings) {
        EvictionPolicy policy = settings.evictionPolicy();
        return switch (policy) {
            case ALLKEYS -> EvictionMode.ALL;
            case VOLATILE -> EvictionMode.VOLATILE;
            case NOEVICTION -> EvictionMode.NONE;
        };
    }

    private static io.swytch.store.journal.SyncMode journalSync(SyncMode mode) {
        return switch (mode) {
            case EVERY_10MS -> io.swytch.store.journal.SyncMode.TEN_MS;
            case ALWAYS -> io.swytch.store.journal.SyncMode.ALWAYS;
            case OS -> io.swytch.store.journal.SyncMode.OS;
        };
    }

    /** Five eighths of the direct memory that L1 and write buffer, with what they need while they grow, leave to the others; less where it is asked for. */
    private static long buffersBytesMax(Settings settings) {
        long max = Math.max(BUFFERS_BYTES_MIN, besideHotBytes(settings) / 8 * 5);
        long asked = settings.maxmemoryClientsBytes();
        return asked > 0 ? Math.min(max, Math.max(CLIENTS_BYTES_MIN, asked)) : max;
    }

    /** A quarter. The last eighth is for what has no bound of its own: half of it for values that a command may have in any case, queued commands, copies on their way. */
    private static long overlayBytesMax(Settings settings) {
        return Math.max(BUFFERS_BYTES_MIN, besideHotBytes(settings) / 4);
    }

    private static long besideHotBytes(Settings settings) {
        long hot = settings.maxmemoryBytes() + (settings.isPersistent() ? settings.l2WriteBufferBytes() : 0);
        return Server.directMemoryMax() - hot / 8 * 9;
    }

    private void applyLimits() {
        OutputBufferLimit normal = settings.normalOutput();
        Bytes password = settings.requirepass();
        limits.maxClients = settings.maxclients();
        limits.timeoutSeconds = settings.timeoutSeconds();
        limits.tcpKeepaliveSeconds = settings.tcpKeepaliveSeconds();
        limits.buffersBytesMax = buffersBytesMax(settings);
        stats.buffersBytesMax = limits.buffersBytesMax;
        limits.outputHardBytes = normal.hardBytes();
        limits.outputSoftBytes = normal.softBytes();
        limits.outputSoftSeconds = (int) normal.softSeconds();
        limits.protectedMode = settings.isProtectedMode();
        limits.hasPassword = password.length() > 0;
        limits.resp.protoMaxBulkLen = settings.protoMaxBulkBytes();
        limits.resp.clientQueryBufferLimit = settings.queryBufferBytesMax();
    }

    /** The TCP port that is listened on; −1 where there is none. */
    public int port() {
        return server.port();
    }

    /** Stops in order: no more connections, what was read is finished, drained, closed. A second call waits for the first. */
    public void stop() {
        if (!stopping.compareAndSet(false, true)) {
            awaitStopped();
            return;
        }
        Clock clock = Clock.system();
        long began = clock.nanos();
        LOG.info("stopping");
        try {
            server.stop(FINISH_MAX);
            if (metrics != null) {
                metrics.close();
            }
            engine.close();
            store.close(drainAtStop);
            LOG.atInfo()
                    .addKeyValue("ms", TimeUnit.NANOSECONDS.toMillis(clock.nanos() - began))
                    .log("stopped");
        } catch (IOException | RuntimeException e) {
            // The last thing that this process does: what could not be closed is said, and the journal has it.
            LOG.error("stop was not clean", e);
        } finally {
            stopped.countDown();
        }
    }

    private void closeQuietly() {
        engine.close();
        try {
            store.close(false);
        } catch (IOException e) {
            LOG.warn("could not close the store", e);
        }
    }

    /** Waits until the server has stopped, by signal or by SHUTDOWN. */
    public void awaitStopped() {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public @Nullable String trouble() {
        return store.writeTrouble();
    }

    @Override
    public @Nullable String notReady() {
        return stopping.get() ? "stopping" : trouble();
    }

    @Override
    public @Nullable String remark() {
        StoreFigures figures = new StoreFigures();
        store.stats().read(figures);
        return figures.warmState.equals("off")
                ? null
                : String.format(Locale.ROOT, "warm %.2f %s", figures.warmShare, figures.warmState);
    }

    @Override
    public void shutdown(boolean drain) {
        drainAtStop = drain;
        Thread thread = new Thread(this::stop, "swytch-shutdown");
        thread.start();
    }

    @Override
    public void reload() throws IOException {
        try {
            store.reload();
        } catch (StoreLostException e) {
            LOG.error("stopping", e);
            shutdown(false);
            throw e;
        }
    }

    /** Takes everything to disk and lets go of it in memory, so that the next reads come from the disk; for tests. */
    public void chill() throws IOException {
        store.chill();
    }
}
