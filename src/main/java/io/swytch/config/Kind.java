package io.swytch.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a setting's value is. A value is kept as its canonical text, the one CONFIG GET shows.
 *
 * <p>Texts hold bytes as Latin-1 characters, because a password may be any bytes.
 */
abstract class Kind {
    private static final String NOT_MEMORY_OR_PERCENT = "argument must be a memory or percent value";

    /** The words of the canonical texts, in the order Redis lists them; empty where there is no such list. */
    List<String> choices() {
        return List.of();
    }

    /** Whether a value may be several words. */
    boolean isWords() {
        return false;
    }

    /** Whether a value is a number of some kind. CONFIG SET takes the empty text for 0 where Redis does; a start does not. */
    boolean isNumber() {
        return false;
    }

    /** Whether the name alone, as a flag without a value, is enough. */
    boolean isSwitch() {
        return false;
    }

    /**
     * The canonical text.
     *
     * @param current the canonical value before, for kinds of which a line gives only a part
     */
    abstract String parse(String text, String current) throws BadValueException;

    /** The text as CONFIG REWRITE writes it, without quotes. */
    String forFile(String canonical) {
        return canonical;
    }

    /** What of a canonical text a line is about: all of it, but for kinds of which a line gives only a part. Null where it is about nothing. */
    @Nullable
    String partOf(String line, String canonical) {
        return canonical;
    }

    /**
     * What of a canonical text has to be written because it is not as {@code initial} and none of these lines is about it; null for nothing.
     *
     * @param initial the canonical text of the default
     */
    @Nullable
    String missingFrom(List<String> lines, String canonical, String initial) {
        return lines.isEmpty() && !canonical.equals(initial) ? canonical : null;
    }

    /** An integer from {@code min} to {@code max}. */
    static Kind integer(long min, long max) {
        return new Kind() {
            @Override
            boolean isNumber() {
                return true;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                long value;
                try {
                    value = Long.parseLong(text);
                } catch (NumberFormatException e) {
                    throw new BadValueException("argument couldn't be parsed into an integer");
                }
                return Long.toString(within(value, min, max));
            }
        };
    }

    /** Bytes, in Redis's units: none or b, k 1000, kb 1024, and so on for m and g. */
    static Kind memory(long min) {
        return new Kind() {
            @Override
            boolean isNumber() {
                return true;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                return Long.toString(within(bytes(text), min, Long.MAX_VALUE));
            }

            @Override
            String forFile(String canonical) {
                long bytes = Long.parseLong(canonical);
                if (bytes == 0) {
                    return canonical;
                }
                if (bytes % (1 << 30) == 0) {
                    return (bytes >> 30) + "gb";
                }
                if (bytes % (1 << 20) == 0) {
                    return (bytes >> 20) + "mb";
                }
                return bytes % (1 << 10) == 0 ? (bytes >> 10) + "kb" : canonical;
            }
        };
    }

    /** Bytes as {@link #memory} reads them, or a share written as {@code N%}, which stays as it is. */
    static Kind memoryOrPercent() {
        Kind memory = memory(0);
        return new Kind() {
            @Override
            boolean isNumber() {
                return true;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                if (!text.endsWith("%")) {
                    try {
                        return memory.parse(text, current);
                    } catch (BadValueException e) {
                        throw new BadValueException(NOT_MEMORY_OR_PERCENT);
                    }
                }
                String number = text.substring(0, text.length() - 1);
                if (number.isEmpty() || !number.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    throw new BadValueException(NOT_MEMORY_OR_PERCENT);
                }
                if (number.length() > 3 || Integer.parseInt(number) > 100) {
                    throw new BadValueException("percentage argument must be less or equal to 100");
                }
                return Integer.parseInt(number) + "%";
            }

            @Override
            String forFile(String canonical) {
                return canonical.endsWith("%") ? canonical : memory.forFile(canonical);
            }
        };
    }

    /** An integer written in octal, as the permissions of a file are. */
    static Kind octal(int max) {
        return new Kind() {
            @Override
            boolean isNumber() {
                return true;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                try {
                    return Long.toOctalString(within(Long.parseLong(text, 8), 0, max));
                } catch (NumberFormatException e) {
                    throw new BadValueException("argument couldn't be parsed as an octal number");
                }
            }
        };
    }

    /** yes or no. */
    static Kind bool() {
        return new Kind() {
            @Override
            boolean isSwitch() {
                return true;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                String lower = text.toLowerCase(Locale.ROOT);
                return switch (lower) {
                    case "yes", "no" -> lower;
                    default -> throw new BadValueException("argument must be 'yes' or 'no'");
                };
            }
        };
    }

    /** One of a few words. */
    static Kind choice(String... words) {
        List<String> choices = List.of(words);
        return new Kind() {
            @Override
            List<String> choices() {
                return choices;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                String lower = text.toLowerCase(Locale.ROOT);
                if (choices.contains(lower)) {
                    return lower;
                }
                String nearest = Nearest.among(choices, text);
                throw new BadValueException(
                        "argument(s) must be one of the following: " + String.join(", ", choices),
                        nearest == null ? "" : "did you mean '" + nearest + "'?");
            }
        };
    }

    /** Any text. */
    static Kind text() {
        return new Kind() {
            @Override
            String parse(String text, String current) {
                return text;
            }
        };
    }

    /** Any words, one blank between two. */
    static Kind words() {
        return new Kind() {
            @Override
            boolean isWords() {
                return true;
            }

            @Override
            String parse(String text, String current) {
                return String.join(" ", split(text));
            }
        };
    }

    /** Percentiles from 0 to 100. */
    static Kind percentiles() {
        return new Kind() {
            @Override
            boolean isWords() {
                return true;
            }

            @Override
            String parse(String text, String current) throws BadValueException {
                StringBuilder out = new StringBuilder();
                for (String word : split(text)) {
                    double value;
                    try {
                        value = Double.parseDouble(word);
                    } catch (NumberFormatException e) {
                        throw new BadValueException("Invalid latency-tracking-info-percentiles parameters");
                    }
                    if (!(value >= 0 && value <= 100)) {
                        throw new BadValueException(
                                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
                    }
                    String shown = value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
                    out.append(out.isEmpty() ? "" : " ").append(shown);
                }
                return out.toString();
            }
        };
    }

    /** The words of {@code text}; none where it is blank. */
    static String[] split(String text) {
        return Arrays.stream(text.split("\\s+")).filter(w -> !w.isEmpty()).toArray(String[]::new);
    }

    static long within(long value, long min, long max) throws BadValueException {
        if (value < min || value > max) {
            throw new BadValueException("argument must be between " + min + " and " + max + " inclusive");
        }
        return value;
    }

    static long bytes(String text) throws BadValueException {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        long factor = switch (text.substring(digits).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1;
            case "k" -> 1_000;
            case "kb" -> 1L << 10;
            case "m" -> 1_000_000;
            case "mb" -> 1L << 20;
            case "g" -> 1_000_000_000;
            case "gb" -> 1L << 30;
            default -> throw notMemory();
        };
        // Redis takes the empty text for 0, and nothing before a unit for no number.
        if (digits == 0 && !text.isEmpty()) {
            throw notMemory();
        }
        try {
            return digits == 0 ? 0 : Math.multiplyExact(Long.parseLong(text.substring(0, digits)), factor);
        } catch (NumberFormatException | ArithmeticException e) {
            throw notMemory();
        }
    }

    private static BadValueException notMemory() {
        return new BadValueException(
                "argument must be a memory value", "write it as 64mb or 2gb (units b, k, kb, m, mb, g, gb)");
    }
}
