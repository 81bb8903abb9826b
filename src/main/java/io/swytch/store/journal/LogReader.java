package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads records in order, and where they end judges whether that is the end of the log or damage.
 *
 * <p>A record is good if it stands where the one before it ended, bears the position that follows, and its checksum, salted for this use
 * of the file, is right. The log ends at the first place without a good record, unless the next segment's name goes on there. Eight zero
 * bytes there are a clean end: the terminator that every write puts behind its record, or space that was allocated ahead. Anything else was torn or damaged.
 * What tells torn from damaged is what is found before and <em>after</em> that place, position p:
 *
 * <ol>
 *   <li>The mark that seals the segment, and no segment that begins at p: there was one, on disk by name. Damaged.
 *   <li>A file that is shorter than its header says: files have their length before they have their name. Damaged.
 *   <li>A segment of a later run: that run read everything before it and forced it, so p was good then. Damaged.
 *   <li>A good record beyond p, or a next segment, and the machine has not been booted since: writes reach the file in order, and a crash
 *       of the process tears the last one only. Damaged.
 *   <li>A good record beyond p that was written when everything before some position beyond p had been forced (each record says how far
 *       that was): no power loss takes forced bytes. Damaged.
 *   <li>A good record beyond p, none of which says so, after a boot: a power loss took pages of the last 10 ms in an order of its own.
 *       Torn: they go, all from p on.
 *   <li>A good record at p itself, which is of another place: the salt is of this use of the file, so the file is a copy of another one. Damaged.
 *   <li>The mark that ends a run right before p, and zeros at p: cleanly ended. Nothing was written beyond, so nothing is looked for there.
 *   <li>Nothing: torn, or cleanly ended. A change inside the very last record looks the same as long as that has not been forced; then a mark is
 *       written behind it, a record without payload, and what lies before is damaged by the rules for good records beyond p.
 * </ol>
 *
 * <p>Threads: one.
 */
final class LogReader {
    private static final int WINDOW_BYTES = 1 << 20;

    private final List<Segment> segments;
    private final Segment.Id here;
    private final CRC32C crc = new CRC32C();

    private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES);
    private int windowSegment = -1;
    private long windowFrom;
    private int windowBytes;

    private int index;
    private long offset;
    private long position;
    private boolean cleanEnd;

    /** Whether the record before this place is the last that its run wrote. */
    private boolean ended;

    private int recordIndex;
    private long recordOffset;
    private int payloadAt;
    private int payloadBytes;
    private boolean continues;

    /** What is done without; null: damage ends the reading. */
    private final @Nullable Skipped skipped;

    /** Where reading went on after the last place that was skipped; −1 if none was. */
    private long gapEnd = -1;

    /**
     * @param segments oldest first, at least one
     * @param here a header of this run, for the boot id
     * @param skipped told what was damaged, and skipped; null if nothing may be
     */
    LogReader(List<Segment> segments, Segment.Id here, @Nullable Skipped skipped) {
        this.segments = segments;
        this.here = here;
        this.skipped = skipped;
        offset = RecordFormat.SEGMENT_HEADER_BYTES;
        position = segments.get(0).first();
    }

    /** A reader that goes on where this one stands, to look ahead. */
    LogReader fork() {
        LogReader ahead = new LogReader(segments, here, skipped == null ? null : new Skipped(unheard -> {}));
        ahead.gapEnd = gapEnd;
        ahead.index = index;
        ahead.offset = offset;
        ahead.position = position;
        ahead.ended = ended;
        return ahead;
    }

    /** Goes to the next good record; false if there is none. */
    boolean next() throws IOException {
        while (true) {
            Segment segment = segments.get(index);
            if (probe(index, offset) && RecordFormat.position(window, at(offset)) == position) {
                int at = at(offset);
                recordIndex = index;
                recordOffset = offset;
                payloadAt = at + RecordFormat.HEADER_BYTES;
                payloadBytes = RecordFormat.payloadBytes(window, at);
                continues = RecordFormat.continues(window, at);
                segment.isSealed |= RecordFormat.seals(window, at);
                ended = RecordFormat.ends(window, at);
                if (position == segment.first() && payloadBytes > 0) {
                    segment.continues = continues;
                }
                offset += RecordFormat.recordBytes(payloadBytes);
                position += payloadBytes;
                return true;
            }
            segment.offset = offset;
            if (index + 1 < segments.size() && segments.get(index + 1).first() == position) {
                index++;
                offset = RecordFormat.SEGMENT_HEADER_BYTES;
            } else if (skipped == null || !skip(skipped)) {
                cleanEnd = isCleanEnd();
                return false;
            }
        }
    }

    /** Goes to the next good record beyond what is damaged here; false if there is none. */
    private boolean skip(Skipped told) throws IOException {
        for (int i = index; i < segments.size(); i++) {
            long from = i == index ? offset + 8 : RecordFormat.SEGMENT_HEADER_BYTES;
            for (; hold(i, from, RecordFormat.HEADER_BYTES); from += 8) {
                long found = RecordFormat.position(window, at(from));
                boolean isBeyond = found > position || found == position && i == index;
                if (isBeyond && found < Long.MAX_VALUE >>> 8 && probe(i, from)) {
                    told.bytes(
                            segments.get(index).path(), offset, segments.get(i).path(), from, found - position);
                    segments.get(index).isEvidence = true;
                    segments.get(i).isEvidence = true;
                    index = i;
                    offset = from;
                    position = found;
                    gapEnd = found;
                    return true;
                }
            }
        }
        return false;
    }

    /** Where reading went on after the last place that was skipped; −1 if none was. */
    long gapEnd() {
        return gapEnd;
    }

    private boolean isCleanEnd() throws IOException {
        if (hold(index, offset, RecordFormat.TERMINATOR_BYTES)) {
            return (long) Slice.LONG.get(window, at(offset)) == 0;
        }
        return offset >= segments.get(index).fileBytes();
    }

    /** Whether all of a good record, of whatever position, stands there; it is in the window then. */
    private boolean probe(int segment, long from) throws IOException {
        if (!hold(segment, from, RecordFormat.HEADER_BYTES)) {
            return false;
        }
        int length = RecordFormat.payloadBytes(window, at(from));
        // The terminator's zeros are no record, even if some salt would make their checksum right.
        return length >= 0
                && (long) Slice.LONG.get(window, at(from)) != 0
                && hold(segment, from, RecordFormat.HEADER_BYTES + length)
                && RecordFormat.isIntact(
                        window,
                        at(from),
                        length,
                        crc,
                        segments.get(segment).id().salt());
    }

    /** Brings a range into the window; false if the file ends before. */
    private boolean hold(int segment, long from, int count) throws IOException {
        if (segment != windowSegment || from < windowFrom || from + count > windowFrom + windowBytes) {
            windowBytes = segments.get(segment).read(window, from);
            windowSegment = segment;
            windowFrom = from;
        }
        return count <= windowBytes - (from - windowFrom);
    }

    private int at(long from) {
        return (int) (from - windowFrom);
    }

    /**
     * Judges the place where {@link #next} found no more.
     *
     * @return why the rest is torn off, or an empty string if the log ends cleanly
     * @throws JournalDamagedException if it is not the log's end
     */
    String judgeEnd() throws IOException {
        Segment segment = segments.get(index);
        boolean isLast = index + 1 == segments.size();
        if (skipped != null) {
            return judgeSkippedEnd(skipped, segment);
        }
        if (segment.isSealed) {
            throw damaged("the segment that goes on from here, of position " + position + ", is missing");
        }
        if (segment.isCut()) {
            throw damaged("the file was cut: it has " + segment.fileBytes() + " bytes, and was made with "
                    + segment.madeBytes());
        }
        if (!isLast && segments.get(index + 1).first() < position) {
            throw damaged("the next segment, " + segments.get(index + 1).path().getFileName() + ", begins before");
        }
        if (isFollowedByLaterRun(segment)) {
            throw damaged("bad record, but a later run went on from a good one");
        }
        if (hasEnded()) {
            return "";
        }
        if (probe(index, offset)) {
            throw damaged("a good record, but of position " + RecordFormat.position(window, at(offset))
                    + ": the file is another one's");
        }
        boolean clean = cleanEnd;
        long claim = furthestClaimBeyond();
        boolean isSameBoot = segment.id().isSameBoot(here);
        if (isSameBoot && (!isLast || claim >= 0)) {
            throw damaged("bad record, with good ones after it");
        }
        if (claim > position) {
            throw damaged("bad record, though it was on disk already when a later one was written");
        }
        if (!isLast || claim >= 0) {
            return "power loss: later records are there, but were never forced";
        }
        return clean ? "" : "torn record";
    }

    /** Whether the place where {@link #next} found no more is where a run closed the log in order. */
    boolean hasEnded() {
        return ended && cleanEnd && index + 1 == segments.size();
    }

    private boolean isFollowedByLaterRun(Segment segment) {
        return segments.subList(index + 1, segments.size()).stream()
                .anyMatch(later -> later.id().run() != segment.id().run());
    }

    /** Nothing good lies beyond the end, or it would not be the end: what is left to say is whether something did. */
    private String judgeSkippedEnd(Skipped told, Segment segment) throws IOException {
        if (segment.isSealed || segment.isCut() || isFollowedByLaterRun(segment)) {
            told.end(segment.path(), offset);
            segment.isEvidence = true;
        }
        return cleanEnd && index + 1 == segments.size() ? "" : "nothing that can be read follows";
    }

    /** The furthest synced position that a good record beyond the end names; −1 if there is no such record. */
    private long furthestClaimBeyond() throws IOException {
        long claim = -1;
        long positionMax = position;
        for (int i = index; i < segments.size(); i++) {
            positionMax += segments.get(i).fileBytes();
        }
        for (int i = index; i < segments.size(); i++) {
            long from = i == index ? offset + 8 : RecordFormat.SEGMENT_HEADER_BYTES;
            while (hold(i, from, RecordFormat.HEADER_BYTES)) {
                // Positions are tried first: they rule out almost everything, old records included.
                long found = RecordFormat.position(window, at(from));
                if (found > position && found <= positionMax && probe(i, from)) {
                    claim = Math.max(claim, RecordFormat.syncedPosition(window, at(from)));
                    from += RecordFormat.recordBytes(RecordFormat.payloadBytes(window, at(from)));
                } else {
                    from += 8;
                }
            }
        }
        return claim;
    }

    /** The exception for trouble at the place where reading stands. */
    JournalDamagedException damaged(String reason) {
        return new JournalDamagedException(segments.get(index).path(), offset, reason);
    }

    /** The exception for trouble inside the current record. */
    JournalDamagedException damagedRecord(String reason) {
        return new JournalDamagedException(segments.get(recordIndex).path(), recordOffset, reason);
    }

    /** The memory that holds the current record, until {@link #next}. */
    ByteBuffer buffer() {
        return window;
    }

    int payloadAt() {
        return payloadAt;
    }

    int payloadBytes() {
        return payloadBytes;
    }

    /** Whether the current record begins in the middle of a unit. */
    boolean continues() {
        return continues;
    }

    /** The file in which the current record lies. */
    Path file() {
        return segments.get(recordIndex).path();
    }

    /** Number of the segment in which the current record lies. */
    int recordIndex() {
        return recordIndex;
    }

    /** Where the current record begins in its file. */
    long recordOffset() {
        return recordOffset;
    }

    /** Number of the segment where reading stands. */
    int index() {
        return index;
    }

    long offset() {
        return offset;
    }

    /** Position of the next payload byte to come. */
    long position() {
        return position;
    }
}
