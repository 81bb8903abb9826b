package io.swytch.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Events as JSON, one a line: {@code timestamp} (ISO 8601, UTC), {@code level}, {@code thread}, {@code logger}, {@code message}, {@code fields} (an
 * object of the event's pairs) and {@code throwable} (a stack trace); the last two only where there are any. Threads: any.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(256);
        line.append("{\"timestamp\":\"").append(Instant.ofEpochMilli(event.getTimeStamp()));
        line.append("\",\"level\":\"").append(event.getLevel()).append('"');
        member(line, "thread", event.getThreadName());
        member(line, "logger", event.getLoggerName());
        member(line, "message", event.getFormattedMessage());
        if (event.getKeyValuePairs() != null && !event.getKeyValuePairs().isEmpty()) {
            fields(line, event.getKeyValuePairs());
        }
        if (event.getThrowableProxy() != null) {
            member(line, "throwable", ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
        return line.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void fields(StringBuilder line, Iterable<KeyValuePair> pairs) {
        // A name that comes twice would be no valid object for many readers: the later one counts.
        Map<String, @Nullable Object> byName = new HashMap<>();
        pairs.forEach(pair -> byName.put(pair.key, pair.value));
        line.append(",\"fields\":{");
        char separator = 0;
        for (KeyValuePair pair : pairs) {
            if (byName.containsKey(pair.key)) {
                if (separator != 0) {
                    line.append(separator);
                }
                separator = ',';
                text(line, pair.key);
                line.append(':');
                value(line, byName.remove(pair.key));
            }
        }
        line.append('}');
    }

    private static void value(StringBuilder line, @Nullable Object value) {
        boolean isPlain = value == null
                || value instanceof Boolean
                || value instanceof Long
                || value instanceof Integer
                || value instanceof Double number && Double.isFinite(number);
        if (isPlain) {
            line.append(value);
        } else {
            text(line, value.toString());
        }
    }

    private static void member(StringBuilder line, String name, String value) {
        line.append(",\"").append(name).append("\":");
        text(line, value);
    }

    private static void text(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> line.append('\\').append(c);
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c) && !isInPair(text, i)) {
                        line.append(String.format("\\u%04x", (int) c));
                    } else {
                        line.append(c);
                    }
                }
            }
        }
        line.append('"');
    }

    private static boolean isInPair(String text, int at) {
        char c = text.charAt(at);
        return Character.isHighSurrogate(c)
                ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
                : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }
}
