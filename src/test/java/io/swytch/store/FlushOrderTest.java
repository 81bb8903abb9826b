package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What L2 does about a flush comes after the journal's record of it: otherwise a crash in between leaves a part of the database. */
class FlushOrderTest {
    @TempDir
    Path dir;

    @Test
    void burial_waitsForTheJournalsRecordOfTheFlush() throws IOException {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            Tier tier = rig.store.tier();
            rig.set(0, "key", "value");
            tier.drain().run();
            long before = tier.journal().syncedPosition();
            rig.all(keyspace -> keyspace.flush(0));
            await().until(() -> !tier.hasDead());
            assertTrue(tier.journal().syncedPosition() > before, "buried while a crash could still undo the flush");
        }
    }

    @Test
    void drain_doesNotSaveAMapThatTheJournalDoesNotHave() throws IOException {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            Tier tier = rig.store.tier();
            rig.set(0, "key", "value");
            int space = rig.store.spaces().of(0);
            AtomicBoolean isDone = new AtomicBoolean();
            tier.onSynced(() -> {
                if (!isDone.getAndSet(true)) {
                    rig.all(keyspace -> keyspace.flush(0));
                }
            });
            tier.drain().run();
            Spaces saved = new Spaces(2);
            saved.restore(tier.l2().meta(Drain.META_SPACES));
            assertTrue(isDone.get());
            assertEquals(space, saved.of(0));
        }
    }
}
