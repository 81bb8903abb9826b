package io.swytch.command.spec;

import io.swytch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Replies to the HELP subcommands, made from the rows. */
public final class Help {
    private static final String INDENT = "    ";

    private Help() {}

    /** The handler of every HELP subcommand: lists the subcommands of its container, their syntax and summary. */
    public static void reply(Call call, ReplyWriter reply) {
        CommandSpec container = call.spec().parent();
        if (container == null) {
            throw new IllegalStateException(call.spec() + " is no subcommand");
        }
        lines(head(container.name()), container.subcommands(), reply);
    }

    /** Replies with {@code lines} between the first line and what all have to say of HELP itself. */
    public static void reply(String commandName, List<String> lines, ReplyWriter reply) {
        List<String> all = new ArrayList<>();
        all.add(head(commandName));
        all.addAll(lines);
        all.add("HELP");
        all.add(INDENT + "Prints this help.");
        write(all, reply);
    }

    private static String head(String commandName) {
        return commandName.toUpperCase(Locale.ROOT) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
    }

    private static void lines(String head, List<CommandSpec> subcommands, ReplyWriter reply) {
        List<String> lines = new ArrayList<>();
        lines.add(head);
        for (CommandSpec sub : subcommands) {
            lines.add((sub.name() + " " + Syntax.readable(sub.syntax())).strip());
            lines.add(INDENT + sub.summary());
        }
        write(lines, reply);
    }

    private static void write(List<String> lines, ReplyWriter reply) {
        reply.array(lines.size());
        for (String line : lines) {
            reply.simple(line);
        }
    }
}
