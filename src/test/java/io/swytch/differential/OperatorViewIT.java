package io.swytch.differential;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.cli.RedisServer;
import io.swytch.cli.StartException;
import io.swytch.config.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator sees of a server that runs: its clients, its figures. */
class OperatorViewIT {
    private RedisServer server;
    private RespConnection client;

    @BeforeEach
    void start() throws StartException {
        server = RedisServer.start(
                Settings.of("port", Integer.toString(ServerProcess.freePort()), "enable-debug-command", "local"));
        client = new RespConnection(server.port(), 2);
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
    }

    private static String call(RespConnection on, String line) {
        return on.call(CommandLine.split(line)).toString();
    }

    /** INFO's fields by name. */
    private Map<String, String> info(String section) {
        Map<String, String> fields = new TreeMap<>();
        String text =
                client.call(CommandLine.split("INFO " + section)).payload().toString();
        for (String line : text.lines().toList()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    /** Redis 7.0.15 answers so too; UNBLOCK without ERROR ends its process there. */
    @Test
    void unblock_endsAWaitForTheEndOfAPause() {
        try (RespConnection paused = new RespConnection(server.port(), 2)) {
            String id = call(paused, "CLIENT ID").substring(1).replace("\\r\\n", "");
            assertEquals(":0\\r\\n", call(client, "CLIENT UNBLOCK " + id + " ERROR"));
            assertEquals("+OK\\r\\n", call(client, "CLIENT PAUSE 60000 WRITE"));
            paused.send(CommandLine.split("SET k v"));
            await().until(() -> info("clients").get("blocked_clients").equals("1"));
            String line = call(client, "CLIENT LIST ID " + id);
            assertTrue(line.contains(" flags=b ") && line.contains(" cmd=set "), line);
            assertEquals(":0\\r\\n", call(client, "CLIENT UNBLOCK " + id));
            assertEquals(":1\\r\\n", call(client, "CLIENT UNBLOCK " + id + " ERROR"));
            assertEquals(
                    "-UNBLOCKED client unblocked via CLIENT UNBLOCK\\r\\n",
                    paused.read().toString());
            assertEquals("0", info("clients").get("blocked_clients"));
            assertEquals("$-1\\r\\n", call(paused, "GET k"));
            paused.send(CommandLine.split("SET k v"));
            await().until(() -> info("clients").get("blocked_clients").equals("1"));
            assertEquals("+OK\\r\\n", call(client, "CLIENT UNPAUSE"));
            assertEquals("+OK\\r\\n", paused.read().toString());
        }
        assertEquals("0", info("clients").get("blocked_clients"));
    }

    @Test
    void pausedClient_thatLeaves_isCountedNoMore() {
        assertEquals("+OK\\r\\n", call(client, "CLIENT PAUSE 60000 WRITE"));
        try (RespConnection paused = new RespConnection(server.port(), 2)) {
            paused.send(CommandLine.split("SET k v"));
            await().until(() -> info("clients").get("blocked_clients").equals("1"));
        }
        await().until(() -> info("clients").get("blocked_clients").equals("0"));
    }

    @Test
    void latencyEvents_areRecordedOverTheThreshold() {
        assertEquals("+OK\\r\\n", call(client, "DEBUG SLEEP 0.02"));
        assertEquals("*0\\r\\n", call(client, "LATENCY LATEST"));
        assertTrue(call(client, "LATENCY DOCTOR").contains("threshold is 0"));
        assertEquals("+OK\\r\\n", call(client, "CONFIG SET latency-monitor-threshold 20"));
        assertEquals("+OK\\r\\n", call(client, "DEBUG SLEEP 0.03"));
        List<Reply> latest = client.call(CommandLine.split("LATENCY LATEST"))
                .elements()
                .get(0)
                .elements();
        assertEquals("command", latest.get(0).payload().toString());
        long millis = Long.parseLong(latest.get(2).payload().toString());
        assertTrue(millis >= 30, "" + millis);
        assertEquals(latest.get(2).payload(), latest.get(3).payload());
        assertEquals(
                1,
                client.call(CommandLine.split("LATENCY HISTORY command"))
                        .elements()
                        .size());
        assertTrue(call(client, "LATENCY GRAPH command").contains("command - high " + millis + " ms"));
        assertTrue(call(client, "LATENCY DOCTOR").contains(millis + " ms at worst"));
        assertEquals(":1\\r\\n", call(client, "LATENCY RESET nosuch command"));
        assertEquals("*0\\r\\n", call(client, "LATENCY LATEST"));
        assertTrue(call(client, "SLOWLOG GET").contains("SLEEP"));
    }

    @Test
    void clientList_namesACommandThatWasRefusedForItsArguments() {
        try (RespConnection other = new RespConnection(server.port(), 2)) {
            String id = call(other, "CLIENT ID").substring(1).replace("\\r\\n", "");
            assertTrue(call(other, "GET").contains("wrong number of arguments"));
            assertTrue(call(client, "CLIENT LIST ID " + id).contains(" cmd=get "));
        }
    }

    /** It waits for drains, which wait for the keys that a transaction holds. */
    @Test
    void maxmemory_cannotBeSetInATransaction() {
        for (String command : List.of("MULTI", "SET a 1", "CONFIG SET timeout 0 maxmemory 9mb")) {
            call(client, command);
        }
        String replies = call(client, "EXEC");
        assertTrue(replies.contains("+OK") && replies.contains("'maxmemory') - not allowed in a transaction"), replies);
        assertEquals("+OK\\r\\n", call(client, "CONFIG SET maxmemory 9mb"));
    }

    /** As in Redis: each command of a transaction for itself, and not the EXEC. */
    @Test
    void slowlog_showsWhatATransactionRan() {
        assertEquals("+OK\\r\\n", call(client, "CONFIG SET slowlog-log-slower-than 0"));
        assertEquals("+OK\\r\\n", call(client, "SLOWLOG RESET"));
        for (String command : List.of("MULTI", "SET a 1", "INCR a", "EXEC")) {
            call(client, command);
        }
        assertEquals(":4\\r\\n", call(client, "SLOWLOG LEN"));
        String log = call(client, "SLOWLOG GET");
        assertTrue(log.contains("INCR") && log.contains("SET") && !log.contains("EXEC"), log);
    }

    /** Time in which the loop waits for clients is nobody's. */
    @Test
    void idleTime_isNoLatency() {
        assertEquals("+OK\\r\\n", call(client, "CONFIG SET latency-monitor-threshold 100"));
        await().pollDelay(Duration.ofMillis(200))
                .until(() -> call(client, "PING").equals("+PONG\\r\\n"));
        assertEquals("*0\\r\\n", call(client, "LATENCY LATEST"));
    }

    @Test
    void connections_areCounted() {
        new RespConnection(server.port(), 2).close();
        // Each is counted by the loop that it is given to, which may come after the one that answers here.
        await().until(() -> info("stats").get("total_connections_received").equals("2"));
        Map<String, String> stats = info("stats");
        assertTrue(Long.parseLong(stats.get("total_reads_processed")) > 0);
        assertEquals("+OK\\r\\n", call(client, "CONFIG SET maxclients 1"));
        try (RespConnection refused = new RespConnection(server.port(), 2)) {
            assertEquals(
                    "-ERR max number of clients reached\\r\\n", refused.read().toString());
        }
        stats = info("stats");
        assertEquals("1", stats.get("rejected_connections"));
        assertFalse(stats.get("total_writes_processed").equals("0"));
        assertEquals("+OK\\r\\n", call(client, "CONFIG RESETSTAT"));
        assertEquals("0", info("stats").get("total_connections_received"));
    }
}
