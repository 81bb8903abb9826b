package io.swytch.cli;

import io.swytch.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The words of a {@code redis} command line before picocli sees them: directives of redis.conf that mean nothing here are taken out, because
 * two hundred options that do nothing would fill the help, and a flag that nobody knows is refused with the nearest name.
 */
final class Flags {
    private final List<String> rest = new ArrayList<>();
    private final List<Map.Entry<String, String>> passedOver = new ArrayList<>();

    private Flags() {}

    /** Sorts the words of a command line. A word that begins with two hyphens is a flag's name, wherever it stands. */
    static Flags of(List<String> words) throws UsageException {
        Flags flags = new Flags();
        boolean isPassingOver = false;
        List<String> value = new ArrayList<>();
        String name = "";
        for (String word : words) {
            if (!word.startsWith("--")) {
                (isPassingOver ? value : flags.rest).add(word);
                continue;
            }
            if (isPassingOver) {
                flags.passedOver.add(Map.entry(name, String.join(" ", value)));
            }
            value.clear();
            int equals = word.indexOf('=');
            name = word.substring(2, equals < 0 ? word.length() : equals).toLowerCase(Locale.ROOT);
            isPassingOver = Settings.isPassedOver(name);
            if (isPassingOver) {
                if (equals >= 0) {
                    value.add(word.substring(equals + 1));
                }
            } else if (RedisCommand.isFlag(name)) {
                flags.rest.add("--" + name + (equals < 0 ? "" : word.substring(equals)));
            } else {
                String nearest = Settings.nearestName(name);
                throw new UsageException(
                        "unknown flag --" + name + (nearest == null ? "" : "; did you mean --" + nearest + "?"));
            }
        }
        if (isPassingOver) {
            flags.passedOver.add(Map.entry(name, String.join(" ", value)));
        }
        return flags;
    }

    /** What picocli parses; the flags that were taken out travel in a hidden option. */
    String[] forPicocli() {
        List<String> words = new ArrayList<>(rest);
        for (Map.Entry<String, String> flag : passedOver) {
            words.add(RedisCommand.PASSED_OVER + "=" + flag.getKey() + " " + flag.getValue());
        }
        return words.toArray(String[]::new);
    }
}
