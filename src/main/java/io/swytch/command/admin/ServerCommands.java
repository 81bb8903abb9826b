package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.ADMIN;
import static io.swytch.command.spec.Flag.ALLOW_BUSY;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.NO_ASYNC_LOADING;
import static io.swytch.command.spec.Flag.NO_MULTI;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.Background;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Options;
import io.swytch.resp.ReplyWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Commands on the server as a whole: time, saving, stopping. */
public final class ServerCommands {
    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("BGSAVE", atLeast(1), ADMIN, NOSCRIPT, NO_ASYNC_LOADING)
                    .syntax("[SCHEDULE@3.2.2]")
                    .docs("1.0.0", "O(1)", "Begins to drain everything to disk and to take a checkpoint.")
                    .history("3.2.2", "The option `SCHEDULE`.")
                    .runs(ServerCommands::bgsave),
            command("LASTSAVE", exactly(1), LOADING, STALE, FAST)
                    .categories("@admin", "@dangerous")
                    .tips("nondeterministic_output")
                    .docs("1.0.0", "O(1)", "Replies with the time of the last save that succeeded.")
                    .runs(ServerCommands::lastSave),
            command("LOLWUT", atLeast(1), READONLY, FAST)
                    .syntax("['VERSION'version:int]")
                    .docs("5.0.0", "", "Draws a picture, and tells the version.")
                    .runs(ServerCommands::lolwut),
            command("ROLE", exactly(1), NOSCRIPT, LOADING, STALE, FAST)
                    .categories("@admin", "@dangerous")
                    .docs("2.8.12", "O(1)", "Replies with the server's part in replication.")
                    .runs(ServerCommands::role),
            command("SAVE", exactly(1), ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI)
                    .docs(
                            "1.0.0",
                            "O(N) where N is the total number of keys in all databases",
                            "Drains everything to disk and takes a checkpoint, then replies.")
                    .background(Background.ALWAYS)
                    .runs(ServerCommands::save),
            command("SHUTDOWN", atLeast(1), ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, ALLOW_BUSY)
                    .syntax("[nosave_save(NOSAVE | SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]")
                    .docs(
                            "1.0.0",
                            "O(N) when saving, where N is the total number of keys in all databases when saving data,"
                                    + " otherwise O(1)",
                            "Stops the server in order.")
                    .history("7.0.0", "The options `NOW`, `FORCE` and `ABORT`.")
                    .runs(ServerCommands::shutdown),
            command("TIME", exactly(1), LOADING, STALE, FAST)
                    .tips("nondeterministic_output")
                    .docs("2.6.0", "O(1)", "Replies with the server's clock: seconds, and microseconds of the second.")
                    .runs(ServerCommands::time),
            DebugCommand.ROW);

    private ServerCommands() {}

    private static void bgsave(Call call, ReplyWriter reply) {
        boolean isScheduled = call.argCount() == 2 && call.arg(1).equalsIgnoreCase("SCHEDULE");
        if (call.argCount() > 1 && !isScheduled) {
            throw Errors.SYNTAX;
        }
        requireDisk(call);
        if (!call.server().admin().startSave()) {
            throw Errors.SAVE_RUNNING;
        }
        reply.simple("Background saving started");
    }

    private static void save(Call call, ReplyWriter reply) {
        requireDisk(call);
        try {
            if (!call.server().admin().save()) {
                throw Errors.SAVE_RUNNING;
            }
        } catch (IOException e) {
            throw Errors.diskRefused(e);
        }
        reply.ok();
    }

    /** OK from a server that keeps nothing would be a promise of a copy that is not there. */
    private static void requireDisk(Call call) {
        if (!call.server().admin().isTiered()) {
            throw Errors.NOT_PERSISTENT;
        }
    }

    private static void lastSave(Call call, ReplyWriter reply) {
        reply.integer(call.server().admin().saveStatus().lastSaveSec());
    }

    private static void lolwut(Call call, ReplyWriter reply) {
        if (call.argCount() > 2 && call.arg(1).equalsIgnoreCase("VERSION")) {
            call.longArg(2);
        }
        String picture = Picture.draw(call.nowMs(), call.server().identity().version());
        reply.verbatim("txt", picture.getBytes(StandardCharsets.UTF_8));
    }

    private static void role(Call call, ReplyWriter reply) {
        reply.array(3);
        reply.bulk("master");
        reply.integer(0);
        reply.array(0);
    }

    /** Has no reply: the connection ends. */
    private static void shutdown(Call call, ReplyWriter reply) {
        boolean skipsSave = false;
        boolean saves = false;
        boolean aborts = false;
        boolean hurries = false;
        Options options = call.options(1);
        while (options.hasNext()) {
            if (options.eat("NOSAVE")) {
                skipsSave = true;
            } else if (options.eat("SAVE")) {
                saves = true;
            } else if (options.eat("ABORT")) {
                aborts = true;
            } else if (options.eat("NOW") || options.eat("FORCE")) {
                hurries = true;
            } else {
                throw options.syntaxError();
            }
        }
        if ((skipsSave && saves) || (aborts && (skipsSave || saves || hurries))) {
            throw options.syntaxError();
        }
        if (aborts) {
            throw Errors.NO_SHUTDOWN;
        }
        // There are no replicas to wait for, so NOW and FORCE change nothing.
        call.server().shutdown(!skipsSave);
        call.session().transport().closeAfterReplies();
    }

    private static void time(Call call, ReplyWriter reply) {
        long micros = call.server().clock().micros();
        reply.array(2);
        reply.bulkLong(micros / 1_000_000);
        reply.bulkLong(micros % 1_000_000);
    }
}
