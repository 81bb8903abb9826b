package io.swytch.command.key;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.WRITE;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandError;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.Background;
import io.swytch.command.spec.CommandSpec.LockScope;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.resp.ReplyWriter;

/** Commands on whole databases that Redis files under the server: their size, emptying them, swapping two. */
public final class DatabaseCommands {
    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("DBSIZE", exactly(1), READONLY, FAST)
                    .categories("@keyspace")
                    .tips("request_policy:all_shards", "response_policy:agg_sum")
                    .docs("1.0.0", "O(1)", "Replies how many keys the database has.")
                    .background(Background.WHEN_TIERED)
                    .runs(DatabaseCommands::dbsize),
            command("FLUSHALL", atLeast(1), WRITE)
                    .categories("@dangerous", "@keyspace")
                    .tips("request_policy:all_shards", "response_policy:all_succeeded")
                    .syntax("[async(ASYNC@4.0.0 | SYNC@6.2.0)]")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the total number of keys in all databases",
                            "Empties all databases.")
                    .history("4.0.0", "Takes ASYNC.")
                    .history("6.2.0", "Takes SYNC.")
                    .locks(LockScope.ALL)
                    .backgroundWhen(DatabaseCommands::isSync)
                    .awaits(call -> call.keyspace().awaitFlushed())
                    .runs(DatabaseCommands::flushall),
            command("FLUSHDB", atLeast(1), WRITE)
                    .categories("@dangerous", "@keyspace")
                    .tips("request_policy:all_shards", "response_policy:all_succeeded")
                    .syntax("[async(ASYNC@4.0.0 | SYNC@6.2.0)]")
                    .docs(
                            "1.0.0",
                            "O(N) where N is the number of keys in the selected database",
                            "Empties the database.")
                    .history("4.0.0", "Takes ASYNC.")
                    .history("6.2.0", "Takes SYNC.")
                    .locks(LockScope.ALL)
                    .backgroundWhen(DatabaseCommands::isSync)
                    .awaits(call -> call.keyspace().awaitFlushed())
                    .runs(DatabaseCommands::flushdb),
            command("SWAPDB", exactly(3), WRITE, FAST)
                    .categories("@dangerous", "@keyspace")
                    .syntax("index1:int index2:int")
                    .docs(
                            "4.0.0",
                            "O(N) where N is the count of clients watching or blocking on keys from both databases.",
                            "Swaps what two databases hold.")
                    .locks(LockScope.ALL)
                    .runs(DatabaseCommands::swapdb));

    private DatabaseCommands() {}

    private static void dbsize(Call call, ReplyWriter reply) {
        reply.integer(call.keyspace().size(call.session().db));
    }

    private static void flushall(Call call, ReplyWriter reply) {
        requireFlushMode(call);
        for (int db = 0; db < call.keyspace().databases(); db++) {
            call.keyspace().flush(db);
        }
        reply.ok();
    }

    private static void flushdb(Call call, ReplyWriter reply) {
        requireFlushMode(call);
        call.keyspace().flush(call.session().db);
        reply.ok();
    }

    /** Whether the client asked to wait until the memory is given back; without a mode it is shown an empty database at once. */
    private static boolean isSync(Call call) {
        return call.argCount() == 2 && call.arg(1).equalsIgnoreCase("SYNC");
    }

    private static void requireFlushMode(Call call) {
        boolean known = call.argCount() == 1
                || (call.argCount() == 2 && (isSync(call) || call.arg(1).equalsIgnoreCase("ASYNC")));
        if (!known) {
            throw Errors.SYNTAX;
        }
    }

    private static void swapdb(Call call, ReplyWriter reply) {
        int db1 = databaseArg(call, 1, Errors.INVALID_FIRST_DB);
        int db2 = databaseArg(call, 2, Errors.INVALID_SECOND_DB);
        int databases = call.keyspace().databases();
        if (db1 < 0 || db1 >= databases || db2 < 0 || db2 >= databases) {
            throw Errors.DB_INDEX_OUT_OF_RANGE;
        }
        if (db1 != db2) {
            call.keyspace().swap(db1, db2);
        }
        reply.ok();
    }

    private static int databaseArg(Call call, int index, CommandError error) {
        try {
            return call.intArg(index);
        } catch (CommandError notAnInt) {
            throw error;
        }
    }
}
