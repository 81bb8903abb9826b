package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.ADMIN;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Numbers;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Help;
import io.swytch.resp.ReplyWriter;
import io.swytch.stats.Slowlog;
import java.util.List;

/** SLOWLOG: the last commands that took long. */
public final class SlowlogCommands {
    private static final int COUNT_DEFAULT = 10;

    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("SLOWLOG", atLeast(2))
                    .docs("2.2.12", "Depends on subcommand.", "Commands about the log of slow commands.")
                    .sub(subcommand("GET", atLeast(2), ADMIN, LOADING, STALE)
                            .tips("request_policy:all_nodes", "nondeterministic_output")
                            .syntax("[count:int]")
                            .docs(
                                    "2.2.12",
                                    "O(N) where N is the number of entries returned",
                                    "Replies with the newest entries; 10, or so many, or all for -1.")
                            .history("4.0.0", "Tells the client's address and name.")
                            .runs(SlowlogCommands::get))
                    .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                            .docs("6.2.0", "O(1)", "Lists the subcommands.")
                            .runs(Help::reply))
                    .sub(subcommand("LEN", exactly(2), ADMIN, LOADING, STALE)
                            .tips("request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output")
                            .docs("2.2.12", "O(1)", "Replies with the number of entries.")
                            .runs(SlowlogCommands::len))
                    .sub(subcommand("RESET", exactly(2), ADMIN, LOADING, STALE)
                            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
                            .docs("2.2.12", "O(N) where N is the number of entries in the slowlog", "Empties the log.")
                            .runs(SlowlogCommands::reset)));

    private SlowlogCommands() {}

    private static void get(Call call, ReplyWriter reply) {
        if (call.argCount() > 3) {
            throw Errors.subcommandSyntax(call);
        }
        long count = COUNT_DEFAULT;
        if (call.argCount() == 3) {
            if (!Numbers.isLong(call.arg(2)) || Numbers.toLong(call.arg(2)) < -1) {
                throw Errors.SLOWLOG_COUNT;
            }
            count = Numbers.toLong(call.arg(2));
        }
        List<Slowlog.Entry> entries = call.server().stats().slowlog().newest(count == -1 ? Long.MAX_VALUE : count);
        reply.array(entries.size());
        for (Slowlog.Entry entry : entries) {
            reply.array(6);
            reply.integer(entry.id());
            reply.integer(entry.timeSec());
            reply.integer(entry.micros());
            reply.array(entry.args().size());
            for (Bytes arg : entry.args()) {
                reply.bulk(arg);
            }
            reply.bulk(entry.address());
            reply.bulk(entry.clientName());
        }
    }

    private static void len(Call call, ReplyWriter reply) {
        reply.integer(call.server().stats().slowlog().size());
    }

    private static void reset(Call call, ReplyWriter reply) {
        call.server().stats().slowlog().clear();
        reply.ok();
    }
}
