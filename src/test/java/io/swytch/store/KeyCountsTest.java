package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyCountsTest {
    private static final int KEYS = 10_000;

    @TempDir
    Path dir;

    private StoreRig rig;
    private int space;

    @BeforeEach
    void fill() throws Exception {
        rig = new StoreRig(dir, 4 << 20);
        space = rig.store.spaces().of(0);
        setAll(KEYS);
        rig.store.chill();
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private void setAll(int keys) {
        for (int i = 0; i < keys; i++) {
            rig.set(0, "key:" + i, "value");
        }
    }

    @Test
    void aboutKeys_isExactWhileFewKeysWereWrittenWithoutALook() {
        setAll(100);
        assertEquals(KEYS, rig.store.aboutKeys(space));
    }

    @Test
    void aboutKeys_doesNotLookForManyKeysOnDisk() {
        setAll(KEYS);
        assertEquals(2 * KEYS, rig.store.aboutKeys(space));
        assertEquals(KEYS, rig.store.keys(space));
        assertEquals(KEYS, rig.store.aboutKeys(space));
    }

    @Test
    void aboutKeys_doesNotWaitForADrain() {
        setAll(100);
        Drain drain = rig.store.tier().drain();
        drain.forbid();
        try {
            assertEquals(
                    KEYS + 100,
                    CompletableFuture.supplyAsync(() -> rig.store.aboutKeys(space))
                            .join());
        } finally {
            drain.allow();
        }
        assertEquals(KEYS, rig.store.aboutKeys(space));
    }
}
