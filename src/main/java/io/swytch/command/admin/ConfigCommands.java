package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.ADMIN;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.bytes.Glob;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.Background;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Help;
import io.swytch.config.SettingException;
import io.swytch.config.Settings;
import io.swytch.resp.ReplyWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** CONFIG: reading and changing settings of the running server. */
public final class ConfigCommands {
    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("CONFIG", atLeast(2))
                    .docs("2.0.0", "Depends on subcommand.", "Commands about settings.")
                    .sub(subcommand("GET", atLeast(3), ADMIN, NOSCRIPT, LOADING, STALE)
                            .syntax("parameter{parameter}...")
                            .docs(
                                    "2.0.0",
                                    "O(N) when N is the number of configuration parameters provided",
                                    "Replies with the settings whose names match.")
                            .history("7.0.0", "Takes several patterns.")
                            .runs(ConfigCommands::get))
                    .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                            .docs("5.0.0", "O(1)", "Lists the subcommands.")
                            .runs(Help::reply))
                    .sub(subcommand("RESETSTAT", exactly(2), ADMIN, NOSCRIPT, LOADING, STALE)
                            .docs("2.0.0", "O(1)", "Lets the counters of INFO begin anew.")
                            .runs(ConfigCommands::resetStat))
                    .sub(subcommand("REWRITE", exactly(2), ADMIN, NOSCRIPT, LOADING, STALE)
                            .docs("2.8.0", "O(1)", "Writes the settings as they are into the configuration file.")
                            .background(Background.ALWAYS)
                            .runs(ConfigCommands::rewrite))
                    .sub(subcommand("SET", atLeast(4), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
                            .syntax("parameter_value{parameter value}...")
                            .docs(
                                    "2.0.0",
                                    "O(N) when N is the number of configuration parameters provided",
                                    "Changes settings, all of them or none.")
                            .history("7.0.0", "Takes several settings.")
                            .runs(ConfigCommands::set)));

    private ConfigCommands() {}

    private static void get(Call call, ReplyWriter reply) {
        Settings settings = call.server().settings();
        List<String> names = settings.names();
        // By the name in lower case: a setting that is asked for by its name is shown under the name as it was spelt.
        Map<String, String> found = new TreeMap<>();
        for (int i = 2; i < call.argCount(); i++) {
            String pattern = call.arg(i).toString();
            boolean isName = names.contains(pattern.toLowerCase(Locale.ROOT));
            for (String name : isName ? List.of(pattern) : names) {
                if (isName || Glob.matchesIgnoreCase(call.arg(i), Slice.copyOf(name))) {
                    found.putIfAbsent(name.toLowerCase(Locale.ROOT), name);
                }
            }
        }
        reply.map(found.size());
        for (String name : found.values()) {
            reply.bulk(name);
            // Settings hold their bytes as Latin-1 characters.
            reply.bulk(settings.get(name).getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private static void set(Call call, ReplyWriter reply) {
        if (call.argCount() % 2 != 0) {
            throw Errors.SYNTAX;
        }
        Settings settings = call.server().settings();
        for (int i = 2; i < call.argCount(); i += 2) {
            String name = call.arg(i).toString();
            if (name.equalsIgnoreCase("requirepass")) {
                call.redact(i + 1);
            }
            if (!settings.isKnown(name)) {
                throw Errors.unknownSetting(name);
            }
        }
        Map<String, String> changes = new LinkedHashMap<>();
        Set<String> lowerNames = new HashSet<>();
        for (int i = 2; i < call.argCount(); i += 2) {
            String name = call.arg(i).toString();
            if (!lowerNames.add(name.toLowerCase(Locale.ROOT))) {
                throw Errors.settingFailed(name, "duplicate parameter");
            }
            changes.put(name, call.arg(i + 1).toString());
        }
        if (lowerNames.contains("maxmemory") && call.session().inMulti()) {
            // A transaction holds stripes, for which a drain may be waiting that this waits for, and which this may
            // replace.
            throw Errors.settingFailed("maxmemory", "not allowed in a transaction");
        }
        try {
            settings.set(changes);
        } catch (SettingException e) {
            throw Errors.settingFailed(e.name(), e.reason());
        }
        reply.ok();
    }

    private static void resetStat(Call call, ReplyWriter reply) {
        call.server().stats().reset();
        reply.ok();
    }

    private static void rewrite(Call call, ReplyWriter reply) {
        if (call.server().settings().file() == null) {
            throw Errors.NO_CONFIG_FILE;
        }
        try {
            call.server().settings().rewrite();
        } catch (IOException e) {
            throw Errors.rewriteFailed(e);
        }
        reply.ok();
    }
}
