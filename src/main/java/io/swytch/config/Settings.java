package io.swytch.config;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.bytes.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be set, by flag, file, environment or CONFIG SET.
 *
 * <p>Each value is kept twice: as the text that CONFIG GET shows, and typed, in a field of its own, for those who ask while they serve. Texts
 * hold bytes as Latin-1 characters. Threads: any; a reader may see one setting of a CONFIG SET changed and the next not yet.
 */
public final class Settings {
    private final @Nullable Path file;
    private final List<String> warnings;

    /** Canonical values by name; replaced whole. */
    private volatile Map<String, String> values;

    @GuardedBy("this")
    private final Map<String, List<Consumer<String>>> listeners = new HashMap<>();

    private volatile long maxmemoryBytes;
    private volatile EvictionPolicy evictionPolicy = EvictionPolicy.ALLKEYS;
    private volatile SyncMode sync = SyncMode.EVERY_10MS;
    private volatile Bytes requirepass = Bytes.EMPTY;
    private volatile boolean isProtected;
    private volatile int maxclients;

    @GuardedBy("this")
    private int clientsBound = Integer.MAX_VALUE;

    private volatile int timeoutSeconds;
    private volatile int tcpKeepaliveSeconds;
    private volatile long protoMaxBulkBytes;
    private volatile long queryBufferBytesMax;
    private volatile long maxmemoryClientsBytes;
    private volatile OutputBufferLimit normalOutput = new OutputBufferLimit(0, 0, 0);
    private volatile OutputBufferLimit replicaOutput = new OutputBufferLimit(0, 0, 0);
    private volatile OutputBufferLimit pubsubOutput = new OutputBufferLimit(0, 0, 0);
    private volatile long slowlogSlowerThanMicros;
    private volatile long slowlogEntriesMax;
    private volatile boolean isLatencyTracked;
    private volatile long latencyMonitorThresholdMillis;
    private volatile double[] latencyPercentiles = {};

    private Settings(@Nullable Path file, Map<String, String> values, List<String> warnings) {
        this.file = file;
        this.warnings = List.copyOf(warnings);
        this.values = Map.copyOf(values);
        readTyped();
    }

    /**
     * Settings from their three sources, the later ones winning: file, environment, flags.
     *
     * @param file a file in the form of redis.conf, or null
     * @param environment all variables; those named SWYTCH_… after a setting count
     * @param flags names and values in the order given; a name may come several times
     * @throws SettingException with a message that says where, what and which name was probably meant
     */
    public static Settings load(
            @Nullable Path file, Map<String, String> environment, List<Map.Entry<String, String>> flags)
            throws SettingException {
        SettingSources sources = new SettingSources(defaults());
        if (file != null) {
            sources.readFile(file);
        }
        sources.readEnvironment(environment);
        sources.readFlags(flags);
        sources.check();
        return new Settings(file == null ? null : file.toAbsolutePath(), sources.values(), sources.warnings());
    }

    /** Settings at their defaults but for the names and values given in turn; for tests and tools. */
    public static Settings of(String... namesAndValues) {
        List<Map.Entry<String, String>> flags = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            flags.add(Map.entry(namesAndValues[i], namesAndValues[i + 1]));
        }
        try {
            return load(null, Map.of(), flags);
        } catch (SettingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** The rows of the table, in the order of the help. */
    public static List<Setting> table() {
        return SettingTable.rows();
    }

    /** Whether a directive of redis.conf in lower case is known, but is accepted without effect, or refused for the harm that would do. */
    public static boolean isPassedOver(String name) {
        return SettingTable.isInert(name) || SettingTable.refusal(name) != null;
    }

    /** The row of this name in lower case, or of which it is another name; null where there is none. */
    public static @Nullable Setting setting(String name) {
        return SettingTable.find(name);
    }

    /** The nearest name that may be set to one that may not, or null. */
    public static @Nullable String nearestName(String name) {
        Set<String> known = new TreeSet<>(SettingTable.listedAliases());
        SettingTable.rows().forEach(row -> known.add(row.name()));
        return Nearest.among(known, name);
    }

    /** One line for each directive that was accepted although it means nothing here. */
    public List<String> warnings() {
        return warnings;
    }

    /** The file the settings came from, and CONFIG REWRITE goes to; null where there is none. */
    public @Nullable Path file() {
        return file;
    }

    /** The names that CONFIG GET may show, sorted; all in lower case. */
    public List<String> names() {
        Set<String> names = new TreeSet<>(values.keySet());
        names.addAll(SettingTable.listedAliases());
        names.add("appendonly");
        names.add("save");
        return List.copyOf(names);
    }

    /** The value as CONFIG GET shows it; {@code name} in any case, one of {@link #names()} or another name of one. */
    public String get(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        // Tools look at these two to tell whether a server keeps its data.
        if (lower.equals("appendonly")) {
            return value("persistent");
        }
        if (lower.equals("save")) {
            return "";
        }
        Setting setting = SettingTable.find(lower);
        if (setting == null) {
            throw new IllegalArgumentException("no setting " + name);
        }
        SettingTable.Alias alias = SettingTable.alias(lower);
        String canonical = value(setting.name());
        if (setting.name().equals("data-dir")) {
            return absolute(canonical);
        }
        return alias == null ? canonical : alias.shown(canonical);
    }

    /** Whether CONFIG SET knows the name, in any case; it may still refuse to change it. */
    public boolean isKnown(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SettingTable.find(lower) != null || SettingTable.isInert(lower) || SettingTable.isFixedElsewhere(lower);
    }

    /** Whether CONFIG SET may change it. */
    public boolean isMutable(String name) {
        Setting setting = SettingTable.find(name.toLowerCase(Locale.ROOT));
        return setting != null && setting.isMutable();
    }

    /**
     * Changes all of these or none, as CONFIG SET does, and then tells those who asked with {@link #onChange}. A directive of Redis that means
     * nothing here cannot be changed; the two that are shown nevertheless may be set to what they are.
     *
     * @throws SettingException naming the first that cannot be, with Redis's reason
     */
    public synchronized void set(Map<String, String> changes) throws SettingException {
        Map<String, String> next = new HashMap<>(values);
        List<String> changed = new ArrayList<>();
        for (Map.Entry<String, String> change : changes.entrySet()) {
            String name = change.getKey().toLowerCase(Locale.ROOT);
            Setting setting = SettingTable.find(name);
            if (setting == null && isSetAlready(name, change.getValue())) {
                continue;
            }
            if (setting == null && !isKnown(name)) {
                throw new SettingException(change.getKey(), "no such setting");
            }
            if (setting == null || !setting.isMutable()) {
                throw new SettingException(change.getKey(), SettingTable.whyFixed(name));
            }
            String before = value(next, setting.name());
            try {
                next.put(setting.name(), canonical(setting, name, change.getValue(), before));
            } catch (BadValueException e) {
                throw new SettingException(change.getKey(), e.reason());
            }
            changed.add(setting.name());
        }
        if (changed.contains("maxclients") && Long.parseLong(value(next, "maxclients")) > clientsBound) {
            throw new SettingException(
                    "maxclients",
                    "The operating system is not able to handle the specified number of clients, try with "
                            + clientsBound);
        }
        values = Map.copyOf(next);
        readTyped();
        for (String name : changed) {
            for (Consumer<String> listener : listeners.getOrDefault(name, List.of())) {
                listener.accept(value(name));
            }
        }
    }

    /** Whether {@code name}, which has no setting of its own but a value that {@link #get} shows, has this value. */
    private boolean isSetAlready(String name, String value) {
        return (name.equals("appendonly") || name.equals("save")) && value.equalsIgnoreCase(get(name));
    }

    /**
     * Calls {@code applied} with the canonical value after each CONFIG SET of {@code name}, on the thread of that command: it must be quick
     * and must not wait. Not called for the value at start.
     */
    public synchronized void onChange(String name, Consumer<String> applied) {
        Setting setting = SettingTable.find(name);
        if (setting == null || !setting.isMutable()) {
            throw new IllegalArgumentException(name + " never changes");
        }
        listeners.computeIfAbsent(setting.name(), n -> new ArrayList<>()).add(applied);
    }

    /** Writes what is set now into {@link #file()}; comments and lines of others stay. Waits on the disk. */
    public synchronized void rewrite() throws IOException {
        if (file == null) {
            throw new IOException("The server is running without a config file");
        }
        Map<String, String> startable = new HashMap<>(values);
        // CONFIG SET takes less, as Redis does; a start with that file would be refused.
        startable.put("maxmemory", SettingSources.atLeastMaxmemoryMin(value("maxmemory")));
        ConfigFile.rewrite(file, startable, defaults());
    }

    /** TCP port; 0 = none. */
    public int port() {
        return Integer.parseInt(value("port"));
    }

    /** Addresses to bind, a leading '-' (Redis: "no matter if it fails") included; empty = no TCP. */
    public List<String> bind() {
        return words("bind");
    }

    /** Whether there is neither a TCP port nor a Unix socket for clients. */
    public boolean listensNowhere() {
        boolean hasTcp = port() != 0 && bind().stream().anyMatch(address -> !address.isEmpty());
        return !hasTcp && unixsocket() == null;
    }

    /** The Unix socket, or null. */
    public @Nullable Path unixsocket() {
        return value("unixsocket").isEmpty() ? null : path(value("unixsocket"));
    }

    /** Permission bits of the Unix socket. */
    public int unixsocketperm() {
        return Integer.parseInt(value("unixsocketperm"), 8);
    }

    public int tcpBacklog() {
        return Integer.parseInt(value("tcp-backlog"));
    }

    /** Between two probes of an idle connection; 0 = none. */
    public int tcpKeepaliveSeconds() {
        return tcpKeepaliveSeconds;
    }

    /** Lowers {@code maxclients} to what the system lets this process serve, and keeps CONFIG SET from asking for more. */
    public synchronized void boundClients(int max) {
        clientsBound = max;
        if (maxclients > max) {
            Map<String, String> next = new HashMap<>(values);
            next.put("maxclients", Integer.toString(max));
            values = Map.copyOf(next);
            readTyped();
        }
    }

    /** After how long an idle connection is closed; 0 = never. */
    public int timeoutSeconds() {
        return timeoutSeconds;
    }

    public int maxclients() {
        return maxclients;
    }

    public boolean isProtectedMode() {
        return isProtected;
    }

    /** The password; empty = none. */
    public Bytes requirepass() {
        return requirepass;
    }

    /** The bound of L1; where it is set to 0, which Redis calls no limit, three quarters of the machine's memory. */
    public long maxmemoryBytes() {
        return maxmemoryBytes;
    }

    public EvictionPolicy evictionPolicy() {
        return evictionPolicy;
    }

    public boolean isPersistent() {
        return value("persistent").equals("yes");
    }

    public Path dataDir() {
        return path(value("data-dir"));
    }

    /** Whether a start goes on without what is damaged in the journal. */
    public boolean skipsDamaged() {
        return value("recover").equals("skip-damaged");
    }

    /** Where SAVE puts its copies. */
    public Path backupDir() {
        return value("backup-dir").isEmpty() ? dataDir().resolve("backups") : path(value("backup-dir"));
    }

    /** How many of them are kept, at least 1. */
    public int backupsKept() {
        return Integer.parseInt(value("backup-keep"));
    }

    public SyncMode sync() {
        return sync;
    }

    public long l2CacheBytes() {
        return Long.parseLong(value("l2-cache-size"));
    }

    public long l2WriteBufferBytes() {
        return Long.parseLong(value("l2-write-buffer"));
    }

    /** Of the journal, from three quarters of which on writers are slowed. */
    public long journalLimitBytes() {
        return Long.parseLong(value("journal-limit"));
    }

    /** Of RocksDB's files at level 0; as {@link #journalLimitBytes}. */
    public long level0LimitFiles() {
        return Long.parseLong(value("l2-level0-limit"));
    }

    /** Of what RocksDB's compactions have before them; as {@link #journalLimitBytes}. */
    public long compactionLimitBytes() {
        return Long.parseLong(value("l2-compaction-limit"));
    }

    /** Whether L1 begins with what it held, in persistent mode. */
    public boolean isWarm() {
        return value("warm").equals("yes");
    }

    /** How often it is noted what L1 holds; 0: at a stop only. */
    public int warmIntervalSeconds() {
        return Integer.parseInt(value("warm-interval"));
    }

    public int databases() {
        return Integer.parseInt(value("databases"));
    }

    /** Event loops, at least 1; a machine of more cores than there may be gets the most. */
    public int threads() {
        int threads = Integer.parseInt(value("threads"));
        return threads == 0 ? Math.min(Runtime.getRuntime().availableProcessors(), SettingTable.THREADS_MAX) : threads;
    }

    public boolean isIoUring() {
        return value("io-uring").equals("yes");
    }

    /** 0 = none. */
    public int metricsPort() {
        return Integer.parseInt(value("metrics-port"));
    }

    public String metricsBind() {
        return value("metrics-bind");
    }

    /** {@code text} or {@code json}. */
    public String logFormat() {
        return value("log-format");
    }

    /** {@code debug}, {@code verbose}, {@code info}, {@code warn} or {@code error}. */
    public String logLevel() {
        return value("log-level");
    }

    public long protoMaxBulkBytes() {
        return protoMaxBulkBytes;
    }

    public long queryBufferBytesMax() {
        return queryBufferBytesMax;
    }

    /** Bytes that buffers of all clients may take; 0 where that is not said. */
    public long maxmemoryClientsBytes() {
        return maxmemoryClientsBytes;
    }

    public OutputBufferLimit normalOutput() {
        return normalOutput;
    }

    public OutputBufferLimit replicaOutput() {
        return replicaOutput;
    }

    public OutputBufferLimit pubsubOutput() {
        return pubsubOutput;
    }

    /** -1 = nothing enters the log. */
    public long slowlogSlowerThanMicros() {
        return slowlogSlowerThanMicros;
    }

    public long slowlogEntriesMax() {
        return slowlogEntriesMax;
    }

    public boolean isLatencyTracked() {
        return isLatencyTracked;
    }

    /** What took as long enters LATENCY's events; 0 = nothing does. */
    public long latencyMonitorThresholdMillis() {
        return latencyMonitorThresholdMillis;
    }

    /** From 0 to 100, a fresh array. */
    public double[] latencyPercentiles() {
        return latencyPercentiles.clone();
    }

    private void readTyped() {
        long maxmemory = Long.parseLong(value("maxmemory"));
        maxmemoryBytes = maxmemory == 0 ? MachineMemory.bytes() / 4 * 3 : maxmemory;
        evictionPolicy = EvictionPolicy.of(value("maxmemory-policy"));
        sync = switch (value("sync")) {
            case "always" -> SyncMode.ALWAYS;
            case "os" -> SyncMode.OS;
            default -> SyncMode.EVERY_10MS;
        };
        requirepass = Bytes.wrap(value("requirepass").getBytes(StandardCharsets.ISO_8859_1));
        isProtected = value("protected-mode").equals("yes");
        maxclients = (int) Math.min(Integer.MAX_VALUE, Long.parseLong(value("maxclients")));
        timeoutSeconds = Integer.parseInt(value("timeout"));
        tcpKeepaliveSeconds = Integer.parseInt(value("tcp-keepalive"));
        protoMaxBulkBytes = Long.parseLong(value("proto-max-bulk-len"));
        queryBufferBytesMax = Long.parseLong(value("client-query-buffer-limit"));
        String clients = value("maxmemory-clients");
        maxmemoryClientsBytes = clients.endsWith("%")
                ? (long) (maxmemoryBytes / 100.0 * Integer.parseInt(clients.substring(0, clients.length() - 1)))
                : Long.parseLong(clients);
        List<String> limits = words("client-output-buffer-limit");
        normalOutput = limit(limits, 1);
        replicaOutput = limit(limits, 5);
        pubsubOutput = limit(limits, 9);
        slowlogSlowerThanMicros = Long.parseLong(value("slowlog-log-slower-than"));
        slowlogEntriesMax = Long.parseLong(value("slowlog-max-len"));
        isLatencyTracked = value("latency-tracking").equals("yes");
        latencyMonitorThresholdMillis = Long.parseLong(value("latency-monitor-threshold"));
        latencyPercentiles = words("latency-tracking-info-percentiles").stream()
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static OutputBufferLimit limit(List<String> words, int at) {
        return new OutputBufferLimit(
                Long.parseLong(words.get(at)), Long.parseLong(words.get(at + 1)), Long.parseLong(words.get(at + 2)));
    }

    private List<String> words(String name) {
        return Arrays.asList(Kind.split(value(name)));
    }

    private String value(String name) {
        return value(values, name);
    }

    private static String value(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no row for " + name);
        }
        return value;
    }

    /** {@code N%} of maxmemory as bytes of the memory this process may use; any other text as it is. */
    static String shareOfMachine(Setting setting, String text) throws BadValueException {
        if (!setting.name().equals("maxmemory") || !text.endsWith("%")) {
            return text;
        }
        String percent = Kind.integer(1, 100).parse(text.substring(0, text.length() - 1), "");
        return Long.toString(MachineMemory.bytes() / 100 * Long.parseLong(percent));
    }

    static String canonical(Setting setting, String name, String text, String before) throws BadValueException {
        SettingTable.Alias alias = SettingTable.alias(name);
        if (alias == null || alias.kind() == null) {
            return setting.kind().parse(text, before);
        }
        String word = alias.kind().parse(text, before);
        return alias.words().getOrDefault(word, word);
    }

    private static Map<String, String> defaults() {
        Map<String, String> values = new HashMap<>();
        for (Setting setting : SettingTable.rows()) {
            try {
                values.put(setting.name(), setting.kind().parse(setting.initial(), setting.initial()));
            } catch (BadValueException e) {
                throw new IllegalStateException(setting.name(), e);
            }
        }
        return values;
    }

    /** The whole path, as Redis shows its dir: who asks is elsewhere. */
    private static String absolute(String latin) {
        try {
            Path absolute = path(latin).toAbsolutePath().normalize();
            return new String(absolute.toString().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        } catch (InvalidPathException e) {
            // In memory mode nothing else has looked at it: a redis.conf may hold what this locale cannot write.
            return latin;
        }
    }

    /** @throws InvalidPathException if it has a NUL in it, or a letter that the process's locale cannot write */
    static Path path(String latin) {
        return Path.of(new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
    }
}
