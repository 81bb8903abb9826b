package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.stats.StoreFigures;
import io.swytch.stats.WriteLimit;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writers are slowed as any limit below L1 comes near, and each limit counts for itself. */
class BacklogTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path dir;

    private static long figure(StoreRig rig, WriteLimit limit) {
        StoreFigures figures = new StoreFigures();
        rig.store.stats().read(figures);
        assertEquals(figures.writeStalls > 0, figures.writeStallNanos > 0);
        return figures.writeStallsBy[limit.ordinal()];
    }

    @Test
    void delay_growsAsALimitComesNear_andIsCountedForIt() throws IOException {
        try (StoreRig rig = new StoreRig(dir, MIB)) {
            Backlog backlog = rig.store.tier().backlog();
            // Upkeep looks too, but not while it waits for its turn.
            rig.store.tier().drain().excluding(() -> {
                check(backlog, rig, WriteLimit.JOURNAL, Backlog.JOURNAL_BYTES_MAX, 0, 0);
                check(backlog, rig, WriteLimit.LEVEL0, 0, Backlog.LEVEL0_FILES_MAX, 0);
                check(backlog, rig, WriteLimit.COMPACTION, 0, 0, Backlog.COMPACTION_BYTES_MAX);
            });
        }
    }

    private static void check(
            Backlog backlog, StoreRig rig, WriteLimit limit, long journalBytes, long files, long compactionBytes) {
        backlog.look(journalBytes / 2, files / 2, compactionBytes / 2, MIB);
        assertEquals(0, backlog.delayMillis(), "half of " + limit);
        backlog.look(journalBytes / 10 * 9, files * 9 / 10, compactionBytes / 10 * 9, MIB);
        long near = backlog.delayMillis();
        assertTrue(near > 0, "near " + limit);
        backlog.look(journalBytes, files, compactionBytes, MIB);
        assertTrue(backlog.delayMillis() > near, "at " + limit);
        backlog.look(journalBytes * 10, files * 10, compactionBytes * 10, MIB);
        assertEquals(50, backlog.delayMillis(), "far beyond " + limit);
        assertEquals(3, figure(rig, limit));
        backlog.look(0, 0, 0, MIB);
        assertEquals(0, backlog.delayMillis());
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
            rig.store.tier().backlog().look(0, 0, 0, MIB);
            assertEquals(0, rig.store.tier().writeDelayMillis());
        }
    }
}
