package io.swytch.bytes;

import java.nio.charset.StandardCharsets;

/**
 * Takes the text of a floating-point number apart as C's strtod does, strictly: the whole text, no blanks. Allocates.
 *
 * <p>Grammar: sign, then {@code inf}, {@code infinity}, digits with a point and a decimal exponent, or {@code 0x} with hexadecimal digits, a point
 * and a binary exponent; letters in any case. What is no number, {@code nan} included, is {@link Kind#INVALID}.
 */
final class FloatText {
    enum Kind {
        INVALID,
        INFINITE,
        DECIMAL,
        HEX
    }

    /** Exponents beyond this are far outside of every format; sums of them stay in an int. */
    private static final int EXPONENT_MAX = 1_000_000;

    final Kind kind;
    final boolean negative;

    /** All digits without the point; at least one. */
    final String digits;

    /** What the digits, read as an integer, are to be multiplied by, as a power of 10 (DECIMAL) or 2 (HEX); at most a few million. */
    final int exponent;

    private FloatText(Kind kind, boolean negative, String digits, int exponent) {
        this.kind = kind;
        this.negative = negative;
        this.digits = digits;
        this.exponent = exponent;
    }

    /** Takes {@code s} apart. */
    static FloatText parse(Slice s) {
        FloatText invalid = new FloatText(Kind.INVALID, false, "0", 0);
        String text = new String(s.toByteArray(), StandardCharsets.ISO_8859_1);
        boolean negative = text.startsWith("-");
        int i = negative || text.startsWith("+") ? 1 : 0;
        if (matches(text, i, "inf") || matches(text, i, "infinity")) {
            return new FloatText(Kind.INFINITE, negative, "0", 0);
        }
        boolean hex = text.regionMatches(true, i, "0x", 0, 2);
        if (hex) {
            i += 2;
        }
        StringBuilder digits = new StringBuilder();
        boolean point = false;
        int fraction = 0;
        for (; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' && !point) {
                point = true;
            } else if (c < 128 && Character.digit(c, hex ? 16 : 10) >= 0) {
                digits.append(c);
                fraction += point ? 1 : 0;
            } else {
                break;
            }
        }
        if (digits.length() == 0) {
            return invalid;
        }
        int exponent = 0;
        if (i < text.length()) {
            char mark = Character.toLowerCase(text.charAt(i++));
            if (mark != (hex ? 'p' : 'e')) {
                return invalid;
            }
            boolean down = i < text.length() && text.charAt(i) == '-';
            if (down || i < text.length() && text.charAt(i) == '+') {
                i++;
            }
            if (i == text.length()) {
                return invalid;
            }
            for (; i < text.length(); i++) {
                int digit = text.charAt(i) - '0';
                if (digit < 0 || digit > 9) {
                    return invalid;
                }
                exponent = Math.min(EXPONENT_MAX, exponent * 10 + digit);
            }
            exponent = down ? -exponent : exponent;
        }
        return new FloatText(
                hex ? Kind.HEX : Kind.DECIMAL, negative, digits.toString(), exponent - (hex ? 4 * fraction : fraction));
    }

    /** Whether any digit is not 0. */
    boolean hasValue() {
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) != '0') {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String text, int from, String word) {
        return text.length() - from == word.length() && text.regionMatches(true, from, word, 0, word.length());
    }
}
