package io.swytch.differential;

import io.swytch.bytes.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A script of commands, one a line, quoted as for redis-cli.
 *
 * <pre>
 * # comment
 * SET key "bytes \xff\r\n"
 * {@literal @1 GET key}        on connection 1; without a number, on connection 0
 * ~KEYS *                      elements of aggregates may come in any order
 * %PTTL key                    integers may differ by 2, those of PTTL, PEXPIRETIME and EXEC by 2000
 * -CLIENT REPLY OFF            no reply is read
 * !wait-until-gone key         waits until neither server has the key
 * </pre>
 *
 * In a file whose name ends in {@code -newer.txt} the commands are unknown to the real server: each is followed by the reply that is right,
 * in one or more lines with escapes, {@code > +OK\r\n}; {@code >2 } and {@code >3 } hold for one protocol only.
 *
 * @param name of the file, for messages
 * @param lines those with a command
 * @param isNewer whether the expected replies stand in the transcript
 */
record Transcript(String name, List<Line> lines, boolean isNewer) {
    /** What may differ in the reply to a line. */
    enum Comparison {
        EXACT,
        UNORDERED,
        NEAR,
        NO_REPLY,
        WAIT_UNTIL_GONE
    }

    /**
     * One command.
     *
     * @param number of its line in the file, from 1
     * @param connection index of the client connection
     * @param args of a wait: the key
     * @param expected by protocol, the bytes of the right reply; empty where the real server knows
     */
    record Line(
            int number,
            String source,
            int connection,
            Comparison comparison,
            List<byte[]> args,
            Map<Integer, Bytes> expected) {}

    private static final Pattern CONNECTION = Pattern.compile("@(\\d+) +(.*)");
    private static final Pattern EXPECTED = Pattern.compile(">([23]?) (.*)");
    private static final String WAIT = "!wait-until-gone ";

    static Transcript parse(String name, String text) {
        List<Line> lines = new ArrayList<>();
        int number = 0;
        for (String source : text.lines().toList()) {
            number++;
            if (source.isBlank() || source.startsWith("#")) {
                continue;
            }
            Matcher expected = EXPECTED.matcher(source);
            try {
                if (expected.matches()) {
                    addExpected(lines.get(lines.size() - 1), expected.group(1), expected.group(2));
                } else {
                    lines.add(parseLine(number, source));
                }
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new IllegalArgumentException(name + ":" + number + ": " + source, e);
            }
        }
        return new Transcript(name, List.copyOf(lines), name.endsWith("-newer.txt"));
    }

    private static Line parseLine(int number, String source) {
        String rest = source.stripLeading();
        int connection = 0;
        Matcher numbered = CONNECTION.matcher(rest);
        if (numbered.matches()) {
            connection = Integer.parseInt(numbered.group(1));
            rest = numbered.group(2);
        }
        Comparison comparison = switch (rest.charAt(0)) {
            case '~' -> Comparison.UNORDERED;
            case '%' -> Comparison.NEAR;
            case '-' -> Comparison.NO_REPLY;
            case '!' -> Comparison.WAIT_UNTIL_GONE;
            default -> Comparison.EXACT;
        };
        if (comparison == Comparison.WAIT_UNTIL_GONE) {
            if (!rest.startsWith(WAIT)) {
                throw new IllegalArgumentException("unknown directive");
            }
            rest = rest.substring(WAIT.length());
        } else if (comparison != Comparison.EXACT) {
            rest = rest.substring(1);
        }
        return new Line(number, source, connection, comparison, CommandLine.split(rest), new TreeMap<>());
    }

    private static void addExpected(Line line, String protocol, String escaped) {
        for (int p = 2; p <= 3; p++) {
            if (protocol.isEmpty() || protocol.equals(Integer.toString(p))) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                bytes.writeBytes(line.expected.getOrDefault(p, Bytes.EMPTY).toByteArray());
                bytes.writeBytes(CommandLine.unescape(escaped));
                line.expected.put(p, Bytes.wrap(bytes.toByteArray()));
            }
        }
    }
}
