package io.swytch.cli;

import io.swytch.config.Setting;
import io.swytch.config.SettingException;
import io.swytch.config.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code swytch redis [CONFIG] [--flag value]…}: serves until it is told to stop. Its flags are the rows of the settings' table. */
final class RedisCommand implements Callable<Integer> {
    /** Carries {@code name value} of a directive that means nothing here past picocli. */
    static final String PASSED_OVER = "--passed-over";

    private static final Map<String, List<String>> OTHER_NAMES = Map.of(
            "data-dir", List.of("dir", "db-path"),
            "sync", List.of("appendfsync"),
            "log-level", List.of("loglevel"));

    private static final Set<String> FLAGS = Stream.concat(
                    Stream.of("help"),
                    Stream.concat(
                            Settings.table().stream().map(Setting::name),
                            OTHER_NAMES.values().stream().flatMap(List::stream)))
            .collect(Collectors.toUnmodifiableSet());

    private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);

    private RedisCommand() {}

    /** Whether there is a flag of this name. */
    static boolean isFlag(String name) {
        return FLAGS.contains(name);
    }

    /** The command with one option for each setting. */
    static CommandSpec spec() {
        RedisCommand command = new RedisCommand();
        CommandSpec spec = command.spec.name("redis");
        spec.usageMessage()
                .description("Serves Redis clients, from memory or, with --persistent, from memory and disk.")
                .footer(
                        "",
                        "A flag wins over its variable SWYTCH_<NAME>, and that over the CONFIG file (name value, one a line).",
                        "Sizes are in bytes, or with Redis's units: k 1000, kb 1024, m, mb, g, gb.")
                .customSynopsis("swytch redis [CONFIG] [--flag value | --flag=value]...")
                .sortOptions(false);
        spec.parser().overwrittenOptionsAllowed(true);
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("0..1")
                .paramLabel("CONFIG")
                .type(Path.class)
                .description("a file of settings, as config/swytch.conf")
                .build());
        for (Setting setting : Settings.table()) {
            spec.addOption(option("--" + setting.name(), setting, setting.help() + defaultOf(setting), false));
            for (String other : OTHER_NAMES.getOrDefault(setting.name(), List.of())) {
                spec.addOption(option("--" + other, setting, "Redis's name for --" + setting.name(), true));
            }
        }
        spec.addOption(OptionSpec.builder(PASSED_OVER)
                .hidden(true)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .build());
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("shows this")
                .build());
        return spec;
    }

    private static OptionSpec option(String name, Setting setting, String help, boolean isHidden) {
        OptionSpec.Builder option = OptionSpec.builder(name)
                .paramLabel(setting.label())
                .hidden(isHidden)
                .description(help.replace("%", "%%"));
        if (setting.isWords()) {
            // No element type but String: the words are joined again, and the setting's kind takes them apart.
            return option.type(List.class)
                    .auxiliaryTypes(String.class)
                    .arity("1..*")
                    .hideParamSyntax(true)
                    .build();
        }
        option.type(String.class).arity(setting.isSwitch() ? "0..1" : "1").hideParamSyntax(true);
        return setting.isSwitch() ? option.fallbackValue("yes").build() : option.build();
    }

    private static String defaultOf(Setting setting) {
        return setting.initial().isEmpty() ? "" : " (" + setting.initial() + ")";
    }

    @Override
    public Integer call() throws UsageException, StartException {
        Settings settings = settings(spec.commandLine().getParseResult());
        LogSetup.apply(settings);
        Logger log = LoggerFactory.getLogger("io.swytch");
        settings.warnings().forEach(log::warn);
        RedisServer server = RedisServer.start(settings);
        StopHook.register(server::stop);
        server.awaitStopped();
        return 0;
    }

    private static Settings settings(ParseResult parsed) throws UsageException {
        List<Map.Entry<String, String>> flags = new ArrayList<>();
        for (OptionSpec option : parsed.matchedOptions()) {
            String name = option.longestName();
            if (name.equals(PASSED_OVER)) {
                for (String flag : option.stringValues()) {
                    int blank = flag.indexOf(' ');
                    flags.add(Map.entry(flag.substring(0, blank), flag.substring(blank + 1)));
                }
            } else {
                flags.add(Map.entry(name.substring(2), value(option)));
            }
        }
        Path config = parsed.hasMatchedPositional(0) ? parsed.matchedPositionalValue(0, (@Nullable Path) null) : null;
        try {
            return Settings.load(config, System.getenv(), flags);
        } catch (SettingException e) {
            throw new UsageException(e.getMessage());
        }
    }

    private static String value(OptionSpec option) {
        Object value = option.getValue();
        return value instanceof List<?> words
                ? words.stream().map(String::valueOf).collect(Collectors.joining(" "))
                : String.valueOf(value);
    }
}
