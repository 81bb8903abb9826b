package io.swytch.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Groups of four words: class of clients, hard limit, soft limit, seconds. The canonical text has all three classes, under the names that CONFIG
 * GET of Redis 7.0 shows; classes that a line does not name keep their limits.
 */
final class OutputLimitsKind extends Kind {
    private static final List<String> CLASSES = List.of("normal", "slave", "pubsub");

    /** Words of a group. */
    private static final int GROUP = 4;

    @Override
    boolean isWords() {
        return true;
    }

    @Override
    String parse(String text, String current) throws BadValueException {
        String[] words = split(text);
        if (words.length == 0 || words.length % GROUP != 0) {
            throw new BadValueException("Wrong number of arguments in buffer limit configuration.");
        }
        String[] limits = split(current);
        for (int i = 0; i < words.length; i += GROUP) {
            int index = indexOf(words[i]);
            if (index < 0) {
                throw new BadValueException(
                        "Invalid client class specified in buffer limit configuration.",
                        "the classes are normal, replica and pubsub");
            }
            int at = GROUP * index;
            limits[at] = CLASSES.get(index);
            try {
                limits[at + 1] = Long.toString(bytes(words[i + 1]));
                limits[at + 2] = Long.toString(bytes(words[i + 2]));
                limits[at + 3] = Long.toString(within(Long.parseLong(words[i + 3]), 0, Long.MAX_VALUE));
            } catch (NumberFormatException | BadValueException e) {
                throw new BadValueException(
                        "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
            }
        }
        return String.join(" ", limits);
    }

    @Override
    @Nullable
    String partOf(String line, String canonical) {
        return groups(canonical, classesOf(line));
    }

    @Override
    @Nullable
    String missingFrom(List<String> lines, String canonical, String initial) {
        Set<Integer> missing = new TreeSet<>();
        for (int i = 0; i < CLASSES.size(); i++) {
            if (!Objects.equals(groups(canonical, Set.of(i)), groups(initial, Set.of(i)))) {
                missing.add(i);
            }
        }
        lines.forEach(line -> missing.removeAll(classesOf(line)));
        return groups(canonical, missing);
    }

    private static int indexOf(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        return CLASSES.indexOf(lower.equals("replica") ? "slave" : lower);
    }

    private static Set<Integer> classesOf(String line) {
        Set<Integer> classes = new TreeSet<>();
        String[] words = split(line);
        for (int i = 0; i < words.length; i += GROUP) {
            classes.add(indexOf(words[i]));
        }
        classes.remove(-1);
        return classes;
    }

    private static @Nullable String groups(String canonical, Set<Integer> classes) {
        String[] words = split(canonical);
        List<String> out = new ArrayList<>();
        for (int index : classes) {
            out.addAll(Arrays.asList(words).subList(GROUP * index, GROUP * (index + 1)));
        }
        return out.isEmpty() ? null : String.join(" ", out);
    }
}
