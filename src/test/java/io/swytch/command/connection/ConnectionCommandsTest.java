package io.swytch.command.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.command.spec.Buffers;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.TestServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectionCommandsTest {
    private final TestServer server = new TestServer(List.of(ConnectionCommands.FAMILY));
    private final TestServer.Client client = server.connect();

    @Test
    void ping_repliesPongOrItsArgument() {
        assertEquals("+PONG\r\n", client.run("PING"));
        assertEquals("$2\r\nhi\r\n", client.run("PING hi"));
        assertEquals("-ERR wrong number of arguments for 'ping' command\r\n", client.run("PING a b"));
    }

    @Test
    void hello_switchesTheProtocolOnlyIfAllIsRight() {
        assertEquals("-ERR Syntax error in HELLO option 'FOO'\r\n", client.run("HELLO 3 FOO"));
        assertEquals("-ERR Syntax error in HELLO option 'AUTH'\r\n", client.run("HELLO 3 AUTH default"));
        assertEquals("-NOPROTO unsupported protocol version\r\n", client.run("HELLO 4"));
        assertEquals(2, client.session.protocol);
        assertTrue(client.run("HELLO 3 SETNAME me AUTH default any").contains("proto\r\n:3\r\n"));
        assertEquals(3, client.session.protocol);
        assertEquals("$2\r\nme\r\n", client.run("CLIENT GETNAME"));
        assertTrue(client.run("HELLO").startsWith("%7\r\n"));
    }

    @Test
    void hello_keepsWhatCameBeforeAWrongOption() {
        TestServer guarded = new TestServer(List.of(ConnectionCommands.FAMILY), "requirepass", "secret");
        TestServer.Client stranger = guarded.connect();
        assertEquals(
                "-ERR Syntax error in HELLO option 'FOO'\r\n",
                stranger.run("HELLO 3 AUTH default secret SETNAME n FOO"));
        assertTrue(stranger.session.isAuthenticated());
        assertEquals("n", stranger.session.name);
        assertEquals(2, stranger.session.protocol);
    }

    @Test
    void auth_withAPassword_letsIn() {
        TestServer guarded = new TestServer(List.of(ConnectionCommands.FAMILY), "requirepass", "secret");
        TestServer.Client stranger = guarded.connect();
        assertTrue(stranger.run("HELLO 3").startsWith("-NOAUTH HELLO must be called"));
        assertEquals(2, stranger.session.protocol);
        String refusal = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
        assertEquals(refusal, stranger.run("AUTH wrong"));
        assertEquals(refusal, stranger.run("AUTH other secret"));
        assertFalse(stranger.session.isAuthenticated());
        assertEquals("+OK\r\n", stranger.run("AUTH secret"));
        assertTrue(stranger.session.isAuthenticated());
        assertEquals("+RESET\r\n", stranger.run("RESET"));
        assertFalse(stranger.session.isAuthenticated());
    }

    @Test
    void auth_withoutAPassword_saysSo() {
        assertTrue(client.run("AUTH x").startsWith("-ERR AUTH <password> called without any password"));
        assertEquals("+OK\r\n", client.run("AUTH default x"));
        assertTrue(client.run("AUTH me x").startsWith("-WRONGPASS"));
        assertEquals("-ERR syntax error\r\n", client.run("AUTH a b c"));
    }

    @Test
    void secrets_stayOutOfTheSlowLog() {
        server.stats().slowlog().setThresholdMicros(0);
        client.run("AUTH default topsecret");
        client.run("HELLO 2 AUTH default topsecret");
        client.run("ECHO shown");
        assertEquals(
                List.of("[ECHO, shown]", "[HELLO, 2, AUTH, (redacted), (redacted)]", "[AUTH, (redacted), (redacted)]"),
                server.stats().slowlog().newest(10).stream()
                        .map(entry -> entry.args().toString())
                        .toList());
    }

    @Test
    void select_checksItsIndex() {
        assertEquals("-ERR DB index is out of range\r\n", client.run("SELECT 16"));
        assertEquals("-ERR value is not an integer or out of range\r\n", client.run("SELECT x"));
        assertEquals(
                "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n",
                client.run("SELECT 4294967296"));
        assertEquals("+OK\r\n", client.run("SELECT 15"));
        assertEquals(15, client.session.db);
        client.run("RESET");
        assertEquals(0, client.session.db);
    }

    @Test
    void kill_filtersAndSparesOneself() {
        TestServer.Client other = server.connect();
        assertEquals(":1\r\n", client.run("CLIENT KILL TYPE normal"));
        assertTrue(other.isClosed);
        assertFalse(client.isClosed);
        TestServer.Client third = server.connect();
        assertEquals(":0\r\n", client.run("CLIENT KILL ID " + third.session.id() + " ADDR 1.2.3.4:5"));
        assertEquals(":0\r\n", client.run("CLIENT KILL ID " + third.session.id() + " TYPE pubsub"));
        assertEquals(
                "+OK\r\n", client.run("CLIENT KILL " + third.session.transport().remoteAddress()));
        assertTrue(third.isClosed);
        assertEquals("-ERR No such client\r\n", client.run("CLIENT KILL 1.2.3.4:5"));
        assertEquals("-ERR No such user 'x'\r\n", client.run("CLIENT KILL USER x"));
        assertEquals("-ERR client-id should be greater than 0\r\n", client.run("CLIENT KILL ID 0"));
        assertEquals(":1\r\n", client.run("CLIENT KILL ID " + client.session.id() + " SKIPME no"));
        assertTrue(client.isClosed);
    }

    @Test
    void list_hasALineForEach() {
        TestServer.Client other = server.connect();
        other.run("CLIENT SETNAME other");
        server.clock.advance(Duration.ofSeconds(5));
        String all = client.run("CLIENT LIST");
        assertTrue(all.contains("id=1 addr=127.0.0.1:50001 laddr=127.0.0.1:6379 fd=8 name= age=5 idle=0 flags=N db=0"));
        assertTrue(all.contains("name=other"));
        assertTrue(all.contains("cmd=client|setname user=default"));
        assertFalse(client.run("CLIENT LIST ID 1").contains("name=other"));
        assertEquals("-ERR Invalid client ID\r\n", client.run("CLIENT LIST ID x"));
        assertEquals("-ERR syntax error\r\n", client.run("CLIENT LIST TYPE"));
        assertEquals("$0\r\n\r\n", client.run("CLIENT LIST TYPE master"));
        assertEquals("-ERR Unknown client type 'x'\r\n", client.run("CLIENT LIST TYPE x"));
    }

    @Test
    void list_showsWhatBuffersHold() {
        client.buffers = new Buffers(20, 4096, 100, 1, 16384, true, false, 7);
        assertTrue(client.run("CLIENT INFO")
                .contains(" idle=7 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=20 qbuf-free=4076 argv-mem=10"
                        + " multi-mem=0 rbs=16384 rbp=100 obl=100 oll=0 omem=0 tot-mem=20480 events=r"
                        + " cmd=client|info user=default redir=-1 resp=2 "));
        client.buffers = new Buffers(0, 0, 5_000_000, 80, 1_310_720, false, true, 0);
        String many = client.run("CLIENT INFO");
        assertTrue(many.contains(" rbs=0 rbp=0 obl=0 oll=80 omem=5000000 tot-mem=1310720 events=w "), many);
    }

    @Test
    void unblock_asksTheServer() {
        assertEquals(
                ":0\r\n",
                new TestServer(List.of(ConnectionCommands.FAMILY)).connect().run("CLIENT UNBLOCK 7"));
        assertEquals(":1\r\n", client.run("CLIENT UNBLOCK 7 error"));
        assertEquals(List.of("unblock 7 true"), server.events);
        assertEquals("-ERR value is not an integer or out of range\r\n", client.run("CLIENT UNBLOCK x"));
        assertEquals("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR\r\n", client.run("CLIENT UNBLOCK x now"));
    }

    @Test
    void pause_untilAfterTheEndOfTime_isNone() {
        assertEquals("+OK\r\n", client.run("CLIENT PAUSE 9223372036854775807"));
        assertEquals(List.of(), server.events);
    }

    @Test
    void reply_offAndSkip_sayNothing() {
        assertEquals("", client.run("CLIENT REPLY SKIP"));
        assertEquals(Session.ReplyMode.SKIP_NEXT, client.session.replyMode());
        assertEquals("", client.run("CLIENT REPLY OFF"));
        assertEquals("", client.run("CLIENT REPLY SKIP"));
        assertEquals(Session.ReplyMode.OFF, client.session.replyMode());
        assertEquals("+OK\r\n", client.run("CLIENT REPLY ON"));
        assertEquals("-ERR syntax error\r\n", client.run("CLIENT REPLY x"));
    }

    @Test
    void pause_tellsTheServerUntilWhen() {
        assertEquals("+OK\r\n", client.run("CLIENT PAUSE 100"));
        assertEquals("+OK\r\n", client.run("CLIENT PAUSE 5 WRITE"));
        assertEquals("+OK\r\n", client.run("CLIENT UNPAUSE"));
        assertEquals(List.of("pause 1700000000100 true", "pause 1700000000005 false", "unpause"), server.events);
        assertEquals("-ERR timeout is negative\r\n", client.run("CLIENT PAUSE -1"));
        assertEquals("-ERR timeout is not an integer or out of range\r\n", client.run("CLIENT PAUSE x"));
        assertEquals("-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n", client.run("CLIENT PAUSE 1 x"));
        assertEquals(
                "-ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP.\r\n",
                client.run("CLIENT PAUSE 1 ALL x"));
    }

    @Test
    void setInfo_keepsTheLibrary() {
        assertEquals("+OK\r\n", client.run("CLIENT SETINFO lib-name jedis"));
        assertEquals("+OK\r\n", client.run("CLIENT SETINFO LIB-VER 8.0"));
        assertTrue(client.run("CLIENT INFO").contains("lib-name=jedis lib-ver=8.0"));
        assertEquals("-ERR Unrecognized option 'x'\r\n", client.run("CLIENT SETINFO x y"));
    }

    @Test
    void help_isMadeFromTheRows() {
        String help = client.run("CLIENT HELP");
        assertTrue(help.contains("+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"));
        assertTrue(help.contains("+REPLY (ON|OFF|SKIP)\r\n"));
    }
}
