package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Walks of keys of which some are in memory, some on disk, some in both, and some gone, far more than one stretch has. */
@Timeout(60)
class WalkTest {
    private static final int KEYS = 30_000;

    @TempDir
    Path dir;

    private final TreeSet<String> expected = new TreeSet<>();

    private StoreRig rig;

    private int space;

    @BeforeEach
    void fill() throws Exception {
        rig = new StoreRig(dir, 4 << 20);
        space = rig.store.spaces().of(0);
        for (int i = 0; i < KEYS; i++) {
            String name = "key:" + i;
            rig.set(0, name, "old");
            expected.add(name);
        }
        rig.store.chill();
        for (int i = 0; i < KEYS; i += 3) {
            rig.set(0, "key:" + i, "new");
            rig.set(0, "more:" + i, "new");
            expected.add("more:" + i);
        }
        for (int i = 1; i < KEYS; i += 5) {
            rig.delete(0, "key:" + i);
            expected.remove("key:" + i);
        }
        for (int i = 2; i < KEYS; i += 7) {
            if (expected.contains("key:" + i)) {
                rig.expireAt(0, "key:" + i, rig.clock.millis() + 1000);
                expected.remove("key:" + i);
            }
        }
        rig.clock.advance(Duration.ofSeconds(2));
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private void assertShowsAllOnce(int count) {
        List<String> seen = new ArrayList<>();
        long cursor = 0;
        do {
            cursor = rig.store.walk(space, cursor, count, rig.clock.millis(), (key, type) -> seen.add(key.toString()));
        } while (cursor != 0);
        assertEquals(expected.size(), seen.size());
        assertEquals(expected, new TreeSet<>(seen));
    }

    @Test
    void walk_inStepsOfAnySizeShowsEachKeyOnce() throws Exception {
        for (int count : new int[] {100, 1000, 4096, 5000, 20_000, 1_000_000, Integer.MAX_VALUE}) {
            assertShowsAllOnce(count);
        }
        rig.store.chill();
        assertShowsAllOnce(1000);
        assertShowsAllOnce(1_000_000);
    }

    @Test
    void walk_ofMoreKeysThanThereAreEndsAtOnce() {
        List<String> seen = new ArrayList<>();
        assertEquals(
                0, rig.store.walk(space, 0, 1_000_000, rig.clock.millis(), (key, type) -> seen.add(key.toString())));
        assertEquals(expected.size(), seen.size());
    }

    @Test
    void walk_showsAboutAsManyAsItWasAskedFor() {
        List<String> seen = new ArrayList<>();
        rig.store.walk(space, 0, 10_000, rig.clock.millis(), (key, type) -> seen.add(key.toString()));
        assertTrue(seen.size() >= 10_000 && seen.size() < 10_000 + 4096, "was " + seen.size());
    }
}
