package io.swytch.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.swytch.config.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.slf4j.LoggerFactory;

/**
 * Logs to standard output, one event a line. Logback finds this class as a service and therefore looks for no file: reading one costs more
 * than the rest of its start.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    @Override
    public ExecutionStatus configure(LoggerContext context) {
        // Before the settings are known, and in tests: warnings as text.
        TextEncoder text = new TextEncoder();
        text.setContext(context);
        text.start();
        install(context, text);
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Format and level as the settings say, the level again whenever CONFIG SET changes it. */
    static void apply(Settings settings) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            throw new IllegalStateException("another logger than Logback is on the class path");
        }
        if (settings.logFormat().equals("json")) {
            JsonLines json = new JsonLines();
            json.setContext(context);
            json.start();
            install(context, json);
        }
        level(context, settings.logLevel());
        settings.onChange("log-level", level -> level(context, level));
    }

    private static void level(LoggerContext context, String level) {
        // Libraries speak up only from warn on: Netty alone tells hundreds of lines at each start at debug.
        Level root = level.equals("debug") ? Level.INFO : level.equals("error") ? Level.ERROR : Level.WARN;
        Level own = switch (level) {
            case "debug", "verbose" -> Level.DEBUG;
            case "warn" -> Level.WARN;
            case "error" -> Level.ERROR;
            default -> Level.INFO;
        };
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(root);
        context.getLogger("io.swytch").setLevel(own);
    }

    private static void install(LoggerContext context, Encoder<ILoggingEvent> encoder) {
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setEncoder(encoder);
        console.start();
        root.addAppender(console);
    }

    /** Lines such as {@code 2026-11-22T22:50:01.123Z WARN  [main] text key=value}; a pattern would be compiled at each start. */
    private static final class TextEncoder extends EncoderBase<ILoggingEvent> {
        private static final byte[] NOTHING = {};

        @Override
        public byte[] headerBytes() {
            return NOTHING;
        }

        @Override
        public byte[] encode(ILoggingEvent event) {
            StringBuilder line = new StringBuilder(160);
            line.append(Instant.ofEpochMilli(event.getTimeStamp())).append(' ').append(event.getLevel());
            line.append(event.getLevel().toString().length() < 5 ? "  [" : " [");
            line.append(event.getThreadName()).append("] ").append(event.getFormattedMessage());
            if (event.getKeyValuePairs() != null) {
                event.getKeyValuePairs()
                        .forEach(pair ->
                                line.append(' ').append(pair.key).append('=').append(pair.value));
            }
            line.append('\n');
            if (event.getThrowableProxy() != null) {
                line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
            return line.toString().getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public byte[] footerBytes() {
            return NOTHING;
        }
    }
}
