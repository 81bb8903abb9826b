package io.swytch.command.admin;

import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Flag;
import io.swytch.command.spec.KeyFlag;
import io.swytch.command.spec.KeySpec;
import io.swytch.command.spec.Syntax;
import io.swytch.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** One command as COMMAND INFO and COMMAND DOCS reply it. Stateless. */
final class CommandReplies {
    private CommandReplies() {}

    /** The ten elements of COMMAND INFO. */
    static void info(CommandSpec spec, ReplyWriter reply) {
        reply.array(10);
        reply.bulk(spec.fullName());
        reply.integer(spec.arity().redis());
        List<String> flags = new ArrayList<>();
        spec.flags().forEach(flag -> flags.add(flag.wireName()));
        // Derived, so rows do not say it: the keys cannot be found by their places alone.
        if (spec.keySpecs().stream().anyMatch(k -> k.kind() == KeySpec.Kind.COUNTED)
                && !flags.contains(Flag.MOVABLEKEYS.wireName())) {
            flags.add(Flag.MOVABLEKEYS.wireName());
        }
        simples(flags, reply);
        range(spec, reply);
        simples(spec.categories(), reply);
        reply.set(spec.tips().size());
        spec.tips().forEach(reply::bulk);
        reply.set(spec.keySpecs().size());
        spec.keySpecs().forEach(keySpec -> keySpec(keySpec, reply));
        reply.set(spec.subcommands().size());
        spec.subcommands().forEach(sub -> info(sub, reply));
    }

    private static void simples(Collection<String> names, ReplyWriter reply) {
        reply.set(names.size());
        names.forEach(reply::simple);
    }

    /** First key, last key and step, as Redis had them before it had key specs: as far as one range holds all keys. */
    private static void range(CommandSpec spec, ReplyWriter reply) {
        int first = 0;
        int last = 0;
        int step = 0;
        for (KeySpec keySpec : spec.keySpecs()) {
            if (keySpec.kind() != KeySpec.Kind.RANGE) {
                continue;
            }
            // Of several specs, those that follow each other without a gap make one range.
            if (first != 0 && (keySpec.step() != 1 || step != 1 || last != keySpec.begin() - 1)) {
                break;
            }
            first = first == 0 ? keySpec.begin() : first;
            last = keySpec.last() >= 0 ? keySpec.begin() + keySpec.last() : keySpec.last();
            step = keySpec.step();
        }
        reply.integer(first);
        reply.integer(last);
        reply.integer(step);
    }

    static void keyFlags(Collection<KeyFlag> flags, ReplyWriter reply) {
        reply.set(flags.size());
        for (KeyFlag flag : new TreeSet<>(flags)) {
            reply.simple(flag.wireName());
        }
    }

    private static void keySpec(KeySpec keySpec, ReplyWriter reply) {
        reply.map(3);
        reply.bulk("flags");
        keyFlags(keySpec.flags(), reply);
        reply.bulk("begin_search");
        typed("index", 1, reply);
        number("index", keySpec.begin(), reply);
        reply.bulk("find_keys");
        if (keySpec.kind() == KeySpec.Kind.COUNTED) {
            typed("keynum", 3, reply);
            number("keynumidx", keySpec.countIndex(), reply);
            number("firstkey", keySpec.firstIndex(), reply);
            number("keystep", keySpec.step(), reply);
        } else {
            typed("range", 3, reply);
            number("lastkey", keySpec.last(), reply);
            number("keystep", keySpec.step(), reply);
            number("limit", keySpec.limit(), reply);
        }
    }

    private static void typed(String type, int count, ReplyWriter reply) {
        reply.map(2);
        reply.bulk("type");
        reply.bulk(type);
        reply.bulk("spec");
        reply.map(count);
    }

    private static void number(String name, long value, ReplyWriter reply) {
        reply.bulk(name);
        reply.integer(value);
    }

    private static void text(String name, String value, ReplyWriter reply) {
        reply.bulk(name);
        reply.bulk(value);
    }

    /** The map of COMMAND DOCS. */
    static void docs(CommandSpec spec, ReplyWriter reply) {
        Collection<String> docFlags = new TreeSet<>(spec.docFlags());
        String deprecatedSince = spec.deprecatedSince();
        if (deprecatedSince != null) {
            docFlags.add("deprecated");
        }
        String replacedBy = spec.replacedBy();
        List<Syntax.Argument> arguments = Syntax.parse(spec.syntax());
        reply.map(3
                + count(!spec.complexity().isEmpty())
                + count(!spec.history().isEmpty())
                + count(!docFlags.isEmpty())
                + count(deprecatedSince != null)
                + count(replacedBy != null)
                + count(!arguments.isEmpty())
                + count(!spec.subcommands().isEmpty()));
        text("summary", spec.summary(), reply);
        text("since", spec.since(), reply);
        text("group", spec.group().wireName(), reply);
        if (!spec.complexity().isEmpty()) {
            text("complexity", spec.complexity(), reply);
        }
        if (!spec.history().isEmpty()) {
            reply.bulk("history");
            reply.set(spec.history().size());
            for (CommandSpec.Change change : spec.history()) {
                reply.array(2);
                reply.bulk(change.since());
                reply.bulk(change.what());
            }
        }
        if (!docFlags.isEmpty()) {
            reply.bulk("doc_flags");
            simples(docFlags, reply);
        }
        if (deprecatedSince != null) {
            text("deprecated_since", deprecatedSince, reply);
        }
        if (replacedBy != null) {
            text("replaced_by", replacedBy, reply);
        }
        if (!arguments.isEmpty()) {
            reply.bulk("arguments");
            arguments(arguments, reply);
        }
        if (!spec.subcommands().isEmpty()) {
            reply.bulk("subcommands");
            reply.map(spec.subcommands().size());
            for (CommandSpec sub : spec.subcommands()) {
                reply.bulk(sub.fullName());
                docs(sub, reply);
            }
        }
    }

    private static int count(boolean isThere) {
        return isThere ? 1 : 0;
    }

    private static void arguments(List<Syntax.Argument> arguments, ReplyWriter reply) {
        reply.array(arguments.size());
        for (Syntax.Argument argument : arguments) {
            argument(argument, reply);
        }
    }

    private static void argument(Syntax.Argument argument, ReplyWriter reply) {
        List<String> flags = new ArrayList<>();
        if (argument.isOptional()) {
            flags.add("optional");
        }
        if (argument.isMultiple()) {
            flags.add("multiple");
        }
        if (argument.isMultipleToken()) {
            flags.add("multiple_token");
        }
        String displayText = argument.displayText();
        String token = argument.token();
        String since = argument.since();
        String deprecatedSince = argument.deprecatedSince();
        reply.map(2
                + count(displayText != null)
                + count(argument.keySpec() >= 0)
                + count(token != null)
                + count(since != null)
                + count(deprecatedSince != null)
                + count(!flags.isEmpty())
                + count(!argument.arguments().isEmpty()));
        text("name", argument.name(), reply);
        text("type", argument.type().wireName(), reply);
        if (displayText != null) {
            text("display_text", displayText, reply);
        }
        if (argument.keySpec() >= 0) {
            number("key_spec_index", argument.keySpec(), reply);
        }
        if (token != null) {
            text("token", token, reply);
        }
        if (since != null) {
            text("since", since, reply);
        }
        if (deprecatedSince != null) {
            text("deprecated_since", deprecatedSince, reply);
        }
        if (!flags.isEmpty()) {
            reply.bulk("flags");
            simples(flags, reply);
        }
        if (!argument.arguments().isEmpty()) {
            reply.bulk("arguments");
            arguments(argument.arguments(), reply);
        }
    }
}
