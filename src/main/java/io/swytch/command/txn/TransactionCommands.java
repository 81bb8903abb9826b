package io.swytch.command.txn;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.ALLOW_BUSY;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.SKIP_SLOWLOG;
import static io.swytch.command.spec.Flag.STALE;
import static io.swytch.command.spec.KeyFlag.RO;

import io.swytch.bytes.Bytes;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.LockScope;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Session;
import io.swytch.keyspace.WatchToken;
import io.swytch.resp.ReplyWriter;

/** Transactions. What MULTI queues and refuses to queue is the dispatcher's. */
public final class TransactionCommands {
    public static final CommandFamily FAMILY = family(
            Group.TRANSACTIONS,
            command("DISCARD", exactly(1), NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
                    .docs("2.0.0", "O(N), when N is the number of queued commands", "Forgets the queued commands.")
                    .immediateInMulti()
                    .runs(TransactionCommands::discard),
            command("EXEC", exactly(1), NOSCRIPT, LOADING, STALE, SKIP_SLOWLOG)
                    .docs("1.2.0", "Depends on commands in the transaction", "Runs the queued commands as one.")
                    .locks(LockScope.QUEUED)
                    .immediateInMulti()
                    .runs(TransactionCommands::exec),
            command("MULTI", exactly(1), NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
                    .docs("1.2.0", "O(1)", "Begins to queue commands for EXEC.")
                    .immediateInMulti()
                    .runs(TransactionCommands::multi),
            command("UNWATCH", exactly(1), NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
                    .docs("2.2.0", "O(1)", "Lets go of all watched keys.")
                    .runs(TransactionCommands::unwatch),
            command("WATCH", atLeast(2), NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
                    .keys(1, -1, 1, RO)
                    .syntax("key:key...")
                    .docs(
                            "2.2.0",
                            "O(1) for every key.",
                            "Makes the next EXEC fail if one of the keys changes before it.")
                    .immediateInMulti()
                    .runs(TransactionCommands::watch));

    private TransactionCommands() {}

    private static void discard(Call call, ReplyWriter reply) {
        if (!call.session().inMulti()) {
            throw Errors.DISCARD_WITHOUT_MULTI;
        }
        call.session().endMulti();
        letGo(call);
        reply.ok();
    }

    private static void exec(Call call, ReplyWriter reply) {
        Session session = call.session();
        if (!session.inMulti()) {
            throw Errors.EXEC_WITHOUT_MULTI;
        }
        // A command that could not be queued weighs more than a watched key that was touched.
        if (session.queueFailed()) {
            session.endMulti();
            letGo(call);
            throw Errors.EXEC_ABORT;
        }
        call.server().runQueued(call, reply);
    }

    private static void multi(Call call, ReplyWriter reply) {
        if (call.session().inMulti()) {
            throw Errors.MULTI_NESTED;
        }
        call.session().beginMulti();
        reply.ok();
    }

    /** Within a transaction this is queued like others, and then has no effect: EXEC has let go of all watches by then. */
    private static void unwatch(Call call, ReplyWriter reply) {
        letGo(call);
        reply.ok();
    }

    private static void watch(Call call, ReplyWriter reply) {
        Session session = call.session();
        if (session.inMulti()) {
            throw Errors.WATCH_IN_MULTI;
        }
        for (int i = 0; i < call.keyCount(); i++) {
            Bytes key = call.key(i).bytes().toBytes();
            // The first watch of a key sees more than a later one would.
            if (!session.isWatching(session.db, key)) {
                if (!session.mayWatch(key.length())) {
                    throw Errors.CLIENT_HEAP;
                }
                session.addWatch(session.db, key, call.keyspace().watch(call.key(i)));
            }
        }
        reply.ok();
    }

    /** Holds no stripe: letting go of a watch takes the lock it needs. */
    private static void letGo(Call call) {
        for (WatchToken token : call.session().watches()) {
            call.keyspace().unwatch(token);
        }
        call.session().clearWatches();
    }
}
