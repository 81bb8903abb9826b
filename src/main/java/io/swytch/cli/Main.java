package io.swytch.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.swytch.config.Nearest;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The entry: {@code swytch redis}, {@code swytch validate}, {@code swytch check}, {@code swytch version}, {@code swytch help}; without a subcommand,
 * {@code redis} is meant.
 */
public final class Main {
    /** What a wrong command line or setting exits with. */
    static final int EXIT_USAGE = 2;

    /** What a start that failed exits with: an address in use, a directory locked. */
    static final int EXIT_FAILED = 1;

    /** What may stand where a subcommand does, so that anything else means {@code redis}. */
    private static final Set<String> FIRST_WORDS =
            Set.of("redis", "validate", "check", "version", "help", "prepare", "-h", "--help", "-V", "--version");

    private Main() {}

    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, UTF_8);
        StopHook.exit(run(args, out, err, StopHook::install));
    }

    /**
     * Runs one command line to its end.
     *
     * @param serving what to do as soon as a server starts
     * @return the exit status
     */
    static int run(String[] args, PrintWriter out, PrintWriter err, Runnable serving) {
        List<String> words = new ArrayList<>(Arrays.asList(args));
        if (words.isEmpty() || !FIRST_WORDS.contains(words.get(0))) {
            words.add(0, "redis");
        }
        try {
            switch (words.get(0)) {
                case "redis" -> {
                    List<String> flags = afterRedis(Arrays.asList(args));
                    if (asksForHelp(words)) {
                        return Help.run(List.of("help", "redis"), out, err);
                    }
                    if (words.size() == 2
                            && (words.get(1).equals("--version") || words.get(1).equals("-V"))) {
                        out.println(Version.line());
                        return 0;
                    }
                    RedisCommand.run(flags, serving);
                }
                case "validate" -> {
                    if (asksForHelp(words)) {
                        return Help.run(List.of("help", "validate"), out, err);
                    }
                    RedisCommand.validate(afterRedis(words.subList(1, words.size())), err);
                }
                case "check" -> {
                    if (asksForHelp(words)) {
                        return Help.run(List.of("help", "check"), out, err);
                    }
                    return CheckCommand.run(words.subList(1, words.size()), out, err);
                }
                case "prepare" -> {
                    if (asksForHelp(words)) {
                        return Help.run(List.of("help", "prepare"), out, err);
                    }
                    if (words.size() > 1) {
                        throw new UsageException("prepare takes no '" + words.get(1) + "', nor anything else");
                    }
                    PrepareCommand.run();
                }
                case "version", "-V", "--version" -> out.println(Version.line());
                default -> {
                    return Help.run(words, out, err);
                }
            }
            return 0;
        } catch (UsageException e) {
            err.println("swytch: " + e.getMessage());
            err.println(
                    words.get(0).equals("check") || words.get(0).equals("prepare")
                            ? "'swytch help " + words.get(0) + "' tells more."
                            : "'swytch help redis' lists the flags.");
            return EXIT_USAGE;
        } catch (StartException e) {
            err.println("swytch: " + e.getMessage());
            return EXIT_FAILED;
        } catch (IOException e) {
            err.println("swytch: " + e);
            return EXIT_FAILED;
        }
    }

    private static boolean asksForHelp(List<String> words) {
        return words.contains("--help") || words.contains("-h");
    }

    /** The words behind {@code redis}, which need not be there. */
    private static List<String> afterRedis(List<String> words) throws UsageException {
        if (words.isEmpty()) {
            return words;
        }
        if (words.get(0).equals("redis")) {
            return words.subList(1, words.size());
        }
        checkFirstWord(words.get(0));
        return words;
    }

    /** A bare word that names no file may be a subcommand that was spelt wrong. */
    private static void checkFirstWord(String word) throws UsageException {
        if (!word.startsWith("-") && !word.contains("/") && !word.contains(".") && !new File(word).exists()) {
            String nearest = Nearest.among(List.of("redis", "validate", "check", "version", "help"), word);
            throw new UsageException("there is no command and no file '" + word + "'"
                    + (nearest == null ? "" : "; did you mean " + nearest + "?"));
        }
    }
}
