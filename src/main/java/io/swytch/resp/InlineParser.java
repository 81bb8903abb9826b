package io.swytch.resp;

import java.nio.ByteBuffer;

/**
 * Splits an inline command into arguments by Redis's rules of quoting, in place: an escape is longer than what it stands for, so the
 * bytes move towards the front of the line.
 *
 * <p>{@code "…"} knows {@code \n \r \t \b \a \xHH}, any other escaped character is itself; {@code '…'} knows only {@code \'}. A quote
 * may begin within a word, but where it closes the argument ends, and a blank or the end of the line must follow.
 */
final class InlineParser {
    private InlineParser() {}

    /** Parses {@code line[from, to)}, which holds no line feed and no zero byte. Returns false where a quote is not closed rightly. */
    static boolean parse(ByteBuffer line, int from, int to, Request request) {
        int i = from;
        for (; ; ) {
            while (i < to && isBlank(line.get(i))) {
                i++;
            }
            if (i == to) {
                return true;
            }
            int begin = i;
            int write = i;
            while (i < to) {
                byte c = line.get(i);
                if (c == ' ' || c == '\t' || c == '\r') {
                    break;
                }
                if (c != '"' && c != '\'') {
                    line.put(write++, c);
                    i++;
                    continue;
                }
                i++;
                while (i < to && line.get(i) != c) {
                    byte b = line.get(i);
                    if (b == '\\' && i + 1 < to && (c == '"' || line.get(i + 1) == '\'')) {
                        if (c == '"' && isHexEscape(line, i, to)) {
                            b = (byte) (hex(line.get(i + 2)) << 4 | hex(line.get(i + 3)));
                            i += 4;
                        } else {
                            b = c == '"' ? unescaped(line.get(i + 1)) : (byte) '\'';
                            i += 2;
                        }
                    } else {
                        i++;
                    }
                    line.put(write++, b);
                }
                if (i == to || i + 1 < to && !isBlank(line.get(i + 1))) {
                    return false;
                }
                i++;
                break;
            }
            request.add().set(line, begin, write - begin);
        }
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || c >= '\t' && c <= '\r';
    }

    private static boolean isHexEscape(ByteBuffer line, int i, int to) {
        return i + 3 < to && line.get(i + 1) == 'x' && hex(line.get(i + 2)) >= 0 && hex(line.get(i + 3)) >= 0;
    }

    private static int hex(byte c) {
        return Character.digit(c, 16);
    }

    private static byte unescaped(byte c) {
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> c;
        };
    }
}
