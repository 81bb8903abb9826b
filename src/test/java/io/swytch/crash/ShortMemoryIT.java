package io.swytch.crash;

import static io.swytch.differential.RespConnection.words;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server with little heap and little direct memory: who asks for too much gets an error or is closed, the server stays, and others are served. */
@Timeout(60)
class ShortMemoryIT {
    private static final String TOO_MUCH =
            "-OOM queued commands and watched keys of all clients take too much memory\r\n";
    private static final int BATCH = 1000;
    private static final int FILLS = 20;

    private final Path room = ServerProcess.temporaryDirectory("swytch-short-memory");
    private final List<RespConnection> crowd = new ArrayList<>();

    @AfterEach
    void delete() {
        crowd.forEach(RespConnection::close);
        ServerProcess.delete(room);
    }

    private Child server() {
        return Launch.in(room)
                .flags("--maxmemory", "16mb")
                .java("-XX:+ExitOnOutOfMemoryError", "-Xmx48m", "-XX:MaxDirectMemorySize=96m")
                .serving("log");
    }

    @Test
    void transactionWithoutEnd_getsAnError_andTheServerStays() {
        try (Child server = server();
                RespConnection healthy = server.connect();
                RespConnection greedy = server.connect()) {
            assertEquals("+OK\r\n", greedy.ask("MULTI"));
            String reply = "+QUEUED\r\n";
            int queued = 0;
            while (reply.equals("+QUEUED\r\n")) {
                for (int i = 0; i < BATCH; i++) {
                    greedy.send(words("SET", "key:" + i, "value"));
                }
                for (int i = 0; i < BATCH; i++) {
                    String one = greedy.read().raw().toString();
                    reply = one.equals("+QUEUED\r\n") ? reply : one;
                }
                queued += BATCH;
                assertTrue(queued < 500_000, "no bound");
            }
            assertEquals(TOO_MUCH, reply);
            assertTrue(queued > 20_000, () -> "refused too early");
            // What had been queued is let go of at once: another transaction has room.
            assertEquals("+OK\r\n", healthy.ask("MULTI"));
            assertEquals("+QUEUED\r\n", healthy.ask("SET", "key", "value"));
            assertEquals("*1\r\n+OK\r\n", healthy.ask("EXEC"));
            assertEquals("-EXECABORT Transaction discarded because of previous errors.\r\n", greedy.ask("EXEC"));
            assertEquals("$-1\r\n", greedy.ask("GET", "key:1"));
            assertEquals(0, healthy.figure("mem_clients_heap"));
            assertEquals(0, server.stop());
        }
    }

    @Test
    void watchesWithoutEnd_getAnError_andLeaveNothingBehind() {
        try (Child server = server();
                RespConnection healthy = server.connect()) {
            String reply = "+OK\r\n";
            for (int i = 0; reply.equals("+OK\r\n"); i++) {
                assertTrue(i < 500, "no bound");
                String[] watch = new String[BATCH + 1];
                watch[0] = "WATCH";
                for (int j = 0; j < BATCH; j++) {
                    watch[j + 1] = "key:" + i + ":" + j;
                }
                RespConnection watching = server.connect();
                crowd.add(watching);
                reply = watching.ask(watch);
            }
            assertEquals(TOO_MUCH, reply);
            assertTrue(healthy.figure("mem_clients_heap") <= healthy.figure("mem_clients_heap_max"));
            crowd.forEach(RespConnection::close);
            await().until(() -> healthy.figure("mem_clients_heap") == 0);
            assertEquals("+OK\r\n", healthy.ask("WATCH", "key"));
            assertEquals(0, server.stop());
        }
    }

    @Test
    void requestsWithoutEnd_ofTinyArguments_areCounted_andTheirClientsClosed() {
        try (Child server = server();
                RespConnection healthy = server.connect()) {
            byte[] half =
                    ("*20001\r\n$4\r\nMSET\r\n" + "$1\r\na\r\n".repeat(16_000)).getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 100; i++) {
                RespConnection slow = server.connect();
                crowd.add(slow);
                try {
                    slow.write(half);
                } catch (UncheckedIOException e) {
                    // It is closed already: too many others have as much.
                }
                assertEquals("+PONG\r\n", healthy.ask("PING"));
            }
            await().until(() -> healthy.figure("evicted_clients") > 0);
            assertTrue(healthy.figure("connected_clients") > 10);
            assertTrue(healthy.figure("mem_clients_heap") > 0);
            long max = healthy.figure("mem_clients_heap_max");
            assertTrue(healthy.figure("mem_clients_heap") <= max);

            // Those that were there first do not keep others out for ever.
            await().atMost(Duration.ofSeconds(20)).until(() -> healthy.figure("mem_clients_heap") <= max / 4 * 3);
            RespConnection late = server.connect();
            crowd.add(late);
            late.write(half);
            late.write("$1\r\na\r\n".repeat(4_000).getBytes(StandardCharsets.US_ASCII));
            assertEquals("+OK\r\n", late.read().raw().toString());
            crowd.forEach(RespConnection::close);
            await().until(() -> healthy.figure("mem_clients_heap") == 0);
            assertEquals(0, server.stop());
        }
    }

    @Test
    void requestsOfTinyArguments_thatWaitForAPause_areCounted_andRefusedBeyondThat() {
        try (Child server = server();
                RespConnection healthy = server.connect()) {
            assertEquals("+OK\r\n", healthy.ask("CLIENT", "PAUSE", "60000", "WRITE"));
            byte[] mset =
                    ("*16383\r\n$4\r\nMSET\r\n" + "$1\r\na\r\n".repeat(16_382)).getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 100; i++) {
                RespConnection waits = server.connect();
                crowd.add(waits);
                waits.write(mset);
            }
            await().until(() -> healthy.figure("total_error_replies") + healthy.figure("evicted_clients") > 0);
            assertTrue(healthy.figure("blocked_clients") > 10);
            assertTrue(healthy.figure("mem_clients_heap") > 0);
            assertTrue(healthy.figure("mem_clients_heap") <= healthy.figure("mem_clients_heap_max"));
            crowd.forEach(RespConnection::close);
            await().until(() -> healthy.figure("mem_clients_heap") == 0);
            assertEquals("+OK\r\n", healthy.ask("CLIENT", "UNPAUSE"));
            assertEquals("+OK\r\n", healthy.ask("SET", "k", "v"));
            assertEquals(0, server.stop());
        }
    }

    @Test
    void clientsThatHoldMost_areClosed_andOthersDoNotWait() {
        try (Child server = server();
                RespConnection healthy = server.connect()) {
            long longestNanos = 0;
            byte[] part = new byte[1 << 20];
            // Each says that it sends five megabytes, and sends two.
            for (int i = 0; i < 100; i++) {
                RespConnection slow = server.connect();
                crowd.add(slow);
                try {
                    slow.write("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$5000000\r\n".getBytes(StandardCharsets.US_ASCII));
                    slow.write(part);
                    slow.write(part);
                } catch (UncheckedIOException closed) {
                    // That is what is tried.
                }
                long began = System.nanoTime();
                assertEquals("+PONG\r\n", healthy.ask("PING"));
                longestNanos = Math.max(longestNanos, System.nanoTime() - began);
            }
            assertTrue(healthy.figure("evicted_clients") > 20, server::output);
            assertEquals("+OK\r\n", healthy.ask("SET", "key", "v".repeat(1 << 20)));
            // With no bound but the Java machine's, each try to take more took half a second of everybody's time.
            long millis = TimeUnit.NANOSECONDS.toMillis(longestNanos);
            assertTrue(millis < 400, () -> "somebody waited " + Duration.ofMillis(millis));
            crowd.forEach(RespConnection::close);
            await().until(() -> healthy.figure("connected_clients") == 1);
            assertEquals("", server.output().contains("OutOfMemoryError:") ? server.output() : "");
            assertEquals(0, server.stop());
        }
    }

    @Test
    void maxmemoryClients_closesWhoHoldsMost_andNobodyElse() {
        try (Child server = Launch.in(room).flags("--maxmemory-clients", "25%").serving("log");
                RespConnection healthy = server.connect()) {
            assertEquals(16 << 20, healthy.figure("memory_network_max_bytes"));
            // Half of the first of its pieces of 1 MiB.
            byte[] part = new byte[1 << 19];
            for (int i = 1; i <= 12; i++) {
                RespConnection slow = server.connect();
                crowd.add(slow);
                slow.write("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$5000000\r\n".getBytes(StandardCharsets.US_ASCII));
                slow.write(part);
                int clients = i + 1;
                await().until(() -> healthy.figure("memory_network_bytes") >= (clients - 1L) << 20);
                assertEquals(clients, healthy.figure("connected_clients"));
            }
            assertEquals("+OK\r\n", healthy.ask("CONFIG", "SET", "maxmemory-clients", "6mb"));
            // They go one after the other until there is enough; each of two loops keeps its half.
            await().until(() -> healthy.figure("connected_clients") <= 7);
            assertTrue(healthy.figure("evicted_clients") >= 6);
            assertTrue(healthy.figure("connected_clients") >= 4);
            crowd.forEach(RespConnection::close);
            await().until(() -> healthy.figure("connected_clients") == 1);
            assertEquals("+OK\r\n", healthy.ask("CONFIG", "SET", "maxmemory-clients", "1"));
            assertEquals(128 << 10, healthy.figure("memory_network_max_bytes"));
            assertEquals("+OK\r\n", healthy.ask("CONFIG", "SET", "maxmemory-clients", "0"));
            assertEquals("+PONG\r\n", healthy.ask("PING"));
            assertEquals(0, server.stop());
        }
    }

    @Test
    void slowReadersOfBigReplies_holdNoMoreThanThereIs() {
        try (Child server = server();
                RespConnection healthy = server.connect()) {
            assertEquals("+OK\r\n", healthy.ask("SET", "value", "v".repeat(50_000)));
            // Twenty megabytes, of which the system's buffers take five.
            String[] mget = new String[401];
            Arrays.fill(mget, "value");
            mget[0] = "MGET";
            for (int i = 0; i < 30; i++) {
                RespConnection slow = server.connect();
                crowd.add(slow);
                slow.send(words(mget));
                assertEquals("+PONG\r\n", healthy.ask("PING"));
            }
            await().until(() -> healthy.figure("evicted_clients") > 20);
            assertEquals(
                    50_000 + "$50000\r\n\r\n".length(),
                    healthy.ask("GET", "value").length());
            assertEquals("", server.output().contains("OutOfMemoryError:") ? server.output() : "");
            assertEquals(0, server.stop());
        }
    }

    /** Where nothing may be evicted, memory may end in the middle of a command with many keys: it is refused whole. */
    @Test
    void msetAtTheLimit_isDoneWhollyOrNotAtAll() {
        Random random = new Random(1);
        try (Child server = Launch.in(room)
                        .flags("--maxmemory", "4mb", "--maxmemory-policy", "noeviction")
                        .serving("log");
                RespConnection client = server.connect()) {
            for (int fill = 0; fill < FILLS; fill++) {
                long keys = 0;
                boolean isDone = true;
                while (isDone) {
                    List<String> command = new ArrayList<>(List.of("MSET"));
                    int count = 2 + random.nextInt(20);
                    for (int i = 0; i < count; i++) {
                        command.add("key:" + (keys + i));
                        command.add("v".repeat(random.nextInt(20_000)));
                    }
                    isDone = isDone(client, command.toArray(String[]::new), fill % 2 == 1);
                    keys += isDone ? count : 0;
                    assertEquals(":" + keys + "\r\n", client.ask("DBSIZE"));
                }
                assertTrue(keys > 200, "it was refused before memory was full: " + keys);
                client.ask("FLUSHALL");
            }
        }
    }

    /** Values of 2 MiB and more take from all of memory, not from their keys' part of it. */
    @Test
    void msetOfHugeValues_thatFit_isDone() {
        String value = "v".repeat(12_000_000);
        try (Child server = Launch.in(room)
                        .flags("--maxmemory", "64mb", "--maxmemory-policy", "noeviction", "--threads", "2")
                        .serving("log");
                RespConnection client = server.connect()) {
            assertEquals("+OK\r\n", client.ask("MSET", "one", value, "two", value));
            assertTrue(client.ask("MSET", "three", value, "four", value, "five", value, "six", value)
                    .startsWith("-OOM"));
            assertEquals(":2\r\n", client.ask("DBSIZE"));
        }
    }

    /** Whether a command was done; it is an error if it was neither done nor refused for want of memory. */
    private static boolean isDone(RespConnection client, String[] command, boolean inTransaction) {
        if (inTransaction) {
            client.ask("MULTI");
        }
        String reply = client.ask(command);
        if (inTransaction) {
            reply += client.ask("EXEC");
        }
        assertTrue(reply.endsWith("+OK\r\n") || reply.contains("-OOM"), reply);
        return reply.endsWith("+OK\r\n");
    }
}
