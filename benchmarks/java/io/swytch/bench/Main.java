package io.swytch.bench;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The tools of this folder, by name. They need a JDK and nothing else, and know nothing of the server's code. */
public final class Main {
    private static final List<Tool> TOOLS = List.of(
            new Tool("load", Load.HELP, Load::run),
            new Tool("replay", Replay.HELP, Replay::run),
            new Tool("allocations", Allocations.HELP, Allocations::run),
            new Tool("plot", Plot.HELP, Plot::run));

    private Main() {}

    private interface Body {
        void run(Options options) throws IOException;
    }

    private record Tool(String name, String help, Body body) {}

    public static void main(String[] args) throws IOException {
        // Numbers are printed for machines.
        Locale.setDefault(Locale.ROOT);
        for (Tool tool : TOOLS) {
            if (args.length > 0 && tool.name.equals(args[0])) {
                try {
                    tool.body.run(new Options(List.of(args).subList(1, args.length)));
                } catch (IllegalArgumentException e) {
                    fail(2, tool.name + ": " + e.getMessage() + "\n\n" + tool.help);
                }
                return;
            }
        }
        fail(
                2,
                "one of " + Arrays.toString(TOOLS.stream().map(Tool::name).toArray())
                        + ", and its options; without any it explains them");
    }

    /** Ends the process with a word to standard error. */
    static void fail(int status, String why) {
        System.err.println(why);
        System.exit(status);
    }
}
