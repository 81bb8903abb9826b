package io.swytch.bytes;

/**
 * Glob patterns as KEYS, SCAN and CONFIG GET have them: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a-z]}, and a backslash before a byte that
 * stands for itself. Nothing is allocated.
 *
 * <p>A mismatch goes back to the last star only: whatever an earlier star could take more, the last one can take too. So the work is bounded by
 * the product of both lengths, whatever the pattern. The corners are Redis's: a star does not match an empty text (callers treat the pattern
 * {@code *} as "all" themselves), an unclosed class ends with the pattern, a class's ends may be given in either order, and a pattern of more
 * than 1000 stars matches nothing.
 */
public final class Glob {
    /** Stars that a pattern may have, runs of them counted once and one at the end not at all. */
    private static final int STARS_MAX = 1000;

    private Glob() {}

    /** Whether {@code pattern} is one star: what callers take as "all", the empty text included. */
    public static boolean isAll(Slice pattern) {
        return pattern.length() == 1 && pattern.byteAt(0) == '*';
    }

    /** Whether all of {@code text} matches {@code pattern}. */
    public static boolean matches(Slice pattern, Slice text) {
        return matches(pattern, text, false);
    }

    /** As {@link #matches(Slice, Slice)}, ASCII letters without regard to case. */
    public static boolean matchesIgnoreCase(Slice pattern, Slice text) {
        return matches(pattern, text, true);
    }

    private static boolean matches(Slice pattern, Slice text, boolean ignoreCase) {
        int patternLength = pattern.length();
        int textLength = text.length();
        if (textLength == 0) {
            return patternLength == 0;
        }
        int p = 0;
        int t = 0;
        int stars = 0;
        int afterStar = -1;
        int starFrom = 0;
        while (t < textLength) {
            if (p < patternLength && pattern.byteAt(p) == '*') {
                p = skipStars(pattern, p);
                if (p == patternLength) {
                    return true;
                }
                if (++stars > STARS_MAX) {
                    return false;
                }
                afterStar = p;
                starFrom = t;
                continue;
            }
            int next = p < patternLength ? step(pattern, p, text.byteAt(t), ignoreCase) : -1;
            if (next >= 0) {
                p = next;
                t++;
            } else if (afterStar >= 0) {
                p = afterStar;
                t = ++starFrom;
            } else {
                return false;
            }
        }
        return skipStars(pattern, p) == patternLength;
    }

    private static int skipStars(Slice pattern, int p) {
        while (p < pattern.length() && pattern.byteAt(p) == '*') {
            p++;
        }
        return p;
    }

    /** Where the pattern goes on after its one-byte part at {@code p} has matched {@code c}; −1 if it does not match. */
    private static int step(Slice pattern, int p, byte c, boolean ignoreCase) {
        byte part = pattern.byteAt(p);
        if (part == '?') {
            return p + 1;
        }
        if (part == '[') {
            return stepClass(pattern, p + 1, c, ignoreCase);
        }
        // A backslash at the very end stands for itself.
        int literal = part == '\\' && p + 1 < pattern.length() ? p + 1 : p;
        return same(pattern.byteAt(literal), c, ignoreCase) ? literal + 1 : -1;
    }

    private static int stepClass(Slice pattern, int p, byte c, boolean ignoreCase) {
        int length = pattern.length();
        boolean not = p < length && pattern.byteAt(p) == '^';
        if (not) {
            p++;
        }
        boolean match = false;
        while (p < length && pattern.byteAt(p) != ']') {
            if (pattern.byteAt(p) == '\\' && p + 1 < length) {
                // Redis compares an escaped byte of a class with its case, always.
                match |= pattern.byteAt(p + 1) == c;
                p += 2;
            } else if (p + 2 < length && pattern.byteAt(p + 1) == '-') {
                match |= inRange(pattern.byteAt(p), pattern.byteAt(p + 2), c, ignoreCase);
                p += 3;
            } else {
                match |= same(pattern.byteAt(p), c, ignoreCase);
                p++;
            }
        }
        return match == not ? -1 : Math.min(p + 1, length);
    }

    private static boolean inRange(byte from, byte to, byte c, boolean ignoreCase) {
        // Redis compares the ends as C's signed char; they may stand in either order.
        int low = Math.min(from, to);
        int high = Math.max(from, to);
        int at = c;
        if (ignoreCase) {
            low = lower(low);
            high = lower(high);
            at = lower(at);
        }
        return at >= low && at <= high;
    }

    private static boolean same(byte a, byte b, boolean ignoreCase) {
        return a == b || (ignoreCase && lower(a) == lower(b));
    }

    private static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    }
}
