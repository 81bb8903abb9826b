package io.swytch;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.swytch.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The house: which room may import which, which library belongs to which room, and what may be called nowhere else. */
class ArchitectureTest {
    private static final String HOUSE = "io.swytch";

    /** What every room may import. */
    private static final List<String> LEAVES = List.of("bytes", "clock", "config", "stats");

    /** Stands for every room in a row below. */
    private static final String ALL = "*";

    /**
     * Each room, and the rooms it may import besides the leaves. This table is the architecture; {@code command.*} is a family of commands.
     * Commands see {@code store.item}, because the keys of a call and what a lookup finds are views of it.
     * The keyspace works on a shard of L1 under the lock that the dispatcher took, and notes each change in an effect buffer of the journal: a
     * layer of {@code store} between them would only pass calls on.
     */
    private static final Map<String, List<String>> ROOMS = Map.ofEntries(
            entry("cli", List.of(ALL)),
            entry("server", List.of("command", "command.spec", "memcached", "resp")),
            entry(
                    "command",
                    List.of("command.spec", "command.*", "resp", "keyspace", "store", "store.journal", "store.item")),
            entry("command.*", List.of("command.spec", "keyspace", "value", "resp", "script", "store.item")),
            entry("command.spec", List.of("keyspace", "resp", "store.item")),
            entry("memcached", List.of("keyspace", "value")),
            entry("resp", List.of()),
            entry("script", List.of("resp")),
            entry("keyspace", List.of("value", "store", "store.l1", "store.journal", "store.item")),
            entry("value", List.of()),
            entry("store", List.of("store.l1", "store.l2", "store.journal", "store.item")),
            entry("store.l1", List.of("store.item")),
            entry("store.l2", List.of("store.item")),
            entry("store.journal", List.of("store.item")),
            entry("store.item", List.of()),
            entry("metrics", List.of("command.spec")),
            entry("migrate", List.of("resp")),
            // Leaves import other leaves only where the row says so.
            entry("bytes", List.of()),
            entry("clock", List.of()),
            entry("config", List.of("bytes")),
            entry("stats", List.of("bytes", "clock")));

    /** Libraries, and the rooms they belong to; the longest prefix that fits counts. */
    private static final Map<String, Set<String>> LIBRARIES = Map.ofEntries(
            entry("io.netty", Set.of("server")),
            entry("io.netty.buffer", Set.of("server", "resp")),
            entry("io.netty.util", Set.of("server", "resp")),
            entry("org.rocksdb", Set.of("store.l2")),
            entry("io.micrometer", Set.of("metrics")),
            entry("io.prometheus", Set.of("metrics")),
            entry("com.sun.net.httpserver", Set.of("metrics")),
            entry("picocli", Set.of("cli")),
            entry("ch.qos.logback", Set.of("cli")),
            entry("sun.misc", Set.of()));

    /** Methods that tell the time, which only {@code clock} may ask. */
    private static final Set<String> TIME = Set.of(
            "java.lang.System.currentTimeMillis",
            "java.lang.System.nanoTime",
            "java.time.Instant.now",
            "java.time.LocalDate.now",
            "java.time.LocalDateTime.now",
            "java.time.OffsetDateTime.now",
            "java.time.ZonedDateTime.now",
            "java.time.Clock.systemUTC");

    private static final JavaClasses MAIN = classesBeside(Settings.class);
    private static final JavaClasses TESTS = classesBeside(ArchitectureTest.class);

    @Test
    void everyPackage_isARoom() {
        Set<String> strangers = new TreeSet<>();
        for (JavaClass type : MAIN) {
            if (!type.getSimpleName().equals("package-info") && !ROOMS.containsKey(room(type))) {
                strangers.add(type.getName());
            }
        }
        assertEquals(Set.of(), strangers, "classes outside the rooms of the table");
    }

    @Test
    void rooms_importOnlyWhatTheirRowNames() {
        Set<String> breaches = new TreeSet<>();
        for (JavaClass type : MAIN) {
            String from = room(type);
            List<String> allowed = ROOMS.getOrDefault(from, List.of());
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                String to = room(target);
                boolean isFree = !isOfHouse(target)
                        || to.equals(from) && target.getPackageName().equals(type.getPackageName())
                        || !from.contains("*") && to.equals(from)
                        || allowed.contains(ALL)
                        || allowed.contains(to)
                        || LEAVES.contains(to) && !LEAVES.contains(from);
                if (!isFree) {
                    breaches.add(from + " may not import " + to + ": " + dependency.getDescription());
                }
            }
        }
        assertEquals(Set.of(), breaches, "imports against the table of rooms");
    }

    @Test
    void libraries_stayInTheirRooms() {
        Set<String> breaches = new TreeSet<>();
        for (JavaClass type : MAIN) {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass().getBaseComponentType();
                String library = library(target.getPackageName());
                if (!library.isEmpty() && !LIBRARIES.get(library).contains(room(type))) {
                    breaches.add(library + " does not belong in " + room(type) + ": " + dependency.getDescription());
                }
            }
        }
        assertEquals(Set.of(), breaches, "libraries outside their rooms");
    }

    @Test
    void time_isAskedOfTheClockOnly() {
        assertEquals(List.of(), calls(MAIN, TIME, "clock"), "use io.swytch.clock.Clock, which tests can turn");
    }

    @Test
    void tests_neverSleep() {
        assertEquals(
                List.of(), calls(TESTS, Set.of("java.lang.Thread.sleep"), ""), "wait for a condition with Awaitility");
    }

    @Test
    void imports_areSeenAtAll() {
        // Guards the rules above: over no classes they would all hold.
        assertNotEquals(0, MAIN.size());
        assertNotEquals(0, TESTS.size());
        assertEquals("command.*", room("io.swytch.command.string"));
        assertEquals("command.spec", room("io.swytch.command.spec"));
        assertEquals("store.l1", room("io.swytch.store.l1"));
        assertEquals("io.netty.buffer", library("io.netty.buffer"));
        assertEquals("io.netty", library("io.netty.channel.epoll"));
        assertFalse(calls(MAIN, TIME, "").isEmpty(), "the clock itself asks for the time");
    }

    private static JavaClasses classesBeside(Class<?> one) {
        // Names are all that the rules look at: libraries need not be read.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter()
                .importUrl(one.getProtectionDomain().getCodeSource().getLocation());
    }

    private static List<String> calls(JavaClasses classes, Set<String> methods, String exceptRoom) {
        List<String> found = new ArrayList<>();
        for (JavaClass type : classes) {
            for (JavaMethodCall call : type.getMethodCallsFromSelf()) {
                String method =
                        call.getTargetOwner().getName() + "." + call.getTarget().getName();
                if (methods.contains(method) && !room(type).equals(exceptRoom)) {
                    found.add(call.getDescription());
                }
            }
        }
        return found;
    }

    private static boolean isOfHouse(JavaClass type) {
        return type.getPackageName().equals(HOUSE) || type.getPackageName().startsWith(HOUSE + ".");
    }

    private static String room(JavaClass type) {
        return room(type.getPackageName());
    }

    /** The room that a package belongs to: the longest row that begins its name, or the package itself where there is none. */
    private static String room(String packageName) {
        String name = packageName.startsWith(HOUSE + ".") ? packageName.substring(HOUSE.length() + 1) : "";
        for (String at = name; !at.isEmpty(); at = at.substring(0, Math.max(0, at.lastIndexOf('.')))) {
            if (ROOMS.containsKey(at) && !(at.equals("command") && !name.equals("command"))) {
                return at;
            }
        }
        return name.startsWith("command.") ? "command.*" : name;
    }

    private static String library(String packageName) {
        String longest = "";
        for (String library : LIBRARIES.keySet()) {
            if ((packageName.equals(library) || packageName.startsWith(library + "."))
                    && library.length() > longest.length()) {
                longest = library;
            }
        }
        return longest;
    }
}
