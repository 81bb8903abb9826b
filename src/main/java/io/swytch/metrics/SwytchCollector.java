package io.swytch.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.swytch.command.spec.ClientHeap;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.ServerContext;
import io.swytch.stats.HistogramSnapshot;
import io.swytch.stats.MemoryAccount;
import io.swytch.stats.StoreFigures;
import io.swytch.stats.Totals;
import io.swytch.stats.WriteLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The server's figures as Prometheus has them: read once for each scrape, so that all belong to the same moment, and the same that INFO shows.
 * A series of a command begins with its first use.
 *
 * <p>Threads: any.
 */
final class SwytchCollector implements MultiCollector {
    private static final String PREFIX = "swytch_redis_";

    /** Doublings of a microsecond that histograms are shown by: 1 µs to 67 s. */
    private static final int BOUNDS = 27;

    private final ServerContext server;

    SwytchCollector(ServerContext server) {
        this.server = server;
    }

    @Override
    public MetricSnapshots collect() {
        Totals totals = server.stats().totals();
        StoreFigures store = totals.store;
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(InfoSnapshot.builder()
                .name("swytch_build")
                .help("The version of Swytch, and of the Java that it runs on.")
                .dataPoint(InfoDataPointSnapshot.builder()
                        .labels(Labels.of(
                                "version",
                                server.identity().version(),
                                "java",
                                Runtime.version().toString()))
                        .build())
                .build());
        counter(all, "cache_hits", "Looks at keys that L1 had.", totals.hits);
        counter(all, "cache_misses", "Looks at keys that L1 did not have.", totals.misses);
        gauge(all, "cache_hit_rate", "Hits of L1 by all looks, 0 to 1.", totals.hitRatio());
        counter(all, "evictions", "Entries that left L1 because its memory ran out.", store.evictions);
        counter(
                all,
                "evicted_keys",
                "Keys that are gone because memory ran out: none with a disk.",
                store.evictedKeys());
        counter(all, "expired", "Keys whose time ran out.", totals.expired + store.expiredByUpkeep);
        gauge(all, "memory_bytes", "Memory that L1 uses, overhead included.", store.usedBytes);
        gauge(all, "memory_max_bytes", "Memory that L1 may use: maxmemory.", store.maxBytes);
        gauge(
                all,
                "memory_peak_bytes",
                "The most that L1 ever used.",
                server.stats().peakUsedBytes());
        MemoryAccount account = server.stats().memory(store);
        gauge(
                all,
                "process_memory_base_bytes",
                "What the process held beside the parts at the start.",
                account.baseBytes());
        gauge(all, "process_memory_accounted_bytes", "The base and all parts of memory.", account.sumBytes());
        gauge(
                all,
                "process_memory_resident_bytes",
                "Physical memory of the process.",
                server.stats().process().residentBytes());
        gauge(all, "items_count", "Entries in L1.", store.entries);
        gauge(
                all,
                "keys_estimate",
                "Keys of all databases and both tiers; one that was overwritten unseen counts twice until the next drain.",
                store.keys);
        counter(all, "l2_hits", "Keys that L2 had.", totals.l2Hits);
        counter(all, "l2_misses", "Looks at keys that neither tier had.", totals.l2Misses);
        counter(all, "l2_writes", "Items written to L2.", store.l2Writes);
        counter(all, "l2_deletes", "Keys deleted from L2.", store.l2Deletes);
        counter(all, "l2_written_bytes", "Bytes of the items written to L2, before compression.", store.l2BytesWritten);
        gauge(
                all,
                "memory_network_max_bytes",
                "What buffers of connections may take, all together.",
                server.stats().buffersBytesMax);
        gauge(all, "client_heap_bytes", "Heap taken by queued commands and watched keys.", ClientHeap.bytes());
        gauge(all, "client_heap_max_bytes", "What they may take of the heap.", ClientHeap.BYTES_MAX);
        gauge(all, "overlay_bytes", "Fetched items kept beside L1 for commands that wait.", store.overlayBytes);
        gauge(all, "overlay_max_bytes", "What they may take, but for one of each command.", store.overlayBytesMax);
        gauge(all, "l2_bytes", "Size of L2 on disk.", store.l2Bytes);
        gauge(
                all,
                "l2_expired_backlog_seconds",
                "How long ago the earliest key expired that is on disk still.",
                store.expiredBacklogMs / 1000);
        gauge(all, "l2_expired_waiting", "Keys that expired on disk and wait for a drain.", store.expiredWaitingKeys);
        gauge(all, "journal_bytes", "Size of the journal on disk.", store.journalBytes);
        gauge(all, "journal_max_bytes", "journal-limit.", store.journalBytesMax);
        gauge(all, "disk_reserve_bytes", "Disk kept for a start when none is left.", store.reserveBytes);
        gauge(all, "l2_level0_files", "RocksDB's files that wait for their first compaction.", store.level0Files);
        gauge(all, "l2_level0_max_files", "l2-level0-limit.", store.level0FilesMax);
        gauge(all, "l2_compaction_bytes", "What RocksDB's compactions have before them.", store.compactionBytes);
        gauge(all, "l2_compaction_max_bytes", "l2-compaction-limit.", store.compactionBytesMax);
        gauge(all, "dirty_bytes", "What L2 does not have yet.", store.dirtyBytes);
        gauge(all, "write_buffer_bytes", "Changes that left L1 before they reached L2.", store.writeBufferBytes);
        gauge(all, "write_buffer_max_bytes", "l2-write-buffer.", store.writeBufferMaxBytes);
        gauge(all, "l2_cache_bytes", "RocksDB's cache of blocks.", store.blockCacheBytes);
        gauge(all, "l2_memtable_bytes", "RocksDB's memtables.", store.memtableBytes);
        gauge(all, "l2_filter_bytes", "RocksDB's indexes and filters.", store.filterBytes);
        counter(all, "drains_failed", "Drains that the disk refused.", store.drainsFailed);
        gauge(
                all,
                "warm_keys_saved",
                "Keys that were in L1 when it was last saved before the start.",
                store.warmKeysSaved);
        gauge(all, "warm_keys_loaded", "Those of them that are in L1 again.", store.warmKeysLoaded);
        gauge(
                all,
                "warm_share",
                "Share of them that is in L1 again, of those that still exist, 0 to 1.",
                store.warmShare);
        gauge(all, "warm_seconds", "How long reading them back took, or has taken.", store.warmNanos / 1e9);
        counter(all, "warm_saves", "Times that the keys of L1 were saved.", store.warmSaves);
        writeStalls(all, store);
        histogram(all, "fill_seconds", "From a miss of L1 to the key in L1.", store.fillTimes);
        histogram(all, "journal_sync_seconds", "Forcing the journal to disk.", store.journalSyncTimes);
        histogram(all, "drain_seconds", "Writing the dirty part of L1 to L2.", store.drainTimes);
        counter(all, "connections", "Connections accepted.", totals.connectionsReceived);
        counter(all, "connections_rejected", "Connections refused for maxclients.", totals.connectionsRejected);
        gauge(all, "connections_current", "Connections open.", server.sessions().count());
        counter(
                all,
                "accepts_failed",
                "Times that the system could not give us a connection that waits, for want of descriptors for example.",
                totals.acceptsFailed);
        counter(
                all,
                "connections_over_query_limit",
                "Clients closed by client-query-buffer-limit.",
                totals.clientsOverQueryLimit);
        counter(
                all,
                "connections_over_output_limit",
                "Clients closed by client-output-buffer-limit.",
                totals.clientsOverOutputLimit);
        counter(
                all,
                "connections_evicted",
                "Clients closed for holding most of the memory for clients, when there was too little.",
                totals.clientsEvicted);
        gauge(all, "connections_max", "maxclients.", server.settings().maxclients());
        gauge(
                all,
                "blocked_clients",
                "Clients that wait in a blocking command.",
                server.stats().blockedClients.get());
        counter(all, "bytes_read", "Bytes received from clients.", totals.bytesRead);
        counter(all, "bytes_written", "Bytes sent to clients.", totals.bytesWritten);
        counter(all, "slow_commands", "Commands that entered the slow log.", totals.slowCommands);
        gauge(
                all,
                "uptime_seconds",
                "Since the server began.",
                server.identity().uptimeSec(server.clock()));
        commands(all, totals);
        return new MetricSnapshots(all);
    }

    private static void writeStalls(List<MetricSnapshot> all, StoreFigures store) {
        CounterSnapshot.Builder stalls = CounterSnapshot.builder()
                .name(PREFIX + "write_stalls")
                .help("Times that writers were slowed, by what was near its limit.");
        for (WriteLimit limit : WriteLimit.values()) {
            stalls.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                    .labels(Labels.of("limit", limit.label()))
                    .value((double) Math.max(0, store.writeStallsBy[limit.ordinal()]))
                    .build());
        }
        all.add(stalls.build());
        all.add(CounterSnapshot.builder()
                .name(PREFIX + "write_stall_seconds")
                .help("How long writers waited so, together.")
                .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(Math.max(0, store.writeStallNanos) / 1e9)
                        .build())
                .build());
    }

    private void commands(List<MetricSnapshot> all, Totals totals) {
        CounterSnapshot.Builder calls =
                CounterSnapshot.builder().name(PREFIX + "commands").help("Calls of each command.");
        CounterSnapshot.Builder errors = CounterSnapshot.builder()
                .name(PREFIX + "command_errors")
                .help("Error replies of each command by their first word.");
        io.prometheus.metrics.model.snapshots.HistogramSnapshot.Builder latency =
                io.prometheus.metrics.model.snapshots.HistogramSnapshot.builder()
                        .name(PREFIX + "latency_seconds")
                        .help("How long calls of each command took.");
        List<CommandSpec> specs = server.catalogue().all();
        for (CommandSpec spec : specs) {
            Totals.Command command = totals.command(spec.index());
            if (command != null && command.calls() > 0) {
                Labels labels = Labels.of("command", spec.fullName());
                calls.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .labels(labels)
                        .value((double) command.calls())
                        .build());
                latency.dataPoint(point(labels, command.latency()));
            }
        }
        totals.errors()
                .forEach((index, codes) -> codes.forEach((code, count) -> {
                    String name = index < 0 || index >= specs.size()
                            ? "unknown"
                            : specs.get(index).fullName();
                    errors.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                            .labels(Labels.of("command", name, "error", code.toUpperCase(Locale.ROOT)))
                            .value((double) count)
                            .build());
                }));
        all.add(calls.build());
        all.add(errors.build());
        all.add(latency.build());
    }

    private static void counter(List<MetricSnapshot> all, String name, String help, long value) {
        all.add(CounterSnapshot.builder()
                .name(PREFIX + name)
                .help(help)
                .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value((double) Math.max(0, value))
                        .build())
                .build());
    }

    private static void gauge(List<MetricSnapshot> all, String name, String help, long value) {
        gauge(all, name, help, (double) value);
    }

    private static void gauge(List<MetricSnapshot> all, String name, String help, double value) {
        all.add(GaugeSnapshot.builder()
                .name(PREFIX + name)
                .help(help)
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(value)
                        .build())
                .build());
    }

    private static void histogram(List<MetricSnapshot> all, String name, String help, HistogramSnapshot times) {
        all.add(io.prometheus.metrics.model.snapshots.HistogramSnapshot.builder()
                .name(PREFIX + name)
                .help(help)
                .dataPoint(point(Labels.EMPTY, times))
                .build());
    }

    private static HistogramDataPointSnapshot point(Labels labels, HistogramSnapshot times) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        long before = 0;
        for (int i = 0; i < BOUNDS; i++) {
            long count = times.countUpTo(1000L << i);
            buckets.bucket((1L << i) / 1e6, count - before);
            before = count;
        }
        buckets.bucket(Double.POSITIVE_INFINITY, times.count() - before);
        return HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(buckets.build())
                .sum(times.sumNanos() / 1e9)
                .build();
    }
}
