package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Changes thousands of keys at once, in two databases of its own: whatever happens, all keys of a database have the same value, or all are absent.
 *
 * <p>One command, or one transaction, is in flight at a time.
 */
final class WholeWriter implements CrashClient {
    private static final int KEYS = 2_000;
    private static final List<String> NAMES =
            IntStream.range(0, KEYS).mapToObj(i -> "whole:" + i).toList();

    private final int db;
    private final Random random;

    /** What both databases hold for certain, and what they hold if the command in flight was done. */
    private List<String> acked = List.of("nothing", "nothing");

    private List<String> sent = acked;
    private int version;
    private long ackedCount;

    /** @param db the first of the two databases */
    WholeWriter(int db, long seed) {
        this.db = db;
        this.random = new Random(seed);
    }

    @Override
    public long ackedCount() {
        return ackedCount;
    }

    private static String[] command(String name, String value) {
        List<String> words = new ArrayList<>(List.of(name));
        for (String key : NAMES) {
            words.add(key);
            if (!value.isEmpty()) {
                words.add(value);
            }
        }
        return words.toArray(new String[0]);
    }

    @Override
    public void run(int port) {
        try (RespConnection connection = new RespConnection(port, 2)) {
            while (true) {
                change(connection);
                acked = sent;
                ackedCount++;
            }
        } catch (UncheckedIOException e) {
            // The server was killed: what is in flight may have been done or not.
        }
    }

    private void change(RespConnection connection) {
        String value = "v" + ++version + "x".repeat(random.nextInt(60));
        int at = random.nextInt(2);
        CrashClient.call(connection, "SELECT", Integer.toString(db + at));
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                sent = with(at, value);
                CrashClient.call(connection, command("MSET", value));
            }
            case 2 -> {
                sent = with(at, "nothing");
                CrashClient.call(connection, command(random.nextBoolean() ? "DEL" : "UNLINK", ""));
            }
            case 3 -> {
                sent = with(at, "nothing");
                CrashClient.call(connection, "FLUSHDB");
            }
            case 4, 5 -> {
                sent = List.of(acked.get(1), acked.get(0));
                CrashClient.call(connection, "SWAPDB", Integer.toString(db), Integer.toString(db + 1));
            }
            default -> {
                sent = List.of(value, value);
                CrashClient.call(connection, "MULTI");
                CrashClient.call(connection, "SELECT", Integer.toString(db));
                CrashClient.call(connection, command("MSET", value));
                CrashClient.call(connection, "SELECT", Integer.toString(db + 1));
                CrashClient.call(connection, command("MSET", value));
                assertEquals(4, CrashClient.call(connection, "EXEC").elements().size());
            }
        }
    }

    private List<String> with(int at, String value) {
        return at == 0 ? List.of(value, acked.get(1)) : List.of(acked.get(0), value);
    }

    @Override
    public void verify(int port, String when) {
        List<String> seen = seen(port, when);
        assertTrue(
                seen.equals(acked) || seen.equals(sent),
                () -> when + ": databases " + db + " and the next hold " + seen + ", not " + acked + " or " + sent);
        acked = seen;
        sent = seen;
    }

    @Override
    public void verifyCopy(int port, String when) {
        seen(port, when);
    }

    /** The one value of each database. */
    private List<String> seen(int port, String when) {
        List<String> seen = new ArrayList<>();
        try (RespConnection connection = new RespConnection(port, 2)) {
            for (int at = 0; at < 2; at++) {
                CrashClient.call(connection, "SELECT", Integer.toString(db + at));
                Set<String> different = new HashSet<>(CrashClient.values(connection, NAMES));
                assertEquals(1, different.size(), () -> when + ": one command on many keys was cut: " + different);
                String value = different.iterator().next();
                assertEquals(
                        value.equals("nothing") ? "0" : Integer.toString(KEYS),
                        CrashClient.call(connection, "DBSIZE").payload().toString(),
                        when + ": DBSIZE");
                seen.add(value);
            }
        }
        return List.copyOf(seen);
    }
}
