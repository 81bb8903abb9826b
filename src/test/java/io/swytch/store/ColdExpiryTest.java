package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.stats.StoreFigures;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Expired keys that nobody asks for leave the disk; what has another expiry since, or none, stays. */
class ColdExpiryTest {
    private static final int KEYS = 3000;

    @TempDir
    Path dir;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    private static StoreFigures figures(StoreRig rig) {
        StoreFigures figures = new StoreFigures();
        rig.store.stats().read(figures);
        return figures;
    }

    /** Sweeps and drains until no round is left; as upkeep does, which is kept out meanwhile. */
    private static void sweepAll(Drain drain) throws IOException {
        for (int quiet = 0; quiet < 4; ) {
            drain.sweepExpired();
            quiet = drain.expiry().isBusy() || drain.expiry().isWaiting() ? 0 : quiet + 1;
            if (!drain.expiry().isBusy()) {
                drain.run();
            }
        }
    }

    private static long onDisk(StoreRig rig, int db) throws IOException {
        long[] keys = {0};
        rig.store.tier().l2().scan(rig.store.spaces().of(db), 0, KEYS * 2, (key, type, expireAtMs) -> keys[0]++);
        return keys[0];
    }

    @Test
    void coldKeys_leaveTheDiskOnceTheirTimeIsOut() throws IOException {
        try (StoreRig rig = new StoreRig(dir, 4 << 20)) {
            Drain drain = rig.store.tier().drain();
            drain.excluding(() -> {
                Map<String, Long> expiries = new HashMap<>();
                long startMs = rig.clock.millis();
                for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < KEYS; i++) {
                        if (round == 0 || random.nextInt(4) == 0) {
                            String key = "key:" + i;
                            // Written once, or over an expiry that the index still has; some then live for ever.
                            long atMs = random.nextInt(10) == 0 ? 0 : startMs + 10_000 + random.nextInt(100_000);
                            rig.set(i % 2, key, "value" + round);
                            if (atMs != 0) {
                                rig.expireAt(i % 2, key, atMs);
                            }
                            expiries.put(key, atMs);
                        }
                    }
                    drain.run();
                }
                for (int step = 0; step < 4; step++) {
                    rig.clock.advance(Duration.ofSeconds(30));
                    sweepAll(drain);
                    long nowMs = rig.clock.millis();
                    long living = expiries.values().stream()
                            .filter(atMs -> atMs == 0 || atMs > nowMs)
                            .count();
                    assertEquals(living, onDisk(rig, 0) + onDisk(rig, 1), "seed " + seed + ", step " + step);
                    assertEquals(living, rig.size(0) + rig.size(1), "seed " + seed);
                }
                assertEquals(0, figures(rig).expiredWaitingKeys);
                assertEquals(0, figures(rig).expiredBacklogMs);
                long gone = expiries.values().stream().filter(atMs -> atMs != 0).count();
                assertEquals(gone, figures(rig).expiredByUpkeep, "seed " + seed);
            });
        }
    }

    /** A drain in the middle of a round brings a key that has expired before the round's last: the index must not forget it with the round. */
    @Test
    void keyThatIsDrainedDuringARound_leavesTheDiskToo() throws IOException {
        try (StoreRig rig = new StoreRig(dir, 8 << 20)) {
            Drain drain = rig.store.tier().drain();
            drain.excluding(() -> {
                long atMs = rig.clock.millis() + 10_000;
                rig.set(0, "cold", "v");
                rig.expireAt(0, "cold", atMs);
                drain.run();
                rig.set(0, "late", "v");
                rig.expireAt(0, "late", atMs - 1000);
                rig.clock.advance(Duration.ofSeconds(20));
                drain.sweepExpired();
                assertTrue(drain.expiry().isBusy() || drain.expiry().isWaiting());
                drain.run();
                assertEquals(1, onDisk(rig, 0), "late has only come now");
                sweepAll(drain);
                assertEquals(0, onDisk(rig, 0));
            });
        }
    }

    /** Expiry is not in the journal: what is left there of the key must not be taken for a new one. */
    @Test
    void keyThatWasEditedAndExpired_doesNotComeBackByAJournalThatIsNotTrimmedYet() throws IOException {
        StoreRig rig = new StoreRig(dir, 8 << 20);
        Drain drain = rig.store.tier().drain();
        drain.excluding(() -> {
            rig.set(0, "key", "value");
            rig.expireAt(0, "key", rig.clock.millis() + 10_000);
            drain.run();
            rig.append(0, "key", "more");
            rig.clock.advance(Duration.ofSeconds(20));
            assertNull(rig.get(0, "key"));
            // As where a crash comes before the trim, or a large value that is being written puts it off.
            drain.runWithoutTrim();
            assertEquals(0, onDisk(rig, 0));
        });
        rig.stop();
        try (StoreRig again = new StoreRig(dir, 8 << 20)) {
            assertNull(again.get(0, "key"));
            assertEquals(0, again.size(0));
        }
    }

    /** What no drain has taken to disk yet is not waited for, nor does a drain then bring it there; what L2 held before goes, too. */
    @Test
    void keyThatExpiresBeforeADrain_isGoneAtOnce() throws IOException {
        StoreRig rig = new StoreRig(dir, 8 << 20);
        Drain drain = rig.store.tier().drain();
        rig.set(0, "old", "below");
        rig.set(0, "lives", "v");
        drain.run();
        for (String key : List.of("old", "new")) {
            rig.set(0, key, "v");
            rig.expireAt(0, key, rig.clock.millis() + 10_000);
        }
        rig.clock.advance(Duration.ofSeconds(20));
        await().untilAsserted(() -> assertEquals(1, rig.size(0)));
        assertEquals(2, figures(rig).expiredByUpkeep);
        drain.excluding(() -> {
            rig.set(0, "new", "again");
            drain.run();
            assertEquals(2, onDisk(rig, 0));
        });
        rig.stop();
        try (StoreRig again = new StoreRig(dir, 8 << 20)) {
            assertNull(again.get(0, "old"));
            assertNotNull(again.get(0, "new"));
            assertEquals(2, again.size(0));
        }
    }

    @Test
    void figures_tellOfTheBacklog() throws IOException {
        try (StoreRig rig = new StoreRig(dir, 8 << 20)) {
            Drain drain = rig.store.tier().drain();
            drain.excluding(() -> {
                rig.set(0, "key", "v");
                rig.expireAt(0, "key", rig.clock.millis() + 1000);
                drain.run();
                rig.clock.advance(Duration.ofSeconds(61));
                drain.sweepExpired();
                assertEquals(1, figures(rig).expiredWaitingKeys);
                assertEquals(60_000, figures(rig).expiredBacklogMs);
                assertNull(rig.get(0, "key"));
                rig.set(0, "key", "again");
                sweepAll(drain);
                assertNotNull(rig.get(0, "key"));
                assertEquals(0, figures(rig).expiredBacklogMs);
            });
        }
    }
}
