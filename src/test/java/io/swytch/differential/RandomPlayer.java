package io.swytch.differential;

import io.swytch.bytes.Bytes;
import io.swytch.differential.RandomCase.Batch;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Plays a random case on both servers and says where the first difference is. Threads: one at a time. */
final class RandomPlayer implements AutoCloseable {
    private static final long TOLERANCE_MS = 5000;
    private static final Duration EXPIRY = Duration.ofMillis(3);
    private static final List<Integer> NOWHERE = List.of();
    private static final List<byte[]> NO_ACTIVE_EXPIRE = CommandLine.split("DEBUG SET-ACTIVE-EXPIRE 0");
    private static final List<byte[]> ACTIVE_EXPIRE = CommandLine.split("DEBUG SET-ACTIVE-EXPIRE 1");

    private final SwytchUnderTest.Running swytch;
    private final List<Pair> pairs = new ArrayList<>();
    private final Pair checker;

    /** EXISTS of all that may have become a key. */
    private final List<byte[]> used = new ArrayList<>(CommandLine.split("EXISTS"));

    /** The connections of one client to both servers. */
    private static final class Pair implements AutoCloseable {
        private final RespConnection swytch;
        private final RespConnection redis;

        /** What the real server has queued since MULTI. */
        private final List<List<byte[]>> queued = new ArrayList<>();

        Pair(int swytchPort, int redisPort, int protocol) {
            swytch = new RespConnection(swytchPort, protocol);
            redis = new RespConnection(redisPort, protocol);
        }

        void both(List<byte[]> command) {
            redis.call(command);
            swytch.call(command);
        }

        @Override
        public void close() {
            swytch.close();
            redis.close();
        }
    }

    private RandomPlayer(SwytchUnderTest.Running swytch, int redisPort, int protocol) {
        this.swytch = swytch;
        for (int i = 0; i <= RandomCase.CLIENTS; i++) {
            pairs.add(new Pair(swytch.port(), redisPort, protocol));
        }
        checker = new Pair(swytch.port(), redisPort, 2);
    }

    /** The first difference; null if there is none. */
    static @Nullable String difference(RandomCase played, SwytchUnderTest.Running swytch, int protocol) {
        try (RandomPlayer player = new RandomPlayer(swytch, RealRedis.port(), protocol)) {
            return player.play(played);
        }
    }

    private @Nullable String play(RandomCase played) {
        checker.both(CommandLine.split("FLUSHALL"));
        checker.both(NO_ACTIVE_EXPIRE);
        played.batches().stream()
                .flatMap(batch -> batch.commands().stream())
                .flatMap(command -> command.stream().skip(1))
                .map(Bytes::wrap)
                .distinct()
                .forEach(arg -> used.add(arg.toByteArray()));
        try {
            for (int i = 0; i < played.batches().size(); i++) {
                Batch batch = played.batches().get(i);
                if (batch.isChilled()) {
                    swytch.chillIfTiny();
                }
                String difference = play(batch);
                if (difference == null
                        && (batch.isChecked() || i == played.batches().size() - 1)) {
                    difference = compareKeyspaces();
                }
                if (difference != null) {
                    return "batch " + i + ", " + difference;
                }
            }
            return compareScans();
        } finally {
            checker.both(ACTIVE_EXPIRE);
        }
    }

    private @Nullable String play(Batch batch) {
        String difference = play(pairs.get(batch.connection()), batch.commands(), batch.cuts());
        if (batch.expires()) {
            long end = System.nanoTime() + EXPIRY.toNanos();
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        }
        return difference;
    }

    /** Sends commands at once, to Swytch cut into pieces, and returns the first difference between the replies. */
    private static @Nullable String play(Pair pair, List<List<byte[]>> commands, List<Integer> cuts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        commands.forEach(command -> all.writeBytes(RespConnection.encode(command)));
        byte[] bytes = all.toByteArray();
        pair.redis.write(bytes);
        int from = 0;
        for (int cut : cuts) {
            int to = Math.max(from, Math.min(cut, bytes.length));
            pair.swytch.write(Arrays.copyOfRange(bytes, from, to));
            from = to;
        }
        pair.swytch.write(Arrays.copyOfRange(bytes, from, bytes.length));
        String difference = null;
        for (List<byte[]> command : commands) {
            Reply expected = pair.redis.read();
            Reply actual;
            try {
                actual = pair.swytch.read();
            } catch (UncheckedIOException e) {
                return "%s%n    redis:  %s%n    swytch: (%s)"
                        .formatted(RandomCase.text(command), expected, e.getMessage());
            }
            if (difference == null && !isSame(command, expected, actual, pair.queued)) {
                difference = "%s%n    redis:  %s%n    swytch: %s".formatted(RandomCase.text(command), expected, actual);
            }
            follow(pair, command, expected);
        }
        return difference;
    }

    /** Keeps account of what the connection's transaction holds. */
    private static void follow(Pair pair, List<byte[]> command, Reply reply) {
        if (reply.raw().toString().equals("+QUEUED\r\n")) {
            pair.queued.add(command);
        } else if (name(command).equals("EXEC")
                || List.of("MULTI", "DISCARD").contains(name(command)) && reply.type() == '+') {
            pair.queued.clear();
        }
    }

    private static boolean isSame(List<byte[]> command, Reply expected, Reply actual, List<List<byte[]>> queued) {
        if (expected.type() == '-' || actual.type() == '-') {
            return expected.raw().equals(actual.raw());
        }
        return switch (name(command)) {
            case "RANDOMKEY" -> expected.raw().equals(actual.raw()) || (isValue(expected) && isValue(actual));
            case "KEYS", "SCAN" -> expected.unordered().equals(actual.unordered());
            case "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME" -> expected.isNear(actual, TOLERANCE_MS);
            case "OBJECT" -> expected.raw().equals(actual.raw()) || expected.type() == ':' && actual.type() == ':';
            case "EXEC" -> isSameExec(expected, actual, queued);
            default -> expected.raw().equals(actual.raw());
        };
    }

    private static boolean isValue(Reply reply) {
        return reply.type() == '$' && !reply.raw().toString().equals("$-1\r\n");
    }

    private static boolean isSameExec(Reply expected, Reply actual, List<List<byte[]>> queued) {
        int count = expected.elements().size();
        if (count != queued.size() || count != actual.elements().size() || expected.type() != actual.type()) {
            return expected.raw().equals(actual.raw());
        }
        for (int i = 0; i < count; i++) {
            if (!isSame(
                    queued.get(i), expected.elements().get(i), actual.elements().get(i), List.of())) {
                return false;
            }
        }
        return true;
    }

    static String name(List<byte[]> command) {
        return new String(command.get(0), StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
    }

    /** Compares all that both databases hold. */
    private @Nullable String compareKeyspaces() {
        List<List<byte[]>> commands = new ArrayList<>();
        for (String db : List.of("0", "1")) {
            commands.add(CommandLine.split("SELECT " + db));
            commands.add(CommandLine.split("KEYS *"));
            for (byte[] key : RandomArguments.KEYS) {
                for (String look : List.of("EXISTS", "TYPE", "GET", "PTTL", "OBJECT ENCODING")) {
                    List<byte[]> command = new ArrayList<>(CommandLine.split(look));
                    command.add(key);
                    commands.add(command);
                }
            }
            // Expired keys that nobody has looked at are counted.
            commands.add(used);
            commands.add(CommandLine.split("DBSIZE"));
        }
        String difference = play(checker, commands, NOWHERE);
        return difference == null ? null : "keyspaces: " + difference;
    }

    /** Compares what whole walks tell. */
    private @Nullable String compareScans() {
        for (String options : List.of(
                " COUNT 1", " COUNT 3 MATCH k*", " MATCH *[!a] COUNT 2", " TYPE string COUNT 4", " TYPE list")) {
            Set<Bytes> expected = scan(checker.redis, options);
            Set<Bytes> actual = scan(checker.swytch, options);
            if (!expected.equals(actual)) {
                return "SCAN%s%n    redis:  %s%n    swytch: %s".formatted(options, expected, actual);
            }
        }
        return null;
    }

    private static Set<Bytes> scan(RespConnection connection, String options) {
        Set<Bytes> keys = new HashSet<>();
        Bytes cursor = Bytes.of("0");
        do {
            Reply page = connection.call(CommandLine.split("SCAN " + cursor + options));
            cursor = page.elements().get(0).payload();
            page.elements().get(1).elements().forEach(key -> keys.add(key.payload()));
        } while (!cursor.equals(Bytes.of("0")));
        return keys;
    }

    @Override
    public void close() {
        pairs.forEach(Pair::close);
        checker.close();
    }
}
