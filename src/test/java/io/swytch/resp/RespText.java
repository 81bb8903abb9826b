package io.swytch.resp;

import io.swytch.bytes.Slice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Gathers replies as the bytes that a client would be sent, in RESP2 or RESP3, for tests of handlers without a wire.
 *
 * <p>Threads: one at a time.
 */
public final class RespText extends ReplyWriter {
    private final int protocol;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A writer in one of the two protocols, 2 or 3. */
    public RespText(int protocol) {
        this.protocol = protocol;
    }

    /** What has been written, each byte as a Latin-1 character; then it is forgotten. */
    public String take() {
        String text = out.toString(StandardCharsets.ISO_8859_1);
        out.reset();
        return text;
    }

    @Override
    public void simple(String text) {
        line("+" + text);
    }

    @Override
    public void ok() {
        simple("OK");
    }

    @Override
    public void error(String text) {
        line("-" + text.replace('\r', ' ').replace('\n', ' '));
    }

    @Override
    public void integer(long value) {
        line(":" + value);
    }

    @Override
    public void bulk(Slice value, int from, int count) {
        byte[] copy = new byte[count];
        value.copyTo(from, copy, 0, count);
        bulk(copy);
    }

    @Override
    public void bulk(byte[] value) {
        line("$" + value.length);
        out.writeBytes(value);
        line("");
    }

    @Override
    public void bulkLong(long value) {
        bulk(Long.toString(value).getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void nullBulk() {
        line(protocol == 3 ? "_" : "$-1");
    }

    @Override
    public void nullArray() {
        line(protocol == 3 ? "_" : "*-1");
    }

    @Override
    public void array(long count) {
        line("*" + count);
    }

    @Override
    public void map(long pairs) {
        line(protocol == 3 ? "%" + pairs : "*" + 2 * pairs);
    }

    @Override
    public void set(long count) {
        line((protocol == 3 ? "~" : "*") + count);
    }

    @Override
    public void push(long count) {
        line((protocol == 3 ? ">" : "*") + count);
    }

    @Override
    public void number(double value) {
        String text;
        if (Double.isNaN(value)) {
            text = "nan";
        } else if (Double.isInfinite(value)) {
            text = value > 0 ? "inf" : "-inf";
        } else if (value == Math.rint(value) && Math.abs(value) < 1e17) {
            text = Long.toString((long) value);
        } else {
            text = Double.toString(value).replace("E", "e");
        }
        if (protocol == 3) {
            line("," + text);
        } else {
            bulk(text.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    @Override
    public void bool(boolean value) {
        line(protocol == 3 ? (value ? "#t" : "#f") : (value ? ":1" : ":0"));
    }

    @Override
    public void verbatim(String format, byte[] text) {
        if (protocol == 3) {
            line("=" + (text.length + 4));
            out.writeBytes((format + ":").getBytes(StandardCharsets.ISO_8859_1));
            out.writeBytes(text);
            line("");
        } else {
            bulk(text);
        }
    }

    @Override
    public int protocol() {
        return protocol;
    }

    @Override
    public long mark() {
        return out.size();
    }

    @Override
    public void rollback(long mark) {
        byte[] kept = out.toByteArray();
        out.reset();
        out.write(kept, 0, (int) mark);
    }

    private void line(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
        out.write('\r');
        out.write('\n');
    }
}
