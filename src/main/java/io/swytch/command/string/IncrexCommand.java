package io.swytch.command.string;

import io.swytch.bytes.LongDouble;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * INCREX, as Redis 8.8 documents it: adds within bounds and sets the expiry, replying with the new value and what was really added.
 *
 * <p>A result outside of the bounds is not stored, and the reply's second element is 0; with SATURATE it becomes the bound.
 */
final class IncrexCommand {
    private static final int EXPIRY = StringOptions.TIMES | StringOptions.PERSIST;

    private final StringOptions options = new StringOptions();
    private int byIntAt;
    private int byFloatAt;
    private int lowerAt;
    private int upperAt;
    private boolean saturates;
    private boolean onlyIfNoExpiry;

    private IncrexCommand() {}

    static void increx(Call call, ReplyWriter reply) {
        IncrexCommand command = new IncrexCommand();
        command.parse(call);
        if (command.byFloatAt != 0) {
            command.addFloat(call, reply);
        } else {
            command.addInteger(call, reply);
        }
    }

    private void parse(Call call) {
        for (int i = 2; i < call.argCount(); ) {
            Slice arg = call.arg(i);
            boolean hasValue = i + 1 < call.argCount();
            int eaten = 2;
            if (arg.equalsIgnoreCase("BYINT") && hasValue && byFloatAt == 0) {
                byIntAt = i + 1;
            } else if (arg.equalsIgnoreCase("BYFLOAT") && hasValue && byIntAt == 0) {
                byFloatAt = i + 1;
            } else if (arg.equalsIgnoreCase("LBOUND") && hasValue) {
                lowerAt = i + 1;
            } else if (arg.equalsIgnoreCase("UBOUND") && hasValue) {
                upperAt = i + 1;
            } else if (arg.equalsIgnoreCase("SATURATE")) {
                saturates = true;
                eaten = 1;
            } else if (arg.equalsIgnoreCase("ENX")) {
                onlyIfNoExpiry = true;
                eaten = 1;
            } else {
                eaten = options.eat(call, i, EXPIRY);
            }
            if (eaten == 0) {
                throw Errors.SYNTAX;
            }
            i += eaten;
        }
        if (onlyIfNoExpiry && !options.has(StringOptions.TIMES)) {
            throw Errors.ENX_WITHOUT_EXPIRE;
        }
    }

    private void addInteger(Call call, ReplyWriter reply) {
        long delta = byIntAt == 0 ? 1 : integer(call, byIntAt, "Increment");
        long lower = lowerAt == 0 ? Long.MIN_VALUE : integer(call, lowerAt, "LBOUND");
        long upper = upperAt == 0 ? Long.MAX_VALUE : integer(call, upperAt, "UBOUND");
        if (lower > upper) {
            throw Errors.BOUNDS_CROSSED;
        }
        long expireAtMs = options.expireAtMs(call);
        Item item = call.keyspace().string(call.key());
        long value = StringOptions.longOf(call, item);
        BigInteger sum = BigInteger.valueOf(value).add(BigInteger.valueOf(delta));
        BigInteger bounded = sum.max(BigInteger.valueOf(lower)).min(BigInteger.valueOf(upper));
        if (!bounded.equals(sum) && !saturates) {
            reply.array(2);
            reply.integer(value);
            reply.integer(0);
            return;
        }
        BigInteger added = bounded.subtract(BigInteger.valueOf(value));
        if (added.bitLength() > 63) {
            throw Errors.OVERFLOW;
        }
        call.keyspace().putLong(call.key(), bounded.longValue(), newExpiry(item, expireAtMs));
        reply.array(2);
        reply.integer(bounded.longValue());
        reply.integer(added.longValue());
    }

    private void addFloat(Call call, ReplyWriter reply) {
        LongDouble delta = number(call, byFloatAt, "Increment");
        LongDouble lower = lowerAt == 0 ? LongDouble.MAX.negated() : number(call, lowerAt, "LBOUND");
        LongDouble upper = upperAt == 0 ? LongDouble.MAX : number(call, upperAt, "UBOUND");
        if (lower.compareTo(upper) > 0) {
            throw Errors.BOUNDS_CROSSED;
        }
        long expireAtMs = options.expireAtMs(call);
        Item item = call.keyspace().string(call.key());
        LongDouble value = CounterCommands.longDoubleOf(call, item);
        LongDouble sum = value.plus(delta);
        if (sum == null) {
            throw Errors.NAN_OR_INFINITY;
        }
        LongDouble bounded = sum.compareTo(lower) < 0 ? lower : sum.compareTo(upper) > 0 ? upper : sum;
        if (!bounded.equals(sum) && !saturates) {
            reply.array(2);
            number(value, reply);
            number(LongDouble.ZERO, reply);
            return;
        }
        LongDouble added = bounded.equals(sum) ? delta : bounded.minus(value);
        if (added == null || !added.isFinite() || !bounded.isFinite()) {
            throw Errors.NAN_OR_INFINITY;
        }
        CounterCommands.put(call, CounterCommands.bytesOf(bounded), newExpiry(item, expireAtMs));
        reply.array(2);
        number(bounded, reply);
        number(added, reply);
    }

    /** The key's expiry afterwards: the given one, none, or as it is. */
    private long newExpiry(@Nullable Item item, long expireAtMs) {
        long before = item == null ? 0 : item.expireAtMs();
        if (options.has(StringOptions.PERSIST)) {
            return 0;
        }
        return expireAtMs == 0 || onlyIfNoExpiry && before != 0 ? before : expireAtMs;
    }

    private static long integer(Call call, int index, String name) {
        if (!Numbers.isLong(call.arg(index))) {
            throw Errors.notAnInteger(name);
        }
        return Numbers.toLong(call.arg(index));
    }

    private static LongDouble number(Call call, int index, String name) {
        LongDouble value = LongDouble.parse(call.arg(index));
        if (value == null) {
            throw Errors.notAFloat(name);
        }
        return value;
    }

    private static void number(LongDouble value, ReplyWriter reply) {
        if (reply.protocol() >= 3) {
            reply.number(value.doubleValue());
        } else {
            reply.bulk(CounterCommands.bytesOf(value));
        }
    }
}
