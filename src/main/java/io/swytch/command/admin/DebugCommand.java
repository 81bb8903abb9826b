package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.ADMIN;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.bytes.Doubles;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandSpec.LockScope;
import io.swytch.command.spec.CommandSpec.Row;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Help;
import io.swytch.keyspace.Encodings;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** DEBUG, as far as tests of clients use it. To Redis its subcommands are mere arguments. */
final class DebugCommand {
    static final Row ROW = command("DEBUG", atLeast(2), ADMIN, NOSCRIPT, LOADING, STALE)
            .docs("1.0.0", "Depends on subcommand.", "Commands for tests of clients.")
            .docFlags("syscmd")
            .locks(LockScope.KEYS)
            .moreKeys(DebugCommand::addKey)
            .backgroundWhen(call -> is(call, "SLEEP") || is(call, "RELOAD"))
            .runs(DebugCommand::debug);

    /** A sleeping connection keeps a background thread; nobody needs longer. */
    private static final double SLEEP_SECONDS_MAX = 600;

    /** Redis keeps 24 bits of the time of use. */
    private static final long LRU_MASK = (1 << 24) - 1;

    private static final List<String> HELP = List.of(
            "OBJECT <key>",
            "    Shows how a key's value is kept.",
            "RELOAD [NOSAVE | NOFLUSH | MERGE ...]",
            "    Closes the store and opens it again; the options change nothing.",
            "SET-ACTIVE-EXPIRE (0|1)",
            "    Turns the search for expired keys off or on.",
            "SLEEP <seconds>",
            "    Waits, which holds up this connection only.");

    private DebugCommand() {}

    private static boolean is(Call call, String subcommand) {
        return call.argCount() > 1 && call.arg(1).equalsIgnoreCase(subcommand);
    }

    private static void addKey(Call call) {
        if (is(call, "OBJECT") && call.argCount() == 3) {
            call.addKey(call.session().db, call.arg(2));
        }
    }

    private static void debug(Call call, ReplyWriter reply) {
        requireAllowed(call);
        int args = call.argCount();
        if (is(call, "HELP") && args == 2) {
            Help.reply("DEBUG", HELP, reply);
        } else if (is(call, "OBJECT") && args == 3) {
            object(call, reply);
        } else if (is(call, "RELOAD")) {
            reload(call, reply);
        } else if (is(call, "SET-ACTIVE-EXPIRE") && args == 3) {
            call.server().admin().setActiveExpire(!call.arg(2).toString().equals("0"));
            reply.ok();
        } else if (is(call, "SLEEP") && args == 3) {
            sleep(call, reply);
        } else {
            throw Errors.subcommandSyntax(call);
        }
    }

    private static void requireAllowed(Call call) {
        String allowed = call.server().settings().get("enable-debug-command");
        String address = call.session().transport().remoteAddress();
        boolean isLocal = address.startsWith("127.") || address.startsWith("[::1]") || address.startsWith("/");
        if (allowed.equals("no") || (allowed.equals("local") && !isLocal)) {
            throw Errors.DEBUG_NOT_ALLOWED;
        }
    }

    private static void object(Call call, ReplyWriter reply) {
        Item item = call.keyspace().peek(call.key());
        if (item == null) {
            throw Errors.NO_SUCH_KEY;
        }
        // There is no address to tell: a zero, so that what parses the line still can.
        long idle = call.keyspace().idleSeconds(call.key());
        reply.simple(
                "Value at:0x0 refcount:1 encoding:" + Encodings.nameOf(item) + " serializedlength:" + item.valueLength()
                        + " lru:" + ((call.nowMs() / 1000 - idle) & LRU_MASK) + " lru_seconds_idle:" + idle);
    }

    private static void reload(Call call, ReplyWriter reply) {
        for (int i = 2; i < call.argCount(); i++) {
            Slice option = call.arg(i);
            if (!option.equalsIgnoreCase("MERGE")
                    && !option.equalsIgnoreCase("NOFLUSH")
                    && !option.equalsIgnoreCase("NOSAVE")) {
                throw Errors.RELOAD_OPTIONS;
            }
        }
        if (call.session().inMulti()) {
            // A transaction holds stripes, for which a drain may be waiting that reloading waits for.
            throw Errors.NOT_IN_TRANSACTION;
        }
        try {
            call.server().admin().reload();
        } catch (IOException e) {
            throw Errors.diskRefused(e);
        }
        reply.ok();
    }

    private static void sleep(Call call, ReplyWriter reply) {
        double parsed = Doubles.parse(call.arg(2));
        // As in Redis, what is no number is no time.
        double seconds = Double.isNaN(parsed) ? 0 : parsed;
        try {
            TimeUnit.NANOSECONDS.sleep((long) (Math.min(SLEEP_SECONDS_MAX, seconds) * 1e9));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        reply.ok();
    }
}
