package io.swytch.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;

/** The entry: {@code swytch redis}, {@code swytch version}, {@code swytch help}; without a subcommand, {@code redis} is meant. */
@Command(
        name = "swytch",
        description = "A persistent tiered cache server that existing Redis clients use unchanged.",
        versionProvider = Main.Version.class,
        mixinStandardHelpOptions = true,
        subcommands = HelpCommand.class)
public final class Main {
    /** What a wrong command line or setting exits with. */
    static final int EXIT_USAGE = 2;

    /** What a start that failed exits with: an address in use, a directory locked. */
    static final int EXIT_FAILED = 1;

    /** What may stand where a subcommand does, so that anything else means {@code redis}. */
    private static final Set<String> FIRST_WORDS =
            Set.of("redis", "version", "help", "prepare", "-h", "--help", "-V", "--version");

    public static void main(String[] args) {
        int status = run(args, new PrintWriter(System.out, true, UTF_8), new PrintWriter(System.err, true, UTF_8));
        StopHook.exit(status);
    }

    /** Runs one command line to its end. Returns the exit status. */
    static int run(String[] args, PrintWriter out, PrintWriter err) {
        List<String> words = new ArrayList<>(Arrays.asList(args));
        if (words.isEmpty() || !FIRST_WORDS.contains(words.get(0))) {
            words.add(0, "redis");
        }
        CommandLine line = new CommandLine(new Main());
        line.addSubcommand("redis", RedisCommand.spec());
        line.addSubcommand("version", new VersionCommand());
        line.addSubcommand("prepare", new PrepareCommand());
        line.setOut(out).setErr(err);
        line.setParameterExceptionHandler((e, given) -> usageError(err, e.getMessage()));
        line.setExecutionExceptionHandler((e, command, given) -> {
            if (e instanceof UsageException) {
                return usageError(err, e.getMessage());
            }
            if (e instanceof StartException) {
                err.println("swytch: " + e.getMessage());
                return EXIT_FAILED;
            }
            throw e;
        });
        if (words.get(0).equals("redis")) {
            try {
                return line.execute(Flags.of(words).forPicocli());
            } catch (UsageException e) {
                return usageError(err, e.getMessage());
            }
        }
        return line.execute(words.toArray(String[]::new));
    }

    private static int usageError(PrintWriter err, String message) {
        err.println("swytch: " + message);
        err.println("'swytch help redis' lists the flags.");
        return EXIT_USAGE;
    }

    /** The version of the build, as the manifest of the jar names it. */
    static final class Version implements IVersionProvider {
        static String text() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "development" : version;
        }

        @Override
        public String[] getVersion() {
            return new String[] {
                "swytch " + text() + " (Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                        + System.getProperty("os.arch") + ")"
            };
        }
    }

    /** {@code swytch version}. */
    @Command(name = "version", description = "Prints the version of Swytch and of its Java.")
    static final class VersionCommand implements Runnable {
        @CommandLine.Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public void run() {
            spec.commandLine().getOut().println(new Version().getVersion()[0]);
        }
    }
}
