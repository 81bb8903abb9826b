package io.swytch.command.string;

import io.swytch.bytes.LongDouble;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Commands that add to a number. INCR is on the hot path: nothing is allocated. */
final class CounterCommands {
    private CounterCommands() {}

    static void decr(Call call, ReplyWriter reply) {
        add(call, -1, reply);
    }

    static void decrby(Call call, ReplyWriter reply) {
        long delta = call.longArg(2);
        if (delta == Long.MIN_VALUE) {
            throw Errors.DECREMENT_OVERFLOW;
        }
        add(call, -delta, reply);
    }

    static void incr(Call call, ReplyWriter reply) {
        add(call, 1, reply);
    }

    static void incrby(Call call, ReplyWriter reply) {
        add(call, call.longArg(2), reply);
    }

    private static void add(Call call, long delta, ReplyWriter reply) {
        Keyspace keyspace = call.keyspace();
        Item item = keyspace.string(call.key());
        long value = StringOptions.longOf(call, item);
        long sum = value + delta;
        if (((value ^ sum) & (delta ^ sum)) < 0) {
            throw Errors.OVERFLOW;
        }
        keyspace.replaceLong(call.key(), item, sum);
        reply.integer(sum);
    }

    static void incrbyfloat(Call call, ReplyWriter reply) {
        Item item = call.keyspace().string(call.key());
        LongDouble value = longDoubleOf(call, item);
        LongDouble delta = LongDouble.parse(call.arg(2));
        if (delta == null) {
            throw Errors.NOT_A_FLOAT;
        }
        LongDouble sum = value.plus(delta);
        if (sum == null || !sum.isFinite()) {
            throw Errors.NAN_OR_INFINITY;
        }
        byte[] text = bytesOf(sum);
        put(call, text, item == null ? 0 : item.expireAtMs());
        reply.bulk(text);
    }

    /** The floating-point number that {@code item} holds; 0 for none. */
    static LongDouble longDoubleOf(Call call, @Nullable Item item) {
        if (item == null) {
            return LongDouble.ZERO;
        }
        LongDouble value = LongDouble.parse(call.valueOf(item));
        if (value == null) {
            throw Errors.NOT_A_FLOAT;
        }
        return value;
    }

    static byte[] bytesOf(LongDouble value) {
        return value.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Sets the key to a number's text, which stays a string even where it reads as an integer. */
    static void put(Call call, byte[] text, long expireAtMs) {
        // The longest text, of the largest long double, has 4,933 digits.
        assert text.length <= Call.SCRATCH_BYTES;
        call.scratch().put(0, text);
        call.keyspace()
                .putString(
                        call.key(), new Slice(call.scratch(), 0, text.length), ItemHeader.ENCODING_STRING, expireAtMs);
    }
}
