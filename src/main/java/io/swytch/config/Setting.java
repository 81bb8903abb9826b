package io.swytch.config;

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

    /** Whether the flag alone means yes. */
    public boolean isSwitch() {
        return kind.isSwitch();
    }
}
