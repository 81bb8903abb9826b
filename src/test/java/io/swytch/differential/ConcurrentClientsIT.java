package io.swytch.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.cli.RedisServer;
import io.swytch.cli.StartException;
import io.swytch.config.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Eight clients at once on a tiered server whose L1 is far smaller than what they use, and is emptied now and then.
 *
 * <p>Each does random things of which an invariant is known: no update is lost, none is seen by half, and keys are counted rightly in the
 * end, also after a restart. {@code -Dswytch.random.seed=N} repeats what the clients want, though not who comes first.
 */
class ConcurrentClientsIT {
    private static final int CLIENTS = 8;
    private static final Duration RUN = Duration.ofSeconds(10);
    private static final int SHARED = 4;
    private static final int ACCOUNTS = 10;
    private static final int BALANCE = 1000;
    private static final int RECORD_BYTES = 12;
    private static final int PLACES = 4;

    /** Keys of 4 KB beside the shared ones: four times what L1 may take. */
    private static final int FILLERS = 4000;

    private static RedisServer server;

    private final Map<String, LongAdder> added = new ConcurrentHashMap<>();
    private final Map<String, Integer> setBy = new ConcurrentHashMap<>();
    private final Map<String, Integer> gotBy = new ConcurrentHashMap<>();

    private static final String DIRECTORY = ServerProcess.temporaryDirectory("swytch-concurrent")
            .resolve("data")
            .toString();

    @BeforeAll
    static void start() throws StartException {
        server = RedisServer.start(Settings.of(
                "port",
                Integer.toString(ServerProcess.freePort()),
                "maxmemory",
                "4mb",
                "persistent",
                "yes",
                "data-dir",
                DIRECTORY,
                "threads",
                "4"));
    }

    @AfterAll
    static void stop() {
        server.stop();
    }

    /** One client, its connection and what it remembers of its own writes. Threads: one at a time. */
    private final class Client implements AutoCloseable {
        private final int number;
        private final Random random;
        private RespConnection connection = new RespConnection(server.port(), 2);
        private final Map<String, Long> lastSeen = new HashMap<>();
        private final Map<String, Integer> records = new HashMap<>();
        private String slot = "-".repeat(RECORD_BYTES);
        private long sets;

        Client(int number, long seed) {
            this.number = number;
            random = new Random(seed + number);
        }

        void reconnect() {
            connection.close();
            connection = new RespConnection(server.port(), 2);
        }

        private Reply call(String command) {
            Reply reply = connection.call(CommandLine.split(command));
            assertTrue(reply.type() != '-', () -> command + ": " + reply);
            return reply;
        }

        private long number(String command) {
            return Long.parseLong(text(call(command)));
        }

        /** Sends a transaction at once and returns EXEC's reply. */
        private Reply exec(String... commands) {
            connection.send(CommandLine.split("MULTI"));
            for (String command : commands) {
                connection.send(CommandLine.split(command));
            }
            connection.send(CommandLine.split("EXEC"));
            for (int i = 0; i <= commands.length; i++) {
                Reply queued = connection.read();
                assertEquals('+', queued.type(), () -> String.join("; ", commands) + ": " + queued);
            }
            Reply reply = connection.read();
            assertEquals('*', reply.type(), () -> String.join("; ", commands) + ": " + reply);
            reply.elements()
                    .forEach(element ->
                            assertTrue(element.type() != '-', () -> String.join("; ", commands) + ": " + element));
            return reply;
        }

        private int shared() {
            return random.nextInt(SHARED);
        }

        void step() {
            switch (random.nextInt(15)) {
                case 0 -> count();
                case 1 -> watch();
                case 2 -> transfer();
                case 3 -> balances();
                case 4 -> append();
                case 5 -> setRange();
                case 6 -> getSet();
                case 7 -> moveToken();
                case 8 -> findTokens();
                case 9 -> copy();
                case 10 -> swap();
                case 11 -> lookAtSides();
                case 12 -> flush();
                case 13 -> lookAtFlushed();
                default -> fill();
            }
        }

        private void count() {
            String key = "counter:" + shared();
            int by = 1 + random.nextInt(5);
            long now = number(by == 1 ? "INCR " + key : "INCRBY " + key + " " + by);
            added.computeIfAbsent(key, k -> new LongAdder()).add(by);
            assertTrue(now >= lastSeen.getOrDefault(key, 0L) + by, () -> key + " went back to " + now);
            lastSeen.put(key, now);
        }

        private void watch() {
            String key = "watched:" + shared();
            call("WATCH " + key + " other");
            Reply value = call("GET " + key);
            long before = value.raw().toString().startsWith("$-1") ? 0 : Long.parseLong(text(value));
            if (random.nextInt(8) == 0) {
                call("UNWATCH");
                return;
            }
            Reply done = exec("SET " + key + " " + (before + 1), "STRLEN " + key);
            if (!done.elements().isEmpty()) {
                added.computeIfAbsent(key, k -> new LongAdder()).increment();
            }
        }

        private void transfer() {
            int amount = random.nextInt(100);
            exec(
                    "DECRBY account:" + random.nextInt(ACCOUNTS) + " " + amount,
                    "INCRBY account:" + random.nextInt(ACCOUNTS) + " " + amount);
        }

        private void balances() {
            StringBuilder keys = new StringBuilder();
            String[] gets = new String[ACCOUNTS];
            for (int i = 0; i < ACCOUNTS; i++) {
                keys.append(" account:").append(i);
                gets[i] = "GET account:" + i;
            }
            Reply all = random.nextBoolean() ? call("MGET" + keys) : exec(gets);
            long sum = all.elements().stream()
                    .mapToLong(element -> Long.parseLong(text(element)))
                    .sum();
            assertEquals((long) ACCOUNTS * BALANCE, sum, () -> "half of a transfer in " + all);
        }

        private void append() {
            String key = "log:" + shared();
            int sequence = records.merge(key, 1, Integer::sum);
            long length = number("APPEND " + key + " %d:%09d;".formatted(number, sequence));
            assertEquals(0, length % RECORD_BYTES);
        }

        private void setRange() {
            String before = text(
                    call("GETRANGE slots " + number * RECORD_BYTES + " " + (number * RECORD_BYTES + RECORD_BYTES - 1)));
            assertEquals(slot, before);
            slot = "%012d".formatted(random.nextInt(Integer.MAX_VALUE));
            assertEquals(CLIENTS * RECORD_BYTES, number("SETRANGE slots " + number * RECORD_BYTES + " " + slot));
        }

        private void getSet() {
            String value = number + "." + sets++;
            setBy.merge(value, 1, Integer::sum);
            gotBy.merge(text(call("GETSET got " + value)), 1, Integer::sum);
        }

        private void moveToken() {
            String from = "token:" + shared() + ":" + random.nextInt(PLACES);
            String to = from.substring(0, from.length() - 1) + random.nextInt(PLACES);
            // Most of the time it is somewhere else, which RENAME says with an error.
            connection.call(CommandLine.split(
                    switch (random.nextInt(4)) {
                        case 0 -> "RENAME " + from + " " + to;
                        case 1 -> "RENAMENX " + from + " " + to;
                        default -> "MOVE " + from + " 1";
                    }));
            if (random.nextInt(3) == 0) {
                exec("SELECT 1", "MOVE " + from + " 0", "SELECT 0");
            }
        }

        private void findTokens() {
            int token = shared();
            StringBuilder exists = new StringBuilder("EXISTS");
            for (int place = 0; place < PLACES; place++) {
                exists.append(" token:").append(token).append(':').append(place);
            }
            Reply found = exec(exists.toString(), "SELECT 1", exists.toString(), "SELECT 0");
            long places = Long.parseLong(text(found.elements().get(0)))
                    + Long.parseLong(text(found.elements().get(2)));
            assertEquals(1, places, () -> "token " + token + ": " + found);
        }

        private void copy() {
            String key = "copied:" + shared();
            exec("INCR " + key, "COPY " + key + " " + key + ":copy REPLACE");
            Reply both = call("MGET " + key + " " + key + ":copy");
            assertEquals(text(both.elements().get(0)), text(both.elements().get(1)));
            added.computeIfAbsent(key, k -> new LongAdder()).increment();
        }

        private void swap() {
            call("SWAPDB 4 5");
        }

        private void lookAtSides() {
            Reply sides = exec(
                    "SELECT 4",
                    "MGET side:0 side:1 side:2",
                    "DBSIZE",
                    "SELECT 5",
                    "MGET side:0 side:1 side:2",
                    "DBSIZE",
                    "SELECT 0");
            Set<String> first = texts(sides.elements().get(1));
            Set<String> second = texts(sides.elements().get(4));
            assertTrue(
                    first.size() == 1 && second.size() == 1 && !first.equals(second),
                    () -> "half of a swap in " + sides);
            assertEquals("3", text(sides.elements().get(2)));
            assertEquals("3", text(sides.elements().get(5)));
        }

        private void flush() {
            String value = number + "." + random.nextInt(1000);
            exec("SELECT 6", "FLUSHDB", "MSET f:0 " + value + " f:1 " + value + " f:2 " + value, "SELECT 0");
        }

        private void lookAtFlushed() {
            Reply all = exec("SELECT 6", "MGET f:0 f:1 f:2", "DBSIZE", "SELECT 0");
            assertEquals(1, texts(all.elements().get(1)).size(), () -> "half of a flush in " + all);
            assertEquals("3", text(all.elements().get(2)), all::toString);
        }

        /** Makes L1 forget the rest. */
        private void fill() {
            int from = random.nextInt(FILLERS);
            if (random.nextBoolean()) {
                call("SET filler:" + from + " " + ("v" + from % 10).repeat(2048));
            } else {
                Reply filler = call("GET filler:" + from);
                assertTrue(
                        filler.raw().toString().startsWith("$-1")
                                || text(filler).equals(("v" + from % 10).repeat(2048)),
                        () -> "filler " + from + ": " + filler);
            }
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    private static String text(Reply reply) {
        return new String(reply.payload().toByteArray(), StandardCharsets.ISO_8859_1);
    }

    private static Set<String> texts(Reply reply) {
        Set<String> texts = new HashSet<>();
        reply.elements().forEach(element -> texts.add(element.toString()));
        return texts;
    }

    @Test
    void updates_areNeitherLostNorSeenByHalf() throws Exception {
        long seed = Long.getLong("swytch.random.seed", System.nanoTime() >>> 8);
        System.out.println("concurrent clients: -Dswytch.random.seed=" + seed);
        try (Client first = new Client(CLIENTS, seed)) {
            prepare(first);
        }
        List<Client> clients = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            long end = System.nanoTime() + RUN.toNanos();
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Client client = new Client(i, seed);
                clients.add(client);
                runs.add(threads.submit(() -> {
                    for (int step = 1; System.nanoTime() < end; step++) {
                        client.step();
                        if (client.number == 0 && step % 2000 == 0) {
                            server.reload();
                        } else if (client.number == 0 && step % 300 == 0) {
                            server.chill();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> run : runs) {
                run.get(60, TimeUnit.SECONDS);
            }
            verify(clients);
            stop();
            start();
            clients.forEach(Client::reconnect);
            verify(clients);
        } finally {
            threads.shutdownNow();
            clients.forEach(Client::close);
        }
    }

    private static void prepare(Client client) {
        client.call("FLUSHALL");
        for (int i = 0; i < ACCOUNTS; i++) {
            client.call("SET account:" + i + " " + BALANCE);
        }
        for (int i = 0; i < SHARED; i++) {
            client.call("SET token:" + i + ":0 token");
        }
        client.call("SET slots " + "-".repeat(CLIENTS * RECORD_BYTES));
        client.call("SET got first");
        for (int db = 4; db < 6; db++) {
            client.exec("SELECT " + db, "MSET side:0 " + db + " side:1 " + db + " side:2 " + db, "SELECT 0");
        }
        client.exec("SELECT 6", "MSET f:0 v f:1 v f:2 v", "SELECT 0");
    }

    private void verify(List<Client> clients) {
        Client client = clients.get(0);
        added.forEach((key, sum) -> assertEquals(sum.sum(), client.number("GET " + key), key));
        for (int i = 0; i < SHARED; i++) {
            verifyLog(clients, "log:" + i);
        }
        clients.forEach(other -> assertEquals(
                other.slot,
                text(client.call("GETRANGE slots " + other.number * RECORD_BYTES + " "
                        + (other.number * RECORD_BYTES + RECORD_BYTES - 1)))));
        Map<String, Integer> expected = new HashMap<>(setBy);
        expected.put("first", 1);
        Map<String, Integer> got = new HashMap<>(gotBy);
        got.merge(text(client.call("GET got")), 1, Integer::sum);
        assertEquals(expected, got, "every value that GETSET set is got once");
        for (int db = 0; db < 8; db++) {
            client.call("SELECT " + db);
            Set<String> scanned = new HashSet<>();
            String cursor = "0";
            do {
                Reply page = client.call("SCAN " + cursor + " COUNT 1000");
                cursor = text(page.elements().get(0));
                page.elements().get(1).elements().forEach(key -> scanned.add(text(key)));
            } while (!cursor.equals("0"));
            assertEquals(scanned.size(), client.number("DBSIZE"), "keys of database " + db);
            assertEquals(scanned.size(), client.call("KEYS *").elements().size());
        }
    }

    /** All records are there, those of each client in its order. */
    private static void verifyLog(List<Client> clients, String key) {
        String log = text(clients.get(0).call("GET " + key));
        int[] next = new int[clients.size()];
        for (int at = 0; at + RECORD_BYTES <= log.length(); at += RECORD_BYTES) {
            int client = Integer.parseInt(log.substring(at, at + 1));
            int sequence = Integer.parseInt(log.substring(at + 2, at + RECORD_BYTES - 1));
            assertEquals(++next[client], sequence, key + " at " + at);
        }
        int[] written = clients.stream()
                .mapToInt(client -> client.records.getOrDefault(key, 0))
                .toArray();
        assertTrue(
                Arrays.equals(written, next),
                () -> key + ": " + Arrays.toString(written) + " and " + Arrays.toString(next));
    }
}
