package io.swytch.config;

import static java.util.Map.entry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every name that a file, a flag, a variable or CONFIG may use. */
final class SettingTable {
    private static final boolean FIXED = false;
    private static final boolean MUTABLE = true;
    private static final long MIB = 1 << 20;

    /**
     * RocksDB lets 11 files lie at level 0 for as long as nothing is written, and compacts 12. Three quarters of this are more than 12, so writers are slowed only where
     * a compaction is under way that ends it.
     */
    private static final long LEVEL0_FILES_MIN = 18;

    /**
     * As many as Redis has of its io-threads. With io_uring an event loop takes 0.6 MiB of the heap: as many start in the least heap that bin/swytch ever
     * sets, 128 MiB, where 256 do not (2026-11-30, JDK 17, Netty 4.2.18).
     */
    static final int THREADS_MAX = 128;

    private static final List<Setting> ROWS = List.of(
            row("port", "PORT", "6379", FIXED, Kind.integer(0, 65535), "TCP port; 0 = no TCP"),
            row(
                    "bind",
                    "ADDRESS...",
                    "127.0.0.1",
                    FIXED,
                    Kind.words(),
                    "addresses to listen on, one or several; \"\" = no TCP"),
            row("unixsocket", "PATH", "", FIXED, Kind.text(), "Unix socket to listen on as well"),
            row("unixsocketperm", "OCTAL", "700", FIXED, Kind.octal(0777), "permissions of the Unix socket"),
            row(
                    "tcp-backlog",
                    "COUNT",
                    "511",
                    FIXED,
                    Kind.integer(0, Integer.MAX_VALUE),
                    "connections waiting to be accepted"),
            row(
                    "tcp-keepalive",
                    "SECONDS",
                    "300",
                    MUTABLE,
                    Kind.integer(0, Integer.MAX_VALUE),
                    "between two probes of an idle connection; 0 = none"),
            row(
                    "timeout",
                    "SECONDS",
                    "0",
                    MUTABLE,
                    Kind.integer(0, Integer.MAX_VALUE),
                    "closes a connection that was idle as long; 0 = never"),
            row("maxclients", "COUNT", "10000", MUTABLE, Kind.integer(1, 4294967295L), "connections at a time"),
            row("protected-mode", "yes|no", "yes", MUTABLE, Kind.bool(), "without a password, serve this machine only"),
            row("requirepass", "PASSWORD", "", MUTABLE, Kind.text(), "password that AUTH asks for; \"\" = none"),
            row(
                    "maxmemory",
                    "BYTES|N%",
                    "64mb",
                    MUTABLE,
                    Kind.memory(0),
                    "memory of the hot set (L1), overhead included, at least 64kb; N% of the machine or container, 0 = 75%"),
            row(
                    "maxmemory-policy",
                    "POLICY",
                    "allkeys-lfu",
                    MUTABLE,
                    Kind.choice(
                            "volatile-lru",
                            "volatile-lfu",
                            "volatile-random",
                            "volatile-ttl",
                            "allkeys-lru",
                            "allkeys-lfu",
                            "allkeys-random",
                            "noeviction"),
                    "what leaves memory when it is full: allkeys-*, volatile-* or noeviction"),
            row(
                    "persistent",
                    "yes|no",
                    "no",
                    FIXED,
                    Kind.bool(),
                    "keep everything on disk (L2), beyond maxmemory and restarts"),
            row("data-dir", "PATH", "swytch-data", FIXED, Kind.text(), "directory of the data, in persistent mode"),
            row(
                    "backup-dir",
                    "PATH",
                    "",
                    FIXED,
                    Kind.text(),
                    "where SAVE and BGSAVE put copies of the data; \"\" = backups in the data directory"),
            row(
                    "backup-keep",
                    "COUNT",
                    "1",
                    MUTABLE,
                    Kind.integer(1, 10_000),
                    "copies that are kept there, the newest"),
            row(
                    "sync",
                    "WHEN",
                    "10ms",
                    FIXED,
                    Kind.choice("10ms", "always", "os"),
                    "when the journal is forced to disk: 10ms, always (before each reply) or os"),
            row(
                    "recover",
                    "no|skip-damaged",
                    "no",
                    FIXED,
                    Kind.choice("no", "skip-damaged"),
                    "what to do about a damaged journal: no = do not start, skip-damaged = start without that part"),
            row("l2-cache-size", "BYTES", "64mb", FIXED, Kind.memory(0), "RocksDB's cache of blocks, beside maxmemory"),
            row(
                    "l2-write-buffer",
                    "BYTES",
                    "64mb",
                    FIXED,
                    Kind.memory(MIB),
                    "changes that left memory before they reached L2, beside maxmemory"),
            row(
                    "journal-limit",
                    "BYTES",
                    "2gb",
                    FIXED,
                    Kind.memory(256 * MIB),
                    "what the journal may take on disk; from 3/4 of it on writers are slowed"),
            row(
                    "l2-level0-limit",
                    "COUNT",
                    "32",
                    FIXED,
                    Kind.integer(LEVEL0_FILES_MIN, 1024),
                    "RocksDB's files that wait for their first compaction; from 3/4 of it on writers are slowed"),
            row(
                    "l2-compaction-limit",
                    "BYTES",
                    "64gb",
                    FIXED,
                    Kind.memory(16 * MIB),
                    "what RocksDB's compactions may have before them; from 3/4 of it on writers are slowed"),
            row(
                    "warm",
                    "yes|no",
                    "yes",
                    FIXED,
                    Kind.bool(),
                    "read the hot set back into memory after a start, in persistent mode"),
            row(
                    "warm-interval",
                    "SECONDS",
                    "300",
                    FIXED,
                    Kind.integer(0, 86_400),
                    "between two saves of which keys are hot; 0 = at a stop only"),
            row("databases", "COUNT", "16", FIXED, Kind.integer(1, 65536), "databases that SELECT knows"),
            row(
                    "threads",
                    "COUNT",
                    "0",
                    FIXED,
                    Kind.integer(0, THREADS_MAX),
                    "event loops, at most 128; 0 = one per core"),
            row("io-uring", "yes|no", "no", FIXED, Kind.bool(), "use io_uring instead of epoll"),
            row(
                    "metrics-port",
                    "PORT",
                    "0",
                    FIXED,
                    Kind.integer(0, 65535),
                    "HTTP port of /metrics, /health and /ready; 0 = none"),
            row("metrics-bind", "ADDRESS", "127.0.0.1", FIXED, Kind.text(), "address of the metrics port"),
            row(
                    "log-format",
                    "text|json",
                    "text",
                    FIXED,
                    Kind.choice("text", "json"),
                    "one event a line, as text or JSON"),
            row(
                    "log-level",
                    "LEVEL",
                    "info",
                    MUTABLE,
                    Kind.choice("debug", "verbose", "info", "warn", "error"),
                    "debug, verbose, info, warn or error"),
            row("proto-max-bulk-len", "BYTES", "512mb", MUTABLE, Kind.memory(MIB), "longest value and argument"),
            row(
                    "client-query-buffer-limit",
                    "BYTES",
                    "1gb",
                    MUTABLE,
                    Kind.memory(MIB),
                    "longest request of one client"),
            row(
                    "maxmemory-clients",
                    "BYTES|N%",
                    "0",
                    MUTABLE,
                    Kind.memoryOrPercent(),
                    "buffers of all clients; beyond it who holds most is closed; N% of maxmemory, 0 = 5/8 of what memory leaves"),
            row(
                    "client-output-buffer-limit",
                    "CLASS HARD SOFT SECONDS",
                    "normal 256mb 0 0 replica 256mb 64mb 60 pubsub 32mb 8mb 60",
                    MUTABLE,
                    new OutputLimitsKind(),
                    "replies a client may leave unread before it is closed; classes normal, replica, pubsub"),
            row(
                    "slowlog-log-slower-than",
                    "MICROSECONDS",
                    "10000",
                    MUTABLE,
                    Kind.integer(-1, Long.MAX_VALUE),
                    "commands that took longer enter SLOWLOG; -1 = none"),
            row("slowlog-max-len", "COUNT", "128", MUTABLE, Kind.integer(0, Long.MAX_VALUE), "entries SLOWLOG keeps"),
            row("latency-tracking", "yes|no", "yes", MUTABLE, Kind.bool(), "latency percentiles per command in INFO"),
            row(
                    "latency-tracking-info-percentiles",
                    "PERCENT...",
                    "50 99 99.9",
                    MUTABLE,
                    Kind.percentiles(),
                    "which percentiles INFO latencystats shows"),
            row(
                    "latency-monitor-threshold",
                    "MILLISECONDS",
                    "0",
                    MUTABLE,
                    Kind.integer(0, Long.MAX_VALUE),
                    "what took as long enters the events of LATENCY; 0 = none"),
            row(
                    "enable-debug-command",
                    "yes|local|no",
                    "no",
                    FIXED,
                    Kind.choice("no", "yes", "local"),
                    "whether DEBUG may be called, or from this machine only"));

    private static final Map<String, Setting> BY_NAME = byName();

    /** Settings that mean nothing as long as data is in memory alone. */
    private static final Set<String> TIERED_ONLY = Set.of(
            "l2-cache-size",
            "l2-write-buffer",
            "data-dir",
            "backup-dir",
            "backup-keep",
            "sync",
            "journal-limit",
            "l2-level0-limit",
            "l2-compaction-limit",
            "warm",
            "warm-interval",
            "recover");

    /** Other names of settings, with the values that have other words there. */
    private static final Map<String, Alias> ALIASES = Map.of(
            "dir", new Alias("data-dir", null, Map.of(), true),
            "db-path", new Alias("data-dir", null, Map.of(), false),
            "appendfsync",
                    new Alias(
                            "sync",
                            Kind.choice("everysec", "always", "no"),
                            Map.of("everysec", "10ms", "always", "always", "no", "os"),
                            true),
            "loglevel",
                    new Alias(
                            "log-level",
                            Kind.choice("debug", "verbose", "notice", "warning"),
                            Map.of("debug", "debug", "verbose", "verbose", "notice", "info", "warning", "warn"),
                            true));

    /**
     * Directives of redis.conf that would be a promise not kept if they were passed over: the start is refused. Most with any value; see
     * {@link #HARMLESS}.
     */
    private static final Map<String, String> REFUSED = Map.of(
            "rename-command", "renaming commands is not supported, and passing it over would leave them open",
            "user", "ACL users are not supported, and passing them over would leave the server open; use requirepass",
            "aclfile", "ACL files are not supported, and passing it over would leave the server open; use requirepass",
            "tls-port", "TLS is not supported, and passing it over would send data in the clear",
            "loadmodule", "modules are not supported",
            "include", "including other files is not supported; put their lines here",
            "replicaof", "replication is not supported, and passing it over would serve other data than the master's",
            "slaveof", "replication is not supported, and passing it over would serve other data than the master's",
            "cluster-enabled", "clustering is not supported, and passing it over would leave this node alone");

    /** The values of those that promise nothing. */
    private static final Map<String, String> HARMLESS =
            Map.of("tls-port", "0", "replicaof", "no one", "slaveof", "no one", "cluster-enabled", "no");

    /** Where a directive that means nothing here has a counterpart. */
    private static final Map<String, String> COUNTERPARTS = Map.ofEntries(
            entry("appendonly", "'persistent yes' keeps data on disk"),
            entry("save", "'persistent yes' keeps data on disk"),
            entry("io-threads", "'threads' sets the number of event loops"),
            entry("logfile", "logs go to standard output"),
            entry("syslog-enabled", "logs go to standard output"),
            entry("daemonize", "swytch stays in the foreground; deploy/ has a systemd unit"),
            entry("pidfile", "swytch stays in the foreground"),
            entry("maxmemory-samples", "eviction does not sample"));

    /** The other directives of redis.conf 7.0; none means anything here. */
    private static final List<String> INERT = List.of("""
            acl-pubsub-default acllog-max-len active-defrag-cycle-max active-defrag-cycle-min
            active-defrag-ignore-bytes active-defrag-max-scan-fields active-defrag-threshold-lower
            active-defrag-threshold-upper active-expire-effort activedefrag activerehashing always-show-logo
            aof-disable-auto-gc aof-load-truncated aof-rewrite-incremental-fsync aof-timestamp-enabled
            aof-use-rdb-preamble aof_rewrite_cpulist appenddirname appendfilename appendonly
            auto-aof-rewrite-min-size auto-aof-rewrite-percentage bgsave_cpulist bind-source-addr bio_cpulist
            busy-reply-threshold cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down
            cluster-allow-replica-migration cluster-announce-bus-port cluster-announce-hostname
            cluster-announce-ip cluster-announce-port cluster-announce-tls-port cluster-config-file
            cluster-enabled cluster-link-sendbuf-limit cluster-migration-barrier cluster-node-timeout
            cluster-port cluster-preferred-endpoint-type cluster-replica-no-failover
            cluster-replica-validity-factor cluster-require-full-coverage cluster-slave-no-failover
            cluster-slave-validity-factor crash-log-enabled crash-memcheck-enabled daemonize dbfilename
            disable-thp dynamic-hz enable-module-command enable-protected-configs hash-max-listpack-entries
            hash-max-listpack-value hash-max-ziplist-entries hash-max-ziplist-value hll-sparse-max-bytes hz
            ignore-warnings io-threads io-threads-do-reads jemalloc-bg-thread
            lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del lazyfree-lazy-user-del
            lazyfree-lazy-user-flush lfu-decay-time lfu-log-factor list-compress-depth list-max-listpack-size
            list-max-ziplist-entries list-max-ziplist-size list-max-ziplist-value locale-collate logfile
            lua-time-limit masterauth masteruser maxmemory-eviction-tenacity
            maxmemory-samples min-replicas-max-lag min-replicas-to-write min-slaves-max-lag
            min-slaves-to-write no-appendfsync-on-rewrite notify-keyspace-events oom-score-adj
            oom-score-adj-values pidfile proc-title-template propagation-error-behavior rdb-del-sync-files
            rdb-save-incremental-fsync rdbchecksum rdbcompression repl-backlog-size repl-backlog-ttl
            repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync repl-diskless-sync-delay
            repl-diskless-sync-max-replicas repl-ping-replica-period repl-ping-slave-period repl-timeout
            replica-announce-ip replica-announce-port replica-announced replica-ignore-disk-write-errors
            replica-ignore-maxmemory replica-lazy-flush replica-priority replica-read-only
            replica-serve-stale-data replicaof sanitize-dump-payload save server_cpulist
            set-max-intset-entries set-proc-title shutdown-on-sigint shutdown-on-sigterm shutdown-timeout
            slave-announce-ip slave-announce-port slave-ignore-maxmemory slave-lazy-flush slave-priority
            slave-read-only slave-serve-stale-data slaveof socket-mark-id stop-writes-on-bgsave-error
            stream-node-max-bytes stream-node-max-entries supervised syslog-enabled syslog-facility
            syslog-ident tls-auth-clients tls-ca-cert-dir tls-ca-cert-file tls-cert-file tls-ciphers
            tls-ciphersuites tls-client-cert-file tls-client-key-file tls-client-key-file-pass tls-cluster
            tls-dh-params-file tls-key-file tls-key-file-pass tls-prefer-server-ciphers tls-protocols
            tls-replication tls-session-cache-size tls-session-cache-timeout tls-session-caching
            tracking-table-max-keys zset-max-listpack-entries zset-max-listpack-value
            zset-max-ziplist-entries zset-max-ziplist-value
            """.strip().split("\\s+"));

    private SettingTable() {}

    /**
     * Another name of a setting.
     *
     * @param kind the kind under this name, or null where it is the setting's own
     * @param words this name's words → the setting's
     * @param isListed whether CONFIG GET shows it to a glob
     */
    record Alias(String target, @Nullable Kind kind, Map<String, String> words, boolean isListed) {
        /** The setting's canonical text as this name words it. */
        String shown(String canonical) {
            for (Map.Entry<String, String> word : words.entrySet()) {
                if (word.getValue().equals(canonical)) {
                    return word.getKey();
                }
            }
            // Below "warn" Redis has no word; its last one is the nearest.
            return canonical.equals("error") ? "warning" : canonical;
        }
    }

    static List<Setting> rows() {
        return ROWS;
    }

    /** The setting of this name in lower case, or of which it is another name; null where there is none. */
    static @Nullable Setting find(String name) {
        Alias alias = ALIASES.get(name);
        return BY_NAME.get(alias == null ? name : alias.target());
    }

    static @Nullable Alias alias(String name) {
        return ALIASES.get(name);
    }

    static Collection<String> listedAliases() {
        List<String> names = new ArrayList<>();
        ALIASES.forEach((name, alias) -> {
            if (alias.isListed()) {
                names.add(name);
            }
        });
        return names;
    }

    /** Whether that is what Redis calls a setting that has another name here. */
    static boolean isOfRedis(String name) {
        Alias alias = alias(name.toLowerCase(Locale.ROOT));
        return alias != null && alias.isListed();
    }

    static boolean isTieredOnly(String name) {
        return TIERED_ONLY.contains(name);
    }

    static boolean isInert(String name) {
        return INERT.contains(name);
    }

    static List<String> inert() {
        return INERT;
    }

    /** What is said of a directive that means nothing here. */
    static String inertWarning(String name) {
        String counterpart = COUNTERPARTS.get(name);
        return "has no meaning here and is passed over" + (counterpart == null ? "" : ": " + counterpart);
    }

    /** Whether Redis has a setting of this name that it never changes, and that would stop the start here. */
    static boolean isFixedElsewhere(String name) {
        return name.equals("aclfile") || name.equals("tls-port");
    }

    /** Why CONFIG SET does not change a name that it knows, in Redis's words. */
    static String whyFixed(String name) {
        return name.equals("dir") || name.equals("dbfilename")
                ? "can't set protected config"
                : "can't set immutable config";
    }

    /** Why a start with this directive is refused, whatever its value; null where it is not. */
    static @Nullable String refusal(String name) {
        return REFUSED.get(name);
    }

    /** Why a start with this directive and this value is refused; null where it is not. */
    static @Nullable String refusal(String name, String value) {
        return value.equalsIgnoreCase(HARMLESS.get(name)) ? null : REFUSED.get(name);
    }

    /** What is wrong with a name that nobody knows, and the nearest that somebody does. */
    static String unknown(String name) {
        List<String> known = new ArrayList<>(BY_NAME.keySet());
        known.addAll(ALIASES.keySet());
        String nearest = Nearest.among(known, name);
        return nearest == null ? "no such setting" : "no such setting; did you mean '" + nearest + "'?";
    }

    private static Setting row(String name, String label, String initial, boolean isMutable, Kind kind, String help) {
        return new Setting(name, label, initial, isMutable, help, kind);
    }

    private static Map<String, Setting> byName() {
        Map<String, Setting> map = new LinkedHashMap<>(new HashMap<>(ROWS.size() * 2));
        for (Setting row : ROWS) {
            assert row.name().equals(row.name().toLowerCase(Locale.ROOT));
            map.put(row.name(), row);
        }
        return map;
    }
}
