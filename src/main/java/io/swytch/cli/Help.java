package io.swytch.cli;

import io.swytch.config.Setting;
import io.swytch.config.Settings;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code swytch help}: the commands as picocli describes them; the flags of {@code redis} are the rows of the settings' table. */
final class Help {
    private Help() {}

    /** Shows what {@code words} ask for: {@code help}, {@code help redis}, {@code --help}. Returns the exit status. */
    static int run(List<String> words, PrintWriter out, PrintWriter err) {
        CommandSpec swytch = CommandSpec.create().name("swytch").mixinStandardHelpOptions(true);
        swytch.usageMessage()
                .description("A persistent tiered cache server that existing Redis clients use unchanged.")
                .footer(
                        "",
                        "Without a command, and with flags alone, 'swytch' is 'swytch redis': a server on port 6379 of this machine.");
        swytch.addSubcommand("redis", redis());
        swytch.addSubcommand("validate", validate());
        swytch.addSubcommand("check", check());
        swytch.addSubcommand("version", described("version", "Prints the version of Swytch and of its Java."));
        swytch.addSubcommand("prepare", prepare());
        swytch.addSubcommand("help", new CommandLine(new HelpCommand()));
        return new CommandLine(swytch).setOut(out).setErr(err).execute(words.toArray(String[]::new));
    }

    private static CommandSpec redis() {
        CommandSpec spec =
                described("redis", "Serves Redis clients, from memory or, with --persistent, from memory and disk.");
        spec.usageMessage()
                .customSynopsis("swytch redis [CONFIG] [--flag value | --flag=value]...")
                .sortOptions(false)
                .footer(
                        "",
                        "A flag wins over its variable SWYTCH_<NAME>, and that over the CONFIG file (name value, one a line).",
                        "Sizes are in bytes, or with Redis's units: k 1000, kb 1024, m, mb, g, gb.");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("0..1")
                .paramLabel("CONFIG")
                .description("a file of settings, as config/swytch.conf")
                .build());
        for (Setting setting : Settings.table()) {
            String initial = setting.initial().isEmpty() ? "" : " (" + setting.initial() + ")";
            spec.addOption(OptionSpec.builder("--" + setting.name())
                    .paramLabel(setting.label())
                    .type(String.class)
                    .arity("1")
                    .hideParamSyntax(true)
                    .description((setting.help() + initial).replace("%", "%%"))
                    .build());
        }
        return spec;
    }

    private static CommandSpec validate() {
        CommandSpec spec = described(
                "validate", "Says what is wrong with a command line of 'redis' and its file, and starts nothing.");
        spec.usageMessage()
                .customSynopsis("swytch validate [redis] [CONFIG] [--flag value | --flag=value]...")
                .footer("", "Exits with 0 if a server would begin to start so, with 2 if not.");
        return spec;
    }

    private static CommandSpec check() {
        CommandSpec spec = described(
                "check",
                "Verifies a data directory that no server uses, and changes nothing in it: every checksum of journal and SST files, every row.");
        spec.usageMessage()
                .customSynopsis("swytch check --data-dir DIR")
                .footer(
                        "",
                        "What is there and what is damaged goes to standard output, progress to standard error. Exits 0 only if all is whole.");
        spec.addOption(OptionSpec.builder("--data-dir")
                .paramLabel("DIR")
                .type(String.class)
                .arity("1")
                .required(true)
                .description("the directory")
                .build());
        return spec;
    }

    private static CommandSpec prepare() {
        CommandSpec spec = described("prepare", "Makes later starts faster; the first one does it by itself.");
        spec.usageMessage()
                .footer(
                        "",
                        "The archive of classes goes to $SWYTCH_CACHE_DIR, else to $XDG_CACHE_HOME/swytch, else to ~/.cache/swytch.",
                        "Exits with 1 if none could be made.");
        return spec;
    }

    private static CommandSpec described(String name, String description) {
        CommandSpec spec = CommandSpec.create().name(name);
        spec.usageMessage().description(description);
        return spec;
    }
}
