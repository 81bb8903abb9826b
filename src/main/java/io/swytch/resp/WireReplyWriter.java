package io.swytch.resp;

import io.swytch.bytes.Doubles;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import java.nio.charset.StandardCharsets;

/**
 * Replies as bytes, in RESP2 or RESP3, straight into an {@link OutBuffer}; on the way of GET and SET, so nothing is allocated for them.
 *
 * <p>Threads: the one that may use the buffer.
 */
public final class WireReplyWriter extends ReplyWriter {
    private static final short CRLF = '\r' << 8 | '\n';
    private static final int OK_CR = '+' << 24 | 'O' << 16 | 'K' << 8 | '\r';
    private static final int MINUS_ONE = '-' << 16 | '1' << 8 | '\r';
    /** A header line: its type, a number, CR LF. */
    private static final int LINE_BYTES_MAX = 1 + Numbers.LONG_BYTES_MAX + 2;
    /** Up to here a bulk string is kept in one piece, at the price of the rest of a block. */
    private static final int BULK_IN_ROW_MAX = 512;

    private static final int SMALL_MAX = 1000;
    /** For each number below {@link #SMALL_MAX}: its digits and CR LF, as the low bytes of a little-endian word; the top byte counts them. */
    private static final long[] SMALL = new long[SMALL_MAX];

    static {
        for (int i = 0; i < SMALL_MAX; i++) {
            byte[] text = (i + "\r\n").getBytes(StandardCharsets.US_ASCII);
            long word = (long) text.length << 56;
            for (int k = 0; k < text.length; k++) {
                word |= (long) text[k] << 8 * k;
            }
            SMALL[i] = word;
        }
    }

    private final OutBuffer out;
    private boolean resp3;

    public WireReplyWriter(OutBuffer out) {
        this.out = out;
    }

    /**
     * A writer off the loop, for a command that runs in the background; its buffer is appended to the connection's on the loop.
     *
     * @param memoryMax see {@link OutBuffer#setMemoryMax}
     */
    public static WireReplyWriter detached(int protocol, long memoryMax) {
        WireReplyWriter writer = new WireReplyWriter(new OutBuffer(BlockPool.detached()));
        writer.out.setMemoryMax(memoryMax);
        writer.setProtocol(protocol);
        return writer;
    }

    /** Where the replies go; for marks and for appending what was written elsewhere. */
    public OutBuffer out() {
        return out;
    }

    @Override
    public long mark() {
        return out.mark();
    }

    @Override
    public void rollback(long mark) {
        out.rollback(mark);
    }

    @Override
    public int protocol() {
        return resp3 ? 3 : 2;
    }

    @Override
    public void setProtocol(int protocol) {
        resp3 = protocol == 3;
    }

    @Override
    public void ok() {
        out.ensure(8);
        out.memory.putInt(out.at, OK_CR);
        out.memory.put(out.at + 4, (byte) '\n');
        out.at += 5;
    }

    @Override
    public void simple(String text) {
        line('+', text);
    }

    @Override
    public void error(String text) {
        line('-', text);
    }

    /** Writes a line of text; a CR or LF in it, which would break the protocol, becomes a blank. */
    private void line(char type, String text) {
        int n = text.length();
        boolean ascii = n <= BULK_IN_ROW_MAX;
        for (int i = 0; ascii && i < n; i++) {
            char c = text.charAt(i);
            ascii = c >= ' ' && c < 127;
        }
        if (ascii) {
            out.ensure(n + 3);
            int at = out.at;
            out.memory.put(at++, (byte) type);
            for (int i = 0; i < n; i++) {
                out.memory.put(at++, (byte) text.charAt(i));
            }
            out.memory.putShort(at, CRLF);
            out.at = at + 2;
            return;
        }
        byte[] bytes = latinOrUtf8(text);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\r' || bytes[i] == '\n') {
                bytes[i] = ' ';
            }
        }
        out.bytes(new byte[] {(byte) type}, 0, 1);
        out.bytes(bytes, 0, bytes.length);
        crlf();
    }

    /** Messages quote a client's bytes as Latin-1 characters, which must leave as they came. */
    private static byte[] latinOrUtf8(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 255) {
                return text.getBytes(StandardCharsets.UTF_8);
            }
        }
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void integer(long value) {
        header(':', value);
    }

    private void header(char type, long value) {
        out.ensure(LINE_BYTES_MAX);
        out.at = header(out.at, type, value);
    }

    /** Writes a header line at {@code at}, where there is room for {@link #LINE_BYTES_MAX}. Returns the index behind it. */
    private int header(int at, char type, long value) {
        if (value >= 0 && value < SMALL_MAX) {
            long word = SMALL[(int) value];
            Slice.LONG.set(out.memory, at, word << 8 | type);
            return at + 1 + (int) (word >>> 56);
        }
        out.memory.put(at, (byte) type);
        int end = at + 1 + Numbers.write(value, out.memory, at + 1);
        out.memory.putShort(end, CRLF);
        return end + 2;
    }

    private void crlf() {
        out.ensure(2);
        out.memory.putShort(out.at, CRLF);
        out.at += 2;
    }

    @Override
    public void bulk(Slice value, int from, int count) {
        if (count <= BULK_IN_ROW_MAX) {
            out.ensure(count + LINE_BYTES_MAX + 2);
            int at = header(out.at, '$', count);
            value.copyTo(from, out.memory, at, count);
            at += count;
            out.memory.putShort(at, CRLF);
            out.at = at + 2;
            return;
        }
        header('$', count);
        out.bytes(value, from, count);
        crlf();
    }

    @Override
    public void bulk(byte[] value) {
        header('$', value.length);
        out.bytes(value, 0, value.length);
        crlf();
    }

    @Override
    public void bulkLong(long value) {
        out.ensure(LINE_BYTES_MAX + LINE_BYTES_MAX);
        int at = header(out.at, '$', Numbers.length(value));
        at += Numbers.write(value, out.memory, at);
        out.memory.putShort(at, CRLF);
        out.at = at + 2;
    }

    @Override
    public void nullBulk() {
        if (resp3) {
            nothing();
        } else {
            minusOne('$');
        }
    }

    @Override
    public void nullArray() {
        if (resp3) {
            nothing();
        } else {
            minusOne('*');
        }
    }

    private void nothing() {
        out.ensure(4);
        out.memory.put(out.at, (byte) '_');
        out.memory.putShort(out.at + 1, CRLF);
        out.at += 3;
    }

    private void minusOne(char type) {
        out.ensure(8);
        out.memory.putInt(out.at, type << 24 | MINUS_ONE);
        out.memory.put(out.at + 4, (byte) '\n');
        out.at += 5;
    }

    @Override
    public void array(long count) {
        header('*', count);
    }

    @Override
    public void map(long pairs) {
        if (resp3) {
            header('%', pairs);
        } else {
            header('*', pairs * 2);
        }
    }

    @Override
    public void set(long count) {
        header(resp3 ? '~' : '*', count);
    }

    @Override
    public void push(long count) {
        header(resp3 ? '>' : '*', count);
    }

    @Override
    public void number(double value) {
        String text = Doubles.print(value);
        if (resp3) {
            line(',', text);
        } else {
            bulk(text);
        }
    }

    @Override
    public void bool(boolean value) {
        if (!resp3) {
            header(':', value ? 1 : 0);
            return;
        }
        out.ensure(4);
        out.memory.putInt(out.at, '#' << 24 | (value ? 't' : 'f') << 16 | CRLF);
        out.at += 4;
    }

    @Override
    public void verbatim(String format, byte[] text) {
        if (!resp3) {
            bulk(text);
            return;
        }
        header('=', text.length + 4L);
        out.bytes((format + ":").getBytes(StandardCharsets.US_ASCII), 0, 4);
        out.bytes(text, 0, text.length);
        crlf();
    }
}
