package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.command.spec.AdminPort;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.ClientHeap;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.CommandSpec.Background;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Identity;
import io.swytch.config.MachineMemory;
import io.swytch.config.Settings;
import io.swytch.resp.ReplyWriter;
import io.swytch.stats.MemoryAccount;
import io.swytch.stats.ProcessFigures;
import io.swytch.stats.Stats;
import io.swytch.stats.StoreFigures;
import io.swytch.stats.Totals;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * INFO: the server's figures by section. Names are Redis's where Redis has the figure; what has no meaning here and no tool reads is left
 * out.
 */
public final class InfoCommand {
    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("INFO", atLeast(1), LOADING, STALE)
                    .categories("@dangerous")
                    .tips("nondeterministic_output", "request_policy:all_shards", "response_policy:special")
                    .syntax("[section...]")
                    .docs("1.0.0", "O(1)", "Replies with the server's figures.")
                    .history("7.0.0", "Takes several sections.")
                    // Figures of the disk are asked of RocksDB, which may be busy.
                    .background(Background.WHEN_TIERED)
                    .runs(InfoCommand::info));

    /** Sections in the order of the reply. */
    private static final List<Section> SECTIONS = List.of(
            new Section("Server", true, InfoCommand::server),
            new Section("Clients", true, InfoCommand::clients),
            new Section("Memory", true, InfoCommand::memory),
            new Section("Persistence", true, InfoCommand::persistence),
            new Section("Stats", true, InfoCommand::stats),
            new Section("Replication", true, InfoCommand::replication),
            new Section("CPU", true, InfoCommand::cpu),
            new Section("Modules", true, view -> {}),
            new Section("Commandstats", false, InfoCommand::commandStats),
            new Section("Errorstats", true, InfoCommand::errorStats),
            new Section("Latencystats", false, InfoCommand::latencyStats),
            new Section("Cluster", true, view -> view.text.add("cluster_enabled", 0)),
            new Section("Keyspace", true, InfoCommand::keyspace),
            new Section(
                    "Tiering",
                    true,
                    view -> InfoTiering.append(
                            view.totals, view.call.server().stats().process(), view.text)));

    /** Redis's clock of use has 24 bits of a second. */
    private static final long LRU_MASK = (1 << 24) - 1;

    private InfoCommand() {}

    /**
     * One section.
     *
     * @param isDefault whether INFO without arguments shows it
     */
    private record Section(String title, boolean isDefault, Writer writer) {}

    @FunctionalInterface
    private interface Writer {
        void write(View view);
    }

    /** What sections are written from: all show the same moment. */
    private record View(Call call, Totals totals, InfoText text) {
        Stats stats() {
            return call.server().stats();
        }

        Settings settings() {
            return call.server().settings();
        }
    }

    private static void info(Call call, ReplyWriter reply) {
        Set<String> wanted = new HashSet<>();
        for (int i = 1; i < call.argCount(); i++) {
            wanted.add(call.arg(i).toString().toLowerCase(Locale.ROOT));
        }
        boolean isDefault = wanted.isEmpty() || wanted.contains("default");
        boolean isAll = wanted.contains("all") || wanted.contains("everything");
        View view = new View(call, call.server().stats().totals(), new InfoText());
        for (Section section : SECTIONS) {
            if (isAll || (isDefault && section.isDefault) || wanted.contains(section.title.toLowerCase(Locale.ROOT))) {
                view.text.section(section.title);
                section.writer.write(view);
            }
        }
        reply.verbatim("txt", view.text.toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void server(View view) {
        Identity identity = view.call.server().identity();
        InfoText text = view.text;
        long uptime = identity.uptimeSec(view.call.server().clock());
        text.add("redis_version", Identity.REDIS_VERSION);
        text.add("redis_git_sha1", "00000000");
        text.add("redis_git_dirty", 0);
        text.add("redis_build_id", "0");
        text.add("swytch_version", identity.version());
        text.add("redis_mode", "standalone");
        text.add(
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"));
        text.add("arch_bits", 64);
        text.add("multiplexing_api", identity.multiplexing());
        text.add("java_version", System.getProperty("java.version"));
        text.add("process_id", ProcessHandle.current().pid());
        text.add("process_supervised", "no");
        text.add("run_id", identity.runId());
        text.add("tcp_port", view.settings().port());
        text.add("server_time_usec", view.call.server().clock().micros());
        text.add("uptime_in_seconds", uptime);
        text.add("uptime_in_days", uptime / 86_400);
        text.add("lru_clock", view.call.server().clock().millis() / 1000 & LRU_MASK);
        text.add("executable", ProcessHandle.current().info().command().orElse("java"));
        text.add("hz", 10);
        text.add("configured_hz", 10);
        text.add("io_threads_active", view.settings().threads() > 1 ? 1 : 0);
        text.add(
                "config_file",
                String.valueOf(
                        view.settings().file() == null ? "" : view.settings().file()));
    }

    private static void clients(View view) {
        view.text.add("connected_clients", view.call.server().sessions().count());
        view.text.add("cluster_connections", 0);
        view.text.add("maxclients", view.settings().maxclients());
        view.text.add("blocked_clients", view.stats().blockedClients.get());
        view.text.add("tracking_clients", 0);
        view.text.add("clients_in_timeout_table", 0);
    }

    private static void memory(View view) {
        InfoText text = view.text;
        StoreFigures store = view.totals.store;
        ProcessFigures process = view.stats().process();
        long peak = Math.max(view.stats().peakUsedBytes(), store.usedBytes);
        long dataset = store.segmentBytes + store.largeBytes;
        text.addBytes("used_memory", store.usedBytes);
        text.addBytes("used_memory_rss", process.residentBytes());
        text.addBytes("used_memory_peak", peak);
        text.add("used_memory_peak_perc", "%.2f%%", peak == 0 ? 0 : 100.0 * store.usedBytes / peak);
        text.add("used_memory_overhead", store.usedBytes - Math.min(store.usedBytes, dataset));
        text.add("used_memory_startup", 0);
        text.add("used_memory_dataset", dataset);
        text.add("used_memory_dataset_perc", "%.2f%%", store.usedBytes == 0 ? 0 : 100.0 * dataset / store.usedBytes);
        text.addBytes("total_system_memory", MachineMemory.bytes());
        zeros(text, "used_memory_vm_eval", "used_memory_scripts_eval", "number_of_functions", "number_of_libraries");
        zeros(text, "used_memory_vm_functions", "used_memory_vm_total", "used_memory_functions");
        text.addBytes("used_memory_lua", 0);
        text.addBytes("used_memory_scripts", 0);
        text.add("number_of_cached_scripts", 0);
        text.addBytes("maxmemory", store.maxBytes);
        text.add("maxmemory_policy", view.settings().get("maxmemory-policy"));
        // What the process holds by what it can account for: of used_memory alone it would tell how large the rest is.
        MemoryAccount account = view.stats().memory(store);
        text.add(
                "mem_fragmentation_ratio",
                "%.2f",
                account.sumBytes() == 0 ? 0 : (double) process.residentBytes() / account.sumBytes());
        text.add("mem_fragmentation_bytes", process.residentBytes() - account.sumBytes());
        text.add("mem_not_counted_for_evict", 0);
        zeros(text, "mem_clients_slaves", "mem_replication_backlog", "mem_total_replication_buffers");
        text.add("mem_cluster_links", 0);
        text.add("mem_clients_normal", MemoryCommands.clientBytes(view.call));
        text.add("mem_clients_heap", ClientHeap.bytes());
        text.add("mem_clients_heap_max", ClientHeap.BYTES_MAX);
        text.add("mem_aof_buffer", store.journalBufferBytes);
        text.add("mem_allocator", "swytch-segments");
        text.add("memory_base_bytes", account.baseBytes());
        account.parts().forEach(text::add);
        text.add("memory_network_max_bytes", view.stats().buffersBytesMax);
        text.addBytes("memory_accounted", account.sumBytes());
        text.add("active_defrag_running", 0);
        zeros(text, "lazyfree_pending_objects", "lazyfreed_objects");
    }

    private static void persistence(View view) {
        InfoText text = view.text;
        AdminPort.SaveStatus save = view.call.server().admin().saveStatus();
        StoreFigures store = view.totals.store;
        text.add("loading", 0);
        text.add("async_loading", 0);
        text.add("rdb_changes_since_last_save", save.changes());
        text.add("rdb_bgsave_in_progress", save.isRunning() ? 1 : 0);
        text.add("rdb_last_save_time", save.lastSaveSec());
        text.add("rdb_last_bgsave_status", save.lastOk() ? "ok" : "err");
        text.add("rdb_last_bgsave_time_sec", save.lastTookSec());
        text.add("rdb_current_bgsave_time_sec", save.runningSec());
        text.add("rdb_saves", save.count());
        // The journal is to Swytch what the append-only file is to Redis.
        text.add("aof_enabled", store.isTiered ? 1 : 0);
        zeros(text, "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded");
        zeros(text, "current_cow_size", "current_save_keys_processed", "current_save_keys_total");
        zeros(text, "aof_rewrite_in_progress", "aof_rewrite_scheduled", "aof_rewrites", "aof_last_cow_size");
        zeros(text, "module_fork_in_progress", "module_fork_last_cow_size");
        text.add("aof_last_rewrite_time_sec", -1);
        text.add("aof_current_rewrite_time_sec", -1);
        text.add("aof_last_bgrewrite_status", "ok");
        text.add("aof_last_write_status", view.call.server().admin().isWritable() ? "ok" : "err");
        if (store.isTiered) {
            text.add("aof_current_size", store.journalBytes);
            text.add("aof_buffer_length", store.journalBufferBytes);
        }
    }

    private static void stats(View view) {
        InfoText text = view.text;
        Totals totals = view.totals;
        Stats.Rates rates = view.stats().rates();
        text.add("total_connections_received", totals.connectionsReceived);
        text.add("total_commands_processed", totals.commands);
        text.add("instantaneous_ops_per_sec", Math.round(rates.commandsPerSecond()));
        text.add("total_net_input_bytes", totals.bytesRead);
        text.add("total_net_output_bytes", totals.bytesWritten);
        text.add("total_net_repl_input_bytes", 0);
        text.add("total_net_repl_output_bytes", 0);
        text.add("instantaneous_input_kbps", "%.2f", rates.bytesReadPerSecond() / 1024);
        text.add("instantaneous_output_kbps", "%.2f", rates.bytesWrittenPerSecond() / 1024);
        text.add("instantaneous_input_repl_kbps", "%.2f", 0);
        text.add("instantaneous_output_repl_kbps", "%.2f", 0);
        text.add("rejected_connections", totals.connectionsRejected);
        text.add("accepts_failed", totals.acceptsFailed);
        text.add("sync_full", 0);
        text.add("sync_partial_ok", 0);
        text.add("sync_partial_err", 0);
        text.add("expired_keys", totals.expired + totals.store.expiredByUpkeep);
        text.add("expired_stale_perc", "%.2f", 100 * staleShare(view));
        text.add("evicted_keys", totals.store.evictedKeys());
        text.add("evicted_clients", totals.clientsEvicted);
        // Redis 7.0 counts these two nowhere; the names are those of 7.2.
        text.add("client_query_buffer_limit_disconnections", totals.clientsOverQueryLimit);
        text.add("client_output_buffer_limit_disconnections", totals.clientsOverOutputLimit);
        text.add("keyspace_hits", totals.hits + totals.l2Hits);
        text.add("keyspace_misses", totals.absent);
        text.add("pubsub_channels", 0);
        text.add("pubsub_patterns", 0);
        text.add("pubsubshard_channels", 0);
        text.add("latest_fork_usec", 0);
        text.add("total_forks", 0);
        text.add("migrate_cached_sockets", 0);
        zeros(text, "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes");
        zeros(text, "slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses");
        zeros(text, "active_defrag_key_hits", "active_defrag_key_misses", "unexpected_error_replies");
        text.add(
                "total_error_replies",
                totals.errorsByCode().values().stream()
                        .mapToLong(Long::longValue)
                        .sum());
        text.add("total_reads_processed", totals.reads);
        text.add("total_writes_processed", totals.writes);
    }

    /** Of the database with the most expired keys that nobody has noticed. */
    private static double staleShare(View view) {
        double share = 0;
        for (int db = 0; db < view.call.keyspace().databases(); db++) {
            if (view.call.keyspace().expiringKeys(db) > 0) {
                share = Math.max(share, view.call.keyspace().staleShare(db));
            }
        }
        return share;
    }

    /** Fields of what cannot happen here, which tools read nevertheless. */
    private static void zeros(InfoText text, String... names) {
        for (String name : names) {
            text.add(name, 0);
        }
    }

    private static void replication(View view) {
        InfoText text = view.text;
        text.add("role", "master");
        text.add("connected_slaves", 0);
        text.add("master_failover_state", "no-failover");
        text.add("master_replid", view.call.server().identity().replicationId());
        text.add("master_replid2", "0".repeat(40));
        text.add("master_repl_offset", 0);
        text.add("second_repl_offset", -1);
        text.add("repl_backlog_active", 0);
        text.add("repl_backlog_size", 0);
        text.add("repl_backlog_first_byte_offset", 0);
        text.add("repl_backlog_histlen", 0);
    }

    private static void cpu(View view) {
        ProcessFigures process = view.stats().process();
        view.text.add("used_cpu_sys", "%.6f", process.systemNanos() / 1e9);
        view.text.add("used_cpu_user", "%.6f", process.userNanos() / 1e9);
        view.text.add("used_cpu_sys_children", "%.6f", 0);
        view.text.add("used_cpu_user_children", "%.6f", 0);
    }

    private static void commandStats(View view) {
        for (CommandSpec spec : view.call.server().catalogue().all()) {
            Totals.Command command = view.totals.command(spec.index());
            if (command != null) {
                long micros = command.nanos() / 1000;
                view.text.add(
                        "cmdstat_" + spec.fullName(),
                        String.format(
                                Locale.ROOT,
                                "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
                                command.calls(),
                                micros,
                                command.calls() == 0 ? 0 : command.nanos() / 1000.0 / command.calls(),
                                command.rejected(),
                                command.failed()));
            }
        }
    }

    private static void errorStats(View view) {
        for (Map.Entry<String, Long> code : view.totals.errorsByCode().entrySet()) {
            view.text.add("errorstat_" + code.getKey(), "count=" + code.getValue());
        }
    }

    private static void latencyStats(View view) {
        if (!view.settings().isLatencyTracked()) {
            return;
        }
        double[] percentiles = view.settings().latencyPercentiles();
        for (CommandSpec spec : view.call.server().catalogue().all()) {
            Totals.Command command = view.totals.command(spec.index());
            if (command != null && command.calls() > 0) {
                view.text.add(
                        "latency_percentiles_usec_" + spec.fullName(),
                        Arrays.stream(percentiles)
                                .mapToObj(p -> String.format(
                                        Locale.ROOT,
                                        "p%s=%.3f",
                                        plain(p),
                                        command.latency().percentileNanos(p) / 1000.0))
                                .collect(Collectors.joining(",")));
            }
        }
    }

    /** 99.9 as it is, 50.0 without its point. */
    private static String plain(double percentile) {
        return percentile == Math.rint(percentile) ? Long.toString((long) percentile) : Double.toString(percentile);
    }

    private static void keyspace(View view) {
        for (int db = 0; db < view.call.keyspace().databases(); db++) {
            long keys = view.call.keyspace().aboutSize(db);
            if (keys > 0) {
                view.text.add(
                        "db" + db,
                        "keys=" + keys + ",expires=" + view.call.keyspace().expiringKeys(db) + ",avg_ttl="
                                + view.call.keyspace().averageTtlMs(db));
            }
        }
    }
}
