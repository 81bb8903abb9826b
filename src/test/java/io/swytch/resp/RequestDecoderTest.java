package io.swytch.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestDecoderTest {
    private static final byte[] PIPELINE =
            ("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nv\r\n\0x\r\n\r\n*0\r\nECHO \"a \\x41\"  'b'\n*-1\r\n"
                            + "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\nPING\r\n*12\r\n"
                            + "$1\r\na\r\n".repeat(12)
                            + "*1\r\n$1x\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1);
    private static final List<String> PIPELINE_SEEN = List.of(
            "SET|k|v\r\n\0x",
            "ECHO|a A|b",
            "PING",
            "GET|",
            "PING",
            "a|a|a|a|a|a|a|a|a|a|a|a",
            "-ERR Protocol error: invalid bulk length");

    @Test
    void next_pipelineCutAtAnyTwoPlaces_givesTheSameRequests() {
        for (int i = 0; i <= PIPELINE.length; i++) {
            for (int j = i; j <= PIPELINE.length; j += 31) {
                assertEquals(PIPELINE_SEEN, InputScript.read(PIPELINE, i, j), "cut at " + i + " and " + j);
            }
        }
    }

    @Test
    void next_oneByteAtATime_givesTheSameRequests() {
        InputScript script = new InputScript();
        InputScript foreign = new InputScript();
        for (int i = 0; i < PIPELINE.length; i++) {
            script.feed(PIPELINE, i, i + 1);
            if (foreign.seen().size() < PIPELINE_SEEN.size()) {
                foreign.feedForeign(PIPELINE, i, i + 1);
            }
        }
        assertEquals(PIPELINE_SEEN, script.seen());
        assertEquals(PIPELINE_SEEN, foreign.seen());
    }

    /** What redis-server 7.0.15 replies to each, but for the bound of the arguments, which is older Redis's. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
                    *1048577~invalid multibulk length
                    *2147483648~invalid multibulk length
                    *9223372036854775808~invalid multibulk length
                    *abc~invalid multibulk length
                    *~invalid multibulk length
                    *+1~invalid multibulk length
                    *01~invalid multibulk length
                    *-0~invalid multibulk length
                    '* 1'~invalid multibulk length
                    *1;PING~expected '$', got 'P'
                    *1;:4~expected '$', got ':'
                    *1;$-1~invalid bulk length
                    *1;$abc~invalid bulk length
                    *1;$~invalid bulk length
                    *1;$04~invalid bulk length
                    *1;$536870913~invalid bulk length
                    ECHO "a~unbalanced quotes in request
                    ECHO "a"b~unbalanced quotes in request
                    ECHO a"b"c~unbalanced quotes in request
                    ECHO "abc\\"~unbalanced quotes in request
                    """)
    void next_brokenFrame_failsWithRedisText(String line, String text) {
        byte[] data = (line.replace(";", "\r\n") + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(List.of("-ERR Protocol error: " + text), InputScript.read(data));
        for (int i = 0; i < data.length; i++) {
            assertEquals(List.of("-ERR Protocol error: " + text), InputScript.read(data, i));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '^', textBlock = """
                    ECHO "a b"~ECHO|a b
                    ECHO "a\\x41\\q\\"z"~ECHO|aAq"z
                    ECHO 'a\\'b\\n\\x41'~ECHO|a'b\\n\\x41
                    ECHO a"b c"~ECHO|ab c
                    ECHO ''~ECHO|
                    ECHO "\\x4"~ECHO|x4
                    ECHO "\\xzz"~ECHO|xzz
                    ECHO a\\x41~ECHO|a\\x41
                    ^  ECHO   a  ^~ECHO|a
                    """)
    void next_inline_followsRedisQuoting(String line, String seen) {
        assertEquals(List.of(seen), InputScript.read(line + "\r\n"));
    }

    @Test
    void next_inlineEscapes_becomeBytes() {
        assertEquals(List.of("ECHO|\n\r\t\b\u0007"), InputScript.read("ECHO \"\\n\\r\\t\\b\\a\"\n"));
        assertEquals(List.of("ECHO\u000b\f|a"), InputScript.read(" \u000b ECHO\u000b\f a\r\n"));
        assertEquals(List.of(), InputScript.read("ECHO a\0b\r\nPING\r\n"));
    }

    @Test
    void next_linesWithoutEnd_areRefusedAbove64KiB() {
        assertEquals(
                List.of("-ERR Protocol error: too big inline request"), InputScript.read("a".repeat((64 << 10) + 1)));
        assertEquals(
                List.of("-ERR Protocol error: too big mbulk count string"),
                InputScript.read("*" + "1".repeat(64 << 10)));
        assertEquals(
                List.of("-ERR Protocol error: too big bulk count string"),
                InputScript.read("*1\r\n$" + "1".repeat(64 << 10)));
        assertEquals(List.of(), InputScript.read("a".repeat(64 << 10)));
        assertEquals(List.of("a".repeat(900)), InputScript.read("a".repeat(900) + "\n"));
    }

    @Test
    void next_beforeAuth_limitsAreTight() {
        assertEquals("-ERR Protocol error: unauthenticated multibulk length", unauthenticated("*11\r\n"));
        assertEquals("-ERR Protocol error: unauthenticated multibulk length", unauthenticated("*1048577\r\n"));
        assertEquals("-ERR Protocol error: unauthenticated bulk length", unauthenticated("*1\r\n$16385\r\n"));
        assertEquals("-ERR Protocol error: invalid bulk length", unauthenticated("*1\r\n$-1\r\n"));
        assertEquals("PING", unauthenticated("*1\r\n$4\r\nPING\r\n"));
    }

    private static String unauthenticated(String data) {
        InputScript script = new InputScript();
        script.input().decoder().setAuthenticated(false);
        script.feed(data.getBytes(StandardCharsets.ISO_8859_1), 0, data.length());
        return script.seen().get(0);
    }

    @Test
    void next_httpRequest_isAnAttack() {
        assertEquals(List.of("attack"), InputScript.read("POST / HTTP/1.1\r\nPING\r\n"));
        assertEquals(List.of("GET|/|HTTP/1.1", "attack"), InputScript.read("GET / HTTP/1.1\r\nhOSt: x\r\n"));
        assertEquals(List.of("attack"), InputScript.read("*1\r\n$4\r\npost\r\n"));
        assertEquals(List.of("host", "POSTS"), InputScript.read("host\r\n*1\r\n$5\r\nPOSTS\r\n"));
    }

    @Test
    void next_protoMaxBulkLen_isTheLimit() {
        InputScript script = new InputScript();
        script.limits().protoMaxBulkLen = 3;
        byte[] data = "*2\r\n$3\r\nabc\r\n$4\r\n".getBytes(StandardCharsets.US_ASCII);
        script.feed(data, 0, data.length);
        assertEquals(List.of("-ERR Protocol error: invalid bulk length"), script.seen());
    }

    @Test
    void next_announcedLengths_costNothing() {
        InputScript script = new InputScript();
        byte[] data = "*1048576\r\n$3\r\nSET\r\n$536870912\r\nabc".getBytes(StandardCharsets.US_ASCII);
        script.feed(data, 0, data.length);
        assertTrue(
                script.input().memoryBytes() <= 4096,
                () -> "holds " + script.input().memoryBytes());
    }

    @Test
    void next_largeBulks_areGatheredInChunks() {
        Random random = new Random(7);
        for (int size : new int[] {(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20, (5 << 20) + 77}) {
            byte[] value = new byte[size];
            random.nextBytes(value);
            byte[] data = concat(
                    InputScript.encode("SET", "key", value, "tail"), InputScript.encode("PING"), new byte[] {'*'});
            InputScript script = new InputScript();
            int from = 0;
            while (from < data.length) {
                int to = Math.min(data.length, from + 1 + random.nextInt(300_000));
                script.feed(data, from, to);
                from = to;
            }
            assertEquals(List.of("SET|key|" + size + "#" + Arrays.hashCode(value) + "|tail", "PING"), script.seen());
            assertTrue(script.mostMemoryBytes <= size + (4L << 20), () -> size + " held " + script.mostMemoryBytes);
            assertTrue(script.input().memoryBytes() <= 64 << 10, "little is held afterwards");
            script.close();
        }
    }

    @Test
    void next_manyArguments_areKeptWhereTheyLie() {
        Object[] args = new Object[200_001];
        args[0] = "MSET";
        for (int i = 1; i < args.length; i++) {
            args[i] = "argument" + i;
        }
        byte[] data = InputScript.encode(args);
        InputScript script = new InputScript();
        script.feed(data, 0, data.length);
        List<String> expected = new ArrayList<>();
        for (Object arg : args) {
            expected.add(arg.toString());
        }
        assertEquals(List.of(String.join("|", expected)), script.seen());
        assertTrue(script.mostMemoryBytes <= 3L * data.length, () -> "held " + script.mostMemoryBytes);
        assertEquals(0, script.input().memoryBytes());
    }

    @Test
    void next_randomPipelinesCutAtRandom_giveWhatWasSent() {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Object[] args = new Object[1 + random.nextInt(6)];
                StringBuilder text = new StringBuilder();
                for (int k = 0; k < args.length; k++) {
                    byte[] arg = new byte[random.nextInt(10) == 0 ? random.nextInt(30_000) : random.nextInt(40)];
                    Arrays.fill(arg, (byte) ('a' + random.nextInt(26)));
                    args[k] = arg;
                    text.append(k > 0 ? "|" : "");
                    text.append(
                            arg.length > 1000
                                    ? arg.length + "#" + Arrays.hashCode(arg)
                                    : new String(arg, StandardCharsets.US_ASCII));
                }
                data.writeBytes(InputScript.encode(args));
                sent.add(text.toString());
            }
            byte[] bytes = data.toByteArray();
            InputScript script = new InputScript();
            int from = 0;
            int step = 1 << random.nextInt(18);
            while (from < bytes.length) {
                int to = Math.min(bytes.length, from + 1 + random.nextInt(step));
                if (random.nextInt(4) == 0) {
                    script.feedForeign(bytes, from, to);
                } else {
                    script.feed(bytes, from, to);
                }
                from = to;
            }
            assertEquals(sent, script.seen(), "seed " + seed);
            assertEquals(0, script.input().memoryBytes(), "seed " + seed);
            script.close();
        }
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
