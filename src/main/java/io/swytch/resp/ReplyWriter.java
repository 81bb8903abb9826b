package io.swytch.resp;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Slice;
import java.nio.charset.StandardCharsets;

/**
 * Where a handler writes its one reply; a nested reply is its header, then its elements.
 *
 * <p>Every method means the RESP3 form; a RESP2 writer turns it into what Redis sends a RESP2 client: a map of n pairs is an array of
 * 2n, a double a bulk string, a boolean 0 or 1, null the null bulk string, a big number and a verbatim text a bulk string.
 *
 * <p>Threads: the one that runs the command.
 */
public abstract class ReplyWriter {
    /** {@code +text}; no CR or LF in it. */
    public abstract void simple(String text);

    /** {@code +OK}. */
    public abstract void ok();

    /** {@code -text}, where the text begins with its code: {@code ERR …}, {@code WRONGTYPE …}. CR and LF in it become spaces. */
    public abstract void error(String text);

    /** {@code :value}. */
    public abstract void integer(long value);

    /** A bulk string of the slice's bytes; those of a pinned slice may be sent later without a copy. */
    public final void bulk(Slice value) {
        bulk(value, 0, value.length());
    }

    /** A bulk string of {@code count} bytes of {@code value} from {@code from} on. */
    public abstract void bulk(Slice value, int from, int count);

    /** A bulk string. */
    public abstract void bulk(byte[] value);

    /** A bulk string. */
    public final void bulk(Bytes value) {
        bulk(value.toByteArray());
    }

    /** A bulk string of the UTF-8 bytes of {@code text}. */
    public final void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A bulk string that is the decimal form of {@code value}. */
    public abstract void bulkLong(long value);

    /** Null: {@code $-1} or {@code _}. */
    public abstract void nullBulk();

    /** Null where RESP2 has the null array: {@code *-1} or {@code _}. */
    public abstract void nullArray();

    /** The header of an array; {@code count} elements follow. */
    public abstract void array(long count);

    /** The header of a map; {@code pairs} keys and values follow in turn. */
    public abstract void map(long pairs);

    /** The header of a set; {@code count} elements follow. */
    public abstract void set(long count);

    /** The header of an out-of-band push; {@code count} elements follow. RESP2: an array. */
    public abstract void push(long count);

    /** A double: {@code ,1.5} or a bulk string, in Redis's shortest form ({@code inf}, {@code -inf}, {@code nan}). */
    public abstract void number(double value);

    /** {@code #t} or {@code #f}; RESP2: 1 or 0. */
    public abstract void bool(boolean value);

    /** A verbatim text: {@code format} is three letters, {@code txt} or {@code mkd}. */
    public abstract void verbatim(String format, byte[] text);

    /** 2 or 3. */
    public abstract int protocol();

    /** Where the next byte will stand; for {@link #rollback}. */
    public abstract long mark();

    /** Takes back everything that was written since {@link #mark} returned {@code mark}. */
    public abstract void rollback(long mark);

    /** What HELLO does: the replies from here on, its own included, are of this protocol. A collector has but one and ignores it. */
    public void setProtocol(int protocol) {}
}
