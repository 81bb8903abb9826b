package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.swytch.clock.ManualClock;
import io.swytch.stats.StoreFigures;
import io.swytch.stats.WriteLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Writers are slowed as any limit below L1 comes near, and each limit counts for itself. */
class BacklogTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path dir;

    private static long figure(StoreRig rig, WriteLimit limit) {
        StoreFigures figures = new StoreFigures();
        rig.store.stats().read(figures);
        return figures.writeStallsBy[limit.ordinal()];
    }

    @Test
    void delay_growsAsALimitComesNear_andIsCountedForIt() throws IOException {
        try (StoreRig rig = new StoreRig(dir, MIB)) {
            // The store's own looks by itself, too.
            Backlog backlog = new Backlog(rig.store.l1(), MIB, StoreRig.LIMITS, rig.clock);
            check(backlog, WriteLimit.JOURNAL, StoreRig.LIMITS.journalBytes(), 0, 0);
            check(backlog, WriteLimit.LEVEL0, 0, StoreRig.LIMITS.level0Files(), 0);
            check(backlog, WriteLimit.COMPACTION, 0, 0, StoreRig.LIMITS.compactionBytes());
        }
    }

    private static void check(Backlog backlog, WriteLimit limit, long journalBytes, long files, long compactionBytes) {
        backlog.look(journalBytes / 2, files / 2, compactionBytes / 2, MIB);
        assertEquals(0, backlog.delayMillis(), "half of " + limit);
        backlog.look(journalBytes / 10 * 9, files * 9 / 10, compactionBytes / 10 * 9, MIB);
        long near = backlog.delayMillis();
        assertTrue(near > 0, "near " + limit);
        backlog.look(journalBytes, files, compactionBytes, MIB);
        assertTrue(backlog.delayMillis() > near, "at " + limit);
        assertFalse(backlog.isFull(), "at " + limit);
        backlog.look(journalBytes * 10, files * 10, compactionBytes * 10, MIB);
        assertEquals(50, backlog.delayMillis(), "far beyond " + limit);
        assertEquals(limit == WriteLimit.JOURNAL, backlog.isFull(), "far beyond " + limit);
        assertEquals(3, backlog.stalls(limit));
        backlog.look(0, 0, 0, MIB);
        assertEquals(0, backlog.delayMillis());
    }

    @Test
    void stallTime_isWhatWritersWaited() throws IOException {
        try (StoreRig rig = new StoreRig(dir, MIB)) {
            rig.store.tier().writeWaited(3_000_000);
            rig.store.tier().writeWaited(1_500_000);
            StoreFigures figures = new StoreFigures();
            rig.store.stats().read(figures);
            assertEquals(4_500_000, figures.writeStallNanos);
        }
    }

    @Test
    void drain_givesBackAtOnceWhatWaitedForIt() throws IOException {
        try (StoreRig rig = new StoreRig(dir, MIB)) {
            rig.store.tier().drain().excluding(() -> {
                for (int i = 0; rig.store.l1().waitBytes() < 8 * MIB; i++) {
                    rig.set(0, "key:" + i, "v".repeat(100));
                }
                rig.store.drainNow();
                assertEquals(0, rig.store.l1().waitBytes());
            });
        }
    }

    @Test
    void slowedWriters_areLoggedOnceEachTime() throws IOException {
        Logger logger = (Logger) LoggerFactory.getLogger(Backlog.class);
        Level before = logger.getLevel();
        ListAppender<ILoggingEvent> seen = new ListAppender<>();
        seen.start();
        logger.addAppender(seen);
        logger.setLevel(Level.INFO);
        ManualClock clock = new ManualClock(1_000_000);
        try (StoreRig rig = new StoreRig(dir, MIB)) {
            Backlog backlog = new Backlog(rig.store.l1(), MIB, StoreRig.LIMITS, clock);
            long atLimit = StoreRig.LIMITS.journalBytes();
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < 5; i++) {
                    backlog.look(atLimit, 0, 0, MIB);
                    assertTrue(backlog.delayMillis() > 0);
                    backlog.waited(2_000_000);
                    clock.advance(Duration.ofSeconds(6));
                }
                backlog.look(0, 0, 0, MIB);
                clock.advance(Duration.ofSeconds(9));
                backlog.look(0, 0, 0, MIB);
                clock.advance(Duration.ofSeconds(2));
                backlog.look(0, 0, 0, MIB);
            }
            assertEquals(
                    List.of(Level.WARN, Level.INFO, Level.WARN, Level.INFO),
                    seen.list.stream().map(ILoggingEvent::getLevel).toList());
            assertEquals(
                    "[limit=\"journal\"]", seen.list.get(0).getKeyValuePairs().toString());
            String ended = seen.list.get(1).getKeyValuePairs().toString();
            assertTrue(ended.contains("waits=\"5\""), ended);
            assertTrue(ended.contains("waitedMs=\"10\""), ended);
        } finally {
            logger.detachAppender(seen);
            logger.setLevel(before);
        }
    }

    @Test
    void writeBuffer_slowsWritersUntilItIsDrained() throws IOException {
        try (StoreRig rig = new StoreRig(dir, MIB)) {
            rig.store.tier().drain().excluding(() -> {
                long delay = 0;
                for (int i = 0; i < 10_000 && delay == 0; i++) {
                    rig.set(0, "key:" + i, "v".repeat(1000));
                    delay = rig.store.tier().writeDelayMillis();
                }
                assertTrue(delay > 0, "dirty data beyond memory and write buffer");
                assertTrue(figure(rig, WriteLimit.WRITE_BUFFER) + figure(rig, WriteLimit.DIRTY) > 0);
            });
            rig.store.drainNow();
            rig.store.l1().upkeep(0, Long.MAX_VALUE >> 2);
            await().until(() -> rig.store.tier().writeDelayMillis() == 0);
        }
    }
}
