package io.swytch.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    @TempDir
    private Path folder;

    @Test
    void defaults_areTheDocumentedOnes() {
        Settings settings = Settings.of();
        assertEquals(6379, settings.port());
        assertEquals(List.of("127.0.0.1"), settings.bind());
        assertNull(settings.unixsocket());
        assertEquals(0700, settings.unixsocketperm());
        assertEquals(64 << 20, settings.maxmemoryBytes());
        assertEquals("allkeys-lfu", settings.get("maxmemory-policy"));
        assertFalse(settings.isPersistent());
        assertEquals(SyncMode.EVERY_10MS, settings.sync());
        assertEquals(new OutputBufferLimit(256 << 20, 0, 0), settings.normalOutput());
        assertEquals(new OutputBufferLimit(32 << 20, 8 << 20, 60), settings.pubsubOutput());
        assertTrue(settings.isProtectedMode());
        assertTrue(settings.threads() >= 1);
        assertEquals(Bytes.EMPTY, settings.requirepass());
        assertArrayEquals(new double[] {50, 99, 99.9}, settings.latencyPercentiles());
    }

    @Test
    void everyListedName_canBeAsked() {
        Settings settings = Settings.of();
        for (String name : settings.names()) {
            settings.get(name);
        }
        assertTrue(settings.names().containsAll(List.of("dir", "appendfsync", "save", "appendonly", "loglevel")));
        assertFalse(settings.names().contains("db-path"));
    }

    /** As Redis does; CONFIG REWRITE leaves the file as it was written. */
    @Test
    void dataDirectory_isShownWhole() throws Exception {
        Path file = file("dir ./a/../b\npersistent yes\n");
        Settings settings = Settings.load(file, Map.of(), List.of());
        String here = Path.of("").toAbsolutePath().toString();
        String shown = here + "/b";
        assertEquals(shown, settings.get("dir"));
        assertEquals(shown, settings.get("data-dir"));
        settings.rewrite();
        assertEquals("dir ./a/../b\npersistent yes\n", Files.readString(file));
        assertEquals(here + "/swytch-data", Settings.of().get("dir"));
        file("dir \"/a\\x00b\"\n");
        assertEquals("/a\u0000b", Settings.load(file, Map.of(), List.of()).get("dir"));
    }

    @Test
    void memory_isReadInRedisUnits() {
        Map<String, Long> cases = new LinkedHashMap<>();
        cases.put("100000", 100_000L);
        cases.put("100000b", 100_000L);
        cases.put("200k", 200_000L);
        cases.put("200kb", 204_800L);
        cases.put("3m", 3_000_000L);
        cases.put("3MB", 3L << 20);
        cases.put("4g", 4_000_000_000L);
        cases.put("4Gb", 4L << 30);
        cases.forEach((text, bytes) ->
                assertEquals(bytes, Settings.of("maxmemory", text).maxmemoryBytes(), text));
        for (String bad : List.of("abc", "-1", "1.5gb", " 1mb", "1kib", "mb", "0x10", "99999999999999999999")) {
            assertEquals("argument must be a memory value", reasonOfSet(Settings.of(), "maxmemory", bad), bad);
        }
    }

    @Test
    void maxmemoryClients_isBytesOrAShareOfMaxmemory() {
        assertEquals(0, Settings.of().maxmemoryClientsBytes());
        assertEquals(5 << 20, Settings.of("maxmemory-clients", "5mb").maxmemoryClientsBytes());
        Settings share = Settings.of("maxmemory", "100mb", "maxmemory-clients", "5%");
        assertEquals("5%", share.get("maxmemory-clients"));
        assertEquals(5 << 20, share.maxmemoryClientsBytes());
        assertEquals(
                "percentage argument must be less or equal to 100", reasonOfSet(share, "maxmemory-clients", "101%"));
        for (String bad : List.of("abc", "-1", "1.5%", "%", "5%%", "-5%")) {
            assertEquals(
                    "argument must be a memory or percent value", reasonOfSet(share, "maxmemory-clients", bad), bad);
        }
    }

    @Test
    void maxmemory_asShareOfTheMachine() {
        long half = Settings.of("maxmemory", "50%").maxmemoryBytes();
        assertTrue(half > 1 << 20 && half <= MachineMemory.bytes() / 2, half + " of " + MachineMemory.bytes());
        assertTrue(Settings.of("maxmemory", "0").maxmemoryBytes() > half);
        assertThrows(IllegalArgumentException.class, () -> Settings.of("maxmemory", "101%"));
    }

    /** Fewer than RocksDB begins to compact would slow writers for ever: nothing would take the files away before the next drain. */
    @Test
    void level0Limit_leavesRoomForACompactionToBegin() throws IOException {
        assertMessage("argument must be between 18 and 1024 inclusive", "l2-level0-limit 17\n");
    }

    /** Redis takes it for 0, which is three quarters of the machine: hardly what a variable stands for that is not set. */
    @Test
    void emptyNumber_isRefused() throws Exception {
        for (Setting setting : Settings.table()) {
            if (setting.isNumber()) {
                String name = setting.name();
                String reason = ": is empty; it takes " + setting.label();
                assertEquals("--" + name + reason, failure(null, Map.of(), name, ""));
                assertMessage(":1: " + name + reason, name + " \"\"");
            }
        }
        assertTrue(List.of("maxmemory", "l2-cache-size", "maxmemory-clients", "threads", "unixsocketperm").stream()
                .allMatch(name -> Settings.setting(name).isNumber()));
        Settings settings = Settings.of();
        settings.set(Map.of("maxmemory", ""));
        assertEquals("0", settings.get("maxmemory"));
    }

    @Test
    void emptyVariable_countsAsNotSet() throws Exception {
        Path file = file("requirepass secret\nmaxmemory 2mb\nbind 127.0.0.2\n");
        Map<String, String> environment = new HashMap<>();
        for (Setting setting : Settings.table()) {
            environment.put(setting.variable(), "");
        }
        environment.put("SWYTCH_DIR", "");
        environment.put("SWYTCH_REPLICAOF", "");
        environment.put("SWYTCH_CACHE_DIR", "");
        Settings settings = Settings.load(file, environment, List.of());
        for (String name : settings.names()) {
            assertEquals(Settings.load(file, Map.of(), List.of()).get(name), settings.get(name), name);
        }
        assertEquals(
                environment.size() - 1,
                settings.warnings().size(),
                settings.warnings().toString());
        assertTrue(settings.warnings().contains("SWYTCH_REQUIREPASS: is empty, which counts as not set"));
    }

    @Test
    void sources_winInOrder() throws Exception {
        Path file = file("port 1\ndatabases 1\ntimeout 1\n");
        Settings settings = Settings.load(
                file,
                Map.of("SWYTCH_DATABASES", "2", "SWYTCH_TIMEOUT", "2", "SWYTCH_JAVA_OPTS", "-Xint"),
                List.of(Map.entry("timeout", "3")));
        assertEquals(1, settings.port());
        assertEquals(2, settings.databases());
        assertEquals(3, settings.timeoutSeconds());
        assertEquals(file, settings.file());
    }

    @Test
    void file_isReadAsRedisReadsIts() throws Exception {
        Settings settings = load("""
                # a comment

                  REQUIREPASS "a b\\x41\\"\\n"
                bind 127.0.0.1   -::1
                unixsocket '/tmp/it\\'s'
                client-output-buffer-limit normal 1mb 0 0
                client-output-buffer-limit replica 2mb 1mb 10
                appendfsync no
                dir /data
                """);
        assertEquals(Bytes.of("a bA\"\n"), settings.requirepass());
        assertEquals(List.of("127.0.0.1", "-::1"), settings.bind());
        assertEquals(Path.of("/tmp/it's"), settings.unixsocket());
        assertEquals(new OutputBufferLimit(1 << 20, 0, 0), settings.normalOutput());
        assertEquals(new OutputBufferLimit(2 << 20, 1 << 20, 10), settings.replicaOutput());
        assertEquals(
                "normal 1048576 0 0 slave 2097152 1048576 10 pubsub 33554432 8388608 60",
                settings.get("client-output-buffer-limit"));
        assertEquals("no", settings.get("appendfsync"));
        assertEquals("os", settings.get("sync"));
        assertEquals("/data", settings.get("dir"));
        assertEquals(Path.of("/data"), settings.dataDir());
    }

    @Test
    void brokenFile_saysWhereAndWhatWasMeant() throws IOException {
        assertMessage(":1: maxmemroy: no such setting; did you mean 'maxmemory'?", "maxmemroy 1mb");
        assertMessage(":2: requirepass: Unbalanced quotes in configuration line", "\nrequirepass \"x");
        assertMessage(":1: requirepass: Unbalanced quotes in configuration line", "requirepass \"x\"y");
        assertMessage("did you mean 'allkeys-lru'?", "maxmemory-policy allkeys-lrv");
        String tooMany = "wrong number of arguments: it takes one value; one with blanks stands in \"quotes\"";
        assertMessage(":1: requirepass: " + tooMany, "requirepass foo bar");
        assertMessage(":1: dir: " + tooMany, "dir /my data");
        assertMessage(":1: appendfsync: " + tooMany, "appendfsync everysec no");
        assertMessage(
                ":1: port: wrong number of arguments: a comment stands on a line of its own", "port 7000 # a comment");
        assertMessage(":1: port: wrong number of arguments: it needs a value, PORT", "port");
        assertMessage(":1: requirepass: wrong number of arguments: it needs a value, PASSWORD", "requirepass");
        assertMessage("argument must be between 0 and 65535 inclusive", "port 65536");
        assertMessage("passing it over would leave them open", "rename-command FLUSHALL \"\"");
    }

    @Test
    void pathThatCannotBe_isRefusedOnlyWhereItIsUsed() throws Exception {
        assertMessage(":1: unixsocket: is no path here: Nul character not allowed", "unixsocket \"/tmp/a\\x00b\"");
        assertMessage(":2: dir: is no path here: ", "persistent yes\ndir \"/tmp/a\\x00b\"");
        assertEquals("/tmp/a\0b", load("dir \"/tmp/a\\x00b\"\n").get("dir"));
    }

    /** Under the name that was written, and under no other beside it. */
    @Test
    void failureOfAnotherName_isToldOfThatName() throws Exception {
        assertEquals(
                "--db-path: means nothing as long as data is in memory only; --persistent keeps it on disk",
                failure(null, Map.of(), "db-path", "x"));
        assertEquals(
                "SWYTCH_MAXMEMORY: is 1 bytes; 64kb is the least (0: three quarters of the machine's)",
                failure(null, Map.of("SWYTCH_MAXMEMORY", "1")));
        assertEquals(
                "SWYTCH_APPENDFSYNC: 'sometimes': argument(s) must be one of the following: everysec, always, no",
                failure(null, Map.of("SWYTCH_APPENDFSYNC", "sometimes")));
        Path file = file("persistent yes\ndir ''\n");
        assertEquals(
                file
                        + ":2: dir: is empty: data would go where this process happens to be started; write . to mean that",
                failure(file, Map.of()));
        assertEquals(
                "--unixsocketperm: '999': argument couldn't be parsed as an octal number",
                failure(null, Map.of(), "unixsocketperm", "999"));
    }

    @Test
    void directivesWithoutMeaning_warnOnceEach() throws Exception {
        Settings settings =
                load("save 900 1\nappendonly no\nhz 10\ntls-port 0\nreplicaof no one\ncluster-enabled no\n");
        assertEquals(6, settings.warnings().size(), settings.warnings().toString());
        assertTrue(settings.warnings().get(0).contains(":1: 'save' has no meaning here"));
        assertEquals("", settings.get("save"));
        assertEquals("no", settings.get("appendonly"));
        assertEquals("yes", Settings.of("persistent", "yes").get("appendonly"));
    }

    @Test
    void appendonly_needsPersistent() throws Exception {
        assertMessage(":2: appendonly: data would be kept in memory only; 'persistent yes'", "\nappendonly yes\n");
        assertMessage(":2: appendonly: ", "persistent no\nappendonly yes\n");
        assertMessage(":1: appendonly: 'maybe': argument must be 'yes' or 'no'", "appendonly maybe");
        assertEquals(List.of(), load("appendonly yes\npersistent yes\n").warnings());
        assertEquals("no", load("appendonly yes\nappendonly no\n").get("persistent"));
        Path file = file("appendonly yes\n");
        assertEquals(
                "yes",
                Settings.load(file, Map.of("SWYTCH_PERSISTENT", "yes"), List.of())
                        .get("appendonly"));
        assertEquals(
                "--appendonly: data would be kept in memory only; 'persistent yes' in the file, or --persistent, keeps it on disk"
                        + " (appendonly no: it need not be kept)",
                assertThrows(
                                SettingException.class,
                                () -> Settings.load(null, Map.of(), List.of(Map.entry("appendonly", "yes"))))
                        .getMessage());
    }

    @Test
    void promisesThatAreNotKept_stopTheStart() throws IOException {
        assertMessage(":1: replicaof: replication is not supported", "replicaof 10.0.0.1 6379");
        assertMessage(":1: slaveof: replication is not supported", "slaveof 10.0.0.1 6379");
        assertMessage(":1: cluster-enabled: clustering is not supported", "cluster-enabled yes");
        assertMessage(":1: include: including other files is not supported", "include /etc/redis/common.conf");
    }

    @Test
    void servicesOfKubernetes_setNoPort() throws Exception {
        Settings settings = Settings.load(
                null,
                Map.of(
                        "SWYTCH_PORT", "tcp://10.0.0.5:6379",
                        "SWYTCH_METRICS_PORT", "udp://10.0.0.6:9121",
                        "SWYTCH_PORT_6379_TCP", "tcp://10.0.0.5:6379",
                        "SWYTCH_PORT_6379_TCP_ADDR", "10.0.0.5",
                        "SWYTCH_PORT_6379_TCP_PORT", "6379",
                        "SWYTCH_PORT_6379_TCP_PROTO", "tcp",
                        "SWYTCH_SERVICE_PORT", "6379",
                        "SWYTCH_SERVICE_PORT_REDIS", "6379"),
                List.of());
        assertEquals(6379, settings.port());
        assertEquals(0, settings.metricsPort());
        assertEquals(2, settings.warnings().size(), settings.warnings().toString());
        assertTrue(settings.warnings().get(1).startsWith("SWYTCH_PORT: 'tcp://10.0.0.5:6379' is passed over"));
    }

    @Test
    void unreadableFile_saysWhy() throws Exception {
        SettingException e = assertThrows(SettingException.class, () -> Settings.load(folder, Map.of(), List.of()));
        assertTrue(e.getMessage().startsWith(folder + ": cannot be read: "), e.getMessage());
    }

    @Test
    void set_isWordedAsRedisWordsIt() {
        Settings settings = Settings.of();
        String[][] cases = {
            {"timeout", "-1", "argument must be between 0 and 2147483647 inclusive"},
            {"timeout", "abc", "argument couldn't be parsed into an integer"},
            {"slowlog-log-slower-than", "-5", "argument must be between -1 and 9223372036854775807 inclusive"},
            {"maxclients", "0", "argument must be between 1 and 4294967295 inclusive"},
            {"proto-max-bulk-len", "1", "argument must be between 1048576 and 9223372036854775807 inclusive"},
            {"protected-mode", "maybe", "argument must be 'yes' or 'no'"},
            {"databases", "4", "can't set immutable config"},
            {"appendonly", "yes", "can't set immutable config"},
            {"appendonly", "maybe", "can't set immutable config"},
            {"save", "900 1", "can't set immutable config"},
            {"daemonize", "yes", "can't set immutable config"},
            {"hz", "100", "can't set immutable config"},
            {"tls-port", "1", "can't set immutable config"},
            {"dir", "/tmp", "can't set protected config"},
            {"dbfilename", "x", "can't set protected config"},
            {"appendfsync", "always", "can't set immutable config"},
            {"loglevel", "foo", "argument(s) must be one of the following: debug, verbose, notice, warning"},
            {
                "maxmemory-policy",
                "foo",
                "argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl,"
                        + " allkeys-lru, allkeys-lfu, allkeys-random, noeviction"
            },
            {"client-output-buffer-limit", "normal 1mb", "Wrong number of arguments in buffer limit configuration."},
            {
                "client-output-buffer-limit",
                "foo 1mb 2mb 60",
                "Invalid client class specified in buffer limit configuration."
            },
            {
                "client-output-buffer-limit",
                "normal a b c",
                "Error in hard, soft or soft_seconds setting in buffer limit configuration."
            },
            {"latency-tracking-info-percentiles", "1 abc", "Invalid latency-tracking-info-percentiles parameters"},
            {
                "latency-tracking-info-percentiles",
                "1 101",
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
            },
            {"maxmemory", "10%", "argument must be a memory value"},
        };
        for (String[] row : cases) {
            assertEquals(row[2], reasonOfSet(settings, row[0], row[1]), row[0] + " " + row[1]);
        }
    }

    @Test
    void set_changesAllOrNothing() throws Exception {
        Settings settings = Settings.of();
        Map<String, String> changes = new LinkedHashMap<>();
        changes.put("MAXMEMORY", "2mb");
        changes.put("timeout", "abc");
        assertEquals(
                "timeout",
                assertThrows(SettingException.class, () -> settings.set(changes))
                        .name());
        assertEquals(64 << 20, settings.maxmemoryBytes());
        changes.put("timeout", "7");
        changes.put("loglevel", "WARNING");
        changes.put("save", "");
        changes.put("appendonly", "no");
        settings.set(changes);
        assertEquals("2097152", settings.get("maxmemory"));
        assertEquals(2 << 20, settings.maxmemoryBytes());
        assertEquals(7, settings.timeoutSeconds());
        assertEquals("warning", settings.get("loglevel"));
        assertEquals("warn", settings.logLevel());
    }

    /** A setting that CONFIG SET takes is one that has a row: nothing is accepted and forgotten. */
    @Test
    void set_takesNothingThatHasNoEffect() {
        Settings settings = Settings.of();
        for (String name : SettingTable.inert()) {
            assertTrue(reasonOfSet(settings, name, "1").startsWith("can't set"), name);
        }
    }

    @Test
    void variable_thatJustMissesASettingIsWarnedOf() throws Exception {
        Settings settings =
                Settings.load(null, Map.of("SWYTCH_MAXMEMROY", "1gb", "SWYTCH_SERVICE_HOST", "10.0.0.1"), List.of());
        assertEquals(List.of("SWYTCH_MAXMEMROY: sets nothing; did you mean SWYTCH_MAXMEMORY?"), settings.warnings());
        settings = Settings.load(null, Map.of("SWYTCH_JORNAL_LIMIT", "1gb"), List.of());
        assertEquals(
                List.of("SWYTCH_JORNAL_LIMIT: sets nothing; did you mean SWYTCH_JOURNAL_LIMIT?"), settings.warnings());
    }

    /** As in a file: what would be a broken promise stops the start, what means nothing is warned of. */
    @Test
    void variable_ofADirectiveOfRedis_isTakenForIt() throws Exception {
        for (Map.Entry<String, String> variable : Map.of(
                        "SWYTCH_APPENDONLY", "yes", "SWYTCH_REPLICAOF", "db 6379", "SWYTCH_TLS_PORT", "6380")
                .entrySet()) {
            SettingException e =
                    assertThrows(SettingException.class, () -> Settings.load(null, Map.ofEntries(variable), List.of()));
            assertTrue(e.getMessage().startsWith(variable.getKey() + ": "), e.getMessage());
        }
        Map<String, String> environment =
                Map.of("SWYTCH_APPENDONLY", "no", "SWYTCH_TLS_PORT", "tcp://10.0.0.5:6380", "SWYTCH_USER", "redis");
        Settings settings = Settings.load(file("appendonly yes\n"), environment, List.of());
        assertEquals(2, settings.warnings().size(), settings.warnings().toString());
        assertTrue(settings.warnings().get(0).startsWith("SWYTCH_APPENDONLY: has no meaning here"));
        assertTrue(settings.warnings().get(1).startsWith("SWYTCH_TLS_PORT: 'tcp://10.0.0.5:6380' is passed over"));
    }

    @Test
    void settingsForDataOnDisk_areWarnedOfWithout() throws Exception {
        Path file = file("l2-write-buffer 8mb\nwarm no\nl2-cache-size 64mb\n");
        Map<String, String> environment = Map.of("SWYTCH_JOURNAL_LIMIT", "1gb");
        assertEquals(
                List.of(
                        "SWYTCH_JOURNAL_LIMIT: means nothing without 'persistent yes'",
                        file + ":1: 'l2-write-buffer' means nothing without 'persistent yes'",
                        file + ":2: 'warm' means nothing without 'persistent yes'"),
                Settings.load(file, environment, List.of()).warnings());
        assertEquals(
                List.of(),
                Settings.load(file, environment, List.of(Map.entry("persistent", "yes")))
                        .warnings());
    }

    /** Every redis.conf has these two; a cache that is started with it still starts. */
    @Test
    void dirAndAppendfsyncOfRedis_startInMemory() throws Exception {
        Path file = file("dir /var/lib/redis\nappendfsync everysec\n");
        assertEquals(
                List.of(file + ":1: 'dir' means nothing without 'persistent yes'"),
                Settings.load(file, Map.of(), List.of()).warnings());
        assertEquals(
                List.of(
                        "SWYTCH_DIR: means nothing without 'persistent yes'",
                        "SWYTCH_APPENDFSYNC: means nothing without 'persistent yes'"),
                Settings.load(file, Map.of("SWYTCH_DIR", "/x", "SWYTCH_APPENDFSYNC", "always"), List.of())
                        .warnings());
    }

    @Test
    void listeners_hearTheCanonicalValue() throws Exception {
        Settings settings = Settings.of();
        List<String> heard = new ArrayList<>();
        settings.onChange("maxmemory", heard::add);
        settings.set(Map.of("timeout", "1"));
        settings.set(Map.of("maxmemory", "1mb"));
        assertEquals(List.of("1048576"), heard);
        assertThrows(IllegalArgumentException.class, () -> settings.onChange("port", heard::add));
    }

    @Test
    void names_areKnownInAnyCase() {
        Settings settings = Settings.of();
        assertTrue(settings.isKnown("MaxMemory"));
        assertTrue(settings.isKnown("hz"));
        assertFalse(settings.isKnown("nosuch"));
        assertFalse(settings.isMutable("appendfsync"));
        assertFalse(settings.isMutable("port"));
    }

    @Test
    void nearest_findsSwapsAndOmissions() {
        List<String> names = List.of("maxmemory", "maxclients", "metrics-port");
        assertEquals("maxmemory", Nearest.among(names, "maxmemroy"));
        assertEquals("metrics-port", Nearest.among(names, "metricsport"));
        assertEquals("maxclients", Nearest.among(names, "MAXCLIENT"));
        assertNull(Nearest.among(names, "zzzzzzzzz"));
    }

    private Settings load(String text) throws Exception {
        return Settings.load(file(text), Map.of(), List.of());
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("swytch.conf"), text);
    }

    private void assertMessage(String part, String text) throws IOException {
        Path file = file(text);
        SettingException e = assertThrows(SettingException.class, () -> Settings.load(file, Map.of(), List.of()));
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }

    private static String failure(@Nullable Path file, Map<String, String> environment, String... flagsAndValues) {
        List<Map.Entry<String, String>> flags = new ArrayList<>();
        for (int i = 0; i < flagsAndValues.length; i += 2) {
            flags.add(Map.entry(flagsAndValues[i], flagsAndValues[i + 1]));
        }
        return assertThrows(SettingException.class, () -> Settings.load(file, environment, flags))
                .getMessage();
    }

    private static String reasonOfSet(Settings settings, String name, String value) {
        return assertThrows(SettingException.class, () -> settings.set(Map.of(name, value)))
                .reason();
    }
}
