package io.swytch.crash;

import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a server was told, and whether it still says so. Threads: one at a time. */
final class KnownData {
    /** Requests on the way before their replies are read. */
    private static final int PIPELINE = 200;

    private final Map<String, String> living = new HashMap<>();
    private final Set<String> deleted = new TreeSet<>();
    private final Random random;

    KnownData(long seed) {
        random = new Random(seed);
    }

    /** Writes new keys, small and large, over old ones too, and deletes some; each has been acknowledged when this returns. */
    void write(RespConnection connection, int generation, int count) {
        List<List<byte[]>> commands = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String key = "key:" + random.nextInt(2 * count);
            if (random.nextInt(5) == 0) {
                commands.add(RespConnection.words("DEL", key));
                if (living.remove(key) != null) {
                    deleted.add(key);
                }
                continue;
            }
            boolean isLarge = random.nextInt(100) == 0;
            String value = value(key, generation, isLarge ? 20_000 + random.nextInt(40_000) : random.nextInt(300));
            commands.add(
                    random.nextInt(10) == 0
                            ? RespConnection.words("SET", key, value, "PX", "100000000")
                            : RespConnection.words("SET", key, value));
            living.put(key, value);
            deleted.remove(key);
        }
        for (Reply reply : pipelined(connection, commands)) {
            if (reply.type() == '-') {
                throw new AssertionError("a write was refused: " + reply);
            }
        }
    }

    /** Hardly to be compressed, and never the same as another. */
    private String value(String key, int generation, int length) {
        StringBuilder text = new StringBuilder(key + "@" + generation + ":");
        while (text.length() < length) {
            text.append(Long.toString(random.nextLong(), 36));
        }
        return text.toString();
    }

    int size() {
        return living.size();
    }

    /** What {@link #check} saw. */
    static final class Seen {
        /** What was wrong, one line each: silently missing, made up, old. */
        final List<String> wrong = new ArrayList<>();

        /** Errors that clients were told, each once. */
        final Set<String> errors = new TreeSet<>();

        int right;
    }

    /** Asks for every key in several ways. An error is no wrong answer. */
    Seen check(RespConnection connection) {
        Seen seen = new Seen();
        List<String> keys = new ArrayList<>(living.keySet());
        keys.addAll(deleted);
        keys.sort(null);
        try {
            checkValues(connection, keys, seen);
            checkExistence(connection, keys, seen);
            checkWalk(connection, seen);
        } catch (UncheckedIOException e) {
            seen.wrong.add("the connection broke: " + e.getCause());
        }
        return seen;
    }

    private void checkValues(RespConnection connection, List<String> keys, Seen seen) {
        List<Reply> replies = pipelined(
                connection,
                keys.stream().map(key -> RespConnection.words("GET", key)).toList());
        for (int i = 0; i < keys.size(); i++) {
            Reply reply = replies.get(i);
            String expected = living.get(keys.get(i));
            if (reply.type() == '-') {
                seen.errors.add(reply.payload().toString());
            } else if (isReply(reply, expected)) {
                seen.right++;
            } else {
                seen.wrong.add("GET " + keys.get(i) + " replied "
                        + brief(reply.raw().toString()) + " instead of " + brief(expected));
            }
        }
    }

    private static boolean isReply(Reply reply, @Nullable String expected) {
        return expected == null
                ? reply.raw().toString().equals("$-1\r\n")
                : reply.type() == '$'
                        && reply.payload().toString().equals(expected)
                        && !reply.raw().toString().equals("$-1\r\n");
    }

    private void checkExistence(RespConnection connection, List<String> keys, Seen seen) {
        List<Reply> replies = pipelined(
                connection,
                keys.stream().map(key -> RespConnection.words("EXISTS", key)).toList());
        for (int i = 0; i < keys.size(); i++) {
            Reply reply = replies.get(i);
            String expected = living.containsKey(keys.get(i)) ? "1" : "0";
            if (reply.type() == '-') {
                seen.errors.add(reply.payload().toString());
            } else if (!reply.payload().toString().equals(expected)) {
                seen.wrong.add("EXISTS " + keys.get(i) + " replied " + reply);
            }
        }
    }

    private void checkWalk(RespConnection connection, Seen seen) {
        Set<String> listed = new HashSet<>();
        String cursor = "0";
        do {
            Reply reply = connection.call(RespConnection.words("SCAN", cursor, "COUNT", "1000"));
            if (reply.type() == '-') {
                seen.errors.add(reply.payload().toString());
                return;
            }
            cursor = reply.elements().get(0).payload().toString();
            reply.elements()
                    .get(1)
                    .elements()
                    .forEach(key -> listed.add(key.payload().toString()));
        } while (!cursor.equals("0"));
        for (String key : living.keySet()) {
            if (!listed.remove(key)) {
                seen.wrong.add("SCAN passed over " + key);
            }
        }
        listed.forEach(key -> seen.wrong.add("SCAN made up " + key));
    }

    private static List<Reply> pipelined(RespConnection connection, List<List<byte[]>> commands) {
        List<Reply> replies = new ArrayList<>();
        for (int from = 0; from < commands.size(); from += PIPELINE) {
            List<List<byte[]>> some = commands.subList(from, Math.min(commands.size(), from + PIPELINE));
            some.forEach(connection::send);
            some.forEach(command -> replies.add(connection.read()));
        }
        return replies;
    }

    private static String brief(@Nullable String text) {
        return text == null ? "nothing" : text.substring(0, Math.min(60, text.length())) + " (" + text.length() + ")";
    }
}
