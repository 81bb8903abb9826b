package io.swytch.command.string;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.DENYOOM;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.WRITE;
import static io.swytch.command.spec.KeyFlag.ACCESS;
import static io.swytch.command.spec.KeyFlag.DELETE;
import static io.swytch.command.spec.KeyFlag.INSERT;
import static io.swytch.command.spec.KeyFlag.OW;
import static io.swytch.command.spec.KeyFlag.RM;
import static io.swytch.command.spec.KeyFlag.RO;
import static io.swytch.command.spec.KeyFlag.RW;
import static io.swytch.command.spec.KeyFlag.UPDATE;
import static io.swytch.command.spec.KeyFlag.VARIABLE_FLAGS;

import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.KeyByKey;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;

/** Commands on strings; GET is on the hot path: nothing is allocated. SET, counters and LCS have files of their own. */
public final class StringCommands {
    public static final CommandFamily FAMILY = family(
            Group.STRING,
            command("APPEND", exactly(3), WRITE, DENYOOM, FAST)
                    .key(1, RW, INSERT)
                    .syntax("key:key value")
                    .docs(
                            "2.0.0",
                            "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.",
                            "Adds bytes to the end of a string, which begins as the empty one.")
                    .runs(StringCommands::append),
            command("DECR", exactly(2), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key")
                    .docs("1.0.0", "O(1)", "Takes one from the integer at a key, which begins as 0.")
                    .runs(CounterCommands::decr),
            command("DECRBY", exactly(3), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key decrement:int")
                    .docs("1.0.0", "O(1)", "Takes a number from the integer at a key, which begins as 0.")
                    .runs(CounterCommands::decrby),
            command("DELEX", atLeast(2), WRITE, FAST)
                    .key(1, RW, DELETE, VARIABLE_FLAGS)
                    .syntax(
                            "key:key [condition('IFEQ'ifeq-value | 'IFNE'ifne-value | 'IFDEQ'ifdeq-digest | 'IFDNE'ifdne-digest)]")
                    .docs(
                            "8.4.0",
                            "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value.",
                            "Deletes a key if its string, or the digest of it, compares as asked.")
                    .runs(StringCommands::delex),
            command("DELIFEQ", exactly(3), WRITE, FAST)
                    .key(1, RM, DELETE)
                    .syntax("key:key value")
                    .docs("9.0.0", "O(1)", "Deletes a key if it holds just this string.")
                    .runs(StringCommands::delifeq),
            command("DIGEST", exactly(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .syntax("key:key")
                    .docs(
                            "8.4.0",
                            "O(N) where N is the length of the string value.",
                            "Returns the XXH3 digest of a string in 16 hexadecimal digits.")
                    .runs(StringCommands::digest),
            command("GET", exactly(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .syntax("key:key")
                    .docs("1.0.0", "O(1)", "Returns the string at a key.")
                    .runs(StringCommands::get),
            command("GETDEL", exactly(2), WRITE, FAST)
                    .key(1, RW, ACCESS, DELETE)
                    .syntax("key:key")
                    .docs("6.2.0", "O(1)", "Returns the string at a key and deletes the key.")
                    .runs(StringCommands::getdel),
            command("GETEX", atLeast(2), WRITE, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax(
                            "key:key [expiration('EX'seconds:int | 'PX'milliseconds:int | 'EXAT'unix-time-seconds:time | 'PXAT'unix-time-milliseconds:time | PERSIST)]")
                    .docs("6.2.0", "O(1)", "Returns the string at a key, and may change when the key expires.")
                    .runs(StringCommands::getex),
            command("GETRANGE", exactly(4), READONLY)
                    .key(1, RO, ACCESS)
                    .syntax("key:key start:int end:int")
                    .docs(
                            "2.4.0",
                            "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
                            "Returns a run of bytes of the string at a key.")
                    .runs(StringCommands::getrange),
            command("GETSET", exactly(3), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key value")
                    .docs("1.0.0", "O(1)", "Sets a key to a string and returns the string it held before.")
                    .deprecated("6.2.0", "`SET` with the `!GET` argument")
                    .runs(StringCommands::getset),
            command("INCR", exactly(2), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key")
                    .docs("1.0.0", "O(1)", "Adds one to the integer at a key, which begins as 0.")
                    .runs(CounterCommands::incr),
            command("INCRBY", exactly(3), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key increment:int")
                    .docs("1.0.0", "O(1)", "Adds a number to the integer at a key, which begins as 0.")
                    .runs(CounterCommands::incrby),
            command("INCRBYFLOAT", exactly(3), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key increment:double")
                    .docs("2.6.0", "O(1)", "Adds a floating-point number to the one at a key, which begins as 0.")
                    .runs(CounterCommands::incrbyfloat),
            command("INCREX", atLeast(2), WRITE, DENYOOM, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax(
                            "key:key [increment('BYFLOAT'float:double | 'BYINT'integer:int)] [SATURATE] ['LBOUND'lowerbound] ['UBOUND'upperbound] [expiration('EX'seconds:int | 'PX'milliseconds:int | 'EXAT'unix-time-seconds:time | 'PXAT'unix-time-milliseconds:time | PERSIST)] [ENX]")
                    .docs(
                            "8.8.0",
                            "O(1)",
                            "Adds to the number at a key within bounds, and may change when the key expires.")
                    .runs(IncrexCommand::increx),
            command("LCS", atLeast(3), READONLY)
                    .keys(1, 1, 1, RO, ACCESS)
                    .syntax("key1:key key2:key [LEN] [IDX] ['MINMATCHLEN'len:int] [WITHMATCHLEN]")
                    .docs(
                            "7.0.0",
                            "O(N*M) where N and M are the lengths of s1 and s2, respectively",
                            "Finds the longest common subsequence of two strings.")
                    .runs(LcsCommand::lcs),
            command("MGET", atLeast(2), READONLY, FAST)
                    .keys(1, -1, 1, RO, ACCESS)
                    .tips("request_policy:multi_shard")
                    .syntax("key:key...")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the number of keys to retrieve.",
                            "Returns the strings at several keys.")
                    .keyByKey(KeyByKey.VALUE)
                    .runs(StringCommands::mget),
            command("MSET", atLeast(3), WRITE, DENYOOM)
                    .keys(1, -1, 2, OW, UPDATE)
                    .tips("request_policy:multi_shard", "response_policy:all_succeeded")
                    .syntax("key_value{key:key value}...")
                    .docs(
                            "1.0.1",
                            "O(N) where N is the number of keys to set.",
                            "Sets several keys to strings, all at once.")
                    .blindWhen(call -> true)
                    .keyByKey(KeyByKey.HEAD)
                    .runs(SetCommands::mset),
            command("MSETEX", atLeast(4), WRITE, DENYOOM)
                    .keysCounted(1, 0, 1, 2, OW, UPDATE)
                    .tips("request_policy:multi_shard", "response_policy:all_succeeded")
                    .syntax(
                            "numkeys:int data{key:key value}... [condition(NX | XX)] [expiration('EX'seconds:int | 'PX'milliseconds:int | 'EXAT'unix-time-seconds:time | 'PXAT'unix-time-milliseconds:time | KEEPTTL)]")
                    .docs(
                            "8.4.0",
                            "O(N) where N is the number of keys to set.",
                            "Sets several keys to strings, all at once or none, with one expiry.")
                    .keyByKey(KeyByKey.HEAD)
                    .runs(SetCommands::msetex),
            command("MSETNX", atLeast(3), WRITE, DENYOOM)
                    .keys(1, -1, 2, OW, INSERT)
                    .tips("request_policy:multi_shard", "response_policy:agg_min")
                    .syntax("key_value{key:key value}...")
                    .docs(
                            "1.0.1",
                            "O(N) where N is the number of keys to set.",
                            "Sets several keys to strings if none of them exists.")
                    .keyByKey(KeyByKey.HEAD)
                    .runs(SetCommands::msetnx),
            command("PSETEX", exactly(4), WRITE, DENYOOM)
                    .key(1, OW, UPDATE)
                    .syntax("key:key milliseconds:int value")
                    .docs("2.6.0", "O(1)", "Sets a key to a string that expires after some milliseconds.")
                    .blindWhen(call -> true)
                    .runs(SetCommands::psetex),
            command("SET", atLeast(3), WRITE, DENYOOM)
                    .key(1, RW, ACCESS, UPDATE, VARIABLE_FLAGS)
                    .keyFlagsWhen(args -> args.stream().skip(3).noneMatch(a -> a.equalsIgnoreCase("GET")), OW, UPDATE)
                    .syntax(
                            "key:key value [condition(NX | XX | 'IFEQ'ifeq-value@8.4.0 | 'IFNE'ifne-value@8.4.0 | 'IFDEQ'ifdeq-digest@8.4.0 | 'IFDNE'ifdne-digest@8.4.0)@2.6.12] [GET@6.2.0] [expiration('EX'seconds:int@2.6.12 | 'PX'milliseconds:int@2.6.12 | 'EXAT'unix-time-seconds:time@6.2.0 | 'PXAT'unix-time-milliseconds:time@6.2.0 | KEEPTTL@6.0.0)]")
                    .docs("1.0.0", "O(1)", "Sets a key to a string, whatever it held before.")
                    .history("2.6.12", "`EX`, `PX`, `NX` and `XX` came.")
                    .history("6.0.0", "`KEEPTTL` came.")
                    .history("6.2.0", "`GET`, `EXAT` and `PXAT` came.")
                    .history("7.0.0", "`NX` and `GET` may stand together.")
                    .history("8.4.0", "`IFEQ`, `IFNE`, `IFDEQ` and `IFDNE` came.")
                    .blindWhen(call -> SetCommands.isBlind(call.request()))
                    .runs(SetCommands::set),
            command("SETEX", exactly(4), WRITE, DENYOOM)
                    .key(1, OW, UPDATE)
                    .syntax("key:key seconds:int value")
                    .docs("2.0.0", "O(1)", "Sets a key to a string that expires after some seconds.")
                    .blindWhen(call -> true)
                    .runs(SetCommands::setex),
            command("SETNX", exactly(3), WRITE, DENYOOM, FAST)
                    .key(1, OW, INSERT)
                    .syntax("key:key value")
                    .docs("1.0.0", "O(1)", "Sets a key to a string if the key does not exist.")
                    .runs(SetCommands::setnx),
            command("SETRANGE", exactly(4), WRITE, DENYOOM)
                    .key(1, RW, UPDATE)
                    .syntax("key:key offset:int value")
                    .docs(
                            "2.2.0",
                            "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
                            "Writes bytes into a string at an offset; it grows with zero bytes as needed.")
                    .runs(StringCommands::setrange),
            command("STRLEN", exactly(2), READONLY, FAST)
                    .key(1, RO)
                    .syntax("key:key")
                    .docs("2.2.0", "O(1)", "Returns the length of a string in bytes.")
                    .runs(StringCommands::strlen),
            command("SUBSTR", exactly(4), READONLY)
                    .key(1, RO, ACCESS)
                    .syntax("key:key start:int end:int")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
                            "Returns a run of bytes of the string at a key.")
                    .deprecated("2.0.0", "`GETRANGE`")
                    .runs(StringCommands::getrange));

    private StringCommands() {}

    /** Replies with the new length. */
    private static void append(Call call, ReplyWriter reply) {
        Keyspace keyspace = call.keyspace();
        Item item = keyspace.string(call.key());
        Slice tail = call.arg(2);
        if (item == null) {
            // Redis files the first piece as SET would, so digits make an integer.
            keyspace.putString(call.key(), tail, ItemHeader.ENCODING_AUTO, 0);
            reply.integer(tail.length());
            return;
        }
        int length = item.valueLength();
        call.requireStringLength((long) length + tail.length());
        keyspace.patchString(call.key(), length, tail);
        reply.integer((long) length + tail.length());
    }

    /** Replies with 1 if the key was deleted. */
    private static void delex(Call call, ReplyWriter reply) {
        if (call.argCount() == 2) {
            reply.integer(call.keyspace().delete(call.key()) ? 1 : 0);
            return;
        }
        if (call.argCount() != 4) {
            throw Errors.wrongArgCount(call.spec().fullName());
        }
        StringOptions options = new StringOptions();
        options.eatAll(call, 2, StringOptions.COMPARISONS);
        Item item = call.keyspace().string(call.key());
        // An absent key cannot be deleted, so IFNE has nothing to say of it here.
        boolean deletes = item != null && options.admits(call, item);
        reply.integer(deletes && call.keyspace().delete(call.key()) ? 1 : 0);
    }

    /** Replies with 1 if the key was deleted. */
    private static void delifeq(Call call, ReplyWriter reply) {
        Item item = call.keyspace().string(call.key());
        boolean deletes = item != null && call.valueOf(item).contentEquals(call.arg(2));
        reply.integer(deletes && call.keyspace().delete(call.key()) ? 1 : 0);
    }

    private static void digest(Call call, ReplyWriter reply) {
        Item item = call.keyspace().string(call.key());
        if (item == null) {
            reply.nullBulk();
        } else {
            reply.bulk(Xxh3.hex(Xxh3.hash(call.valueOf(item))));
        }
    }

    private static void get(Call call, ReplyWriter reply) {
        Item item = call.keyspace().string(call.key());
        if (item == null) {
            reply.nullBulk();
        } else {
            reply.bulk(call.valueOf(item));
        }
    }

    private static void getdel(Call call, ReplyWriter reply) {
        get(call, reply);
        call.keyspace().delete(call.key());
    }

    /** Replies with the string. Redis looks at the key before it converts the time. */
    private static void getex(Call call, ReplyWriter reply) {
        StringOptions options = new StringOptions();
        options.eatAll(call, 2, StringOptions.TIMES | StringOptions.PERSIST);
        Item item = call.keyspace().string(call.key());
        if (item == null) {
            reply.nullBulk();
            return;
        }
        long expireAtMs = options.expireAtMs(call);
        reply.bulk(call.valueOf(item));
        if (expireAtMs != 0 || options.has(StringOptions.PERSIST) && item.expireAtMs() != 0) {
            call.keyspace().expireAt(call.key(), expireAtMs);
        }
    }

    /** Replies with the bytes from one index to another, both counted in; negative ones count from the end. */
    private static void getrange(Call call, ReplyWriter reply) {
        long start = call.longArg(2);
        long end = call.longArg(3);
        Item item = call.keyspace().string(call.key());
        int length = item == null ? 0 : item.valueLength();
        boolean crossed = start < 0 && end < 0 && start > end;
        start = Math.max(0, start < 0 ? start + length : start);
        end = Math.max(0, end < 0 ? end + length : end);
        end = Math.min(end, length - 1L);
        if (item == null || crossed || start > end) {
            reply.bulk(NOTHING);
        } else {
            reply.bulk(call.valueOf(item), (int) start, (int) (end - start + 1));
        }
    }

    private static final byte[] NOTHING = {};

    private static void getset(Call call, ReplyWriter reply) {
        get(call, reply);
        call.keyspace().putString(call.key(), call.arg(2), ItemHeader.ENCODING_AUTO, 0);
    }

    /** Replies with null for a key that holds no string. */
    private static void mget(Call call, ReplyWriter reply) {
        reply.array(call.keyCount());
        for (int i = 0; i < call.keyCount(); i++) {
            Item item = call.keyspace().find(call.key(i));
            if (item == null || item.type() != ItemType.STRING) {
                reply.nullBulk();
            } else {
                reply.bulk(call.valueOf(item));
            }
        }
    }

    /** Replies with the length afterwards. Nothing written changes nothing, nor makes a key. */
    private static void setrange(Call call, ReplyWriter reply) {
        long offset = call.longArg(2);
        Slice bytes = call.arg(3);
        if (offset < 0) {
            throw Errors.OFFSET_OUT_OF_RANGE;
        }
        Item item = call.keyspace().string(call.key());
        long length = item == null ? 0 : item.valueLength();
        if (!bytes.isEmpty()) {
            long end = offset + bytes.length();
            call.requireStringLength(end);
            call.keyspace().patchString(call.key(), (int) offset, bytes);
            length = Math.max(length, end);
        }
        reply.integer(length);
    }

    private static void strlen(Call call, ReplyWriter reply) {
        Item item = call.keyspace().string(call.key());
        reply.integer(item == null ? 0 : item.valueLength());
    }
}
