package io.swytch.differential;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Splits a line into arguments as redis-cli does: blanks between them, "…" with escapes, '…' without. */
final class CommandLine {
    private final byte[] line;
    private int at;

    private CommandLine(String line) {
        this.line = line.getBytes(StandardCharsets.UTF_8);
    }

    static List<byte[]> split(String line) {
        return new CommandLine(line).arguments();
    }

    /** The bytes of a text in which \r, \n, \t, \a, \b, \xHH and a backslash before any other character are escapes. */
    static byte[] unescape(String text) {
        CommandLine escaped = new CommandLine(text);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (escaped.at < escaped.line.length) {
            bytes.write(escaped.unescapedByte());
        }
        return bytes.toByteArray();
    }

    private List<byte[]> arguments() {
        List<byte[]> arguments = new ArrayList<>();
        while (skipBlanks()) {
            arguments.add(argument());
        }
        return arguments;
    }

    private boolean skipBlanks() {
        while (at < line.length && line[at] == ' ') {
            at++;
        }
        return at < line.length;
    }

    private byte[] argument() {
        ByteArrayOutputStream argument = new ByteArrayOutputStream();
        byte quote = line[at];
        if (quote != '"' && quote != '\'') {
            while (at < line.length && line[at] != ' ') {
                argument.write(line[at++]);
            }
            return argument.toByteArray();
        }
        at++;
        while (at < line.length && line[at] != quote) {
            if (quote == '"') {
                argument.write(unescapedByte());
            } else {
                if (line[at] == '\\' && at + 1 < line.length && line[at + 1] == '\'') {
                    at++;
                }
                argument.write(line[at++]);
            }
        }
        if (at == line.length || (at + 1 < line.length && line[at + 1] != ' ')) {
            throw new IllegalArgumentException("unbalanced quotes: " + new String(line, StandardCharsets.UTF_8));
        }
        at++;
        return argument.toByteArray();
    }

    private int unescapedByte() {
        byte b = line[at++];
        if (b != '\\' || at == line.length) {
            return b;
        }
        byte escape = line[at++];
        return switch (escape) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            case 'x' -> {
                at += 2;
                yield Integer.parseInt(new String(line, at - 2, 2, StandardCharsets.US_ASCII), 16);
            }
            default -> escape;
        };
    }
}
