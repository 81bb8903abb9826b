package io.swytch.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.swytch.config.Setting;
import io.swytch.config.Settings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command lines that end before a server starts: help, version, and everything that is wrong. */
class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void help_listsEverySetting() {
        assertEquals(0, run("help", "redis"));
        for (Setting setting : Settings.table()) {
            assertTrue(out.toString().contains("--" + setting.name()), setting.name());
        }
        assertTrue(out.toString().contains("swytch redis [CONFIG]"));
    }

    @Test
    void version_namesSwytchAndJava() {
        assertEquals(0, run("version"));
        assertTrue(out.toString().startsWith("swytch "), out.toString());
        assertTrue(out.toString().contains(Runtime.version().toString()));
    }

    @Test
    void version_isAFlagOfRedisToo() {
        assertEquals(0, run("redis", "--version"));
        assertTrue(out.toString().startsWith("swytch "), out.toString());
    }

    @Test
    void validate_saysWhatARedisWouldSay(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("x.conf"), "port 1\nhz 10\n");
        for (String[] words :
                new String[][] {{}, {"redis"}, {"redis", file.toString()}, {file.toString(), "--port", "2"}}) {
            String[] all =
                    Stream.concat(Stream.of("validate"), Stream.of(words)).toArray(String[]::new);
            assertEquals(0, run(all), err.toString());
        }
        assertTrue(err.toString().contains(":2: 'hz' has no meaning here"), err.toString());
        assertUsageError("unknown flag --prot; did you mean --port?", "validate", "redis", "--prot", "1");
        assertUsageError("there is no command and no file 'verison'", "validate", "verison");
        assertUsageError("nosuch.conf: no such file", "validate", "nosuch.conf");
    }

    @Test
    void help_tellsWhatNoCommandMeans() {
        assertEquals(0, run("--help"));
        assertTrue(out.toString().contains("Without a command, and with flags alone, 'swytch' is 'swytch redis'"));
    }

    @Test
    void help_isAskedForBehindACommandToo() {
        for (String command : new String[] {"redis", "validate", "check", "prepare"}) {
            out.getBuffer().setLength(0);
            assertEquals(0, run(command, "--help"), err.toString());
            assertTrue(out.toString().startsWith("Usage: swytch " + command), out.toString());
        }
    }

    /** The folders in the order in which bin/swytch takes them. */
    @Test
    void helpOfPrepare_saysWhereTheArchiveGoes() {
        assertEquals(0, run("help", "prepare"));
        String help = out.toString().replaceAll("\\s+", " ");
        assertTrue(help.contains("$SWYTCH_CACHE_DIR, else to $XDG_CACHE_HOME/swytch, else to ~/.cache/swytch."), help);
    }

    @Test
    void usageErrors_nameTheHelpOfTheirCommand() {
        assertUsageError("'swytch help prepare'", "prepare", "everything");
        assertUsageError("'swytch help check'", "check", "--data-dri", "x");
        assertUsageError("'swytch help redis'", "redis", "--prot", "1");
    }

    @Test
    void wayOfAStart_avoidsPicocli() {
        // Its classes fit no archive, and would be two thirds of the time of a start.
        Set<String> users = Set.of("Help");
        JavaClasses classes = new ClassFileImporter().importPackages(Main.class.getPackageName());
        for (JavaClass type : classes) {
            boolean isUser = type.getDirectDependenciesFromSelf().stream()
                    .anyMatch(d -> d.getTargetClass().getPackageName().startsWith("picocli"));
            assertTrue(!isUser || users.contains(type.getSimpleName()), type.getName());
        }
    }

    @Test
    void unknownFlag_namesTheNearest() {
        assertUsageError("unknown flag --maxmemroy; did you mean --maxmemory?", "--maxmemroy", "1mb");
        assertUsageError("unknown flag --prot; did you mean --port?", "redis", "--bind", "127.0.0.1", "--prot=1");
        assertUsageError("unknown flag --zzzzzzzzz", "--zzzzzzzzz");
        assertUsageError("unknown flag -prot, flags begin with two hyphens; did you mean --port?", "-prot", "1");
        assertUsageError("unknown flag -p, flags begin with two hyphens", "redis", "-p", "1");
    }

    @Test
    void unknownCommand_namesTheNearest() {
        assertUsageError("there is no command and no file 'verison'; did you mean version?", "verison");
        assertUsageError("there is no command and no file 'zzzzzzzzz'", "zzzzzzzzz", "--port", "1");
        assertUsageError("nothing/here.conf: no such file", "nothing/here.conf");
    }

    @Test
    void badValue_namesFlagAndReason() {
        assertUsageError("--port: '65536': argument must be between 0 and 65535 inclusive", "--port", "65536");
        assertUsageError("did you mean 'always'?", "--sync=alway");
        assertUsageError("--persistent: 'maybe': argument must be 'yes' or 'no'", "--persistent", "maybe");
        assertUsageError("--maxmemory needs a value: BYTES|N%", "--maxmemory");
        assertUsageError("swytch: --maxmemory: is empty; it takes BYTES|N%", "validate", "--maxmemory=");
        assertUsageError("--threads: '129': argument must be between 0 and 128 inclusive", "--threads", "129");
        assertUsageError("--port takes one value; what is 'x.conf'?", "--port", "1", "x.conf");
        assertUsageError("A file of settings stands before all flags", "redis", "--port", "7003", "nosuch.conf");
        assertUsageError("unexpected 'b' between file and flags", "redis", "a", "b");
        assertUsageError("TLS is not supported", "--tls-port", "6380");
    }

    @Test
    void serverThatNobodyCouldReach_isRefusedInRedissWords(@TempDir Path folder) {
        String data = folder.resolve("data").toString();
        for (String[] words : new String[][] {
            {"redis", "--port", "0", "--persistent", "--data-dir", data},
            {"redis", "--bind", "", "--persistent", "--data-dir", data},
            {"validate", "--port", "0"},
            {"validate", "--bind", ""}
        }) {
            assertUsageError("swytch: Configured to not listen anywhere, exiting.", words);
        }
        assertTrue(Files.notExists(folder.resolve("data")));
        assertEquals(0, run("validate", "--port", "0", "--unixsocket", "/tmp/s"), err.toString());
    }

    @Test
    void metricsOnThePortOfClients_isAUsageError() {
        assertUsageError("metrics-port: clients have port 7000 already", "--port", "7000", "--metrics-port", "7000");
        String[] everywhere = {"validate", "--bind", "*", "--metrics-bind", "127.0.0.2", "--metrics-port", "6379"};
        assertUsageError("metrics-port: clients have port 6379 already", everywhere);
        everywhere[2] = "127.0.0.1";
        assertEquals(0, run(everywhere), err.toString());
    }

    @Test
    void emptyDataDirectory_isAUsageErrorWhereDataIsOnDisk() {
        assertUsageError("swytch: --data-dir: is empty", "--persistent", "--data-dir", "");
        assertUsageError("swytch: --dir: is empty", "--persistent", "--dir", "");
    }

    @Test
    void maxmemoryOfLessThanL1Takes_isAUsageError() {
        assertUsageError(
                "swytch: --maxmemory: is 1 bytes; 64kb is the least", "--log-format", "json", "--maxmemory", "1");
        assertUsageError("swytch: --maxmemory: is 65535 bytes", "--maxmemory", "65535");
        assertEquals(0, run("validate", "--maxmemory", "64kb"), err.toString());
        assertEquals(0, run("validate", "--maxmemory", "0"), err.toString());
    }

    @Test
    void flagsForDataOnDisk_needPersistent() {
        for (String[] flag : new String[][] {
            {"--data-dir", "x"},
            {"--db-path", "x"},
            {"--backup-dir", "x"},
            {"--backup-keep", "1"},
            {"--sync", "10ms"},
            {"--l2-cache-size", "1mb"},
            {"--warm", "no"},
            {"--journal-limit=1gb"},
            {"--recover", "skip-damaged"}
        }) {
            String[] words =
                    Stream.concat(Stream.of("validate"), Stream.of(flag)).toArray(String[]::new);
            String name = flag[0].replaceFirst("=.*", "");
            assertUsageError(name + ": means nothing as long as data is in memory only; --persistent keeps", words);
            String[] persistent =
                    Stream.concat(Stream.of(words), Stream.of("--persistent")).toArray(String[]::new);
            assertEquals(0, run(persistent), err.toString());
        }
    }

    @Test
    void dirAndAppendfsyncOfRedis_areWarnedOfInMemory() {
        assertEquals(0, run("validate", "--dir", "x", "--appendfsync", "always"), err.toString());
        assertTrue(err.toString().contains("--dir: means nothing without 'persistent yes'"), err.toString());
        assertTrue(err.toString().contains("--appendfsync: means nothing without 'persistent yes'"), err.toString());
    }

    @Test
    void directivesOfRedisWithoutMeaning_areNoError() {
        // The last flag is wrong, so nothing starts; the others were passed over before it.
        assertUsageError(
                "--port: 'x'", "--save", "", "--appendonly", "no", "--hz=10", "--SAVE", "900 1", "--port", "x");
    }

    @Test
    void flagsOfSeveralWords_takeThem() {
        assertUsageError(
                "--timeout: 'x'",
                "--client-output-buffer-limit",
                "normal",
                "1mb",
                "0",
                "0",
                "--client-output-buffer-limit=pubsub 1mb 0 0",
                "--bind",
                "127.0.0.1",
                "-::1",
                "--slowlog-log-slower-than",
                "-1",
                "--persistent",
                "--timeout",
                "x");
    }

    @Test
    void configFile_isNamedInItsErrors(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("a b.conf"), "\nmaxmemory lots\n");
        assertUsageError(file + ":2: maxmemory: 'lots': argument must be a memory value", "redis", file.toString());
        assertUsageError("nosuch.conf: no such file", "nosuch.conf");
    }

    private int run(String... args) {
        // Without the hook, whose halt would cut short what others do at the end of this process.
        return Main.run(args, new PrintWriter(out, true), new PrintWriter(err, true), () -> {});
    }

    private void assertUsageError(String part, String... args) {
        err.getBuffer().setLength(0);
        assertEquals(Main.EXIT_USAGE, run(args), err.toString());
        assertTrue(err.toString().contains(part), err.toString());
    }
}
