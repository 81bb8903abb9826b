package io.swytch.differential;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * Right, odd and broken bytes on connections of their own: the same bytes come back, and the same connections are closed.
 *
 * <p>Not compared, since Swytch means to differ: it takes 1,048,576 arguments and not 2^31; it sends the replies of commands before a
 * POST or Host: line, which Redis may drop; it closes the connection after QUIT and after a protocol error where CLIENT REPLY keeps the
 * reply back, which leaves Redis 7.0.15 with a connection that is neither served nor closed; CLIENT REPLY in a transaction drops the whole
 * reply of EXEC or nothing, of which Redis would send the array's header alone; and an empty line is no command whose reply is skipped.
 */
class ProtocolDifferentialIT {
    /** Connections that are open at once. */
    private static final int AT_ONCE = 100;

    /** After so long without a byte a server has said what it will. */
    private static final Duration QUIET = Duration.ofMillis(150);

    private static final Duration ANSWER_MAX = Duration.ofSeconds(8);
    private static final int MUTATED = 600;
    private static final int SHOWN_MAX = 20;
    private static final Pattern ID = Pattern.compile("(id\r\n:|id=)[0-9]+");

    private static final List<String> INLINE = List.of(
            "PING\r\n",
            "PING\n",
            "\r\nPING\r\n",
            "\n\nPING\n",
            "   PING   \r\n",
            "  \r\nPING\r\n",
            "PING a\r\n",
            "PING",
            "ECHO \"a b\"\r\n",
            "ECHO \"\\x41\\n\\r\\t\\b\\a\\\\\\\"\\q\"\r\n",
            "ECHO 'a\\'b'\r\n",
            "ECHO 'a\\nb'\r\n",
            "ECHO \"abc\r\nPING\r\n",
            "ECHO 'abc\r\n",
            "ECHO \"a\"b\r\nPING\r\n",
            "ECHO a\"b\"\r\n",
            "ECHO a\"b\"c\r\n",
            "ECHO a'b'\r\n",
            "ECHO \"\"\r\n",
            "ECHO ''\r\n",
            "ECHO \"\\x4\"\r\n",
            "ECHO \"\\xzz\"\r\n",
            "ECHO \"\\xFf\\xaA\"\r\n",
            "ECHO \"a\\\r\n",
            "ECHO \"a\\\"\r\n",
            "\"PING\"\r\n",
            "'PING'\r\n",
            "\"\"\r\nPING\r\n",
            "\tPING\t\r\n",
            "ECHO a\tb\r\n",
            "ECHO a\u000bb\r\n",
            "ECHO\u000ba\r\n",
            "ECHO a\fb\r\n",
            "ECHO \"a\"\u000b\r\n",
            "\u000bPING\r\n",
            "ECHO a\0b\r\nPING\r\n",
            "\0PING\r\nPING\r\n",
            "PING\r\r\n",
            "PING\rPING\n",
            "PING \r PING\n",
            "\r",
            "\r\r\nPING\r\n",
            "+PING\r\nPING\r\n",
            "$4\r\nPING\r\n",
            ":1\r\n",
            "-x\r\n",
            "nosuch\r\n",
            "nosuch a\\b 'c d'\r\n",
            "ECHO \u00ff\u00fe\r\n",
            "\u00ff\r\n",
            "POST / HTTP/1.1\r\nPING\r\n",
            "host: a\r\nPING\r\n",
            "Post\r\nPING\r\n",
            "ECHO " + "a".repeat(60_000) + "\r\n",
            "a".repeat(65_535),
            "a".repeat(65_536),
            "a".repeat(65_537),
            "a".repeat(70_000) + "\r\n",
            "ECHO " + "a".repeat(66_000) + "\r\nPING\r\n",
            "ECHO \"" + "b ".repeat(40_000) + "\"\r\nPING\r\n");

    private static final List<String> BULKS = List.of(
            "*0\r\nPING\r\n",
            "*-1\r\nPING\r\n",
            "*-10\r\nPING\r\n",
            "*-9223372036854775808\r\nPING\r\n",
            "*\r\nPING\r\n",
            "* 1\r\n$4\r\nPING\r\n",
            "*+1\r\n$4\r\nPING\r\n",
            "*01\r\n$4\r\nPING\r\n",
            "*1 \r\n$4\r\nPING\r\n",
            "*a\r\nPING\r\n",
            "*-\r\n",
            "*-0\r\nPING\r\n",
            "*1\n$4\nPING\nPING\r\n",
            "*1\r$4\r\nPING\r\n",
            "*1\rx$4\r\nPING\r\n",
            "*1048576\r\n",
            "*2147483648\r\n",
            "*9223372036854775807\r\n",
            "*9223372036854775808\r\n",
            "*99999999999999999999\r\n",
            "*1\r\n$-1\r\nPING\r\n",
            "*1\r\n$-2\r\n",
            "*1\r\n$\r\n",
            "*1\r\n$a\r\n",
            "*1\r\n$536870913\r\n",
            "*1\r\n$536870912\r\n",
            "*1\r\n$9223372036854775807\r\n",
            "*1\r\n$9223372036854775808\r\n",
            "*1\r\n$0\r\n\r\nPING\r\n",
            "*1\r\n$4\r\nPINGxxPING\r\n",
            "*1\r\n$4\r\nPING\n\nPING\r\n",
            "*1\r\n$4\r\nPING",
            "*1\r\n$4\r\nPING\r",
            "*1\r\n:4\r\nPING\r\n",
            "*1\r\nPING\r\nPING\r\n",
            "*1\r\n\r\nPING\r\n",
            "*1\r\n\n",
            "*1\r\n\0$4\r\nPING\r\n",
            "*1\r\n\u00ff\r\n",
            "*2\r\n$4\r\nECHO\r\n$3\r\nabcd\r\nPING\r\n",
            "*1\r\n$ 4\r\nPING\r\n",
            "*1\r\n$04\r\nPING\r\n",
            "*1\r\n$4 \r\nPING\r\n",
            "*1\r\n$+4\r\nPING\r\n",
            "*1\r\n$4\nPING\r\nPING\r\n",
            "*1\r\n$4\rxPING\r\nPING\r\n",
            "*1\0\r\n$4\r\nPING\r\n",
            "*1\r\n$4\0\r\nPING\r\n",
            "*2\r\n$4\r\nECHO\r\n$0\r\n\r\nPING\r\n",
            "*3\r\n$4\r\nECHO\r\n",
            "*1\r\n*1\r\n$4\r\nPING\r\n",
            "PING\r\n*x\r\nPING\r\n",
            "*" + "1".repeat(70_000),
            "*1\r\n$" + "1".repeat(70_000),
            "*" + "1".repeat(66_000) + "\r\nPING\r\n",
            "*1\r\n$" + "0".repeat(66_000) + "4\r\nPING\r\n",
            "*1\r\n" + "x".repeat(70_000),
            "*2\r\n$4\r\nECHO\r\n$70000\r\n" + "z".repeat(70_000) + "\r\nPING\r\n",
            "*2\r\n$4\r\nPOST\r\n$1\r\na\r\nPING\r\n");

    /** Inline commands; a line end follows each. */
    private static final List<String> SESSIONS = List.of(
            "HELLO",
            "HELLO 2",
            "HELLO 3",
            "HELLO 4",
            "HELLO 1",
            "HELLO 0",
            "HELLO -1",
            "HELLO abc",
            "HELLO ''",
            "HELLO 3.0",
            "HELLO 03",
            "HELLO 9223372036854775808",
            "HELLO 3 AUTH a",
            "HELLO 3 AUTH default x\nGET nokey",
            "HELLO 3 AUTH nouser x\nGET nokey",
            "HELLO 3 SETNAME\nGET nokey",
            "HELLO 3 SETNAME 'a b'\nGET nokey\nCLIENT GETNAME",
            "HELLO 3 SETNAME ok\nCLIENT GETNAME",
            "HELLO 3 FOO\nGET nokey",
            "HELLO 3 SETNAME a SETNAME b\nCLIENT GETNAME",
            "HELLO AUTH",
            "HELLO 2 SETNAME x AUTH default y\nCLIENT GETNAME",
            "HELLO 3 setname x foo\nCLIENT GETNAME",
            "HELLO 3 SETNAME ''\nCLIENT GETNAME",
            "HELLO 3\nHELLO 2\nGET nokey",
            "HELLO 3\nHELLO 5\nGET nokey",
            "HELLO 3\nHELLO",
            "HELLO 3\nnosuch\nGET nokey\nMGET nokey",
            "HELLO 4 FOO",
            "HELLO 3 \"AU\\x00TH\" a b",
            "MULTI\nHELLO 3\nGET nokey\nEXEC\nGET nokey",
            "MULTI\nSET x-p 1\nRESET\nEXEC\nGET x-p\nPING",
            "HELLO 3\nRESET\nGET nokey",
            "CLIENT SETNAME x\nRESET\nCLIENT GETNAME",
            "SELECT 3\nSET x-p3 1\nRESET\nGET x-p3\nSELECT 3\nDEL x-p3",
            "RESET a",
            "MULTI\nRESET a\nEXEC",
            "WATCH wp\nMULTI\nRESET\nMULTI\nPING\nEXEC",
            "QUIT\nPING",
            "QUIT a\nPING",
            "MULTI\nQUIT\nPING",
            "quit\nnosuch\n*x",
            "CLIENT REPLY OFF\nPING\nCLIENT REPLY ON\nPING",
            "CLIENT REPLY SKIP\nPING\nECHO a",
            "CLIENT REPLY SKIP\nCLIENT REPLY SKIP\nPING\nECHO a",
            "CLIENT REPLY OFF\nCLIENT REPLY SKIP\nPING\nECHO a\nCLIENT REPLY ON\nECHO b",
            "CLIENT REPLY FOO\nPING",
            "CLIENT REPLY\nPING",
            "CLIENT REPLY ON OFF\nPING",
            "CLIENT REPLY OFF\nCLIENT REPLY FOO\nPING\nCLIENT REPLY ON\nPING",
            "CLIENT REPLY SKIP\nnosuch\nECHO a",
            "CLIENT REPLY SKIP\nGET\nECHO a",
            "MULTI\nCLIENT REPLY OFF\nCLIENT REPLY ON\nECHO a\nEXEC\nECHO b",
            "CLIENT REPLY SKIP\nMULTI\nPING\nEXEC",
            "CLIENT REPLY OFF\nMULTI\nECHO a\nEXEC\nCLIENT REPLY ON\nECHO b",
            "CLIENT REPLY OFF\nRESET\nPING",
            "CLIENT REPLY SKIP\nRESET\nPING",
            "CLIENT REPLY OFF\nHELLO 3\nCLIENT REPLY ON\nGET nokey",
            "CLIENT REPLY SKIP\nHELLO 3\nGET nokey",
            "MULTI\n*x\r",
            "PING\n*x\r\nPING",
            "MULTI\nECHO \"a",
            "AUTH",
            "AUTH a b c",
            "AUTH x",
            "AUTH default x",
            "AUTH nouser x",
            "AUTH default ''",
            "SELECT a",
            "SELECT 16",
            "SELECT -1",
            "SELECT",
            "ECHO",
            "ECHO a b",
            "PING a b",
            "MULTI\nMULTI\nPING\nEXEC",
            "MULTI a\nEXEC",
            "EXEC",
            "EXEC a",
            "DISCARD",
            "MULTI\nEXEC a\nEXEC",
            "MULTI\nDISCARD a\nEXEC",
            "MULTI\nnosuch\nPING\nEXEC\nPING",
            "MULTI\nGET\nEXEC",
            "MULTI\nWATCH a\nEXEC",
            "MULTI\nSELECT 99\nEXEC",
            "MULTI\nAUTH x\nPING\nEXEC",
            "MULTI\nECHO a\nEXEC\nEXEC",
            "CLIENT\nCLIENT FOO\nclient getname\nCLIENT GETNAME a",
            "CLIENT SETNAME 'a b'",
            "CLIENT SETNAME \"a\\n\"",
            "CLIENT SETNAME ''\nCLIENT GETNAME",
            "CLIENT NO-EVICT\nCLIENT NO-EVICT ON\nCLIENT NO-EVICT x",
            "CLIENT KILL a\nCLIENT KILL 1.2.3.4:5\nPING");

    /** With a password. */
    private static final List<String> LOCKED = List.of(
            "PING",
            "GET a",
            "AUTH bad\nPING",
            "AUTH pw\nPING",
            "AUTH default pw\nPING",
            "AUTH other pw\nPING",
            "AUTH default bad",
            "AUTH",
            "AUTH a b c",
            "HELLO",
            "HELLO 3",
            "HELLO 3 AUTH default pw\nGET nokey",
            "HELLO 3 AUTH default bad\nPING",
            "HELLO 3 AUTH default pw SETNAME 'a b'\nPING",
            "HELLO 3 SETNAME x\nAUTH pw\nCLIENT GETNAME",
            "HELLO 4",
            "HELLO x AUTH default pw\nPING",
            "HELLO 3 AUTH default pw FOO\nPING",
            "QUIT\nPING",
            "RESET\nPING",
            "AUTH pw\nRESET\nPING",
            "nosuch",
            "GET",
            "MULTI\nEXEC",
            "EXEC",
            "COMMAND",
            "CLIENT REPLY OFF\nPING\nAUTH pw\nPING",
            "CLIENT ID",
            "ECHO a",
            "SELECT 1",
            "CLIENT FOO",
            "OBJECT HELP",
            "AUTH pw\nMULTI\nRESET\nEXEC",
            "AUTH pw\nAUTH bad\nPING",
            "AUTH pw\n*11\r\n",
            "AUTH pw\n*1\r\n$16385\r\n",
            "*11\r\n",
            "*10\r\n",
            "*1\r\n$16385\r\n",
            "*1\r\n$16384\r\n",
            "*0\nPING",
            "*-1\nPING",
            "*1048577\r\n",
            "*x",
            "ECHO a a a a a a a a a a a a a",
            "ECHO " + "a".repeat(20_000),
            "a".repeat(70_000),
            "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*11\r\n$4\r\nECHO\r\n",
            "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n*2\r\n$4\r\nECHO\r\n$20000\r\n" + "e".repeat(20_000) + "\r\n");

    private record Answer(String bytes, boolean isClosed) {
        @Override
        public String toString() {
            String text = Reply.printable(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return (text.length() > 500 ? text.substring(0, 500) + "…" : text)
                    + (isClosed ? " and closed" : " and open");
        }
    }

    @Test
    void inlineCommands() {
        assertSame(INLINE, false);
        assertSame(INLINE.stream().filter(bytes -> bytes.length() < 1000).toList(), true);
    }

    @Test
    void bulks() {
        assertSame(BULKS, false);
        assertSame(BULKS.stream().filter(bytes -> bytes.length() < 1000).toList(), true);
    }

    @Test
    void sessions() {
        List<String> lines = SESSIONS.stream().map(script -> script + "\n").toList();
        assertSame(lines, false);
        assertSame(lines, true);
    }

    @Test
    void lockedSessions() {
        configure("requirepass", "pw", List.of());
        try {
            assertSame(LOCKED.stream().map(script -> script + "\n").toList(), false);
        } finally {
            configure("requirepass", "", List.of(RandomArguments.bytes("AUTH"), RandomArguments.bytes("pw")));
        }
    }

    /** A client that shuts down its writing side has said all it wants to say, and wants the replies. */
    @Test
    void halfClosed_repliesComeFirst() throws IOException {
        for (String script : List.of(
                "",
                "PING\r\n",
                "PING\r\nPING",
                "GET a\r\nECHO b\r\n*1\r\n$4\r\nPING\r\n",
                "*1\r\n$4\r\nPIN",
                "QUIT\r\nPING\r\n",
                "*x\r\n")) {
            Assertions.assertEquals(halfClosed(RealRedis.port(), script), halfClosed(swytchPort(), script), script);
        }
    }

    @Test
    void pipelineOf100000Commands() throws Exception {
        StringBuilder script = new StringBuilder("DEL pipelined\n");
        for (int i = 0; i < 100_000; i++) {
            script.append(
                    i % 3 == 0
                            ? "INCR pipelined\n"
                            : i % 3 == 1 ? "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n" : "GET pipelined\r\n");
        }
        script.append("DEL pipelined\nQUIT\n");
        Assertions.assertEquals(all(RealRedis.port(), script.toString()), all(swytchPort(), script.toString()));
    }

    /** All that is answered until the server hangs up, read while the script is sent. */
    private static String all(int port, String script) throws Exception {
        try (Socket socket = connect(port)) {
            socket.setSoTimeout((int) ANSWER_MAX.toMillis());
            Thread writer = new Thread(() -> send(socket, script, false));
            writer.start();
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            writer.join();
            return all;
        }
    }

    /** What {@link ProtocolDifferentialIT} says of connections that want no replies. */
    @Test
    void unwantedReplies_connectionsAreClosedAllTheSame() {
        List<String> scripts = List.of(
                "CLIENT REPLY OFF\nQUIT\nPING\n",
                "CLIENT REPLY SKIP\nQUIT\nPING\n",
                "CLIENT REPLY OFF\n*x\r\nPING\n",
                "CLIENT REPLY SKIP\nECHO \"a\n");
        List<Answer> expected = Collections.nCopies(scripts.size(), new Answer("", true));
        Assertions.assertEquals(expected, answers(swytchPort(), scripts, false, expected));
    }

    /** Wrong bytes anywhere, the seed printed. */
    @Test
    void mutatedBytes() {
        long seed = Long.getLong("swytch.random.seed", System.nanoTime() >>> 8);
        System.out.println("mutated bytes: -Dswytch.random.seed=" + seed);
        Random random = new Random(seed);
        List<String> scripts = new ArrayList<>();
        for (int i = 0; i < MUTATED; i++) {
            scripts.add(mutated(random));
        }
        assertSame(scripts, random.nextBoolean());
    }

    private static String mutated(Random random) {
        List<String> pieces = List.of(
                "*1\r\n$4\r\nPING\r\n",
                "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n",
                "*2\r\n$3\r\nGET\r\n$5\r\nnokey\r\n",
                "ECHO \"a\\x41 b\" \r\n",
                "ECHO 'it\\'s'\r\n",
                "PING\r\n");
        String wrong = "\r\n\r\n*$$-+0123459:a'\"\\x\0 \t\u00ff";
        StringBuilder script = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            script.append(pieces.get(random.nextInt(pieces.size())));
        }
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(script.length());
            char other = wrong.charAt(random.nextInt(wrong.length()));
            switch (random.nextInt(3)) {
                case 0 -> script.setCharAt(at, other);
                case 1 -> script.insert(at, other);
                default -> script.deleteCharAt(at);
            }
            if (script.length() == 0) {
                script.append(other);
            }
        }
        return script.toString();
    }

    private static int swytchPort() {
        return SwytchUnderTest.running(Mode.MEMORY).port();
    }

    private static void configure(String name, String value, List<byte[]> before) {
        for (int port : List.of(RealRedis.port(), swytchPort())) {
            try (RespConnection connection = new RespConnection(port, 2)) {
                if (!before.isEmpty()) {
                    connection.call(before);
                }
                List<byte[]> set = new ArrayList<>(CommandLine.split("CONFIG SET " + name));
                set.add(RandomArguments.bytes(value));
                Assertions.assertEquals('+', connection.call(set).type());
            }
        }
    }

    private static void assertSame(List<String> scripts, boolean byteByByte) {
        List<String> differences = new ArrayList<>();
        for (int from = 0; from < scripts.size(); from += AT_ONCE) {
            List<String> some = scripts.subList(from, Math.min(scripts.size(), from + AT_ONCE));
            List<Answer> expected = answers(RealRedis.port(), some, byteByByte, List.of());
            List<Answer> actual = answers(swytchPort(), some, byteByByte, expected);
            for (int i = 0; i < some.size(); i++) {
                if (!expected.get(i).equals(actual.get(i))) {
                    String script = Reply.printable(some.get(i).getBytes(StandardCharsets.ISO_8859_1));
                    differences.add("%s%n    redis:  %s%n    swytch: %s"
                            .formatted(
                                    script.length() > 200 ? script.substring(0, 200) + "…" : script,
                                    expected.get(i),
                                    actual.get(i)));
                }
            }
        }
        if (!differences.isEmpty()) {
            Assertions.fail("%d of %d differ%s%n%s"
                    .formatted(
                            differences.size(),
                            scripts.size(),
                            byteByByte ? ", sent byte by byte" : "",
                            String.join(
                                    System.lineSeparator(),
                                    differences.subList(0, Math.min(SHOWN_MAX, differences.size())))));
        }
    }

    /**
     * What each script is answered on a connection of its own.
     *
     * @param expected answers that are waited for; those of a server that is quiet for a while where there are none
     */
    private static List<Answer> answers(int port, List<String> scripts, boolean byteByByte, List<Answer> expected) {
        List<Socket> sockets = new ArrayList<>();
        List<StringBuilder> texts = new ArrayList<>();
        boolean[] closed = new boolean[scripts.size()];
        try {
            for (int i = 0; i < scripts.size(); i++) {
                Socket socket = connect(port);
                sockets.add(socket);
                texts.add(new StringBuilder());
                send(socket, scripts.get(i), byteByByte);
            }
            // Redis has one thread: what it answers now it answers after it has read all that was sent before.
            try (Socket last = connect(port)) {
                send(last, "PING\r\n", false);
                last.setSoTimeout((int) ANSWER_MAX.toMillis());
                last.getInputStream().read();
            }
            long startNanos = System.nanoTime();
            long[] lastNanos = {startNanos};
            await().pollInterval(Duration.ofMillis(10)).until(() -> {
                for (int i = 0; i < scripts.size(); i++) {
                    if (receive(sockets.get(i), texts.get(i), closed, i)) {
                        lastNanos[0] = System.nanoTime();
                    }
                }
                long now = System.nanoTime();
                return now - lastNanos[0] > QUIET.toNanos()
                        && (expected.isEmpty()
                                || answers(texts, closed).equals(expected)
                                || now - startNanos > ANSWER_MAX.toNanos());
            });
            List<Answer> answers = answers(texts, closed);
            for (Socket socket : sockets) {
                socket.close();
            }
            return answers;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Answer> answers(List<StringBuilder> texts, boolean[] closed) {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            answers.add(new Answer(ID.matcher(texts.get(i)).replaceAll("$1N"), closed[i]));
        }
        return answers;
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void send(Socket socket, String script, boolean byteByByte) {
        byte[] bytes = script.getBytes(StandardCharsets.ISO_8859_1);
        try {
            for (int i = 0; i < bytes.length; i += byteByByte ? 1 : bytes.length) {
                socket.getOutputStream().write(bytes, i, byteByByte ? 1 : bytes.length);
            }
        } catch (IOException hungUp) {
            // What it said before can still be read.
            return;
        }
    }

    /** Takes what has come; returns whether anything has. */
    private static boolean receive(Socket socket, StringBuilder text, boolean[] closed, int i) throws IOException {
        boolean any = false;
        byte[] bytes = new byte[65_536];
        socket.setSoTimeout(1);
        while (!closed[i]) {
            try {
                int n = socket.getInputStream().read(bytes);
                closed[i] = n < 0;
                text.append(n < 0 ? "" : new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
                any = true;
            } catch (SocketTimeoutException nothing) {
                break;
            } catch (IOException reset) {
                // What a server has not read when it closes makes a reset of the end.
                closed[i] = true;
                any = true;
            }
        }
        return any;
    }

    private static String halfClosed(int port, String script) throws IOException {
        try (Socket socket = connect(port)) {
            socket.setSoTimeout((int) ANSWER_MAX.toMillis());
            send(socket, script, false);
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }
}
