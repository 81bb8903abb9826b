package io.swytch.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.swytch.bytes.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Compares COMMAND INFO and COMMAND DOCS of every command with the real server's.
 *
 * <p>Set aside are: the texts of summaries and history, which are our own; commands and subcommands that only one of the two has; arguments and
 * history that came after the real server's version.
 */
class CommandInfoDifferentialIT {
    /** What INFO and DOCS say of what the real server, 7.0.15, cannot know. */
    private static final int NEWEST_MAJOR = 7;

    private static final int NEWEST_MINOR = 0;

    /** Index of the subcommands in a reply of COMMAND INFO. */
    private static final int INFO_SUBCOMMANDS = 9;

    @TestFactory
    Stream<DynamicTest> info_isThatOfRedis() {
        return eachCommand("INFO");
    }

    @TestFactory
    Stream<DynamicTest> docs_areThoseOfRedis() {
        return eachCommand("DOCS");
    }

    /** Commands whose newer forms, which Swytch has, gave the old arguments another shape. */
    private static final Set<String> ARGUMENTS_CHANGED = Set.of("bitop");

    private static Stream<DynamicTest> eachCommand(String subcommand) {
        int redisPort = RealRedis.port();
        int swytchPort = SwytchUnderTest.running(Mode.MEMORY).port();
        List<DynamicTest> tests = new ArrayList<>();
        try (RespConnection redis = new RespConnection(redisPort, 3);
                RespConnection swytch = new RespConnection(swytchPort, 3)) {
            TreeSet<String> names = new TreeSet<>();
            swytch.call(CommandLine.split("COMMAND LIST"))
                    .elements()
                    .forEach(name -> names.add(name.payload().toString()));
            for (String name : names) {
                List<byte[]> command = CommandLine.split("COMMAND " + subcommand + " " + name);
                Object ours = value(swytch.call(command));
                Object theirs = value(redis.call(command));
                if (isUnknown(theirs)) {
                    continue;
                }
                tests.add(dynamicTest(name, () -> compare(subcommand, theirs, ours)));
            }
        }
        return tests.stream();
    }

    private static boolean isUnknown(Object reply) {
        return reply.equals(Map.of()) || reply.equals(List.of("null"));
    }

    private static void compare(String subcommand, Object theirs, Object ours) {
        if (subcommand.equals("INFO")) {
            compareInfo(list(list(theirs).get(0)), list(list(ours).get(0)));
        } else {
            Map<String, Object> expected = docs(map(theirs));
            Map<String, Object> actual = docs(map(ours));
            dropOthersSubcommands(expected, actual);
            assertEquals(pretty(expected), pretty(actual));
        }
    }

    private static void compareInfo(List<Object> theirs, List<Object> ours) {
        Map<String, List<Object>> expected = subcommands(theirs);
        Map<String, List<Object>> actual = subcommands(ours);
        expected.keySet().retainAll(actual.keySet());
        expected.forEach((name, info) -> compareInfo(info, actual.get(name)));
        assertEquals(
                withoutNotes(pretty(theirs.subList(0, INFO_SUBCOMMANDS))),
                withoutNotes(pretty(ours.subList(0, INFO_SUBCOMMANDS))));
        assertEquals(theirs.size(), ours.size(), "fields of COMMAND INFO");
    }

    /** Notes on key specs are prose, as summaries are. */
    private static String withoutNotes(String pretty) {
        return pretty.lines().filter(line -> !line.contains("/notes = ")).collect(Collectors.joining("\n"));
    }

    private static Map<String, List<Object>> subcommands(List<Object> info) {
        Map<String, List<Object>> byName = new TreeMap<>();
        for (Object sub : list(info.get(INFO_SUBCOMMANDS))) {
            byName.put(list(sub).get(0).toString(), list(sub));
        }
        return byName;
    }

    /** The documentation by command name, without what may differ. */
    private static Map<String, Object> docs(Map<String, Object> byName) {
        Map<String, Object> pruned = new TreeMap<>();
        byName.forEach((name, fields) -> {
            Map<String, Object> doc = new TreeMap<>(map(fields));
            doc.remove("summary");
            doc.computeIfPresent("history", (key, history) -> versions(history));
            if (ARGUMENTS_CHANGED.contains(name)) {
                doc.remove("arguments");
            }
            doc.computeIfPresent("arguments", (key, arguments) -> knownArguments(list(arguments)));
            doc.computeIfPresent("subcommands", (key, subcommands) -> docs(map(subcommands)));
            doc.values().removeIf(List.of()::equals);
            pruned.put(name, doc);
        });
        return pruned;
    }

    private static List<Object> versions(Object history) {
        return list(history).stream()
                .map(change -> list(change).get(0))
                .filter(since -> isKnown(since.toString()))
                .sorted()
                .toList();
    }

    private static List<Object> knownArguments(List<Object> arguments) {
        List<Object> known = new ArrayList<>();
        for (Object argument : arguments) {
            Map<String, Object> fields = new TreeMap<>(map(argument));
            if (isKnown(fields.getOrDefault("since", "1.0.0").toString())) {
                fields.computeIfPresent("arguments", (key, nested) -> knownArguments(list(nested)));
                known.add(fields);
            }
        }
        return known;
    }

    private static boolean isKnown(String since) {
        String[] parts = since.split("\\.", -1);
        int major = Integer.parseInt(parts[0]);
        return major < NEWEST_MAJOR || (major == NEWEST_MAJOR && Integer.parseInt(parts[1]) <= NEWEST_MINOR);
    }

    private static void dropOthersSubcommands(Map<String, Object> expected, Map<String, Object> actual) {
        expected.forEach((name, doc) -> {
            Object theirs = map(doc).get("subcommands");
            Object ours = actual.containsKey(name) ? map(actual.get(name)).get("subcommands") : null;
            if (theirs != null && ours != null) {
                map(theirs).keySet().retainAll(map(ours).keySet());
                map(ours).keySet().retainAll(map(theirs).keySet());
            }
        });
    }

    /** A RESP3 reply as maps, lists and texts; sets become sorted lists. */
    private static Object value(Reply reply) {
        switch (reply.type()) {
            case '%' -> {
                Map<String, Object> map = new TreeMap<>();
                for (int i = 0; i < reply.elements().size(); i += 2) {
                    map.put(
                            text(reply.elements().get(i).payload()),
                            value(reply.elements().get(i + 1)));
                }
                return map;
            }
            case '*', '~' -> {
                List<Object> list = new ArrayList<>();
                reply.elements().forEach(element -> list.add(value(element)));
                if (reply.type() == '~') {
                    list.sort((a, b) -> a.toString().compareTo(b.toString()));
                }
                return list;
            }
            case '_' -> {
                return "null";
            }
            case '-' -> throw new IllegalStateException(reply.toString());
            default -> {
                return text(reply.payload());
            }
        }
    }

    private static String text(Bytes bytes) {
        return new String(bytes.toByteArray(), StandardCharsets.UTF_8);
    }

    /** One line for each leaf, so that a failure shows what differs. */
    private static String pretty(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        pretty(value, "", out);
        return out.toString();
    }

    private static void pretty(@Nullable Object value, String path, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, element) -> pretty(element, path + "/" + key, out));
        } else if (value instanceof List<?> list && !list.isEmpty()) {
            for (int i = 0; i < list.size(); i++) {
                pretty(list.get(i), path + "/" + i, out);
            }
        } else {
            out.append(path).append(" = ").append(value).append('\n');
        }
    }

    @SuppressWarnings("unchecked") // Only value() makes these.
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked") // Only value() makes these.
    private static List<Object> list(Object value) {
        return (List<Object>) value;
    }
}
