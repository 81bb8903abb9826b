package io.swytch.command.key;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.WRITE;
import static io.swytch.command.spec.KeyFlag.ACCESS;
import static io.swytch.command.spec.KeyFlag.RO;
import static io.swytch.command.spec.KeyFlag.RW;
import static io.swytch.command.spec.KeyFlag.UPDATE;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Options;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;

/** Commands on the time at which keys expire. */
public final class ExpiryCommands {
    private static final String CONDITION = "[condition(NX | XX | GT | LT)@7.0.0]";
    private static final String CONDITION_ADDED = "Takes NX, XX, GT and LT.";

    public static final CommandFamily FAMILY = family(
            Group.GENERIC,
            command("EXPIRE", atLeast(3), WRITE, FAST)
                    .key(1, RW, UPDATE)
                    .syntax("key:key seconds:int " + CONDITION)
                    .docs("1.0.0", "O(1)", "Lets a key expire in so many seconds.")
                    .history("7.0.0", CONDITION_ADDED)
                    .runs((call, reply) -> expire(call, reply, call.nowMs(), true)),
            command("PEXPIRE", atLeast(3), WRITE, FAST)
                    .key(1, RW, UPDATE)
                    .syntax("key:key milliseconds:int " + CONDITION)
                    .docs("2.6.0", "O(1)", "Lets a key expire in so many milliseconds.")
                    .history("7.0.0", CONDITION_ADDED)
                    .runs((call, reply) -> expire(call, reply, call.nowMs(), false)),
            command("EXPIREAT", atLeast(3), WRITE, FAST)
                    .key(1, RW, UPDATE)
                    .syntax("key:key unix-time-seconds:time " + CONDITION)
                    .docs("1.2.0", "O(1)", "Lets a key expire at a Unix time in seconds.")
                    .history("7.0.0", CONDITION_ADDED)
                    .runs((call, reply) -> expire(call, reply, 0, true)),
            command("PEXPIREAT", atLeast(3), WRITE, FAST)
                    .key(1, RW, UPDATE)
                    .syntax("key:key unix-time-milliseconds:time " + CONDITION)
                    .docs("2.6.0", "O(1)", "Lets a key expire at a Unix time in milliseconds.")
                    .history("7.0.0", CONDITION_ADDED)
                    .runs((call, reply) -> expire(call, reply, 0, false)),
            command("TTL", exactly(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .tips("nondeterministic_output")
                    .syntax("key:key")
                    .docs("1.0.0", "O(1)", "Replies in how many seconds a key expires.")
                    .history("2.8.0", "Replies -2 where there is no such key.")
                    .runs((call, reply) -> remaining(call, reply, call.nowMs(), true)),
            command("PTTL", exactly(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .tips("nondeterministic_output")
                    .syntax("key:key")
                    .docs("2.6.0", "O(1)", "Replies in how many milliseconds a key expires.")
                    .history("2.8.0", "Replies -2 where there is no such key.")
                    .runs((call, reply) -> remaining(call, reply, call.nowMs(), false)),
            command("EXPIRETIME", exactly(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .syntax("key:key")
                    .docs("7.0.0", "O(1)", "Replies the Unix time in seconds at which a key expires.")
                    .runs((call, reply) -> remaining(call, reply, 0, true)),
            command("PEXPIRETIME", exactly(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .syntax("key:key")
                    .docs("7.0.0", "O(1)", "Replies the Unix time in milliseconds at which a key expires.")
                    .runs((call, reply) -> remaining(call, reply, 0, false)),
            command("PERSIST", exactly(2), WRITE, FAST)
                    .key(1, RW, UPDATE)
                    .syntax("key:key")
                    .docs("2.2.0", "O(1)", "Takes a key's expiry away.")
                    .runs(ExpiryCommands::persist));

    private ExpiryCommands() {}

    /** Replies 1 if the key is there and the conditions hold: then it expires at {@code originMs} plus the second argument. */
    private static void expire(Call call, ReplyWriter reply, long originMs, boolean seconds) {
        Options options = call.options(3);
        boolean nx = false;
        boolean xx = false;
        boolean gt = false;
        boolean lt = false;
        while (options.hasNext()) {
            if (options.eat("NX")) {
                nx = true;
            } else if (options.eat("XX")) {
                xx = true;
            } else if (options.eat("GT")) {
                gt = true;
            } else if (options.eat("LT")) {
                lt = true;
            } else {
                throw Errors.unsupportedOption(options.take());
            }
        }
        if (nx && (xx || gt || lt)) {
            throw Errors.EXPIRE_NX_AND_OTHERS;
        }
        if (gt && lt) {
            throw Errors.EXPIRE_GT_AND_LT;
        }
        long atMs = expireAtMs(call, originMs, seconds);

        Keyspace keyspace = call.keyspace();
        Item item = keyspace.peek(call.key());
        if (item == null) {
            reply.integer(0);
            return;
        }
        long oldMs = item.expireAtMs();
        // A key without expiry counts as one that expires later than any other.
        boolean refused = (nx && oldMs != 0)
                || (xx && oldMs == 0)
                || (gt && (oldMs == 0 || atMs <= oldMs))
                || (lt && oldMs != 0 && atMs >= oldMs);
        if (refused) {
            reply.integer(0);
            return;
        }
        // Zero and less are times that have passed; for expireAt zero would mean never.
        if (atMs <= call.nowMs()) {
            keyspace.delete(call.key());
        } else {
            keyspace.expireAt(call.key(), atMs);
        }
        reply.integer(1);
    }

    private static long expireAtMs(Call call, long originMs, boolean seconds) {
        long when = call.longArg(2);
        if (seconds) {
            if (when > Long.MAX_VALUE / 1000 || when < Long.MIN_VALUE / 1000) {
                throw Errors.invalidExpire(call.spec().fullName());
            }
            when *= 1000;
        }
        if (when > Long.MAX_VALUE - originMs) {
            throw Errors.invalidExpire(call.spec().fullName());
        }
        return when + originMs;
    }

    /** Replies the time from {@code originMs} to the key's expiry; −1 if it never expires, −2 if it is not there. */
    private static void remaining(Call call, ReplyWriter reply, long originMs, boolean seconds) {
        Item item = call.keyspace().peek(call.key());
        if (item == null) {
            reply.integer(-2);
        } else if (item.expireAtMs() == 0) {
            reply.integer(-1);
        } else {
            long ms = Math.max(0, item.expireAtMs() - originMs);
            // To the nearest second, without an overflow at the end of the range.
            reply.integer(seconds ? ms / 1000 + (ms % 1000 >= 500 ? 1 : 0) : ms);
        }
    }

    private static void persist(Call call, ReplyWriter reply) {
        Item item = call.keyspace().peek(call.key());
        boolean expires = item != null && item.expireAtMs() != 0;
        if (expires) {
            call.keyspace().expireAt(call.key(), 0);
        }
        reply.integer(expires ? 1 : 0);
    }
}
