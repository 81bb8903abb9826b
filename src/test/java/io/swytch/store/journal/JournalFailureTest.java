package io.swytch.store.journal;

import static io.swytch.store.journal.RecordedEffects.HASH;
import static io.swytch.store.journal.RecordedEffects.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.ItemType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalFailureTest {
    @TempDir
    Path dir;

    private final UnreliableDisk disk = new UnreliableDisk();
    private final EffectBuffer effects = new EffectBuffer();
    private final List<String> expected = new ArrayList<>();

    private Journal open(SyncMode mode) throws IOException {
        Journal journal = Journal.open(dir, mode, Journal.SEGMENT_BYTES_MIN, Clock.system(), null, 0, disk, false);
        journal.replay(HASH, new RecordedEffects());
        return journal;
    }

    private void append(Journal journal, String name, Slice value) {
        effects.put(key(1, name), ItemType.STRING, 0, 0, value);
        journal.append(effects);
        expected.addAll(List.of(RecordedEffects.put(key(1, name), 1, 0, 0, value), "end"));
    }

    @Test
    void fullDisk_failsCommitsUntilRecovered() throws IOException {
        try (Journal journal = open(SyncMode.OS)) {
            append(journal, "before", Slice.copyOf("v"));
            journal.commit();
            disk.setBytesLeft(600_000);
            append(journal, "large", JournalTest.chunked(3 << 20, 1));
            assertThrows(JournalFailedException.class, journal::commit);
            assertEquals("No space left on device", journal.failure().getMessage());
            append(journal, "meanwhile", Slice.copyOf("v"));
            assertThrows(JournalFailedException.class, journal::commit);
            assertThrows(JournalFailedException.class, journal::cut);
            assertThrows(JournalFailedException.class, journal::sync);
            assertFalse(journal.tryRecover());
            disk.setBytesLeft(Long.MAX_VALUE);
            assertTrue(journal.tryRecover());
            assertNull(journal.failure());
            assertFalse(journal.hasPending());
            assertEquals(journal.committedPosition(), journal.syncedPosition());
            append(journal, "after", Slice.copyOf("v"));
            journal.commit();
        }
        assertEquals(expected, RecordedEffects.replay(dir));
    }

    @Test
    void firstSegmentThatCannotGrow_isLeftForTheOneThatIsReady() throws IOException {
        try (Journal journal = open(SyncMode.OS)) {
            append(journal, "before", Slice.copyOf("v"));
            journal.commit();
            Awaitility.await()
                    .until(() -> !JournalTest.files(dir, "journal-spare-*.log").isEmpty());
            append(journal, "large", JournalTest.chunked(1 << 20, 1));
            disk.failNextWrite();
            journal.commit();
            assertNull(journal.failure());
            append(journal, "after", Slice.copyOf("v"));
            journal.commit();
        }
        assertEquals(expected, RecordedEffects.replay(dir));
    }

    @Test
    void forceThatFails_failsTheJournalAndWakesWhoWaits() throws IOException {
        List<Boolean> heard = new ArrayList<>();
        try (Journal journal = open(SyncMode.OS)) {
            journal.onSynced(() -> heard.add(journal.failure() == null));
            for (int i = 0; i < 40; i++) {
                append(journal, "k" + i, Slice.copyOf("v".repeat(30_000)));
                journal.commit();
            }
            disk.setForceFails(true);
            assertThrows(JournalFailedException.class, journal::sync);
            assertNotNull(journal.failure());
            assertEquals(0, journal.syncedPosition());
            append(journal, "late", Slice.copyOf("v"));
            assertThrows(JournalFailedException.class, journal::commit);
            assertFalse(journal.tryRecover());
            disk.setForceFails(false);
            assertTrue(journal.tryRecover());
            assertEquals(journal.appendedPosition(), journal.syncedPosition());
            assertEquals(List.of(false, true), heard);
        }
        assertEquals(expected, RecordedEffects.replay(dir));
    }

    @Test
    void syncThread_goesOnAfterRecovery() throws IOException {
        try (Journal journal = open(SyncMode.TEN_MS)) {
            disk.setForceFails(true);
            append(journal, "k", Slice.copyOf("v"));
            journal.commit();
            Awaitility.await().until(() -> journal.failure() != null);
            disk.setForceFails(false);
            assertTrue(journal.tryRecover());
            append(journal, "l", Slice.copyOf("v"));
            journal.commit();
            Awaitility.await().until(() -> journal.syncedPosition() == journal.appendedPosition());
        }
        assertEquals(expected, RecordedEffects.replay(dir));
    }

    @Test
    void noRoomForTheNextSegment_isToldBeforeAnyCommitFails() throws IOException {
        try (Journal journal = open(SyncMode.OS)) {
            Awaitility.await().until(() -> dir.toFile().list((d, name) -> name.endsWith("spare-2.log")).length == 1);
            // Room for records, but not for a new file of zeros.
            disk.setBytesLeft(100_000);
            append(journal, "k", Slice.copyOf("v"));
            journal.cut();
            Awaitility.await().until(() -> journal.shortage() != null);
            assertNull(journal.failure());
            disk.setBytesLeft(Long.MAX_VALUE);
            Awaitility.await().until(() -> journal.shortage() == null);
        }
        assertEquals(expected, RecordedEffects.replay(dir));
    }

    @Test
    void closedWhileFailed_keepsWhatWasCommitted() throws IOException {
        try (Journal journal = open(SyncMode.OS)) {
            append(journal, "k", Slice.copyOf("v"));
            journal.commit();
            List<String> committed = List.copyOf(expected);
            disk.setBytesLeft(10);
            append(journal, "lost", Slice.copyOf("v"));
            assertThrows(JournalFailedException.class, journal::commit);
            expected.clear();
            expected.addAll(committed);
        }
        assertEquals(expected, RecordedEffects.replay(dir));
    }
}
