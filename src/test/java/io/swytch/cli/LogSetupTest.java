package io.swytch.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@ResourceLock(Resources.SYSTEM_OUT)
class LogSetupTest {
    @Test
    void lines_haveTimeLevelThreadAndPairs() throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            Settings settings = Settings.of();
            LogSetup.apply(settings);
            Logger log = LoggerFactory.getLogger("io.swytch.test");
            log.atWarn().addKeyValue("bytes", 7).log("said");
            log.debug("not said");
            settings.set(Map.of("loglevel", "debug"));
            log.atDebug().setCause(new IllegalStateException("why")).log("said now");
            settings.set(Map.of("log-level", "warn"));
            log.info("not said");
        } finally {
            System.setOut(before);
        }
        String[] lines = out.toString(StandardCharsets.UTF_8).stripTrailing().split("\n", -1);
        assertTrue(lines[0].matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z WARN  \\[.+\\] said bytes=7"), lines[0]);
        assertTrue(lines[1].matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z DEBUG \\[.+\\] said now"), lines[1]);
        assertEquals("java.lang.IllegalStateException: why", lines[2].strip());
        assertTrue(lines[lines.length - 1].startsWith("\tat "), lines[lines.length - 1]);
    }

    @Test
    void json_isOneObjectALine() throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            LogSetup.apply(Settings.of("log-format", "json"));
            Logger log = LoggerFactory.getLogger("io.swytch.test");
            log.atWarn()
                    .addKeyValue("bytes", 7L)
                    .addKeyValue("path", Path.of("/a \"b\\\n\u0001"))
                    .addKeyValue("open", true)
                    .addKeyValue("bytes", 8L)
                    .log("said \"so\" ü \ud83d\ude00 \ud83d");
            log.atInfo().setCause(new IllegalStateException("why")).log("said now");
        } finally {
            System.setOut(before);
            LogSetup.apply(Settings.of());
        }
        String[] lines = out.toString(StandardCharsets.UTF_8).split("\n", -1);
        assertEquals(3, lines.length, "two lines and the end of the second");
        String thread = Thread.currentThread().getName();
        String time = "\\{\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z\",";
        assertEquals(
                "\"level\":\"WARN\",\"thread\":\"" + thread
                        + "\",\"logger\":\"io.swytch.test\",\"message\":\"said \\\"so\\\" ü \ud83d\ude00 \\ud83d\","
                        + "\"fields\":{\"bytes\":8,\"path\":\"/a \\\"b\\\\\\n\\u0001\",\"open\":true}}",
                lines[0].replaceFirst(time, ""));
        String second = lines[1].replaceFirst(time, "");
        assertTrue(
                second.contains(
                        "\"message\":\"said now\",\"throwable\":\"java.lang.IllegalStateException: why\\n\\tat "),
                second);
        assertFalse(second.contains("fields"), second);
    }

    @Test
    void libraries_areNotHeardAtDebug() {
        try {
            LogSetup.apply(Settings.of("log-level", "debug"));
            assertFalse(LoggerFactory.getLogger("io.netty.channel").isDebugEnabled());
            assertTrue(LoggerFactory.getLogger("io.swytch.server").isDebugEnabled());
        } finally {
            LogSetup.apply(Settings.of());
        }
    }
}
