package io.swytch.command.key;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.STALE;
import static io.swytch.command.spec.KeyFlag.RO;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Help;
import io.swytch.keyspace.Encodings;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import java.util.List;

/** OBJECT: what the server knows of a key beside its value. */
public final class ObjectCommands {
    public static final CommandFamily FAMILY = family(
            Group.GENERIC,
            command("OBJECT", atLeast(2))
                    .withoutCategories("@keyspace")
                    .docs("2.2.3", "Depends on subcommand.", "Commands that look at how a key is kept.")
                    .sub(subcommand("ENCODING", exactly(3), READONLY)
                            .key(2, RO)
                            .tips("nondeterministic_output")
                            .syntax("key:key")
                            .docs("2.2.3", "O(1)", "Replies how the value of a key is encoded.")
                            .runs(ObjectCommands::encoding))
                    .sub(subcommand("FREQ", exactly(3), READONLY)
                            .key(2, RO)
                            .tips("nondeterministic_output")
                            .syntax("key:key")
                            .docs("4.0.0", "O(1)", "Replies the logarithm of how often a key was used.")
                            .runs(ObjectCommands::freq))
                    .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                            .docs("6.2.0", "O(1)", "Replies with the subcommands.")
                            .runs(ObjectCommands::help))
                    .sub(subcommand("IDLETIME", exactly(3), READONLY)
                            .key(2, RO)
                            .tips("nondeterministic_output")
                            .syntax("key:key")
                            .docs("2.2.3", "O(1)", "Replies about how many seconds ago a key was written.")
                            .runs(ObjectCommands::idletime))
                    .sub(subcommand("REFCOUNT", exactly(3), READONLY)
                            .key(2, RO)
                            .tips("nondeterministic_output")
                            .syntax("key:key")
                            .docs("2.2.3", "O(1)", "Replies how many keys share the value of a key.")
                            .runs(ObjectCommands::refcount)));

    /** As Redis has it, which the transcripts compare. */
    private static final List<String> HELP = List.of(
            "ENCODING <key>",
            "    Return the kind of internal representation used in order to store the value",
            "    associated with a <key>.",
            "FREQ <key>",
            "    Return the access frequency index of the <key>. The returned integer is",
            "    proportional to the logarithm of the recent access frequency of the key.",
            "IDLETIME <key>",
            "    Return the idle time of the <key>, that is the approximated number of",
            "    seconds elapsed since the last access to the key.",
            "REFCOUNT <key>",
            "    Return the number of references of the value associated with the specified",
            "    <key>.");

    private ObjectCommands() {}

    private static void encoding(Call call, ReplyWriter reply) {
        Item item = call.keyspace().peek(call.key());
        if (item == null) {
            reply.nullBulk();
        } else {
            reply.bulk(Encodings.nameOf(item));
        }
    }

    private static void freq(Call call, ReplyWriter reply) {
        if (call.keyspace().peek(call.key()) == null) {
            reply.nullBulk();
            return;
        }
        if (!isFrequencyShown(call)) {
            throw Errors.FREQUENCY_NOT_TRACKED;
        }
        reply.integer(call.keyspace().frequency(call.key()));
    }

    private static void help(Call call, ReplyWriter reply) {
        Help.reply("OBJECT", HELP, reply);
    }

    /** Eviction goes by frequency under every policy; the one that is set says which of the two figures a client may ask for. */
    private static boolean isFrequencyShown(Call call) {
        return call.server().settings().get("maxmemory-policy").endsWith("lfu");
    }

    private static void idletime(Call call, ReplyWriter reply) {
        if (call.keyspace().peek(call.key()) == null) {
            reply.nullBulk();
            return;
        }
        if (isFrequencyShown(call)) {
            throw Errors.IDLE_TIME_NOT_TRACKED;
        }
        reply.integer(call.keyspace().idleSeconds(call.key()));
    }

    private static void refcount(Call call, ReplyWriter reply) {
        if (call.keyspace().peek(call.key()) == null) {
            reply.nullBulk();
        } else {
            reply.integer(1);
        }
    }
}
