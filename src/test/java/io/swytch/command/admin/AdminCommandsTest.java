package io.swytch.command.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.command.connection.ConnectionCommands;
import io.swytch.command.key.KeyCommands;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.TestServer;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdminCommandsTest {
    private static final List<CommandFamily> FAMILIES = List.of(
            ServerCommands.FAMILY,
            InfoCommand.FAMILY,
            ConfigCommands.FAMILY,
            CommandCommands.FAMILY,
            SlowlogCommands.FAMILY,
            LatencyCommands.FAMILY,
            MemoryCommands.FAMILY,
            ConnectionCommands.FAMILY,
            KeyCommands.FAMILY);

    private final TestServer server = new TestServer(FAMILIES, "enable-debug-command", "local");
    private final TestServer.Client client = server.connect();

    private static String bulks(String... texts) {
        StringBuilder reply = new StringBuilder();
        for (String text : texts) {
            reply.append('$').append(text.length()).append("\r\n").append(text).append("\r\n");
        }
        return reply.toString();
    }

    @Test
    void configGet_takesGlobsAndShowsEachOnce() {
        assertEquals("*2\r\n" + bulks("timeout", "0"), client.run("CONFIG GET timeout TIMEOUT timeou?"));
        assertEquals("*2\r\n" + bulks("TIMEOUT", "0"), client.run("CONFIG GET TIMEOUT timeout"));
        assertEquals("*0\r\n", client.run("CONFIG GET nope"));
        assertTrue(client.run("CONFIG GET *").contains("maxmemory-policy"));
    }

    @Test
    void configSet_isAllOrNothing() {
        assertEquals(
                "-ERR Unknown option or number of arguments for CONFIG SET - 'nope'\r\n",
                client.run("CONFIG SET timeout 7 nope 1"));
        assertTrue(client.run("CONFIG SET timeout 7 maxmemory x")
                .startsWith("-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - "));
        assertEquals("*2\r\n" + bulks("timeout", "0"), client.run("CONFIG GET timeout"));
        assertEquals("+OK\r\n", client.run("CONFIG SET timeout 7 slowlog-max-len 3"));
        assertEquals("*2\r\n" + bulks("timeout", "7"), client.run("CONFIG GET timeout"));
        assertEquals(
                "-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter\r\n",
                client.run("CONFIG SET timeout 7 timeout 8"));
        assertEquals(
                "-ERR CONFIG SET failed (possibly related to argument 'port') - can't set immutable config\r\n",
                client.run("CONFIG SET port 7"));
        assertEquals("-ERR syntax error\r\n", client.run("CONFIG SET timeout 7 port"));
        assertEquals("-ERR The server is running without a config file\r\n", client.run("CONFIG REWRITE"));
    }

    @Test
    void info_showsTheSectionsThatAreAsked() {
        String all = client.run("INFO all");
        for (String title : List.of("Server", "Memory", "Commandstats", "Latencystats", "Keyspace", "Tiering")) {
            assertTrue(all.contains("# " + title + "\r\n"), title);
        }
        String usual = client.run("INFO");
        assertFalse(usual.contains("# Commandstats"));
        assertTrue(usual.contains("redis_version:7.0.15\r\n"));
        assertTrue(client.run("INFO commandstats").contains("cmdstat_info:calls=2,usec=6,usec_per_call=3.00,"));
        assertTrue(
                client.run("INFO latencystats").contains("latency_percentiles_usec_info:p50=3.000,p99=3.000,p99.9="));
        assertEquals("$0\r\n\r\n", client.run("INFO nope"));
        client.run("CONFIG SET timeout x");
        assertTrue(client.run("INFO errorstats").contains("errorstat_ERR:count=1\r\n"));
        client.run("CONFIG RESETSTAT");
        assertEquals("$14\r\n# Errorstats\r\n\r\n", client.run("INFO errorstats"));
    }

    @Test
    void human_isRedissForm() {
        assertEquals("0B", InfoText.human(0));
        assertEquals("1023B", InfoText.human(1023));
        assertEquals("1.00K", InfoText.human(1024));
        assertEquals("1.56M", InfoText.human(1_635_779));
        assertEquals("2.00G", InfoText.human(2L << 30));
    }

    @Test
    void getKeys_findsTheKeysOfAnotherCommand() {
        assertEquals("*2\r\n" + bulks("a", "b"), client.run("COMMAND GETKEYS rename a b"));
        assertEquals("*2\r\n" + bulks("a", "b"), client.run("COMMAND GETKEYS DEL a b"));
        assertEquals("-ERR Invalid command specified\r\n", client.run("COMMAND GETKEYS nope a"));
        assertEquals("-ERR The command has no key arguments\r\n", client.run("COMMAND GETKEYS ping a b"));
        assertEquals(
                "-ERR Invalid number of arguments specified for command\r\n", client.run("COMMAND GETKEYS rename a"));
        assertEquals("*1\r\n" + bulks("k"), client.run("COMMAND GETKEYS memory usage k"));
        assertEquals(
                "*1\r\n*2\r\n" + bulks("a") + "*2\r\n+RM\r\n+delete\r\n", client.run("COMMAND GETKEYSANDFLAGS del a"));
    }

    @Test
    void commandList_filters() {
        assertEquals(
                "*2\r\n" + bulks("config|get", "config|set"), client.run("COMMAND LIST FILTERBY PATTERN config|?et"));
        assertEquals("*0\r\n", client.run("COMMAND LIST FILTERBY MODULE x"));
        assertEquals("*0\r\n", client.run("COMMAND LIST FILTERBY ACLCAT @read"));
        assertTrue(client.run("COMMAND LIST FILTERBY ACLCAT read").contains("exists"));
        assertEquals("-ERR syntax error\r\n", client.run("COMMAND LIST FILTERBY x y"));
        assertEquals("*0\r\n", client.run("COMMAND DOCS nope"));
        assertEquals("*1\r\n$-1\r\n", client.run("COMMAND INFO nope"));
        assertTrue(client.run("COMMAND")
                .startsWith("*" + server.catalogue().commands().size() + "\r\n"));
    }

    @Test
    void docs_ofEveryRow_canBeReplied() {
        client.run("HELLO 3");
        for (String line : List.of("COMMAND DOCS", "COMMAND INFO")) {
            assertTrue(client.run(line).length() > 10_000, line);
        }
    }

    @Test
    void slowlog_showsShortenedCalls() {
        server.stats().slowlog().setThresholdMicros(0);
        client.run("ECHO " + "x".repeat(200));
        client.run("DEL" + " k".repeat(40));
        String log = client.run("SLOWLOG GET");
        assertTrue(log.contains("x".repeat(128) + "... (72 more bytes)"));
        assertTrue(log.contains("... (10 more arguments)"));
        assertTrue(log.startsWith("*2\r\n*6\r\n:1\r\n:1700000000\r\n:3\r\n*32\r\n"));
        assertEquals(":3\r\n", client.run("SLOWLOG LEN"));
        assertEquals("-ERR count should be greater than or equal to -1\r\n", client.run("SLOWLOG GET -2"));
        assertEquals("+OK\r\n", client.run("SLOWLOG RESET"));
        assertEquals(":1\r\n", client.run("SLOWLOG LEN"));
    }

    @Test
    void latencyHistogram_isCumulative() {
        client.run("PING");
        client.run("PING");
        assertEquals(
                "*2\r\n" + bulks("ping") + "*4\r\n" + bulks("calls") + ":2\r\n" + bulks("histogram_usec")
                        + "*2\r\n:4\r\n:2\r\n",
                client.run("LATENCY HISTOGRAM ping nope"));
        assertEquals(":0\r\n", client.run("LATENCY RESET command"));
    }

    @Test
    void shutdown_checksItsOptions() {
        for (String wrong : List.of("X", "SAVE NOSAVE", "ABORT NOW")) {
            assertEquals("-ERR syntax error\r\n", client.run("SHUTDOWN " + wrong));
        }
        assertEquals("-ERR No shutdown in progress.\r\n", client.run("SHUTDOWN ABORT"));
        assertEquals("", client.run("SHUTDOWN NOSAVE NOW"));
        assertEquals(List.of("shutdown false"), server.events);
        assertTrue(client.isClosed);
    }

    @Test
    void saving_needsADisk() {
        assertTrue(client.run("SAVE").startsWith("-ERR nothing to save to"));
        server.isTiered = true;
        assertEquals("+OK\r\n", client.run("SAVE"));
        assertEquals("+Background saving started\r\n", client.run("BGSAVE SCHEDULE"));
        server.isSaving = true;
        assertEquals("-ERR Background save already in progress\r\n", client.run("BGSAVE"));
        assertEquals("-ERR syntax error\r\n", client.run("BGSAVE x"));
        assertEquals(":1700000000\r\n", client.run("LASTSAVE"));
    }

    @Test
    void debug_isThereWhereItIsAllowed() {
        assertEquals("+OK\r\n", client.run("DEBUG SET-ACTIVE-EXPIRE 0"));
        assertEquals("+OK\r\n", client.run("DEBUG RELOAD NOSAVE"));
        assertEquals("+OK\r\n", client.run("DEBUG SLEEP 0"));
        assertEquals("-ERR no such key\r\n", client.run("DEBUG OBJECT k"));
        assertEquals(List.of("activeExpire false", "reload"), server.events);
        assertEquals(
                "-ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP.\r\n",
                client.run("DEBUG JMAP"));
        assertTrue(
                new TestServer(FAMILIES).connect().run("DEBUG SLEEP 0").startsWith("-ERR DEBUG command not allowed."));
    }

    @Test
    void memory_tellsWhatAKeyTakes() {
        assertEquals("$-1\r\n", client.run("MEMORY USAGE nope"));
        assertEquals("-ERR syntax error\r\n", client.run("MEMORY USAGE nope SAMPLES"));
        assertEquals("-ERR syntax error\r\n", client.run("MEMORY USAGE nope SAMPLES -1"));
        assertEquals("-ERR value is not an integer or out of range\r\n", client.run("MEMORY USAGE nope SAMPLES x"));
        client.run("HELLO 3");
        assertTrue(client.run("MEMORY STATS").startsWith("%14\r\n"));
        assertTrue(client.run("MEMORY DOCTOR").startsWith("="));
    }

    @Test
    void lolwut_endsWithTheVersion() {
        assertTrue(client.run("LOLWUT").endsWith("Redis ver. 7.0.15\n\r\n"));
        assertEquals("-ERR value is not an integer or out of range\r\n", client.run("LOLWUT VERSION x"));
    }
}
