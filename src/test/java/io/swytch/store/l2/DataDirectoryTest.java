package io.swytch.store.l2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class DataDirectoryTest {
    @TempDir
    private Path temp;

    /** What opening {@code dir} logs. */
    private static List<ILoggingEvent> logOfOpening(Path dir) throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger(DataDirectory.class);
        ListAppender<ILoggingEvent> seen = new ListAppender<>();
        seen.start();
        logger.addAppender(seen);
        try {
            DataDirectory.open(dir).close();
        } finally {
            logger.detachAppender(seen);
        }
        return seen.list;
    }

    @Test
    void newDatabase_amongForeignFiles_isWarnedOfOnce() throws IOException {
        Path dir = Files.createDirectory(temp.resolve("etc"));
        for (String name : List.of("passwd", "hosts", "a", "b", "c", "d")) {
            Files.createFile(dir.resolve(name));
        }
        List<ILoggingEvent> events = logOfOpening(dir);
        assertEquals(1, events.size());
        assertEquals(Level.WARN, events.get(0).getLevel());
        String pairs = events.get(0).getKeyValuePairs().toString();
        assertTrue(pairs.contains(dir.toRealPath().toString()), pairs);
        assertTrue(pairs.contains("others=\"6\"") && pairs.contains("[a, b, c, d, hosts]"), pairs);
        assertEquals(List.of(), logOfOpening(dir));
    }

    @Test
    void newDatabase_inADirectoryOfItsOwn_isNotWarnedOf() throws IOException {
        assertEquals(List.of(), logOfOpening(temp.resolve("fresh")));
        Path mounted =
                Files.createDirectories(temp.resolve("mounted/lost+found")).getParent();
        Files.createDirectory(mounted.resolve("backups"));
        assertEquals(List.of(), logOfOpening(mounted));
    }
}
