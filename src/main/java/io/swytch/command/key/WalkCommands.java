package io.swytch.command.key;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.READONLY;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Glob;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.Background;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Options;
import io.swytch.keyspace.KeyVisitor;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.ItemType;
import org.jspecify.annotations.Nullable;

/** Commands that walk a database. They lock through the walk, a slice at a time. */
public final class WalkCommands {
    public static final CommandFamily FAMILY = family(
            Group.GENERIC,
            command("KEYS", exactly(2), READONLY)
                    .categories("@dangerous")
                    .tips("request_policy:all_shards", "nondeterministic_output_order")
                    .syntax("pattern:pattern")
                    .docs(
                            "1.0.0",
                            "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
                            "Replies with all keys that match a pattern.")
                    .background(Background.ALWAYS)
                    .runs(WalkCommands::keys),
            command("RANDOMKEY", exactly(1), READONLY)
                    .tips("request_policy:all_shards", "nondeterministic_output")
                    .docs("1.0.0", "O(1)", "Replies with some key of the database.")
                    .background(Background.WHEN_TIERED)
                    .runs(WalkCommands::randomkey),
            command("SCAN", atLeast(2), READONLY)
                    .tips("nondeterministic_output", "request_policy:special")
                    .syntax("cursor:int ['MATCH'pattern:pattern] ['COUNT'count:int] ['TYPE'type@6.0.0]")
                    .docs(
                            "2.8.0",
                            "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
                            "Walks the keys of the database, some at each call.")
                    .history("6.0.0", "Takes TYPE.")
                    .background(Background.WHEN_TIERED)
                    .backgroundWhen(WalkCommands::isLong)
                    .runs(WalkCommands::scan));

    /** Keys of one step of KEYS, between which the walk lets go of its locks. */
    private static final int KEYS_STEP = 4096;

    private static final int SCAN_COUNT_DEFAULT = 10;

    /** A SCAN of so many keys in memory, or fewer, runs on its event loop. */
    private static final long COUNT_ON_LOOP_MAX = 4096;

    /** Cursors of this keyspace are smaller. */
    private static final long CURSOR_END = 1L << 48;

    private WalkCommands() {}

    private static void keys(Call call, ReplyWriter reply) {
        Slice pattern = call.arg(1);
        try (KeyList found = new KeyList()) {
            KeyVisitor visitor = matching(Glob.isAll(pattern) ? null : pattern, null, found);
            long cursor = 0;
            do {
                cursor = call.keyspace().scan(call.session().db, cursor, KEYS_STEP, visitor);
            } while (cursor != 0);
            found.writeTo(reply);
        }
    }

    private static void randomkey(Call call, ReplyWriter reply) {
        Bytes key = call.keyspace().randomKey(call.session().db);
        if (key == null) {
            reply.nullBulk();
        } else {
            reply.bulk(key);
        }
    }

    private static void scan(Call call, ReplyWriter reply) {
        long cursor = cursorArg(call.arg(1));
        Slice pattern = null;
        Slice type = null;
        long count = SCAN_COUNT_DEFAULT;
        Options options = call.options(2);
        while (options.hasNext()) {
            if (options.eat("COUNT")) {
                count = options.takeLong();
                if (count < 1) {
                    throw options.syntaxError();
                }
            } else if (options.eat("MATCH")) {
                pattern = options.take();
            } else if (options.eat("TYPE")) {
                type = options.take();
            } else {
                throw options.syntaxError();
            }
        }
        if (pattern != null && Glob.isAll(pattern)) {
            pattern = null;
        }
        try (KeyList found = new KeyList()) {
            long next = 0;
            // A cursor that no call has returned is past the end of any walk.
            if (Long.compareUnsigned(cursor, CURSOR_END) < 0) {
                int about = (int) Math.min(count, Integer.MAX_VALUE);
                next = call.keyspace().scan(call.session().db, cursor, about, matching(pattern, type, found));
            }
            reply.array(2);
            reply.bulk(Long.toUnsignedString(next));
            found.writeTo(reply);
        }
    }

    /** Whether a SCAN, whose options have not been looked at, may walk so many keys that others should not wait for it. */
    private static boolean isLong(Call call) {
        for (int i = 2; i + 1 < call.argCount(); i++) {
            if (call.arg(i).equalsIgnoreCase("COUNT")
                    && Numbers.isLong(call.arg(i + 1))
                    && Numbers.toLong(call.arg(i + 1)) > COUNT_ON_LOOP_MAX) {
                return true;
            }
        }
        return false;
    }

    /** Adds the keys to {@code found} that match; null matches all. */
    private static KeyVisitor matching(@Nullable Slice pattern, @Nullable Slice type, KeyList found) {
        return (key, keyType) -> {
            if ((type == null || isNamed(type, keyType)) && (pattern == null || Glob.matches(pattern, key))) {
                found.add(key);
            }
        };
    }

    private static boolean isNamed(Slice name, int type) {
        String typeName = ItemType.nameOf(type);
        if (name.length() != typeName.length()) {
            return false;
        }
        for (int i = 0; i < typeName.length(); i++) {
            // Type names are lower-case letters; setting their bit lowers a letter and makes nothing else one of them
            // but other
            // letters' capitals.
            if ((name.byteAt(i) | 0x20) != typeName.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * A cursor as C's strtoul reads it, which is what Redis takes: nothing at all is 0, a sign may stand before the digits, and a minus
     * negates what follows within 64 bits. A zero byte ends it.
     */
    private static long cursorArg(Slice arg) {
        int length = 0;
        while (length < arg.length() && arg.byteAt(length) != 0) {
            length++;
        }
        if (length == 0) {
            return 0;
        }
        boolean negative = arg.byteAt(0) == '-';
        int first = negative || arg.byteAt(0) == '+' ? 1 : 0;
        if (first == length) {
            throw Errors.INVALID_CURSOR;
        }
        long value = 0;
        for (int i = first; i < length; i++) {
            int digit = arg.byteAt(i) - '0';
            if (digit < 0 || digit > 9 || Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, 10)) > 0) {
                throw Errors.INVALID_CURSOR;
            }
            value = value * 10 + digit;
        }
        return negative ? -value : value;
    }
}
