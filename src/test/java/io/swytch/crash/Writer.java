package io.swytch.crash;

import io.swytch.bytes.Bytes;
import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes keys of its own until the server dies, and knows what they must hold afterwards.
 *
 * <p>Its commands are pipelined on one connection, so that of those without a reply the server may have kept any number, but only the first ones,
 * and each whole. Threads: one at a time.
 */
final class Writer implements CrashClient {
    private static final int BATCH_MAX = 16;
    private static final int VERIFY_BATCH = 200;
    private static final int MISMATCHES_SHOWN = 5;
    private static final int APPENDED_BYTES_MAX = 6000;

    /** So far off that no run sees it. */
    private static final long LONG_TTL_MS = 3_600_000;

    private final int number;
    private final int db;
    private final Random random;
    private final Map<String, Held> acked = new HashMap<>();
    private final Map<String, Held> sent = new HashMap<>();
    private final ArrayDeque<Op> inFlight = new ArrayDeque<>();
    private final TreeSet<String> keys = new TreeSet<>();
    private long counter;
    private long ackedCount;

    /** A key that was appended to, to be looked at soon. */
    private @Nullable String patched;

    /** @param db 0, which several share; in another, which is its own, it also flushes now and then */
    Writer(int number, int db, long seed) {
        this.number = number;
        this.db = db;
        this.random = new Random(seed);
    }

    /** Something sent: its commands, what it changes, and what its last reply must be. */
    private record Op(List<List<String>> commands, Consumer<Map<String, Held>> effect, Consumer<Reply> check) {}

    /** Replies so far. */
    @Override
    public long ackedCount() {
        return ackedCount;
    }

    /** Writes until the connection breaks; an {@link AssertionError} if a reply is wrong before that. */
    @Override
    public void run(int port) {
        try (RespConnection connection = connect(port)) {
            while (true) {
                int count = 1 + random.nextInt(BATCH_MAX);
                for (int i = 0; i < count; i++) {
                    Op op = next();
                    inFlight.add(op);
                    op.effect.accept(sent);
                    op.commands.forEach(command -> connection.send(encoded(command)));
                }
                while (!inFlight.isEmpty()) {
                    Op op = inFlight.getFirst();
                    Reply reply = connection.read();
                    for (int i = 1; i < op.commands.size(); i++) {
                        expect(reply.type() == '+', op.commands.get(i - 1), reply);
                        reply = connection.read();
                    }
                    op.check.accept(reply);
                    op.effect.accept(acked);
                    inFlight.removeFirst();
                    ackedCount++;
                }
            }
        } catch (UncheckedIOException e) {
            // The server was killed: what is in flight now may have been done or not.
            patched = null;
        }
    }

    private RespConnection connect(int port) {
        RespConnection connection = new RespConnection(port, 2);
        Reply reply = connection.call(encoded(List.of("SELECT", Integer.toString(db))));
        expect(reply.type() == '+', List.of("SELECT"), reply);
        return connection;
    }

    private Op next() {
        if (patched != null && random.nextBoolean()) {
            String key = patched;
            patched = null;
            return look(key);
        }
        int dice = random.nextInt(100);
        if (dice < 25) {
            return look(key(random.nextInt(6)));
        }
        if (dice < 45) {
            String value = value();
            String key = key(0);
            return change(List.of("SET", key, value), model -> model.put(key, Held.forEver(value)));
        }
        if (dice < 50) {
            String key = key(random.nextInt(6));
            return change(List.of("DEL", key), model -> model.remove(key));
        }
        if (dice < 60) {
            return incr(key(1));
        }
        if (dice < 70) {
            String value = value();
            String key = key(2);
            keys.add(key + ":b");
            return change(List.of("MSET", key, value, key + ":b", value), model -> {
                model.put(key, Held.forEver(value));
                model.put(key + ":b", Held.forEver(value));
            });
        }
        if (dice < 80) {
            return transaction();
        }
        if (dice < 90) {
            return expiring(key(4));
        }
        return db != 0 && random.nextInt(300) == 0 ? change(List.of("FLUSHDB"), Map::clear) : append(key(5));
    }

    /** A key of one of six families: plain, counters, pairs, transactions, expiring, appended to. */
    private String key(int family) {
        String key = "w" + number + ":" + "snpter".charAt(family) + ":" + random.nextInt(family == 0 ? 600 : 150);
        keys.add(key);
        return key;
    }

    /** Most are small; one in 200 is larger than half a segment. */
    private String value() {
        int padding = random.nextInt(200) == 0 ? 40_000 + random.nextInt(60_000) : random.nextInt(2500);
        return ++counter + ":" + Character.toString('a' + random.nextInt(26)).repeat(padding);
    }

    private Op look(String key) {
        Held held = sent.get(key);
        long sentMs = System.currentTimeMillis();
        List<String> command = List.of("GET", key);
        return new Op(List.of(command), model -> {}, reply -> {
            String value = text(reply);
            boolean fits = held == null
                    ? value == null
                    : value == null ? !held.livesAt(System.currentTimeMillis()) : value.equals(held.value);
            expect(fits, command, reply, held + " since " + sentMs);
        });
    }

    private Op incr(String key) {
        Held held = sent.get(key);
        String number = Long.toString(held == null ? 1 : Long.parseLong(held.value) + 1);
        List<String> command = List.of("INCR", key);
        return new Op(
                List.of(command),
                model -> model.put(key, Held.forEver(number)),
                reply -> expect(reply.payload().toString().equals(number), command, reply));
    }

    private Op transaction() {
        String first = key(3);
        String second = first + ":b";
        keys.add(second);
        String value = value();
        Held held = sent.get(second);
        String number = Long.toString(held == null ? 1 : Long.parseLong(held.value) + 1);
        return new Op(
                List.of(List.of("MULTI"), List.of("SET", first, value), List.of("INCR", second), List.of("EXEC")),
                model -> {
                    model.put(first, Held.forEver(value));
                    model.put(second, Held.forEver(number));
                },
                reply -> expect(
                        reply.elements().size() == 2
                                && reply.elements().get(1).payload().toString().equals(number),
                        List.of("EXEC"),
                        reply));
    }

    private Op append(String key) {
        Held held = sent.get(key);
        String value = value();
        if (held == null || held.value.length() > APPENDED_BYTES_MAX) {
            return change(List.of("SET", key, value), model -> model.put(key, Held.forEver(value)));
        }
        if (random.nextInt(3) == 0) {
            int offset = random.nextInt(held.value.length() + 100);
            StringBuilder whole = new StringBuilder(held.value);
            whole.setLength(Math.max(whole.length(), offset + value.length()));
            whole.replace(offset, offset + value.length(), value);
            Held patched = Held.forEver(whole.toString());
            return change(List.of("SETRANGE", key, Integer.toString(offset), value), model -> model.put(key, patched));
        }
        patched = key;
        Held longer = Held.forEver(held.value + value);
        List<String> command = List.of("APPEND", key, value);
        String length = Integer.toString(longer.value.length());
        return new Op(
                List.of(command),
                model -> model.put(key, longer),
                reply -> expect(reply.payload().toString().equals(length), command, reply, length));
    }

    private Op expiring(String key) {
        long now = System.currentTimeMillis();
        Held held = sent.get(key);
        long ttlMs = random.nextInt(3) == 0 ? 1 + random.nextInt(4000) : LONG_TTL_MS + random.nextInt(1000);
        switch (random.nextInt(4)) {
            case 0 -> {
                // The server looks at its clock once a millisecond.
                Held next = Held.untilAfter(value(), now - 1 + ttlMs);
                return change(
                        List.of("SET", key, next.value, "PX", Long.toString(ttlMs)), model -> model.put(key, next));
            }
            case 1 -> {
                Held next = Held.until(value(), now + ttlMs);
                return change(
                        List.of("SET", key, next.value, "PXAT", Long.toString(now + ttlMs)),
                        model -> model.put(key, next));
            }
            case 2 -> {
                if (held != null && held.livesAt(now + LONG_TTL_MS / 2)) {
                    Held next = Held.until(held.value, now + ttlMs);
                    return change(List.of("PEXPIREAT", key, Long.toString(now + ttlMs)), model -> model.put(key, next));
                }
            }
            default -> {}
        }
        List<String> command = List.of("PEXPIRETIME", key);
        return new Op(List.of(command), model -> {}, reply -> {
            long expireAtMs = Long.parseLong(reply.payload().toString());
            boolean fits = held == null ? expireAtMs == -2 : held.learn(expireAtMs, System.currentTimeMillis());
            expect(fits, command, reply, held + "");
        });
    }

    /** A command that may not fail. */
    private Op change(List<String> command, Consumer<Map<String, Held>> effect) {
        return new Op(List.of(command), effect, reply -> expect(reply.type() != '-', command, reply));
    }

    /** Of two keys that one command sets, and of which only the first is ever deleted: as long as that is there, both have the same value. */
    @Override
    public void verifyCopy(int port, String when) {
        List<String> seconds = keys.stream()
                .filter(key -> key.contains(":p:") && key.endsWith(":b"))
                .toList();
        if (seconds.isEmpty()) {
            return;
        }
        List<String> firsts =
                seconds.stream().map(key -> key.substring(0, key.length() - 2)).toList();
        try (RespConnection connection = connect(port)) {
            List<String> first = CrashClient.values(connection, firsts);
            List<String> second = CrashClient.values(connection, seconds);
            for (int i = 0; i < first.size(); i++) {
                if (!first.get(i).equals("nothing") && !first.get(i).equals(second.get(i))) {
                    throw new AssertionError(when + ": " + firsts.get(i) + " and " + seconds.get(i) + " differ");
                }
            }
        }
    }

    /** Compares every key with what it must hold, and takes what the server kept of the commands in flight as done. */
    @Override
    public void verify(int port, String when) {
        Map<String, Held.Seen> seen = new HashMap<>();
        try (RespConnection connection = connect(port)) {
            List<String> all = new ArrayList<>(keys);
            for (int from = 0; from < all.size(); from += VERIFY_BATCH) {
                see(connection, all.subList(from, Math.min(all.size(), from + VERIFY_BATCH)), seen);
            }
        }
        Map<String, Held> model = new HashMap<>(acked);
        List<String> closest = mismatches(model, seen);
        for (Op op : inFlight) {
            if (closest.isEmpty()) {
                break;
            }
            op.effect.accept(model);
            List<String> mismatches = mismatches(model, seen);
            closest = mismatches.size() < closest.size() ? mismatches : closest;
        }
        if (!closest.isEmpty()) {
            throw new AssertionError(
                    "%s: writer %d, db %d: of %d keys %d are not as after any number of the %d commands in flight: %s; %s"
                            .formatted(
                                    when,
                                    number,
                                    db,
                                    keys.size(),
                                    closest.size(),
                                    inFlight.size(),
                                    closest.subList(0, Math.min(MISMATCHES_SHOWN, closest.size())),
                                    inFlight.stream()
                                            .map(op -> op.commands
                                                            .get(op.commands.size() / 2)
                                                            .subList(0, 1)
                                                    + op.commands.get(op.commands.size() / 2).stream()
                                                            .skip(1)
                                                            .limit(1)
                                                            .toList()
                                                            .toString())
                                            .toList()));
        }
        model.forEach((key, held) -> {
            Held.Seen one = seen.get(key);
            if (one != null && one.value() != null) {
                held.learn(one.expireAtMs(), one.toMs());
            }
        });
        inFlight.clear();
        acked.clear();
        acked.putAll(model);
        sent.clear();
        sent.putAll(model);
    }

    private static void see(RespConnection connection, List<String> batch, Map<String, Held.Seen> seen) {
        long fromMs = System.currentTimeMillis();
        for (String key : batch) {
            connection.send(encoded(List.of("GET", key)));
            connection.send(encoded(List.of("PEXPIRETIME", key)));
        }
        for (String key : batch) {
            Reply value = connection.read();
            Reply expiry = connection.read();
            expect(value.type() == '$', List.of("GET", key), value);
            seen.put(
                    key,
                    new Held.Seen(
                            text(value),
                            Long.parseLong(expiry.payload().toString()),
                            fromMs,
                            System.currentTimeMillis()));
        }
    }

    private List<String> mismatches(Map<String, Held> model, Map<String, Held.Seen> seen) {
        List<String> found = new ArrayList<>();
        for (String key : keys) {
            Held held = model.get(key);
            Held.Seen one = seen.get(key);
            if (one == null || !Held.fits(held, one)) {
                found.add(key + " must hold " + held + ", holds " + one);
            }
        }
        return found;
    }

    /** The keys that live for certain. */
    List<String> livingKeys() {
        long until = System.currentTimeMillis() + LONG_TTL_MS / 2;
        return keys.stream()
                .filter(key -> acked.containsKey(key) && acked.get(key).livesAt(until))
                .toList();
    }

    /** The keys that may be there, expired or not. */
    List<String> possibleKeys() {
        return keys.stream().filter(acked::containsKey).toList();
    }

    int db() {
        return db;
    }

    static List<byte[]> encoded(List<String> command) {
        return command.stream()
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    private static @Nullable String text(Reply reply) {
        Bytes raw = reply.raw();
        if (Arrays.equals(raw.toByteArray(), "$-1\r\n".getBytes(StandardCharsets.US_ASCII))) {
            return null;
        }
        return new String(reply.payload().toByteArray(), StandardCharsets.ISO_8859_1);
    }

    private static void expect(boolean isRight, List<String> command, Reply reply) {
        expect(isRight, command, reply, "another");
    }

    private static void expect(boolean isRight, List<String> command, Reply reply, String expected) {
        if (!isRight) {
            String text = reply.toString();
            throw new AssertionError(command.subList(0, Math.min(2, command.size())) + " replied "
                    + text.substring(0, Math.min(200, text.length())) + ", expected " + expected);
        }
    }
}
