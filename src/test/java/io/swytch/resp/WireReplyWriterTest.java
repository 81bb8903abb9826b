package io.swytch.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WireReplyWriterTest {
    private final BlockPool pool = BlockPool.ofCurrentThread();
    private final OutBuffer out = new OutBuffer(pool);
    private final WireReplyWriter writer = new WireReplyWriter(out);

    private String drain() {
        StringBuilder text = new StringBuilder();
        out.seal();
        while (out.toSend() > 0) {
            ByteBuf bytes = out.send().toSend();
            text.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        out.releaseSent();
        assertTrue(out.isEmpty());
        assertEquals(0, out.memoryBytes());
        return text.toString();
    }

    private String resp2(Consumer<ReplyWriter> reply) {
        writer.setProtocol(2);
        reply.accept(writer);
        return drain();
    }

    private String resp3(Consumer<ReplyWriter> reply) {
        writer.setProtocol(3);
        reply.accept(writer);
        return drain();
    }

    @Test
    void everyReply_inBothProtocols() {
        assertBoth("+OK\r\n", "+OK\r\n", ReplyWriter::ok);
        assertBoth("+PONG\r\n", "+PONG\r\n", w -> w.simple("PONG"));
        assertBoth("-ERR a  b \u00ff\r\n", "-ERR a  b \u00ff\r\n", w -> w.error("ERR a\r\nb \u00ff"));
        assertBoth(":-1\r\n", ":-1\r\n", w -> w.integer(-1));
        assertBoth(":999\r\n:1000\r\n", ":999\r\n:1000\r\n", w -> {
            w.integer(999);
            w.integer(1000);
        });
        assertBoth(":-9223372036854775808\r\n", ":-9223372036854775808\r\n", w -> w.integer(Long.MIN_VALUE));
        assertBoth("$0\r\n\r\n", "$0\r\n\r\n", w -> w.bulk(""));
        assertBoth("$2\r\nbc\r\n", "$2\r\nbc\r\n", w -> w.bulk(Slice.copyOf("abcd"), 1, 2));
        assertBoth("$3\r\n-42\r\n", "$3\r\n-42\r\n", w -> w.bulkLong(-42));
        assertBoth("$-1\r\n", "_\r\n", ReplyWriter::nullBulk);
        assertBoth("*-1\r\n", "_\r\n", ReplyWriter::nullArray);
        assertBoth("*2\r\n", "*2\r\n", w -> w.array(2));
        assertBoth("*4\r\n", "%2\r\n", w -> w.map(2));
        assertBoth("*2\r\n", "~2\r\n", w -> w.set(2));
        assertBoth("*2\r\n", ">2\r\n", w -> w.push(2));
        assertBoth("$3\r\n1.5\r\n", ",1.5\r\n", w -> w.number(1.5));
        assertBoth(":1\r\n:0\r\n", "#t\r\n#f\r\n", w -> {
            w.bool(true);
            w.bool(false);
        });
        assertBoth("$1\r\nx\r\n", "=5\r\ntxt:x\r\n", w -> w.verbatim("txt", new byte[] {'x'}));
    }

    private void assertBoth(String two, String three, Consumer<ReplyWriter> reply) {
        assertEquals(two, resp2(reply));
        assertEquals(three, resp3(reply));
    }

    /** As redis-server 7.0.15 replies to ZSCORE. */
    @ParameterizedTest
    @CsvSource({
        "0.1,0.10000000000000001",
        "3,3",
        "1.5,1.5",
        "1e17,1e+17",
        "1e20,1e+20",
        "123456789012345678,1.2345678901234568e+17",
        "1e-5,1.0000000000000001e-05",
        "0.0001,0.0001",
        "1e-10,1e-10",
        "3.14159,3.1415899999999999",
        "-3.14159,-3.1415899999999999",
        "-1e-10,-1e-10",
        "5e-324,4.9406564584124654e-324",
        "1.7976931348623157e308,1.7976931348623157e+308",
        "17179869184.5,17179869184.5",
        "Infinity,inf",
        "-Infinity,-inf"
    })
    void number_printsAsRedis(double value, String text) {
        assertEquals("," + text + "\r\n", resp3(w -> w.number(value)));
    }

    @Test
    void rollback_anyMark_forgetsWhatFollows() {
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            StringBuilder kept = new StringBuilder();
            for (int i = 0; i < 30; i++) {
                String first = "a".repeat(random.nextInt(random.nextBoolean() ? 40_000 : 100));
                writer.bulk(first);
                long mark = writer.mark();
                writer.bulk("b".repeat(random.nextInt(random.nextBoolean() ? 40_000 : 100)));
                boolean roll = random.nextBoolean();
                if (roll) {
                    writer.rollback(mark);
                }
                kept.append('$')
                        .append(first.length())
                        .append("\r\n")
                        .append(first)
                        .append("\r\n");
                if (!roll) {
                    writer.rollback(mark);
                    writer.integer(i);
                    kept.append(':').append(i).append("\r\n");
                }
                if (random.nextInt(5) == 0) {
                    out.seal();
                }
            }
            assertEquals(kept.length(), out.size());
            assertEquals(kept.toString(), drain(), "seed " + seed);
        }
    }

    @Test
    void bulk_largePinnedValue_isReferredToAndLetGo() {
        ByteBuffer memory = ByteBuffer.allocateDirect(1 << 20);
        for (int i = 0; i < memory.capacity(); i++) {
            memory.put(i, (byte) ('a' + i % 23));
        }
        int[] readers = {1};
        Pin pin = new Pin() {
            @Override
            public void retain() {
                readers[0]++;
            }

            @Override
            public void release() {
                readers[0]--;
            }
        };
        ByteBuffer[] chunks = {memory.slice(0, 1 << 18), memory.slice(1 << 18, 1 << 18), memory.slice(1 << 19, 100)};
        Slice value = new Slice().setChunks(chunks, 18, (1 << 19) + 100, pin);
        writer.ok();
        long mark = writer.mark();
        writer.bulk(value);
        writer.rollback(mark);
        assertEquals(1, readers[0]);
        writer.bulk(value, 5, 1 << 19);
        assertEquals(4, readers[0]);
        assertTrue(out.memoryBytes() <= 32 << 10);
        writer.ok();
        byte[] expected = new byte[1 << 19];
        value.copyTo(5, expected, 0, expected.length);
        assertEquals("+OK\r\n$524288\r\n" + new String(expected, StandardCharsets.ISO_8859_1) + "\r\n+OK\r\n", drain());
        assertEquals(1, readers[0]);
    }

    @Test
    void append_detachedReplies_followInOrder() {
        StringBuilder expected = new StringBuilder();
        for (int size : new int[] {1, 5000, 100_000}) {
            WireReplyWriter detached = WireReplyWriter.detached(3, Long.MAX_VALUE);
            detached.bulk("x".repeat(size));
            detached.nullBulk();
            writer.ok();
            out.append(detached.out());
            writer.ok();
            expected.append("+OK\r\n$").append(size).append("\r\n").append("x".repeat(size));
            expected.append("\r\n_\r\n+OK\r\n");
        }
        assertEquals(expected.toString(), drain());
    }

    @Test
    void replyBeyondMemoryMax_isCountedOnly_untilItIsRolledBack() {
        out.setMemoryMax(64 << 10);
        writer.ok();
        long mark = writer.mark();
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            if (i == 150) {
                assertTrue(out.isOverflowed());
            }
            long before = writer.mark();
            int n = random.nextInt(3000);
            writer.bulk("x".repeat(n));
            assertEquals(before + 1 + Integer.toString(n).length() + 2 + n + 2, writer.mark());
            if (i % 7 == 6) {
                writer.rollback(before);
                assertEquals(before, writer.mark());
            }
            assertTrue(out.memoryBytes() <= 64 << 10);
        }
        assertTrue(out.isOverflowed());
        writer.rollback(mark);
        assertFalse(out.isOverflowed());
        writer.bulk("y".repeat(50_000));
        assertEquals("+OK\r\n$50000\r\n" + "y".repeat(50_000) + "\r\n", drain());
    }

    @Test
    void largeReply_liesInFewerBlocks_andTakesLittleMore() {
        int bytes = 12 << 20;
        for (int i = 0; i < 100; i++) {
            writer.bulk("x".repeat(bytes / 100));
        }
        // Of 16 KiB each it would be 768.
        assertTrue(out.blockCount() < 300, () -> out.blockCount() + " blocks");
        assertTrue(out.memoryBytes() < bytes / 8 * 9L, () -> out.memoryBytes() + " bytes");
        out.close();
        writer.bulk("x".repeat(60_000));
        assertTrue(out.memoryBytes() <= 64 << 10, () -> out.memoryBytes() + " bytes");
    }

    @Test
    void replyBeyondMemoryMax_fromElsewhere_overflowsToo() {
        for (int room : new int[] {1 << 20, 40 << 10}) {
            WireReplyWriter detached = WireReplyWriter.detached(2, 3L * room);
            detached.bulk("x".repeat(100_000));
            out.setMemoryMax(room);
            long mark = writer.mark();
            out.append(detached.out());
            assertEquals(room < 100_000, out.isOverflowed());
            assertEquals(mark + 100_000 + 11, writer.mark());
            writer.rollback(mark);
        }
        WireReplyWriter detached = WireReplyWriter.detached(2, 40 << 10);
        detached.bulk("x".repeat(100_000));
        assertTrue(detached.out().isOverflowed());
        out.setMemoryMax(1 << 20);
        writer.ok();
        out.append(detached.out());
        assertTrue(out.isOverflowed());
        out.close();
        assertFalse(out.isOverflowed());
        assertEquals(0, out.memoryBytes());
    }
}
