package io.swytch.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.config.MachineMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's own work, seen by a Java that only prints how it was called. All paths have blanks. */
class LauncherTest {
    private static final long MIB = 1 << 20;

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private Path launcher = Path.of("");
    private Path cache = Path.of("");

    @BeforeEach
    void build() throws IOException {
        Path home = Files.createDirectories(folder.resolve("the home"));
        launcher = Files.createDirectories(home.resolve("bin")).resolve("swytch");
        Files.copy(Path.of("src", "main", "launcher", "swytch"), launcher);
        makeExecutable(launcher);
        Path lib = Files.createDirectories(home.resolve("lib"));
        Files.createFile(lib.resolve("swytch.jar"));
        for (String machine : List.of("x86_64", "aarch64")) {
            Files.createDirectories(lib.resolve("native").resolve("linux-" + machine));
            Files.createDirectories(lib.resolve("native").resolve("linux-" + machine + "-musl"));
        }
        cache = folder.resolve("the cache");
        environment.put("JAVA_HOME", java("the java", "17.0.9").toString());
        environment.put("SWYTCH_CACHE_DIR", cache.toString());
    }

    @Test
    void wordsArrive_asTheyWereGiven() throws Exception {
        List<String> words = launch("redis", "--requirepass", "a b", "", "*", "--bind", "");
        int main = words.indexOf("io.swytch.cli.Main");
        assertEquals(
                List.of("redis", "--requirepass", "a b", "", "*", "--bind", ""), words.subList(main + 1, words.size()));
        assertTrue(words.contains("--enable-native-access=ALL-UNNAMED"));
        assertTrue(words.stream().anyMatch(w -> w.startsWith("-Djava.library.path=" + folder.resolve("the home"))));
        assertTrue(words.contains(folder.resolve("the home/lib/swytch.jar").toString()));
    }

    @Test
    void link_isFollowed() throws Exception {
        Path link = Files.createSymbolicLink(
                folder.resolve("link"), folder.getFileSystem().getPath("the home/bin/swytch"));
        launcher = link;
        assertTrue(launch().contains("io.swytch.cli.Main"));
    }

    @Test
    void memory_comesFromFileEnvironmentAndFlags() throws Exception {
        // A size above this machine's memory shows in the limit; a smaller one is hidden by the machine's own.
        long large = 1L << 42;
        assertEquals(direct(large), directOf(launch("--maxmemory", "4096gb")));
        assertEquals(direct(large), directOf(launch("redis", "--maxmemory=4096GB")));
        environment.put("SWYTCH_MAXMEMORY", "4096gb");
        assertEquals(direct(large), directOf(launch()));
        assertEquals(direct(2 * large), directOf(launch("--maxmemory", "8192gb")));
        environment.remove("SWYTCH_MAXMEMORY");
        Path config = Files.writeString(folder.resolve("a b.conf"), "# maxmemory 1gb\n  maxmemory  \"4096gb\"\nport 1");
        assertEquals(direct(large), directOf(launch(config.toString())));
        assertEquals(direct(large), directOf(launch("redis", config.toString())));
        assertEquals(direct(2 * large), directOf(launch(config.toString(), "--maxmemory", "8192gb")));
        long machine = directOf(launch());
        assertTrue(machine >= 64 * MIB, Long.toString(machine));
        assertEquals(machine, directOf(launch("--maxmemory", "1%")));
        assertEquals(machine, directOf(launch("--maxmemory", "nonsense")));
    }

    /** 0 is three quarters of the machine, and a heap for 64 MiB would not do for them. */
    @Test
    void memory_ofMaxmemory0_isThatOfThreeQuartersOfTheMachine() throws Exception {
        List<String> whole = launch("--maxmemory", Long.toString(MachineMemory.bytes() / 4 * 3));
        for (String zero : List.of("0", "0mb", "00")) {
            List<String> words = launch("--maxmemory", zero);
            assertEquals(option("-Xmx", whole), option("-Xmx", words), zero);
            assertEquals(directOf(whole), directOf(words), zero);
        }
        environment.put("SWYTCH_MAXMEMORY", "0");
        assertEquals(option("-Xmx", whole), option("-Xmx", launch()));
        assertEquals(option("-Xmx", launch("--maxmemory", "64mb")), option("-Xmx", launch("--maxmemory=067108864")));
    }

    @Test
    void filesOfTheServer_areTheOwnersAlone() throws Exception {
        launch("--port", "1");
        Path java = Path.of(environment.get("JAVA_HOME"), "bin");
        assertEquals("0077", Files.readString(java.resolve("umask")).strip());
    }

    /** An image is prepared by root and runs as somebody else. */
    @Test
    void archive_mayBeReadByAnybody() throws Exception {
        assertEquals(0, start("prepare").waitFor());
        assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(archive())));
    }

    @Test
    void archives_ofTwoJavas_leaveEachOtherAlone() throws Exception {
        String other = java("java 25", "25.0.1").toString();
        String first = environment.get("JAVA_HOME");
        launch();
        Path archive = archive();
        environment.put("JAVA_HOME", other);
        assertTrue(launch().stream().anyMatch(w -> w.startsWith("-XX:AOTCache=")));
        assertTrue(Files.exists(archive), "the first Java's");
        environment.put("JAVA_HOME", first);
        assertTrue(launch().contains("-XX:SharedArchiveFile=" + archive));
        try (Stream<Path> files = Files.list(cache)) {
            assertEquals(2, files.count());
        }
    }

    @Test
    void archive_ofAnEarlierBuild_isRemoved() throws Exception {
        launch();
        Path archive = archive();
        Files.createFile(folder.resolve("the home/lib/more.jar"));
        launch();
        assertFalse(Files.exists(archive));
        archive();
    }

    @Test
    void archive_isNotMadeForAStartThatIsRefused() throws Exception {
        // The Java that refuses the command line, as io.swytch.cli.Main does.
        Path java = Path.of(environment.get("JAVA_HOME"), "bin", "java");
        String script = Files.readString(java);
        int line = script.indexOf('\n') + 1;
        Files.writeString(
                java,
                script.substring(0, line) + "case \"$*\" in *' validate redis --prot'*) exit 2;; esac\n"
                        + script.substring(line));
        assertTrue(launch("redis", "--prot", "1").contains("--prot"));
        assertFalse(Files.exists(cache));
        launch("redis", "--port", "1");
        archive();
    }

    /** As redis-server does: the end of a terminal does not end the server. */
    @Test
    void hangup_isIgnored() throws Exception {
        Path java = Path.of(environment.get("JAVA_HOME"), "bin", "java");
        Files.writeString(java, "#!/bin/sh\ngrep SigIgn: /proc/$$/status\n");
        String mask = launch("version").get(0).replaceAll("\\s+", " ").split(" ", -1)[1];
        assertEquals(1, Long.parseUnsignedLong(mask, 16) & 1);
    }

    @Test
    void unreadableFile_isLeftToSwytchToComplainOf() throws Exception {
        Path config = Files.writeString(folder.resolve("secret.conf"), "maxmemory 1gb\n");
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("---------"));
        Process process = start("redis", config.toString());
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        assertFalse(err.contains("cannot open"), err);
    }

    @Test
    void ownJavaOptions_comeLastSoThatTheyWin() throws Exception {
        environment.put("SWYTCH_JAVA_OPTS", "-Xmx77m -Xlog:gc");
        List<String> words = launch("--port", "1");
        int main = words.indexOf("io.swytch.cli.Main");
        assertEquals(List.of("-Xmx77m", "-Xlog:gc"), words.subList(main - 2, main));
        assertTrue(Files.readString(archive()).contains("-Xmx77m\n-Xlog:gc\n"), "the archive's maker has them too");
    }

    @Test
    void archive_isMadeOnceAndUsed() throws Exception {
        List<String> words = launch("--port", "1");
        Path archive = archive();
        assertTrue(words.contains("-XX:SharedArchiveFile=" + archive), words.toString());
        assertTrue(Files.readString(archive).contains("\nprepare\n"), "made by a life of its own");
        long size = Files.size(archive);
        launch("--port", "1");
        assertEquals(archive, archive());
        assertEquals(size, Files.size(archive));
    }

    @Test
    void archiveOfAnotherStart_isLeftAsItIs() throws Exception {
        // While this start makes its archive, another one is done; that process would be killed if the file it has
        // mapped were cut.
        Path java = Path.of(environment.get("JAVA_HOME"), "bin", "java");
        String script = Files.readString(java);
        String other = "case \"$*\" in *ArchiveClassesAtExit*)"
                + " for word; do case $word in -XX:ArchiveClassesAtExit=*)"
                + " temp=${word#*=}; echo other >\"${temp%.*}\";; esac; done;; esac\n";
        int line = script.indexOf('\n') + 1;
        Files.writeString(java, script.substring(0, line) + other + script.substring(line));
        List<String> words = launch("redis");
        Path archive = archive();
        assertTrue(words.contains("-XX:SharedArchiveFile=" + archive), words.toString());
        assertEquals("other\n", Files.readString(archive));
    }

    @Test
    void archive_isNotMadeForShortCommandsOrWithoutFolder() throws Exception {
        launch("version");
        launch("redis", "--version");
        launch("--port", "1", "--help");
        launch("check", "--data-dir", "x");
        assertFalse(Files.exists(cache));
        environment.put("SWYTCH_CACHE_DIR", "");
        assertFalse(launch().stream().anyMatch(w -> w.startsWith("-XX:SharedArchiveFile")));
        environment.put("SWYTCH_CACHE_DIR", "/proc/nowhere");
        assertTrue(launch().contains("io.swytch.cli.Main"));
    }

    /** Who builds an image asked for it, and must hear that it was not done. */
    @Test
    void prepare_failsWhereNoArchiveIsMade() throws Exception {
        environment.put("SWYTCH_CACHE_DIR", "/proc/nowhere");
        assertFails("'/proc/nowhere'", "prepare");
        environment.put("SWYTCH_CACHE_DIR", "");
        assertFails("''", "prepare");
        environment.put("SWYTCH_CACHE_DIR", cache.toString());
        Path java = Path.of(environment.get("JAVA_HOME"), "bin", "java");
        String script = Files.readString(java);
        Files.writeString(java, "#!/bin/sh\nexit 1\n");
        assertFails(cache.toString(), "prepare");
        assertEquals(0, Files.size(archive()), "a start does not try it again");
        Files.writeString(java, script);
        assertEquals(0, start("prepare").waitFor());
        assertTrue(Files.size(archive()) > 0);
        assertTrue(launch("prepare", "--help").contains("--help"));
    }

    @Test
    void missingOrOldJava_isNamed() throws Exception {
        environment.put("JAVA_HOME", java("old", "11.0.2").toString());
        assertFails("is Java 11.0.2; Swytch needs Java 17 or later");
        environment.put("JAVA_HOME", java("older", "1.8.0_392").toString());
        assertFails("is Java 1.8.0_392; Swytch needs Java 17 or later");
        environment.put("JAVA_HOME", folder.resolve("nothing").toString());
        assertFails("has no bin/java; Swytch needs Java 17 or later");
        environment.remove("JAVA_HOME");
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : List.of("readlink", "dirname")) {
            Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
        }
        environment.put("PATH", tools.toString());
        assertFails("no java on PATH");
        environment.put("PATH", java("java on path", "17.0.1").resolve("bin") + ":/usr/bin:/bin");
        assertTrue(launch().contains("io.swytch.cli.Main"));
    }

    @Test
    void incompleteFolder_isNamed() throws Exception {
        Files.delete(folder.resolve("the home/lib/swytch.jar"));
        assertFails("lib/swytch.jar is missing");
    }

    /** direct = (maxmemory + l2-write-buffer) * 9/8 + 1 GiB, as the launcher's comment has it. */
    private static long direct(long maxmemory) {
        return (maxmemory + 64 * MIB) / 8 * 9 + 1024 * MIB;
    }

    private static long directOf(List<String> words) {
        return Long.parseLong(option("-XX:MaxDirectMemorySize=", words));
    }

    private static String option(String name, List<String> words) {
        return words.stream()
                .filter(w -> w.startsWith(name))
                .map(w -> w.substring(name.length()))
                .findFirst()
                .orElseThrow();
    }

    private Path archive() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            List<Path> all = files.toList();
            assertEquals(1, all.size(), all.toString());
            return all.get(0);
        }
    }

    /** A folder with a bin/java that prints its words, one a line, and writes them into the archive it is told to make. */
    private Path java(String name, String version) throws IOException {
        Path home = folder.resolve(name);
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, """
                #!/bin/sh
                umask >"${0%/*}/umask"
                for word in "$@"; do
                    case $word in
                        -XX:ArchiveClassesAtExit=* | -XX:AOTCacheOutput=*) printf '%s\\n' "$@" >"${word#*=}" ;;
                    esac
                done
                printf '%s\\n' "$@"
                """);
        makeExecutable(java);
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void makeExecutable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> launch(String... words) throws Exception {
        Process process = start(words);
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), out);
        return Arrays.asList(out.substring(0, out.length() - 1).split("\n", -1));
    }

    private void assertFails(String part) throws Exception {
        assertFails(part, "--port", "1");
    }

    private void assertFails(String part, String... words) throws Exception {
        Process process = start(words);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), err);
        assertTrue(err.contains("swytch: ") && err.contains(part), err);
    }

    private Process start(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", launcher.toString()));
        command.addAll(Arrays.asList(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("SWYTCH_") || name.equals("JAVA_HOME"));
        builder.environment().putAll(environment);
        return builder.start();
    }
}
