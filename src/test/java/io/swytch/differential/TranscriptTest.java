package io.swytch.differential;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.Transcript.Comparison;
import io.swytch.differential.Transcript.Line;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptTest {
    private static Reply reply(String bytes) throws IOException {
        return Reply.read(new ByteArrayInputStream(bytes.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void prefixes_sayConnectionAndComparison() {
        List<Line> lines = Transcript.parse("t.txt", """
                # a comment

                GET a
                @1 ~KEYS *
                %PTTL a
                @2 -CLIENT REPLY OFF
                !wait-until-gone a
                """).lines();

        assertEquals(5, lines.size());
        assertEquals(3, lines.get(0).number());
        assertEquals(Comparison.EXACT, lines.get(0).comparison());
        assertEquals(1, lines.get(1).connection());
        assertEquals(Comparison.UNORDERED, lines.get(1).comparison());
        assertEquals("KEYS", new String(lines.get(1).args().get(0), StandardCharsets.US_ASCII));
        assertEquals(Comparison.NEAR, lines.get(2).comparison());
        assertEquals(Comparison.NO_REPLY, lines.get(3).comparison());
        assertEquals(1, lines.get(4).args().size());
    }

    @Test
    void quotes_areThoseOfRedisCli() {
        List<byte[]> args = CommandLine.split("SET \"a\\xff\\r\\n\\\"b\" 'c\\'d\\n' \"\"");

        assertEquals(4, args.size());
        assertArrayEquals(new byte[] {'a', (byte) 0xFF, '\r', '\n', '"', 'b'}, args.get(1));
        assertArrayEquals("c'd\\n".getBytes(StandardCharsets.US_ASCII), args.get(2));
        assertEquals(0, args.get(3).length);
        assertThrows(IllegalArgumentException.class, () -> CommandLine.split("GET \"a"));
    }

    @Test
    void newer_keepsExpectedRepliesByProtocol() {
        Transcript transcript =
                Transcript.parse("a-newer.txt", "GET a\n>2 $-1\\r\\n\n>3 _\\r\\n\nSET a b\n> +OK\n> \\r\\n\n");

        assertTrue(transcript.isNewer());
        assertEquals("$-1\r\n", transcript.lines().get(0).expected().get(2).toString());
        assertEquals("_\r\n", transcript.lines().get(0).expected().get(3).toString());
        assertEquals("+OK\r\n", transcript.lines().get(1).expected().get(2).toString());
    }

    @Test
    void unordered_ignoresOrderAtAnyDepth() throws IOException {
        Reply one = reply("*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
        Reply two = reply("*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\na\r\n");
        Reply other = reply("*2\r\n$1\r\n0\r\n*2\r\n$1\r\nb\r\n$1\r\nb\r\n");

        assertEquals(one.unordered(), two.unordered());
        assertFalse(one.unordered().equals(other.unordered()));
        assertEquals(
                reply("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n").unordered(),
                reply("%2\r\n+b\r\n:2\r\n+a\r\n:1\r\n").unordered());
    }

    @Test
    void near_toleratesIntegersOnly() throws IOException {
        assertTrue(reply(":10\r\n").isNear(reply(":12\r\n"), 2));
        assertFalse(reply(":10\r\n").isNear(reply(":13\r\n"), 2));
        assertTrue(reply("*2\r\n:1\r\n+a\r\n").isNear(reply("*2\r\n:2\r\n+a\r\n"), 2));
        assertFalse(reply("*2\r\n:1\r\n+a\r\n").isNear(reply("*2\r\n:1\r\n+b\r\n"), 2));
        assertFalse(reply("*0\r\n").isNear(reply("*-1\r\n"), 2));
    }
}
