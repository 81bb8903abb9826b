package io.swytch.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table of settings.
 *
 * @param label what stands for the value in the help, such as BYTES
 * @param initial the default as one would write it
 * @param isMutable whether CONFIG SET may change it
 * @param help one line for the help and the README
 */
public record Setting(String name, String label, String initial, boolean isMutable, String help, Kind kind) {
    /** The name of the environment variable. */
    public String variable() {
        return "SWYTCH_" + name.toUpperCase(java.util.Locale.ROOT).replace('-', '_');
    }

    /** Whether a value may be several words. */
    public boolean isWords() {
        return kind.isWords();
    }

    /** What is wrong with the number of words on a line of a file, as Redis has it; null where nothing is. */
    @Nullable
    String wrongCount(List<String> words) {
        if (isWords() || words.size() == 1) {
            return null;
        }
        String wrong = "wrong number of arguments: ";
        if (words.isEmpty()) {
            return wrong + "it needs a value, " + label;
        }
        // The words are not repeated, because they may be a password.
        return wrong
                + (words.get(1).startsWith("#")
                        ? "a comment stands on a line of its own"
                        : "it takes one value; one with blanks stands in \"quotes\"");
    }

    /** Whether a value is a number of some kind, so that a start refuses the empty text. */
    boolean isNumber() {
        return kind.isNumber();
    }

    /** Whether the flag alone means yes. */
    public boolean isSwitch() {
        return kind.isSwitch();
    }
}
