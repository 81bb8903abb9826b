package io.swytch.crash;

import static io.swytch.differential.RespConnection.words;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A command that asks for more from disk than there is memory for gets an error; others, and those that ask for less, get what they ask for. */
@Timeout(60)
class ColdReadsIT {
    private static final int KEYS = 300;
    private static final int VALUE_BYTES = 1_000_000;
    private static final String TOO_MUCH =
            "OOM values of this command that are on disk take too much memory, ask for fewer of them at a time";
    private static final String VALUE = "v".repeat(VALUE_BYTES);

    private final Path room = ServerProcess.temporaryDirectory("swytch-cold-reads");

    @AfterEach
    void delete() {
        ServerProcess.delete(room);
    }

    private static String[] mget(int from, int to) {
        String[] words = new String[to - from + 1];
        words[0] = "MGET";
        for (int i = from; i < to; i++) {
            words[i - from + 1] = "key:" + i;
        }
        return words;
    }

    private static long residentBytes(Child server) throws IOException {
        List<String> fields = Arrays.asList(
                Files.readString(Path.of("/proc/" + server.pid() + "/statm")).split(" "));
        return Long.parseLong(fields.get(1)) * 4096;
    }

    private static void expectValues(RespConnection client, int count) {
        String reply = client.ask(mget(0, count));
        assertTrue(reply.startsWith("*" + count + "\r\n$" + VALUE_BYTES + "\r\nvvv"), () -> reply.substring(0, 80));
        assertEquals(
                ("*" + count + "\r\n").length() + count * ("$1000000\r\n\r\n".length() + VALUE_BYTES), reply.length());
    }

    @Test
    void moreThanThereIsRoomFor_isRefused_andOthersAreServed() throws IOException {
        try (Child server = Launch.in(room)
                        .persistent()
                        .flags("--maxmemory", "8mb", "--l2-write-buffer", "4mb", "--l2-cache-size", "4mb")
                        .java("-XX:MaxDirectMemorySize=256m")
                        .serving("log");
                RespConnection healthy = server.connect();
                RespConnection greedy = new RespConnection(server.port(), 2, Duration.ofSeconds(30))) {
            for (int i = 0; i < KEYS; i++) {
                assertEquals("+OK\r\n", greedy.ask("SET", "key:" + i, VALUE));
            }
            assertEquals("+OK\r\n", greedy.ask("SAVE"));
            long max = healthy.figure("overlay_max_bytes");
            assertTrue(max > 40 << 20 && max < 80 << 20, () -> max + " bytes");
            // It is a share of what L1 leaves, whatever that is at the time.
            assertEquals("+OK\r\n", healthy.ask("CONFIG", "SET", "maxmemory", "100mb"));
            assertTrue(healthy.figure("overlay_max_bytes") < max - (20 << 20));
            assertEquals("+OK\r\n", healthy.ask("CONFIG", "SET", "maxmemory", "8mb"));
            assertEquals(max, healthy.figure("overlay_max_bytes"));
            long before = residentBytes(server);

            for (int round = 0; round < 3; round++) {
                greedy.send(words(mget(0, KEYS)));
                assertEquals(
                        VALUE_BYTES + "$1000000\r\n\r\n".length(),
                        healthy.ask("GET", "key:" + round).length());
                expectValues(healthy, 3);
                assertEquals("-" + TOO_MUCH + "\r\n", greedy.read().raw().toString());
            }
            long grown = residentBytes(server) - before;
            assertTrue(grown < 256 << 20, () -> grown + " bytes more");
            await().until(() -> healthy.figure("overlay_bytes") == 0);

            // What there is room for is had, of one command and of many that are sent together.
            expectValues(greedy, 30);
            for (int i = 0; i < KEYS; i++) {
                greedy.send(words("GET", "key:" + i));
            }
            for (int i = 0; i < KEYS; i++) {
                assertEquals(VALUE_BYTES, greedy.read().payload().length());
            }
            assertEquals("+OK\r\n", greedy.ask("MULTI"));
            assertEquals("+QUEUED\r\n", greedy.ask("SET", "other", "v"));
            assertEquals("+QUEUED\r\n", greedy.ask(mget(0, KEYS)));
            assertEquals("-EXECABORT Transaction discarded because of: " + TOO_MUCH + "\r\n", greedy.ask("EXEC"));
            assertEquals(":0\r\n", greedy.ask("EXISTS", "other"));
            assertEquals("", server.output().contains("OutOfMemory") ? server.output() : "");
            await().until(() -> healthy.figure("overlay_bytes") == 0);
            assertEquals(0, server.stop());
        }
    }

    /** Their requests alone had filled the heap, of which the process ended: each was run to its end for nobody, one after the other. */
    @Test
    void clientsThatLeaveInTheMiddle_takeNothingFromThoseWhoStay() {
        int keys = 4000;
        String value = "v".repeat(4000);
        try (Child server = Launch.in(room)
                        .persistent()
                        .flags("--maxmemory", "4mb", "--l2-write-buffer", "4mb", "--l2-cache-size", "1mb")
                        .java("-Xmx96m")
                        .serving("log");
                RespConnection healthy = server.connect()) {
            for (int i = 0; i < keys; i++) {
                assertEquals("+OK\r\n", healthy.ask("SET", "key:" + i, value));
            }
            assertEquals("+OK\r\n", healthy.ask("SAVE"));
            for (int round = 0; round < 1500; round++) {
                try (RespConnection leaving = server.connect()) {
                    int from = round * 37 % 2000;
                    leaving.send(words(mget(from, from + (round % 3 == 0 ? 1000 : 2000))));
                }
                if (round % 100 == 0) {
                    String key = "key:" + round;
                    assertEquals("$4000\r\n" + value + "\r\n", healthy.ask("GET", key), key);
                }
            }
            // Some hundred commands wait, in a heap that is nearly full.
            await().atMost(Duration.ofSeconds(30)).until(() -> healthy.figure("mem_clients_heap") == 0);
            await().until(() -> healthy.figure("overlay_bytes") == 0);
            assertEquals(0, server.stop());
        }
    }

    /** A client that queues all that the heap has for clients stops nobody whose command needs not wait for the disk, or is small. */
    @Test
    void whereClientsHeapIsTaken_largeCommandsThatMustWaitAreRefused_andNoOthers() {
        String value = "v".repeat(4000);
        try (Child server = Launch.in(room)
                        .persistent()
                        .flags("--maxmemory", "4mb", "--l2-write-buffer", "4mb", "--l2-cache-size", "1mb")
                        .java("-Xmx96m")
                        .serving("log");
                RespConnection healthy = server.connect();
                RespConnection greedy = server.connect()) {
            for (int i = 0; i < 4000; i++) {
                assertEquals("+OK\r\n", healthy.ask("SET", "key:" + i, value));
            }
            assertEquals("+OK\r\n", healthy.ask("SAVE"));
            String[] few = mget(0, 10);
            // One that is refused empties its queue again: a greedy client knows where to end.
            assertEquals("+OK\r\n", greedy.ask("MULTI"));
            String[] many = mget(0, 1000);
            long max = healthy.figure("mem_clients_heap_max");
            assertEquals("+QUEUED\r\n", greedy.ask(many));
            long each = healthy.figure("mem_clients_heap");
            for (long taken = each; taken + each <= max; taken += each) {
                assertEquals("+QUEUED\r\n", greedy.ask(many));
            }
            while (max - healthy.figure("mem_clients_heap") > 1000) {
                assertEquals("+QUEUED\r\n", greedy.ask("PING"));
            }

            assertEquals(
                    "-OOM commands that wait for values from disk take too much memory, try again\r\n",
                    healthy.ask(few));
            assertEquals("$4000\r\n" + value + "\r\n", healthy.ask("GET", "key:0"));
            assertEquals("+OK\r\n", healthy.ask("MSET", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5"));
            assertEquals(
                    "*10\r\n" + "$1\r\n1\r\n$1\r\n2\r\n".repeat(5),
                    healthy.ask("MGET", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b"));
            assertEquals("+OK\r\n", greedy.ask("DISCARD"));
            assertEquals("*10\r\n" + ("$4000\r\n" + value + "\r\n").repeat(10), healthy.ask(few));
            assertEquals(0, server.stop());
        }
    }

    /** Its keys alone filled the heap, of which the process ended: only what the queue took had been counted. */
    @Test
    void transactionOfMoreColdKeysThanHeapIsFor_isRefusedAndDiscarded() {
        int keys = 300_000;
        try (Child server = Launch.in(room)
                        .persistent()
                        .flags("--maxmemory", "4mb", "--l2-write-buffer", "4mb", "--l2-cache-size", "1mb")
                        .java("-Xmx96m")
                        .serving("log");
                RespConnection healthy = server.connect();
                RespConnection greedy = new RespConnection(server.port(), 2, Duration.ofSeconds(30))) {
            for (int from = 0; from < keys; from += 1000) {
                String[] mset = new String[2001];
                mset[0] = "MSET";
                for (int i = 0; i < 1000; i++) {
                    mset[2 * i + 1] = "key:" + (from + i);
                    mset[2 * i + 2] = "value";
                }
                assertEquals("+OK\r\n", healthy.ask(mset));
            }
            assertEquals("+OK\r\n", healthy.ask("SAVE"));
            assertEquals("+OK\r\n", greedy.ask("MULTI"));
            assertEquals("+QUEUED\r\n", greedy.ask("SET", "other", "v"));
            for (int from = 0; from < keys; from += 1000) {
                assertEquals("+QUEUED\r\n", greedy.ask(mget(from, from + 1000)));
            }
            assertEquals(
                    "-EXECABORT Transaction discarded because of: OOM commands that wait for values from disk take too much memory, try again\r\n",
                    greedy.ask("EXEC"));

            assertEquals(0, healthy.figure("mem_clients_heap"));
            assertEquals(
                    "*3\r\n" + "$5\r\nvalue\r\n".repeat(3), greedy.ask("MGET", "key:1", "key:70000", "key:299999"));
            assertEquals("+OK\r\n", greedy.ask("MULTI"));
            assertEquals("+QUEUED\r\n", greedy.ask("EXISTS", "other"));
            assertEquals("+QUEUED\r\n", greedy.ask(mget(1000, 3000)));
            assertEquals("*2\r\n:0\r\n*2000\r\n" + "$5\r\nvalue\r\n".repeat(2000), greedy.ask("EXEC"));
            assertEquals(0, server.stop());
        }
    }

    /** The memory that values are read ahead into ended some bytes before what it held, so that such commands got an internal error. */
    @Test
    void manyKeys_ofWhichSomeAreLong_areReadWhateverTheirLengths() {
        int keys = 40;
        String value = "v".repeat(200_003);
        try (Child server = Launch.in(room)
                        .persistent()
                        .flags("--maxmemory", "4mb", "--l2-write-buffer", "4mb")
                        .serving("log");
                RespConnection client = server.connect()) {
            for (int i = 0; i < keys; i++) {
                assertEquals("+OK\r\n", client.ask("SET", "key:" + i, value));
            }
            assertEquals("+OK\r\n", client.ask("SAVE"));
            String expected =
                    "*1200\r\n" + ("$200003\r\n" + value + "\r\n").repeat(keys) + "$-1\r\n".repeat(1200 - keys);
            assertTrue(expected.equals(client.ask(mget(0, 1200))));
            assertEquals(0, server.stop());
        }
    }
}
