package io.swytch.store.journal;

import static io.swytch.store.journal.RecordedEffects.HASH;
import static io.swytch.store.journal.RecordedEffects.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path dir;

    private final EffectBuffer effects = new EffectBuffer();

    private Journal open() throws IOException {
        Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system());
        journal.replay(HASH, new RecordedEffects());
        return journal;
    }

    private void put(String name, String value) {
        effects.put(key(1, name), ItemType.STRING, 0, 0, Slice.copyOf(value));
    }

    static List<Path> files(Path dir, String glob) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(dir, glob)) {
            stream.forEach(files::add);
        }
        files.sort(null);
        return files;
    }

    private List<Path> segments() throws IOException {
        return files(dir, "journal-????????????????.log");
    }

    /** A value of {@code length} random bytes in chunks of 1 MiB. */
    static Slice chunked(int length, long seed) {
        Random random = new Random(seed);
        ByteBuffer[] chunks = new ByteBuffer[(length + MIB - 1) / MIB];
        for (int i = 0; i < chunks.length; i++) {
            byte[] bytes = new byte[Math.min(MIB, length - i * MIB)];
            random.nextBytes(bytes);
            chunks[i] = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
        }
        return new Slice().setChunks(chunks, 20, length, null);
    }

    @Test
    void everyEffect_comesBackAsItWas() throws IOException {
        Key key = key(7, "clé");
        try (Journal journal = open()) {
            effects.put(key, ItemType.STRING, ItemHeader.ENCODING_RAW, 0, Slice.copyOf("v"));
            effects.put(key, ItemType.HASH, 0, 1234567890123L, Slice.copyOf(""));
            effects.delete(key);
            effects.expire(key, 99);
            effects.expire(key, 0);
            effects.patch(key, 5, Slice.copyOf("abc"));
            effects.spaces(new int[] {3, 1, 2}, 4);
            assertTrue(effects.bytes() > 0);
            long position = journal.append(effects);
            assertTrue(effects.isEmpty());
            assertTrue(journal.hasPending());
            assertEquals(position, journal.pendingBytes());
            journal.commit();
            assertFalse(journal.hasPending());
            assertEquals(position, journal.committedPosition());
        }
        assertEquals(
                List.of(
                        "put 7:'" + Slice.copyOf("clé") + "' 1 2 0 'v'",
                        "put 7:'" + Slice.copyOf("clé") + "' 5 0 1234567890123 ''",
                        "delete 7:'" + Slice.copyOf("clé") + "'",
                        "expire 7:'" + Slice.copyOf("clé") + "' 99",
                        "expire 7:'" + Slice.copyOf("clé") + "' 0",
                        "patch 7:'" + Slice.copyOf("clé") + "' 5 'abc'",
                        "spaces [3, 1, 2] 4",
                        "end"),
                RecordedEffects.replay(dir));
    }

    @Test
    void putOfAnItem_dropsTheBitsOfL1() throws IOException {
        ByteBuffer entry = ByteBuffer.allocateDirect(64);
        long header = ItemHeader.of(ItemType.STRING, 1, true, 1, 2) | 3L << 8 | 2L << 56 | 5L << 58;
        Slice.LONG.set(entry, 0, header);
        Slice.LONG.set(entry, 8, 1000L);
        entry.put(16, new byte[] {'k', 'x', 'y'});
        List<Long> headers = new ArrayList<>();
        try (Journal journal = open()) {
            effects.put(key(1, "k"), new Item().wrap(entry, 0));
            journal.append(effects);
            journal.commit();
        }
        RecordedEffects seen = new RecordedEffects() {
            @Override
            public void put(Key key, Item item) {
                headers.add(item.header());
                super.put(key, item);
            }
        };
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, seen);
        }
        assertEquals(List.of("put 1:'k' 1 1 1000 'xy'", "end"), seen.lines);
        assertEquals(List.of(ItemHeader.of(ItemType.STRING, 1, true, 1, 2)), headers);
    }

    @Test
    void largeValuesKeysAndPatches_goOverSeveralRecordsAndSegments() throws IOException {
        Slice large = chunked(3 * MIB + 17, 1);
        Slice wide = chunked(17 * MIB, 2);
        Slice half = Slice.copyOf(chunked(MIB / 2, 3).toByteArray());
        Key longKey = new Key().set(Slice.copyOf("k".repeat(300_000)), 2, HASH);
        RecordedEffects expected = new RecordedEffects();
        try (Journal journal = open()) {
            put("before", "1");
            journal.append(effects);
            effects.put(key(1, "large"), ItemType.STRING, 0, 5, large);
            put("small", "2");
            effects.put(longKey, ItemType.STRING, 0, 0, half);
            effects.patch(longKey, 9, large);
            effects.put(key(1, "wide"), ItemType.STRING, 0, 5, wide);
            effects.delete(longKey);
            journal.append(effects);
            put("after", "3");
            journal.append(effects);
            journal.commit();
        }
        String longText = RecordedEffects.put(longKey, 1, 0, 0, half);
        String longName = longText.substring(4, longText.indexOf(' ', 4));
        String largeText = RecordedEffects.put(key(1, "large"), 1, 0, 5, large);
        expected.lines.addAll(List.of(
                "put 1:'before' 1 0 0 '1'",
                "end",
                largeText,
                "put 1:'small' 1 0 0 '2'",
                longText,
                "patch " + longName + " 9 " + largeText.substring(largeText.lastIndexOf(' ') + 1),
                RecordedEffects.put(key(1, "wide"), 1, 0, 5, wide),
                "delete " + longName,
                "end",
                "put 1:'after' 1 0 0 '3'",
                "end"));
        assertTrue(segments().size() > 10);
        assertEquals(expected.lines, RecordedEffects.replay(dir));
    }

    @Test
    void reopened_goesOnWhereItEnded() throws IOException {
        List<String> expected = new ArrayList<>();
        long position = 0;
        for (int i = 0; i < 5; i++) {
            try (Journal journal = open()) {
                assertEquals(position, journal.committedPosition());
                assertEquals(position, journal.syncedPosition());
                put("k" + i, "v");
                position = journal.append(effects);
                journal.commit();
                expected.addAll(List.of("put 1:'k" + i + "' 1 0 0 'v'", "end"));
            }
        }
        assertEquals(expected, RecordedEffects.replay(dir));
        // Opened without a write, it leaves no more files.
        int count = segments().size();
        RecordedEffects.replay(dir);
        assertEquals(count, segments().size());
    }

    @Test
    void closedInOrder_keepsTheFilesLength_andAfterACrashItIsCut() throws IOException {
        byte[] crashed;
        try (Journal journal = open()) {
            put("k", "v");
            journal.append(effects);
            journal.commit();
            crashed = Files.readAllBytes(segments().get(0));
        }
        List<String> expected = List.of("put 1:'k' 1 0 0 'v'", "end");
        assertEquals(expected, RecordedEffects.replay(dir));
        assertEquals(Journal.SEGMENT_BYTES_MIN, Files.size(segments().get(0)));
        Files.delete(segments().get(1));
        Files.write(segments().get(0), crashed);
        assertEquals(expected, RecordedEffects.replay(dir));
        assertTrue(Files.size(segments().get(0)) < 200);
    }

    @Test
    void files_areForTheOwnerOnly() throws IOException {
        try (Journal journal = open()) {
            assertEquals(0, journal.pendingBytes());
            Awaitility.await().until(() -> !files(dir, "journal-spare-*.log").isEmpty());
            for (Path file : files(dir, "*")) {
                assertEquals(
                        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)), "" + file);
            }
        }
    }

    @Test
    void trimBeforeACut_leavesOnlyWhatCameLater() throws IOException {
        try (Journal journal = open()) {
            put("old", "1");
            journal.append(effects);
            long cut = journal.cut();
            assertEquals(cut, journal.committedPosition());
            assertEquals(cut, journal.cut());
            put("new", "2");
            journal.append(effects);
            journal.commit();
            assertEquals(0, journal.firstPosition());
            long before = journal.bytes();
            journal.trimBefore(cut);
            assertEquals(cut, journal.firstPosition());
            assertTrue(journal.bytes() < before);
        }
        assertEquals(List.of("put 1:'new' 1 0 0 '2'", "end"), RecordedEffects.replay(dir));
    }

    @Test
    void trimInTheMiddleOfAUnit_keepsItsBeginning() throws IOException {
        Slice large = chunked(2 * MIB, 1);
        try (Journal journal = open()) {
            effects.put(key(1, "k"), ItemType.STRING, 0, 0, large);
            journal.append(effects);
            journal.commit();
            journal.trimBefore(MIB);
            assertEquals(0, journal.firstPosition());
        }
        assertEquals(List.of(RecordedEffects.put(key(1, "k"), 1, 0, 0, large), "end"), RecordedEffects.replay(dir));
    }

    @Test
    void recycledSegments_showNothingOfTheirEarlierUse() throws IOException {
        for (int round = 0; round < 6; round++) {
            List<String> expected = new ArrayList<>();
            try (Journal journal = open()) {
                for (int i = 0; i < 20; i++) {
                    // The ready file must be there to be taken, or a fresh one would be.
                    Awaitility.await()
                            .pollInterval(Duration.ofMillis(1))
                            .until(() -> !files(dir, "journal-spare-*.log").isEmpty());
                    put("gone" + i, "x".repeat(1000 * (20 - i)));
                    journal.append(effects);
                    journal.trimBefore(journal.cut());
                }
                for (int i = 0; i < round; i++) {
                    put("kept" + i, "v");
                    journal.append(effects);
                    journal.commit();
                    expected.addAll(List.of("put 1:'kept" + i + "' 1 0 0 'v'", "end"));
                }
                assertEquals(expected, replayOfCopy(dir));
            }
            assertEquals(expected, RecordedEffects.replay(dir));
        }
    }

    private static List<String> replayOfCopy(Path dir) throws IOException {
        Path copy = Files.createTempDirectory("journal");
        try {
            for (Path file : files(dir, "journal-????????????????.log")) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
            return RecordedEffects.replay(copy);
        } finally {
            for (Path file : files(copy, "*")) {
                Files.delete(file);
            }
            Files.delete(copy);
        }
    }

    @Test
    void threads_keepTheirOrderAndFindTheirEffectsWritten() throws Exception {
        int threads = 4;
        int units = 500;
        AtomicInteger unwritten = new AtomicInteger();
        try (Journal journal = Journal.open(dir, SyncMode.TEN_MS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            List<Thread> writers = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int space = t;
                Thread writer = new Thread(() -> {
                    EffectBuffer own = new EffectBuffer();
                    Slice value = Slice.copyOf("v".repeat(500));
                    for (int i = 0; i < units; i++) {
                        own.put(key(space, "a" + i), ItemType.STRING, 0, 0, value);
                        own.delete(key(space, "b" + i));
                        long position = journal.append(own);
                        if (i % 7 == 0) {
                            journal.commit();
                            if (journal.committedPosition() < position) {
                                unwritten.incrementAndGet();
                            }
                        }
                    }
                    journal.commit();
                });
                writers.add(writer);
                writer.start();
            }
            for (Thread writer : writers) {
                writer.join();
            }
            assertEquals(0, unwritten.get());
            assertFalse(journal.hasPending());
            assertTrue(journal.stats().commits <= journal.stats().records);
            Awaitility.await().until(() -> journal.syncedPosition() == journal.committedPosition());
            assertTrue(journal.stats().syncs > 0);
        }
        int[] next = new int[threads];
        List<String> lines = RecordedEffects.replay(dir);
        assertEquals(3 * threads * units, lines.size());
        for (int i = 0; i < lines.size(); i += 3) {
            String put = lines.get(i);
            int space = put.charAt(4) - '0';
            assertTrue(put.startsWith("put " + space + ":'a" + next[space] + "' "), put);
            assertEquals("delete " + space + ":'b" + next[space] + "'", lines.get(i + 1));
            assertEquals("end", lines.get(i + 2));
            next[space]++;
        }
    }

    @Test
    void always_syncsWithoutBeingAsked() throws IOException {
        AtomicInteger heard = new AtomicInteger();
        try (Journal journal = Journal.open(dir, SyncMode.ALWAYS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            journal.onSynced(heard::incrementAndGet);
            for (int i = 0; i < 20; i++) {
                put("k", "v");
                long position = journal.append(effects);
                journal.commit();
                Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> journal.syncedPosition() >= position);
            }
            assertTrue(heard.get() >= 1);
        }
    }

    @Test
    void os_syncsOnlyWhenAsked() throws IOException {
        try (Journal journal = open()) {
            put("k", "v");
            long position = journal.append(effects);
            journal.commit();
            assertEquals(0, journal.syncedPosition());
            journal.sync();
            assertEquals(position, journal.syncedPosition());
        }
    }

    @Test
    void stagedBytes_areReplayedWhereTheyAreNamed() throws IOException {
        Slice value = chunked(3 * MIB + 17, 5);
        List<String> expected = new ArrayList<>();
        try (Journal journal = open()) {
            long id = journal.beginStage();
            long dropped = journal.beginStage();
            journal.stage(id, value);
            journal.stage(dropped, value);
            put("between", "v");
            journal.append(effects);
            effects.putStaged(key(1, "large"), ItemType.STRING, 0, 99, id, value.length());
            effects.delete(key(1, "between"));
            journal.append(effects);
            journal.commit();
            journal.endStage(id);
            journal.endStage(dropped);
            long patch = journal.beginStage();
            journal.stage(patch, value);
            effects.patchStaged(key(1, "large"), 5, patch);
            journal.append(effects);
            journal.commit();
            journal.endStage(patch);
        }
        expected.add(RecordedEffects.put(key(1, "between"), ItemType.STRING, 0, 0, Slice.copyOf("v")));
        expected.add(RecordedEffects.put(key(1, "large"), ItemType.STRING, 0, 99, value));
        List<String> lines = RecordedEffects.replay(dir);
        lines.removeIf(line -> line.equals("end"));
        assertEquals(expected, lines.subList(0, 2));
        assertTrue(lines.get(3).startsWith("patch 1:'large' 5 "), lines.get(3));
    }

    @Test
    void bytesStagedBeforeACut_stayUntilTheEffectThatNamesThemIsDrained() throws IOException {
        Slice value = chunked(2 * MIB, 6);
        try (Journal journal = open()) {
            long id = journal.beginStage();
            journal.stage(id, value);
            long cut = journal.cut();
            effects.putStaged(key(1, "large"), ItemType.STRING, 0, 0, id, value.length());
            journal.append(effects);
            journal.commit();
            journal.endStage(id);
            journal.trimBefore(cut);
        }
        assertTrue(RecordedEffects.replay(dir)
                .contains(RecordedEffects.put(key(1, "large"), ItemType.STRING, 0, 0, value)));
        try (Journal journal = open()) {
            journal.trimBefore(journal.cut());
        }
        assertTrue(RecordedEffects.replay(dir).isEmpty());
    }

    @Test
    void heldTrim_keepsTheLogUntilTheNextCut_andNotForEver() throws IOException {
        try (Journal journal = open()) {
            put("a", "1");
            journal.append(effects);
            boolean isHeld = true;
            int cuts = 0;
            while (isHeld) {
                long cut = journal.cut();
                isHeld = journal.holdTrim();
                journal.trimBefore(cut);
                assertEquals(isHeld, journal.firstPosition() == 0);
                cuts++;
            }
            assertTrue(cuts > 2 && cuts < 10, "cuts " + cuts);
        }
    }
}
