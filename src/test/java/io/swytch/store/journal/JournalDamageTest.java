package io.swytch.store.journal;

import static io.swytch.store.journal.RecordedEffects.HASH;
import static io.swytch.store.journal.RecordedEffects.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.ItemType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What replay makes of files that are not what was written; the rules are those of {@link LogReader}. */
class JournalDamageTest {
    private static final int HEADER = RecordFormat.SEGMENT_HEADER_BYTES;

    @TempDir
    Path dir;

    private final EffectBuffer effects = new EffectBuffer();

    /** Where each record ends in the file that {@link #write} returned. */
    private final List<Integer> ends = new ArrayList<>();

    private static String line(int i) {
        return "put 1:'k" + i + "' 1 0 0 'v'";
    }

    private static List<String> lines(int count) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(line(i));
            lines.add("end");
        }
        return lines;
    }

    private void append(Journal journal, int i) {
        effects.put(key(1, "k" + i), ItemType.STRING, 0, 0, Slice.copyOf("v"));
        journal.append(effects);
        journal.commit();
    }

    /**
     * Writes records, and leaves the directory as a crash of the process would.
     *
     * @param syncAfter after how many records the log is forced
     * @return the one segment, without the zeros that were allocated ahead
     */
    private byte[] write(int records, int syncAfter) throws IOException {
        byte[] file;
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            for (int i = 0; i < records; i++) {
                if (i == syncAfter) {
                    journal.sync();
                }
                append(journal, i);
                ends.add((int) journal.bytes());
            }
            file = Files.readAllBytes(segment());
        }
        return Arrays.copyOf(file, ends.get(records - 1) + RecordFormat.TERMINATOR_BYTES);
    }

    private Path segment() {
        return dir.resolve("journal-0000000000000000.log");
    }

    private int recordStart(int record) {
        return record == 0 ? HEADER : ends.get(record - 1);
    }

    /** The lines that the records of {@code file} replay to. */
    private List<String> read(byte[] file) throws IOException {
        return read(file, false);
    }

    private List<String> read(byte[] file, boolean afterBoot) throws IOException {
        Files.write(segment(), Arrays.copyOf(file, (int) Journal.SEGMENT_BYTES_MIN));
        return readFile(afterBoot);
    }

    private List<String> readFile(boolean afterBoot) throws IOException {
        RecordedEffects seen = new RecordedEffects();
        Segment segment = Segment.open(Disk.REAL, segment(), 0);
        try {
            Segment.Id here = afterBoot ? new Segment.Id(0, 0, 0, 1, 2) : segment.id();
            LogReader records = new LogReader(List.of(segment), here, null);
            EffectReader reader = new EffectReader(records, HASH, seen, null, 0);
            reader.readAll();
            records.judgeEnd();
        } finally {
            segment.close();
        }
        return seen.lines;
    }

    private JournalDamagedException assertDamaged(byte[] file, boolean afterBoot, int offset) {
        JournalDamagedException e = assertThrows(JournalDamagedException.class, () -> read(file, afterBoot));
        assertEquals(segment(), e.file());
        assertEquals(offset, e.offset());
        assertTrue(e.getMessage().contains(segment() + " at byte " + offset), e.getMessage());
        return e;
    }

    @Test
    void fileCutAtAnyByte_isDamage() throws IOException {
        byte[] file = write(3, -1);
        for (int length = HEADER; length <= file.length; length++) {
            Files.write(segment(), Arrays.copyOf(file, length));
            JournalDamagedException e =
                    assertThrows(JournalDamagedException.class, () -> readFile(false), "cut at " + length);
            assertEquals(segment(), e.file());
        }
    }

    @Test
    void writeTornAtAnyByteOverZeros_replaysTheWholeRecords() throws IOException {
        byte[] file = write(3, -1);
        for (int length = HEADER; length <= file.length; length++) {
            int whole = 0;
            // A record is whole when its payload is; the padding may be missing.
            while (whole < 3 && recordStart(whole) + payloadEnd(file, recordStart(whole)) <= length) {
                whole++;
            }
            assertEquals(lines(whole), read(Arrays.copyOf(file, length)), "cut at " + length);
        }
    }

    private static int payloadEnd(byte[] file, int at) {
        return RecordFormat.HEADER_BYTES + (file[at] & 0xFF);
    }

    @Test
    void writeTornAtAnyByteOverOldRecords_replaysTheWholeRecords() throws IOException {
        byte[] file = write(2, -1);
        byte[] old = new byte[file.length + 500];
        Arrays.fill(old, (byte) 0x5A);
        int start = recordStart(1);
        for (int torn = start; torn < start + payloadEnd(file, start); torn++) {
            byte[] mixed = old.clone();
            System.arraycopy(file, 0, mixed, 0, torn);
            assertEquals(lines(1), read(mixed), "torn at " + torn);
        }
    }

    @Test
    void byteFlippedInTheMiddle_isDamageAndNamesFileAndOffset() throws IOException {
        byte[] file = write(4, -1);
        for (int record = 0; record < 3; record++) {
            int start = recordStart(record);
            for (int at = start; at < start + payloadEnd(file, start); at++) {
                byte[] flipped = file.clone();
                flipped[at] ^= 0x10;
                assertDamaged(flipped, false, start);
            }
        }
    }

    @Test
    void zerosInTheMiddle_areDamage() throws IOException {
        byte[] file = write(4, -1);
        Arrays.fill(file, recordStart(1), recordStart(2), (byte) 0);
        assertDamaged(file, false, recordStart(1));
    }

    @Test
    void byteFlippedInTheLastRecordThatWasForced_isDamage() throws IOException {
        byte[] file;
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            append(journal, 0);
            ends.add((int) journal.bytes());
            append(journal, 1);
            journal.sync();
            file = Files.readAllBytes(segment());
        }
        assertEquals(lines(2), read(file));
        file[recordStart(1) + 30] ^= 1;
        assertDamaged(file, false, recordStart(1));
        assertDamaged(file, true, recordStart(1));
    }

    @Test
    void newestSegmentMissing_isDamage() throws IOException {
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            append(journal, 0);
            journal.cut();
            append(journal, 1);
            journal.sync();
            Files.delete(segments().get(1));
            JournalDamagedException e = assertThrows(JournalDamagedException.class, () -> readFile(false));
            assertEquals(segment(), e.file());
        }
    }

    @Test
    void byteFlippedInTheLastRecord_isTakenForATornTail() throws IOException {
        byte[] file = write(3, -1);
        file[recordStart(2) + 30] ^= 1;
        assertEquals(lines(2), read(file));
    }

    @Test
    void byteFlippedInTheLastRecordAfterAnOrderlyStop_isDamage() throws IOException {
        write(3, -1);
        byte[] closed = Files.readAllBytes(segment());
        assertEquals(lines(3), read(closed));
        closed[recordStart(2) + 30] ^= 1;
        assertDamaged(closed, false, recordStart(2));
        assertDamaged(closed, true, recordStart(2));
        closed[recordStart(2) + 30] ^= 1;
        // The mark at the end may be lost, with what it says.
        for (int at = ends.get(2); at < ends.get(2) + RecordFormat.MARK_BYTES + RecordFormat.TERMINATOR_BYTES; at++) {
            closed[at] ^= 1;
            assertEquals(lines(3), read(closed), "byte " + at);
            assertEquals(lines(3), read(closed, true), "byte " + at);
            closed[at] ^= 1;
        }
    }

    @Test
    void pageLostWithAThePower_isATornTailWhereNothingLaterSaysItWasForced() throws IOException {
        byte[] file = write(6, -1);
        Arrays.fill(file, recordStart(2), recordStart(3), (byte) 0);
        assertEquals(lines(2), read(file, true));
    }

    @Test
    void pageLostThatHadBeenForced_isDamageAfterABootToo() throws IOException {
        byte[] file = write(6, 4);
        byte[] forced = file.clone();
        Arrays.fill(forced, recordStart(2), recordStart(3), (byte) 0);
        assertDamaged(forced, true, recordStart(2));
        byte[] unforced = file.clone();
        Arrays.fill(unforced, recordStart(4), recordStart(5), (byte) 0);
        assertEquals(lines(4), read(unforced, true));
    }

    @Test
    void headerFlippedAnywhere_isDamage() throws IOException {
        byte[] file = write(1, -1);
        for (int at = 0; at < 60; at++) {
            byte[] flipped = file.clone();
            flipped[at] ^= 1;
            assertThrows(JournalDamagedException.class, () -> read(flipped), "byte " + at);
        }
    }

    @Test
    void missingSegment_isDamage() throws IOException {
        writeThreeSegments();
        Path middle = segments().get(1);
        Files.delete(middle);
        JournalDamagedException e = assertThrows(JournalDamagedException.class, () -> RecordedEffects.replay(dir));
        assertEquals(segment(), e.file());
    }

    /** It passed for a torn tail, and what the newest file had held was gone with a warning. */
    @Test
    void newestSegmentWithTheContentOfAnother_isDamage() throws IOException {
        writeThreeSegments();
        Path newest = segments().get(2);
        Files.copy(segments().get(1), newest, StandardCopyOption.REPLACE_EXISTING);
        JournalDamagedException e = assertThrows(JournalDamagedException.class, () -> RecordedEffects.replay(dir));
        assertEquals(newest, e.file());
    }

    @Test
    void tornTailBeforeALaterRun_isDamage() throws IOException {
        write(2, -1);
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
        }
        byte[] file = Files.readAllBytes(segment());
        byte[] torn = Arrays.copyOf(Arrays.copyOf(file, recordStart(1) + 10), file.length);
        Files.write(segment(), torn);
        assertThrows(JournalDamagedException.class, () -> RecordedEffects.replay(dir));
    }

    @Test
    void segmentOfAnotherDirectory_isRefused() throws IOException {
        writeThreeSegments();
        Path other = Files.createDirectory(dir.resolve("other"));
        try (Journal journal = Journal.open(other, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), 77)) {
            journal.replay(HASH, new RecordedEffects());
        }
        Files.copy(segments().get(2), other.resolve("journal-00000000000000ff.log"));
        assertThrows(JournalDamagedException.class, () -> RecordedEffects.replay(other));
        assertThrows(
                JournalDamagedException.class,
                () -> Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), 77));
    }

    @Test
    void tornTail_isCutSoThatTheNextRunAppendsBehindIt() throws IOException {
        byte[] file = write(3, -1);
        Files.write(segment(), torn(file, recordStart(2) + 10));
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            RecordedEffects seen = new RecordedEffects();
            journal.replay(HASH, seen);
            assertEquals(lines(2), seen.lines);
            append(journal, 2);
            append(journal, 3);
        }
        assertEquals(recordStart(2) + RecordFormat.MARK_BYTES + RecordFormat.TERMINATOR_BYTES, Files.size(segment()));
        assertEquals(lines(4), RecordedEffects.replay(dir));
    }

    /** The file with zeros from there on. */
    private static byte[] torn(byte[] file, int from) {
        return Arrays.copyOf(Arrays.copyOf(file, from), (int) Journal.SEGMENT_BYTES_MIN);
    }

    @Test
    void damageInTheMiddle_skippedIfAskedTo_losesThatRecordOnly() throws IOException {
        byte[] file = write(5, -1);
        file[recordStart(2) + 30] ^= 1;
        Files.write(segment(), Arrays.copyOf(file, (int) Journal.SEGMENT_BYTES_MIN));
        List<String> expected = lines(5);
        expected.subList(4, 6).clear();
        try (Journal journal =
                Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), directoryId(), 0, true)) {
            RecordedEffects seen = new RecordedEffects();
            Skipped skipped = journal.replaySkippingDamaged(HASH, seen, 0);
            assertEquals(expected, seen.lines);
            assertEquals(1, skipped.pieces());
            append(journal, 5);
            journal.trimBefore(journal.cut());
        }
        assertEquals(List.of(), RecordedEffects.replay(dir));
        assertTrue(Files.exists(dir.resolve("damaged-" + segment().getFileName())));
    }

    @Test
    void endThatALaterRunWentOnFrom_skippedIfAskedTo_isTold() throws IOException {
        write(3, -1);
        long id = directoryId();
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
        }
        Path later = segments().get(1);
        // That run was killed before it wrote anything.
        Files.write(later, torn(Files.readAllBytes(later), HEADER));
        Files.write(segment(), Arrays.copyOf(Files.readAllBytes(segment()), recordStart(1)));
        assertThrows(JournalDamagedException.class, () -> RecordedEffects.replay(dir));
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), id, 0, true)) {
            RecordedEffects seen = new RecordedEffects();
            Skipped skipped = journal.replaySkippingDamaged(HASH, seen, 0);
            assertEquals(lines(1), seen.lines);
            assertEquals(1, skipped.pieces());
        }
    }

    @Test
    void missingAndUnreadableSegments_skippedIfAskedTo_loseThoseOnly() throws IOException {
        writeThreeSegments();
        List<Path> segments = segments();
        long id = directoryId();
        byte[] first = Files.readAllBytes(segments.get(0));
        first[20] ^= 1;
        Files.write(segments.get(0), first);
        Files.delete(segments.get(1));
        assertThrows(JournalDamagedException.class, () -> RecordedEffects.replay(dir));
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), id, 0, true)) {
            RecordedEffects seen = new RecordedEffects();
            Skipped skipped = journal.replaySkippingDamaged(HASH, seen, 0);
            assertEquals(List.of(line(2), "end"), seen.lines);
            assertEquals(2, skipped.pieces());
            journal.trimBefore(journal.cut());
        }
        assertEquals(List.of(), RecordedEffects.replay(dir));
    }

    /** It looked like the end of a run in order, and what the run after it had written was gone without a word. */
    @Test
    void olderCopyOfTheNewestSegment_isRefused_andSkippedIfAskedTo() throws IOException {
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
        }
        byte[] older = Files.readAllBytes(segment());
        long run;
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            append(journal, 0);
            run = journal.run();
        }
        long id = directoryId();
        Files.write(segment(), older);
        JournalDamagedException e = assertThrows(JournalDamagedException.class, () -> replay(id, run));
        assertEquals(segment(), e.file());
        assertTrue(e.getMessage().contains("older copy"), e.getMessage());
        try (Journal journal =
                Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), id, run, true)) {
            Skipped skipped = journal.replaySkippingDamaged(HASH, new RecordedEffects(), 0);
            assertEquals(1, skipped.pieces());
            assertTrue(journal.run() > run);
            append(journal, 1);
        }
        assertTrue(Files.exists(dir.resolve("damaged-" + segment().getFileName())));
        assertEquals(List.of(line(1), "end"), replay(id, run));
    }

    private List<String> replay(long id, long lastRun) throws IOException {
        RecordedEffects seen = new RecordedEffects();
        try (Journal journal =
                Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), id, lastRun, false)) {
            journal.replay(HASH, seen);
        }
        return seen.lines;
    }

    /** The new run's first segment takes its name, if the log before ends there; it must not be set aside in its place. */
    @Test
    void newestSegmentUnreadable_skippedIfAskedTo_isSetAsideAndNotWhatTakesItsName() throws IOException {
        writeThreeSegments();
        Path newest = segments().get(2);
        long id = directoryId();
        byte[] damaged = Files.readAllBytes(newest);
        damaged[20] ^= 1;
        Files.write(newest, damaged);
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system(), id, 0, true)) {
            RecordedEffects seen = new RecordedEffects();
            assertEquals(2, journal.replaySkippingDamaged(HASH, seen, 0).pieces());
            assertEquals(lines(2), seen.lines);
            journal.trimBefore(journal.cut());
            append(journal, 3);
        }
        assertEquals(List.of(line(3), "end"), RecordedEffects.replay(dir));
        assertTrue(Arrays.equals(damaged, Files.readAllBytes(dir.resolve("damaged-" + newest.getFileName()))));
    }

    private long directoryId() throws IOException {
        Segment segment = Segment.open(Disk.REAL, segment(), 0);
        try {
            return segment.id().directory();
        } finally {
            segment.close();
        }
    }

    private void writeThreeSegments() throws IOException {
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, new RecordedEffects());
            append(journal, 0);
            journal.cut();
            append(journal, 1);
            journal.cut();
            append(journal, 2);
        }
        assertEquals(3, segments().size());
    }

    private List<Path> segments() throws IOException {
        List<Path> segments = new ArrayList<>();
        try (var files = Files.newDirectoryStream(dir, "journal-????????????????.log")) {
            files.forEach(segments::add);
        }
        segments.sort(null);
        return segments;
    }
}
