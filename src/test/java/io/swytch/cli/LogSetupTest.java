package io.swytch.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
}
