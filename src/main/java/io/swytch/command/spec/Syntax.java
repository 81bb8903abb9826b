package io.swytch.command.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Parses the notation of {@link CommandSpec#syntax()} into the tree of arguments that COMMAND DOCS replies.
 *
 * <pre>
 * name            a string                  name:int :double :key :pattern :time   other types
 * NX              a word, named nx          name'TOKEN'      a word with another name than its own
 * 'EX'name:int    a word, then an argument  key:key#1        belongs to key spec 1 instead of 0
 * name( a | b )   one of these              name{ a b }      all of these, in order
 * [ a ]           may be left out           a...             may come again; a+... with its word
 * a@6.2.0         since that version        a!2.8.12         deprecated since; a~text is shown as text
 * </pre>
 *
 * The marks after an argument come in the order {@code # ~ @ ! + ...}. Threads: any; a parsed tree is immutable.
 */
public final class Syntax {
    /** What an argument is; the names on the wire are Redis's. */
    public enum Type {
        STRING("string", ""),
        INTEGER("integer", ":int"),
        DOUBLE("double", ":double"),
        KEY("key", ":key"),
        PATTERN("pattern", ":pattern"),
        UNIX_TIME("unix-time", ":time"),
        PURE_TOKEN("pure-token", ""),
        ONE_OF("oneof", ""),
        BLOCK("block", "");

        private final String wireName;
        private final String suffix;

        Type(String wireName, String suffix) {
            this.wireName = wireName;
            this.suffix = suffix;
        }

        public String wireName() {
            return wireName;
        }
    }

    /**
     * One argument.
     *
     * @param token the word that stands before it, or that it is; null where there is none
     * @param keySpec index of the key spec that finds it; −1 of what is no key
     * @param arguments of ONE_OF and BLOCK
     */
    public record Argument(
            String name,
            Type type,
            @Nullable String token,
            int keySpec,
            @Nullable String displayText,
            @Nullable String since,
            @Nullable String deprecatedSince,
            boolean isOptional,
            boolean isMultiple,
            boolean isMultipleToken,
            List<Argument> arguments) {

        /** As a person reads it: {@code [EX seconds | PX milliseconds]}. */
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            if (type == Type.ONE_OF || type == Type.BLOCK) {
                for (Argument argument : arguments) {
                    text.append(text.length() == 0 ? "" : type == Type.ONE_OF ? "|" : " ");
                    text.append(argument);
                }
            } else if (type != Type.PURE_TOKEN) {
                text.append('<')
                        .append(displayText == null ? name : displayText)
                        .append('>');
            }
            if (type == Type.ONE_OF && !isOptional && arguments.size() > 1) {
                text.insert(0, '(').append(')');
            }
            String once = text.toString();
            if (token != null) {
                text.insert(0, text.length() == 0 ? token : token + " ");
            }
            if (isMultiple) {
                text.append(" [")
                        .append(isMultipleToken ? text.toString() : once)
                        .append(" ...]");
            }
            return isOptional ? "[" + text + "]" : text.toString();
        }
    }

    private final String text;
    private int at;

    private Syntax(String text) {
        this.text = text;
    }

    /**
     * Parses a row's syntax.
     *
     * @throws IllegalStateException naming the place, if it is not in the notation: a mistake in a row
     */
    public static List<Argument> parse(String syntax) {
        Syntax parser = new Syntax(syntax);
        List<Argument> arguments = parser.arguments('\0');
        if (parser.at < syntax.length()) {
            throw parser.mistake("expected an argument");
        }
        return arguments;
    }

    /** The syntax as a person reads it. */
    public static String readable(String syntax) {
        StringBuilder text = new StringBuilder();
        for (Argument argument : parse(syntax)) {
            text.append(text.length() == 0 ? "" : " ").append(argument);
        }
        return text.toString();
    }

    private List<Argument> arguments(char closing) {
        List<Argument> arguments = new ArrayList<>();
        while (true) {
            blanks();
            if (at == text.length() || text.charAt(at) == closing) {
                return List.copyOf(arguments);
            }
            if (closing == ')' && !arguments.isEmpty()) {
                expect('|');
                blanks();
            }
            arguments.add(argument());
        }
    }

    private Argument argument() {
        if (eat('[')) {
            Argument inner = marked(true);
            expect(']');
            return inner;
        }
        return marked(false);
    }

    private Argument marked(boolean isOptional) {
        String token = null;
        if (at < text.length() && text.charAt(at) == '\'') {
            token = quoted();
        }
        String name = name();
        Type type;
        List<Argument> children = List.of();
        if (eat('(')) {
            type = Type.ONE_OF;
            children = arguments(')');
            expect(')');
        } else if (eat('{')) {
            type = Type.BLOCK;
            children = arguments('}');
            expect('}');
        } else if (token == null && at < text.length() && text.charAt(at) == '\'') {
            type = Type.PURE_TOKEN;
            token = quoted();
        } else if (token == null && isWord(name)) {
            type = Type.PURE_TOKEN;
            token = name;
            name = name.toLowerCase(Locale.ROOT);
        } else {
            type = typeOf(name);
            name = name.substring(0, name.length() - type.suffix.length());
        }
        int keySpec = type == Type.KEY ? 0 : -1;
        if (eat('#')) {
            keySpec = Integer.parseInt(run("0123456789"));
        }
        String displayText = eat('~') ? until("@!+.]") : null;
        String since = eat('@') ? version() : null;
        String deprecatedSince = eat('!') ? version() : null;
        boolean isMultipleToken = eat('+');
        boolean isMultiple = text.startsWith("...", at);
        if (isMultiple) {
            at += 3;
        }
        return new Argument(
                name,
                type,
                token,
                keySpec,
                displayText,
                since,
                deprecatedSince,
                isOptional,
                isMultiple,
                isMultipleToken,
                children);
    }

    /** Capitals alone are a word to be typed as it stands. */
    private static boolean isWord(String name) {
        return name.equals(name.toUpperCase(Locale.ROOT)) && !name.equals(name.toLowerCase(Locale.ROOT));
    }

    private static Type typeOf(String name) {
        for (Type type : Type.values()) {
            // A colon may be part of a name, as in ip:port: only known suffixes are types.
            if (!type.suffix.isEmpty() && name.endsWith(type.suffix)) {
                return type;
            }
        }
        return Type.STRING;
    }

    private String name() {
        int from = at;
        while (at < text.length() && " '(){}[]|#~@!+".indexOf(text.charAt(at)) < 0 && !text.startsWith("...", at)) {
            at++;
        }
        if (at == from) {
            throw mistake("expected a name");
        }
        return text.substring(from, at);
    }

    private String quoted() {
        expect('\'');
        int end = text.indexOf('\'', at);
        if (end < 0) {
            throw mistake("no closing quote");
        }
        String quoted = text.substring(at, end);
        at = end + 1;
        return quoted;
    }

    /** Digits with single dots between them: the three dots of a repetition may follow at once. */
    private String version() {
        int from = at;
        while (at < text.length()) {
            char c = text.charAt(at);
            boolean isInnerDot = c == '.' && at + 1 < text.length() && Character.isDigit(text.charAt(at + 1));
            if (!Character.isDigit(c) && !isInnerDot) {
                break;
            }
            at++;
        }
        return text.substring(from, at);
    }

    private String run(String chars) {
        int from = at;
        while (at < text.length() && chars.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private String until(String chars) {
        int from = at;
        while (at < text.length() && chars.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(from, at);
    }

    private void blanks() {
        run(" ");
    }

    private boolean eat(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private void expect(char c) {
        if (!eat(c)) {
            throw mistake("expected " + c);
        }
    }

    private IllegalStateException mistake(String what) {
        return new IllegalStateException(what + " at " + at + " of: " + text);
    }
}
