package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Does numbered steps, each a transaction that also counts them: so the count that is found says what all else must be, to the byte, and a step of
 * which only a part is there shows.
 *
 * <p>Two databases are its own. Threads: one at a time.
 */
final class StepWriter {
    private static final int PAIRS = 40;
    private static final int MANY = 500;
    private static final int BATCH = 4;
    private static final long EXPIRE_AT_MS = 4_000_000_000_000L;

    private final int db;

    /** When the replies of the steps from {@link #base} on came, by System.nanoTime. */
    private final List<Long> ackedNanos = new ArrayList<>();

    private long base;
    private long sent;

    StepWriter(int db) {
        this.db = db;
    }

    /** Does one step after another until the connection breaks. */
    void run(int port) {
        try (RespConnection connection = new RespConnection(port, 2)) {
            CrashClient.call(connection, "SELECT", Integer.toString(db));
            while (true) {
                int replies = 0;
                for (int i = 0; i < BATCH; i++) {
                    for (List<String> command : step(++sent)) {
                        connection.send(RespConnection.words(command.toArray(new String[0])));
                        replies++;
                    }
                }
                for (; replies > 0; replies--) {
                    Reply reply = connection.read();
                    if (reply.type() == '-') {
                        throw new AssertionError(reply.raw().toString());
                    }
                    if (reply.type() == '*') {
                        ackedNanos.add(System.nanoTime());
                    }
                }
            }
        } catch (UncheckedIOException e) {
            // The server was killed.
        }
    }

    private static String value(long step) {
        return step + ":" + "x".repeat((int) (step * 0x9E3779B97F4A7C15L >>> 53));
    }

    private List<List<String>> step(long step) {
        List<List<String>> commands = new ArrayList<>();
        long pair = step % PAIRS;
        commands.add(List.of("MULTI"));
        commands.add(List.of("INCR", "steps"));
        if (step % 97 == 0) {
            List<String> many = new ArrayList<>(List.of("MSET"));
            for (int i = 0; i < MANY; i++) {
                Collections.addAll(many, "many:" + i, Long.toString(step));
            }
            commands.add(many);
        } else if (step % 41 == 0) {
            commands.add(List.of("SELECT", Integer.toString(db + 1)));
            commands.add(List.of("FLUSHDB"));
            commands.add(List.of("SET", "since", Long.toString(step)));
            commands.add(List.of("SELECT", Integer.toString(db)));
        } else if (step % 5 == 0) {
            commands.add(List.of("DEL", "a:" + pair, "b:" + pair));
        } else {
            commands.add(List.of("MSET", "a:" + pair, value(step), "b:" + pair, value(step)));
            if (step % 7 == 0) {
                commands.add(List.of("PEXPIREAT", "a:" + pair, Long.toString(EXPIRE_AT_MS + step)));
            }
        }
        commands.add(List.of("EXEC"));
        return commands;
    }

    /** What there is after so many steps: values, and expiries. */
    private static void model(long steps, Map<String, String> values, Map<String, Long> expiries) {
        for (long step = 1; step <= steps; step++) {
            long pair = step % PAIRS;
            if (step % 97 == 0) {
                values.put("many", Long.toString(step));
            } else if (step % 41 == 0) {
                values.put("since", Long.toString(step));
            } else if (step % 5 == 0) {
                values.remove("pair:" + pair);
                expiries.remove("a:" + pair);
            } else {
                values.put("pair:" + pair, value(step));
                expiries.remove("a:" + pair);
                if (step % 7 == 0) {
                    expiries.put("a:" + pair, EXPIRE_AT_MS + step);
                }
            }
        }
    }

    /**
     * Compares what is there with what should be, and goes on from there.
     *
     * @param safeNanos what was acknowledged before must be there
     * @return when the first step was acknowledged that is not there; Long.MAX_VALUE if all are
     */
    long verify(int port, long safeNanos, String when) {
        long steps;
        try (RespConnection connection = new RespConnection(port, 2)) {
            CrashClient.call(connection, "SELECT", Integer.toString(db));
            String count = CrashClient.values(connection, List.of("steps")).get(0);
            steps = count.equals("nothing") ? 0 : Long.parseLong(count);
            long safe = base
                    + ackedNanos.stream().filter(nanos -> nanos < safeNanos).count();
            assertTrue(
                    steps >= safe && steps <= sent,
                    () -> when + ": " + count + " steps are there; " + safe + " were safe, " + ackedNanos.size()
                            + " acknowledged after " + base + ", " + sent + " sent");
            compare(connection, steps, when + ", step " + steps);
        }
        int kept = (int) (steps - base);
        long lost = kept < ackedNanos.size() ? ackedNanos.get(kept) : Long.MAX_VALUE;
        base = steps;
        sent = steps;
        ackedNanos.clear();
        return lost;
    }

    private void compare(RespConnection connection, long steps, String when) {
        Map<String, String> values = new HashMap<>();
        Map<String, Long> expiries = new HashMap<>();
        model(steps, values, expiries);
        List<String> names = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (String prefix : List.of("a:", "b:")) {
            IntStream.range(0, PAIRS).forEach(i -> {
                names.add(prefix + i);
                expected.add(values.getOrDefault("pair:" + i, "nothing"));
            });
        }
        IntStream.range(0, MANY).forEach(i -> {
            names.add("many:" + i);
            expected.add(values.getOrDefault("many", "nothing"));
        });
        List<String> seen = CrashClient.values(connection, names);
        for (int i = 0; i < names.size(); i++) {
            assertEquals(expected.get(i), seen.get(i), when + ": " + names.get(i));
        }
        for (int i = 0; i < PAIRS; i++) {
            long expireAtMs = Long.parseLong(CrashClient.call(connection, "PEXPIRETIME", "a:" + i)
                    .payload()
                    .toString());
            long should = values.containsKey("pair:" + i) ? expiries.getOrDefault("a:" + i, -1L) : -2;
            assertEquals(should, expireAtMs, when + ": expiry of a:" + i);
        }
        CrashClient.call(connection, "SELECT", Integer.toString(db + 1));
        assertEquals(
                values.getOrDefault("since", "nothing"),
                CrashClient.values(connection, List.of("since")).get(0),
                when);
    }
}
