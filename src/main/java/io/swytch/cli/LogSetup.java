package io.swytch.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.spi.ContextAwareBase;
import io.swytch.config.Settings;
import org.slf4j.LoggerFactory;

/**
 * Logs to standard output, one event a line. Logback finds this class as a service and therefore looks for no file: reading one costs more
 * than the rest of its start.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %msg%n%ex";
    private static final String PATTERN_WITH_PAIRS =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %msg %kvp%n%ex";

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        // Before the settings are known, and in tests: warnings as text.
        install(context, text(context));
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Format and level as the settings say, the level again whenever CONFIG SET changes it. */
    static void apply(Settings settings) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            throw new IllegalStateException("another logger than Logback is on the class path");
        }
        if (settings.logFormat().equals("json")) {
            JsonEncoder json = new JsonEncoder();
            json.setContext(context);
            json.setWithSequenceNumber(false);
            json.setWithNanoseconds(false);
            json.setWithContext(false);
            json.setWithMDC(false);
            json.start();
            install(context, json);
        }
        level(context, settings.logLevel());
        settings.onChange("log-level", level -> level(context, level));
    }

    private static void level(LoggerContext context, String level) {
        // Libraries speak up only from warn on, except where everything is wanted.
        Level root = level.equals("debug") ? Level.DEBUG : level.equals("error") ? Level.ERROR : Level.WARN;
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

    private static Encoder<ILoggingEvent> text(LoggerContext context) {
        return new TextEncoder(pattern(context, PATTERN), pattern(context, PATTERN_WITH_PAIRS));
    }

    private static PatternLayoutEncoder pattern(LoggerContext context, String pattern) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(pattern);
        encoder.start();
        return encoder;
    }

    /** Text lines; without a blank at the end where an event has no pairs. */
    private static final class TextEncoder extends EncoderBase<ILoggingEvent> {
        private final PatternLayoutEncoder plain;
        private final PatternLayoutEncoder withPairs;

        TextEncoder(PatternLayoutEncoder plain, PatternLayoutEncoder withPairs) {
            this.plain = plain;
            this.withPairs = withPairs;
        }

        @Override
        public byte[] headerBytes() {
            return new byte[0];
        }

        @Override
        public byte[] encode(ILoggingEvent event) {
            boolean hasPairs = event.getKeyValuePairs() != null
                    && !event.getKeyValuePairs().isEmpty();
            return (hasPairs ? withPairs : plain).encode(event);
        }

        @Override
        public byte[] footerBytes() {
            return new byte[0];
        }
    }
}
