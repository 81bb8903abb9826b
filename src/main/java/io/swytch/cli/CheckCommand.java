package io.swytch.cli;

import io.swytch.config.Nearest;
import io.swytch.store.StoreCheck;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** {@code swytch check --data-dir DIR}: says whether a data directory is whole, and what is in it. Changes nothing. */
final class CheckCommand {
    /** What it has one of: the directory. */
    private static final String FLAG = "--data-dir";

    private CheckCommand() {}

    /** Checks. Returns the exit status: 0 only if all is whole. */
    static int run(List<String> words, PrintWriter out, PrintWriter err) throws UsageException {
        Path dir = directory(words);
        StoreCheck check = new StoreCheck(dir, err::println);
        try {
            check.run();
        } catch (IOException e) {
            err.println("swytch: " + e.getMessage());
            return Main.EXIT_FAILED;
        }
        check.findings().forEach(out::println);
        if (check.problems().isEmpty()) {
            out.println("whole: " + dir);
            return 0;
        }
        check.problems().forEach(problem -> out.println("DAMAGED " + problem));
        out.println("not whole: " + dir + ", problems: " + check.problems().size());
        return Main.EXIT_FAILED;
    }

    private static Path directory(List<String> words) throws UsageException {
        String value;
        if (words.size() == 1 && words.get(0).startsWith(FLAG + "=")) {
            value = words.get(0).substring(FLAG.length() + 1);
        } else if (words.size() == 2 && words.get(0).equals(FLAG)) {
            value = words.get(1);
        } else {
            String nearest = words.isEmpty() ? null : Nearest.among(List.of(FLAG), words.get(0));
            throw new UsageException("check takes " + FLAG + " DIR"
                    + (nearest == null || words.get(0).equals(FLAG) ? "" : "; did you mean " + nearest + "?"));
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new UsageException("'" + value + "' is no name of a directory");
        }
    }
}
