package io.swytch.command.key;

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

import io.swytch.bytes.Numbers;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.KeyByKey;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Options;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;

/** Commands on named keys, whatever they hold. */
public final class KeyCommands {
    public static final CommandFamily FAMILY = family(
            Group.GENERIC,
            command("DEL", atLeast(2), WRITE)
                    .keys(1, -1, 1, RM, DELETE)
                    .tips("request_policy:multi_shard", "response_policy:agg_sum")
                    .syntax("key:key...")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
                            "Deletes keys, and replies how many there were.")
                    .keyByKey(KeyByKey.HEAD)
                    .runs(KeyCommands::del),
            command("UNLINK", atLeast(2), WRITE, FAST)
                    .keys(1, -1, 1, RM, DELETE)
                    .tips("request_policy:multi_shard", "response_policy:agg_sum")
                    .syntax("key:key...")
                    .docs(
                            "4.0.0",
                            "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
                            "Deletes keys, and gives their memory back later.")
                    .keyByKey(KeyByKey.HEAD)
                    .runs(KeyCommands::del),
            command("EXISTS", atLeast(2), READONLY, FAST)
                    .keys(1, -1, 1, RO)
                    .tips("request_policy:multi_shard", "response_policy:agg_sum")
                    .syntax("key:key...")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the number of keys to check.",
                            "Replies how many of the keys exist.")
                    .history("3.0.3", "Takes several keys.")
                    .keyByKey(KeyByKey.HEAD)
                    .runs(KeyCommands::exists),
            command("TOUCH", atLeast(2), READONLY, FAST)
                    .keys(1, -1, 1, RO)
                    .tips("request_policy:multi_shard", "response_policy:agg_sum")
                    .syntax("key:key...")
                    .docs(
                            "3.2.1",
                            "O(N) where N is the number of keys that will be touched.",
                            "Counts a use of each key, and replies how many exist.")
                    .keyByKey(KeyByKey.HEAD)
                    .runs(KeyCommands::exists),
            command("TYPE", exactly(2), READONLY, FAST)
                    .key(1, RO)
                    .syntax("key:key")
                    .docs("1.0.0", "O(1)", "Replies what kind of value a key holds.")
                    .runs(KeyCommands::type),
            command("RENAME", exactly(3), WRITE)
                    .key(1, RW, ACCESS, DELETE)
                    .key(2, OW, UPDATE)
                    .syntax("key:key newkey:key#1")
                    .docs("1.0.0", "O(1)", "Gives a key another name, whatever that name held.")
                    .runs(KeyCommands::rename),
            command("RENAMENX", exactly(3), WRITE, FAST)
                    .key(1, RW, ACCESS, DELETE)
                    .key(2, OW, INSERT)
                    .syntax("key:key newkey:key#1")
                    .docs("1.0.0", "O(1)", "Gives a key another name if no key has that name.")
                    .history("3.2.0", "Source and destination may be the same; that is no error any more.")
                    .runs(KeyCommands::renamenx),
            command("COPY", atLeast(3), WRITE, DENYOOM)
                    .key(1, RO, ACCESS)
                    .key(2, OW, UPDATE)
                    .syntax("source:key destination:key#1 ['DB'destination-db:int] [REPLACE]")
                    .docs(
                            "6.2.0",
                            "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
                            "Copies what a key holds to another key.")
                    .moreKeys(KeyCommands::addCopyTarget)
                    .runs(KeyCommands::copy),
            command("MOVE", exactly(3), WRITE, FAST)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key db:int")
                    .docs("1.0.0", "O(1)", "Moves a key to another database if it is not there yet.")
                    .moreKeys(call -> addTarget(call, 1, 2))
                    .runs(KeyCommands::move));

    private KeyCommands() {}

    /** Replies with the number of keys that there were; a key named twice counts once. */
    private static void del(Call call, ReplyWriter reply) {
        int deleted = 0;
        for (int i = 0; i < call.keyCount(); i++) {
            if (call.keyspace().delete(call.key(i))) {
                deleted++;
            }
        }
        reply.integer(deleted);
    }

    /** Replies with the number of keys that exist; a key named twice counts twice. */
    private static void exists(Call call, ReplyWriter reply) {
        int found = 0;
        for (int i = 0; i < call.keyCount(); i++) {
            if (call.keyspace().find(call.key(i)) != null) {
                found++;
            }
        }
        reply.integer(found);
    }

    private static void type(Call call, ReplyWriter reply) {
        Item item = call.keyspace().peek(call.key());
        reply.simple(item == null ? "none" : ItemType.nameOf(item.type()));
    }

    private static void rename(Call call, ReplyWriter reply) {
        Item source = call.keyspace().peek(call.key());
        if (source == null) {
            throw Errors.NO_SUCH_KEY;
        }
        if (!call.arg(1).contentEquals(call.arg(2))) {
            call.keyspace().putItem(call.key(1), source, source.expireAtMs());
            call.keyspace().delete(call.key());
        }
        reply.ok();
    }

    private static void renamenx(Call call, ReplyWriter reply) {
        boolean taken = call.keyspace().peek(call.key(1)) != null;
        Item source = call.keyspace().peek(call.key());
        if (source == null) {
            throw Errors.NO_SUCH_KEY;
        }
        // A key that is renamed to itself finds its new name taken.
        if (!taken) {
            call.keyspace().putItem(call.key(1), source, source.expireAtMs());
            call.keyspace().delete(call.key());
        }
        reply.integer(taken ? 0 : 1);
    }

    private static void copy(Call call, ReplyWriter reply) {
        Options options = call.options(3);
        int db = call.session().db;
        boolean replace = false;
        while (options.hasNext()) {
            if (options.eat("REPLACE")) {
                replace = true;
            } else if (options.eat("DB")) {
                db = databaseArg(call, options.takeIndex());
            } else {
                throw options.syntaxError();
            }
        }
        boolean sameDb = db == call.session().db;
        if (sameDb && call.arg(1).contentEquals(call.arg(2))) {
            throw Errors.SAME_OBJECT;
        }
        Key target = sameDb ? call.key(1) : call.key(call.allKeyCount() - 1);
        reply.integer(put(call, target, replace) ? 1 : 0);
    }

    private static void move(Call call, ReplyWriter reply) {
        if (databaseArg(call, 2) == call.session().db) {
            throw Errors.SAME_OBJECT;
        }
        boolean moved = put(call, call.key(call.allKeyCount() - 1), false);
        if (moved) {
            call.keyspace().delete(call.key());
        }
        reply.integer(moved ? 1 : 0);
    }

    /** Makes {@code target} hold what the call's first key holds, unless that is absent or the place is taken. */
    private static boolean put(Call call, Key target, boolean replace) {
        boolean taken = call.keyspace().peek(target) != null;
        Item source = call.keyspace().find(call.key());
        if (source == null || (taken && !replace)) {
            return false;
        }
        call.keyspace().putItem(target, source, source.expireAtMs());
        return true;
    }

    /** The last DB option counts. What is wrong with the options is the handler's to say. */
    private static void addCopyTarget(Call call) {
        for (int i = call.argCount() - 2; i >= 3; i--) {
            if (call.arg(i).equalsIgnoreCase("DB")) {
                addTarget(call, 2, i + 1);
                return;
            }
        }
    }

    /** Adds the key that argument {@code nameIndex} names in the database that argument {@code dbIndex} names, if there is such a one. */
    private static void addTarget(Call call, int nameIndex, int dbIndex) {
        if (Numbers.isLong(call.arg(dbIndex))) {
            long db = Numbers.toLong(call.arg(dbIndex));
            if (db >= 0 && db < call.keyspace().databases()) {
                call.addKey((int) db, call.arg(nameIndex));
            }
        }
    }

    private static int databaseArg(Call call, int index) {
        int db = call.intArg(index);
        if (db < 0 || db >= call.keyspace().databases()) {
            throw Errors.DB_INDEX_OUT_OF_RANGE;
        }
        return db;
    }
}
