package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.bytes.Glob;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Catalogue;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Help;
import io.swytch.command.spec.KeyFlag;
import io.swytch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** COMMAND: what the server tells of its commands, all of it out of their rows. */
public final class CommandCommands {
    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("COMMAND", atLeast(1), LOADING, STALE)
                    .categories("@connection")
                    .tips("nondeterministic_output_order")
                    .docs(
                            "2.8.13",
                            "O(N) where N is the total number of Redis commands",
                            "Replies with the description of every command.")
                    .sub(subcommand("COUNT", exactly(2), LOADING, STALE)
                            .categories("@connection")
                            .docs("2.8.13", "O(1)", "Replies with the number of commands.")
                            .runs(CommandCommands::count))
                    .sub(subcommand("DOCS", atLeast(2), LOADING, STALE)
                            .categories("@connection")
                            .tips("nondeterministic_output_order")
                            .syntax("[command-name...]")
                            .docs(
                                    "7.0.0",
                                    "O(N) where N is the number of commands to look up",
                                    "Replies with the documentation of commands, or of all.")
                            .runs(CommandCommands::docs))
                    .sub(subcommand("GETKEYS", atLeast(4), LOADING, STALE)
                            .categories("@connection")
                            .docs(
                                    "2.8.13",
                                    "O(N) where N is the number of arguments to the command",
                                    "Replies with the keys of a full command.")
                            .runs(CommandCommands::getKeys))
                    .sub(subcommand("GETKEYSANDFLAGS", atLeast(4), LOADING, STALE)
                            .categories("@connection")
                            .docs(
                                    "7.0.0",
                                    "O(N) where N is the number of arguments to the command",
                                    "Replies with the keys of a full command and what it does with each.")
                            .runs(CommandCommands::getKeysAndFlags))
                    .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                            .categories("@connection")
                            .docs("5.0.0", "O(1)", "Lists the subcommands.")
                            .runs(Help::reply))
                    .sub(subcommand("INFO", atLeast(2), LOADING, STALE)
                            .categories("@connection")
                            .tips("nondeterministic_output_order")
                            .syntax("[command-name...]")
                            .docs(
                                    "2.8.13",
                                    "O(N) where N is the number of commands to look up",
                                    "Replies with the description of commands, or of all.")
                            .history("7.0.0", "Without arguments it describes all commands.")
                            .runs(CommandCommands::info))
                    .sub(subcommand("LIST", atLeast(2), LOADING, STALE)
                            .categories("@connection")
                            .tips("nondeterministic_output_order")
                            .syntax("['FILTERBY'filterby('MODULE'module-name | 'ACLCAT'category"
                                    + " | 'PATTERN'pattern:pattern)]")
                            .docs(
                                    "7.0.0",
                                    "O(N) where N is the total number of Redis commands",
                                    "Replies with the names of commands.")
                            .runs(CommandCommands::list))
                    // COMMAND alone.
                    .runs(CommandCommands::all));

    private CommandCommands() {}

    private static void all(Call call, ReplyWriter reply) {
        Collection<CommandSpec> commands = call.server().catalogue().commands();
        reply.array(commands.size());
        commands.forEach(spec -> CommandReplies.info(spec, reply));
    }

    private static void count(Call call, ReplyWriter reply) {
        reply.integer(call.server().catalogue().commands().size());
    }

    private static void info(Call call, ReplyWriter reply) {
        if (call.argCount() == 2) {
            all(call, reply);
            return;
        }
        reply.array(call.argCount() - 2L);
        for (int i = 2; i < call.argCount(); i++) {
            CommandSpec spec = byFullName(call.server().catalogue(), call.arg(i));
            if (spec == null) {
                reply.nullBulk();
            } else {
                CommandReplies.info(spec, reply);
            }
        }
    }

    private static void docs(Call call, ReplyWriter reply) {
        Collection<CommandSpec> wanted = call.server().catalogue().commands();
        if (call.argCount() > 2) {
            wanted = new ArrayList<>();
            for (int i = 2; i < call.argCount(); i++) {
                CommandSpec spec = byFullName(call.server().catalogue(), call.arg(i));
                if (spec != null) {
                    wanted.add(spec);
                }
            }
        }
        reply.map(wanted.size());
        for (CommandSpec spec : wanted) {
            reply.bulk(spec.fullName());
            CommandReplies.docs(spec, reply);
        }
    }

    /** The command or subcommand of a name like {@code get} or {@code client|list}, or null. */
    private static @Nullable CommandSpec byFullName(Catalogue catalogue, Slice fullName) {
        String name = fullName.toString();
        int bar = name.indexOf('|');
        if (bar < 0) {
            return catalogue.find(fullName);
        }
        CommandSpec container = catalogue.find(name.substring(0, bar));
        return container == null ? null : catalogue.subcommand(container, Slice.copyOf(name.substring(bar + 1)));
    }

    private static void list(Call call, ReplyWriter reply) {
        Predicate<CommandSpec> filter = spec -> true;
        if (call.argCount() > 2) {
            if (call.argCount() != 5 || !call.arg(2).equalsIgnoreCase("FILTERBY")) {
                throw Errors.SYNTAX;
            }
            Slice value = call.arg(4);
            if (call.arg(3).equalsIgnoreCase("MODULE")) {
                // There are no modules, so none has commands.
                filter = spec -> false;
            } else if (call.arg(3).equalsIgnoreCase("ACLCAT")) {
                String category = "@" + value;
                filter = spec -> spec.categories().stream().anyMatch(category::equalsIgnoreCase);
            } else if (call.arg(3).equalsIgnoreCase("PATTERN")) {
                filter = spec -> Glob.matchesIgnoreCase(value, Slice.copyOf(spec.fullName()));
            } else {
                throw Errors.SYNTAX;
            }
        }
        List<String> names = call.server().catalogue().all().stream()
                .filter(filter)
                .map(CommandSpec::fullName)
                .toList();
        reply.array(names.size());
        names.forEach(reply::bulk);
    }

    private static void getKeys(Call call, ReplyWriter reply) {
        List<KeyArgument> keys = keysOf(call);
        reply.array(keys.size());
        for (KeyArgument key : keys) {
            reply.bulk(key.key());
        }
    }

    private static void getKeysAndFlags(Call call, ReplyWriter reply) {
        List<KeyArgument> keys = keysOf(call);
        reply.array(keys.size());
        for (KeyArgument key : keys) {
            reply.array(2);
            reply.bulk(key.key());
            CommandReplies.keyFlags(key.flags(), reply);
        }
    }

    private record KeyArgument(Slice key, Collection<KeyFlag> flags) {}

    /** The keys among the arguments from 2 on, which are a command of their own. */
    private static List<KeyArgument> keysOf(Call call) {
        Catalogue catalogue = call.server().catalogue();
        List<Slice> args = new ArrayList<>();
        for (int i = 2; i < call.argCount(); i++) {
            args.add(call.arg(i));
        }
        CommandSpec spec = catalogue.find(args.get(0));
        if (spec != null && !spec.subcommands().isEmpty()) {
            spec = args.size() < 2 ? null : catalogue.subcommand(spec, args.get(1));
        }
        if (spec == null) {
            throw Errors.INVALID_COMMAND;
        }
        if (spec.keySpecs().isEmpty()) {
            throw Errors.NO_KEY_ARGUMENTS;
        }
        if (!spec.arity().admits(args.size())) {
            throw Errors.INVALID_ARG_COUNT;
        }
        List<KeyArgument> keys = new ArrayList<>();
        for (var keySpec : spec.keySpecs()) {
            Collection<KeyFlag> flags = spec.keyFlags(keySpec, args);
            for (int at : keySpec.positions(args)) {
                keys.add(new KeyArgument(args.get(at), flags));
            }
        }
        return keys;
    }
}
