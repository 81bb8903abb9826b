package io.swytch.cli;

import io.swytch.config.Setting;
import io.swytch.config.Settings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The words of a {@code redis} command line: a file, and flags with their words.
 *
 * <p>Picocli describes these flags but does not read them: its classes are of a format that no archive of classes takes, so loading them took
 * two thirds of a start.
 *
 * @param config the file of settings, or null
 * @param values names and values in the order given; a name may come several times
 */
record Flags(@Nullable Path config, List<Map.Entry<String, String>> values) {
    /**
     * Sorts the words. A word that begins with two hyphens is a flag, and what follows up to the next one is its value.
     *
     * @throws UsageException naming the flag that nobody knows and the nearest one, or the word too many
     */
    static Flags of(List<String> words) throws UsageException {
        List<Map.Entry<String, String>> values = new ArrayList<>();
        int at = 0;
        Path config = null;
        if (!words.isEmpty() && !words.get(0).startsWith("-")) {
            config = path(words.get(at++));
        }
        while (at < words.size()) {
            String flag = words.get(at++);
            if (flag.startsWith("-") && !flag.startsWith("--")) {
                String nearest = Settings.nearestName(flag.substring(1));
                throw new UsageException("unknown flag " + flag + ", flags begin with two hyphens"
                        + (nearest == null ? "" : "; did you mean --" + nearest + "?"));
            }
            if (!flag.startsWith("--")) {
                throw new UsageException("unexpected '" + flag
                        + "' between file and flags; there is one file of settings, and it stands first");
            }
            int equals = flag.indexOf('=');
            String name = flag.substring(2, equals < 0 ? flag.length() : equals).toLowerCase(Locale.ROOT);
            List<String> value = new ArrayList<>();
            if (equals >= 0) {
                value.add(flag.substring(equals + 1));
            }
            while (at < words.size() && !words.get(at).startsWith("--")) {
                value.add(words.get(at++));
            }
            values.add(Map.entry(name, value(name, value)));
        }
        return new Flags(config, List.copyOf(values));
    }

    private static String value(String name, List<String> words) throws UsageException {
        if (Settings.isPassedOver(name)) {
            return String.join(" ", words);
        }
        Setting setting = Settings.setting(name);
        if (setting == null) {
            String nearest = Settings.nearestName(name);
            throw new UsageException(
                    "unknown flag --" + name + (nearest == null ? "" : "; did you mean --" + nearest + "?"));
        }
        if (words.isEmpty()) {
            if (setting.isSwitch()) {
                return "yes";
            }
            throw new UsageException("--" + name + " needs a value: " + setting.label());
        }
        if (words.size() > 1 && !setting.isWords()) {
            throw new UsageException("--" + name + " takes one value; what is '" + words.get(1)
                    + "'? A file of settings stands before all flags");
        }
        return String.join(" ", words);
    }

    private static Path path(String word) throws UsageException {
        try {
            return Path.of(word);
        } catch (InvalidPathException e) {
            throw new UsageException("'" + word + "' is no file name");
        }
    }
}
