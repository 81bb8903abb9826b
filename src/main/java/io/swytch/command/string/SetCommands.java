package io.swytch.command.string;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.resp.Request;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import org.jspecify.annotations.Nullable;

/** SET and the commands that are forms of it. SET with three arguments is on the hot path: nothing is allocated. */
final class SetCommands {
    private static final int SET_OPTIONS = StringOptions.TIMES
            | StringOptions.KEEPTTL
            | StringOptions.NX
            | StringOptions.XX
            | StringOptions.GET
            | StringOptions.COMPARISONS;

    private static final int MSETEX_OPTIONS =
            StringOptions.TIMES | StringOptions.KEEPTTL | StringOptions.NX | StringOptions.XX;

    private SetCommands() {}

    /** Whether a SET does not look at what its key holds: it has no option, or one that gives a time. */
    static boolean isBlind(Request request) {
        if (request.argCount() == 3) {
            return true;
        }
        Slice option = request.arg(3);
        return request.argCount() == 5
                && (option.equalsIgnoreCase("EX")
                        || option.equalsIgnoreCase("PX")
                        || option.equalsIgnoreCase("EXAT")
                        || option.equalsIgnoreCase("PXAT"));
    }

    static void set(Call call, ReplyWriter reply) {
        if (call.argCount() == 3) {
            call.keyspace().putString(call.key(), call.arg(2), ItemHeader.ENCODING_AUTO, 0);
            reply.ok();
        } else {
            setWithOptions(call, reply);
        }
    }

    /** Replies with OK, or null where a condition fails; with GET, with the string before, whatever happens. */
    private static void setWithOptions(Call call, ReplyWriter reply) {
        Keyspace keyspace = call.keyspace();
        StringOptions options = new StringOptions();
        options.eatAll(call, 3, SET_OPTIONS);
        long expireAtMs = options.expireAtMs(call);
        Item item = find(call, options);
        boolean sets = options.admits(call, item);
        if (options.has(StringOptions.GET)) {
            if (item == null) {
                reply.nullBulk();
            } else {
                reply.bulk(call.valueOf(item));
            }
        } else if (sets) {
            reply.ok();
        } else {
            reply.nullBulk();
        }
        if (sets) {
            if (item != null && options.has(StringOptions.KEEPTTL)) {
                expireAtMs = item.expireAtMs();
            }
            keyspace.putString(call.key(), call.arg(2), ItemHeader.ENCODING_AUTO, expireAtMs);
        }
    }

    /** What the options need to see of the key: nothing, whether it is there, or its string. */
    private static @Nullable Item find(Call call, StringOptions options) {
        if (options.has(StringOptions.GET | StringOptions.COMPARISONS)) {
            return call.keyspace().string(call.key());
        }
        return options.has(StringOptions.NX | StringOptions.XX | StringOptions.KEEPTTL)
                ? call.keyspace().peek(call.key())
                : null;
    }

    static void setex(Call call, ReplyWriter reply) {
        setUntil(call, StringOptions.expireAtMs(call, 2, true, true), reply);
    }

    static void psetex(Call call, ReplyWriter reply) {
        setUntil(call, StringOptions.expireAtMs(call, 2, false, true), reply);
    }

    private static void setUntil(Call call, long expireAtMs, ReplyWriter reply) {
        call.keyspace().putString(call.key(), call.arg(3), ItemHeader.ENCODING_AUTO, expireAtMs);
        reply.ok();
    }

    /** Replies with 1 if the key was set. */
    static void setnx(Call call, ReplyWriter reply) {
        boolean absent = call.keyspace().peek(call.key()) == null;
        if (absent) {
            call.keyspace().putString(call.key(), call.arg(2), ItemHeader.ENCODING_AUTO, 0);
        }
        reply.integer(absent ? 1 : 0);
    }

    static void mset(Call call, ReplyWriter reply) {
        requirePairs(call);
        putAll(call, 2, 0);
        reply.ok();
    }

    /** Replies with 1 if all keys were set, 0 if none. */
    static void msetnx(Call call, ReplyWriter reply) {
        requirePairs(call);
        boolean sets = countPresent(call) == 0;
        if (sets) {
            putAll(call, 2, 0);
        }
        reply.integer(sets ? 1 : 0);
    }

    /** Replies with 1 if all keys were set, 0 if none. */
    static void msetex(Call call, ReplyWriter reply) {
        Slice count = call.arg(1);
        if (!Numbers.isLong(count) || Numbers.toLong(count) <= 0 || Numbers.toLong(count) > Integer.MAX_VALUE) {
            throw Errors.NUM_KEYS;
        }
        long optionsAt = 2 + 2 * Numbers.toLong(count);
        if (optionsAt > call.argCount()) {
            throw Errors.PAIR_COUNT;
        }
        StringOptions options = new StringOptions();
        options.eatAll(call, (int) optionsAt, MSETEX_OPTIONS);
        long expireAtMs = options.expireAtMs(call);
        if (options.has(StringOptions.NX | StringOptions.XX)
                && countPresent(call) != (options.has(StringOptions.XX) ? call.keyCount() : 0)) {
            reply.integer(0);
            return;
        }
        putAll(call, 3, options.has(StringOptions.KEEPTTL) ? KEEP : expireAtMs);
        reply.integer(1);
    }

    /** For {@link #putAll}: each key keeps its own expiry. */
    private static final long KEEP = -1;

    private static void requirePairs(Call call) {
        if (call.argCount() % 2 == 0) {
            throw Errors.wrongArgCount(call.spec().fullName());
        }
    }

    private static int countPresent(Call call) {
        int present = 0;
        for (int i = 0; i < call.keyCount(); i++) {
            if (call.keyspace().peek(call.key(i)) != null) {
                present++;
            }
        }
        return present;
    }

    /** Sets all keys; the first one's value is argument {@code valueAt}. */
    private static void putAll(Call call, int valueAt, long expireAtMs) {
        for (int i = 0; i < call.keyCount(); i++) {
            long at = expireAtMs;
            if (at == KEEP) {
                Item item = call.keyspace().peek(call.key(i));
                at = item == null ? 0 : item.expireAtMs();
            }
            call.keyspace().putString(call.key(i), call.arg(valueAt + 2 * i), ItemHeader.ENCODING_AUTO, at);
        }
    }
}
