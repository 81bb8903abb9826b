package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments of the journal and what is written into the last of them; on the way of SET. Knows what was forced, but forces only to recover:
 * that is the work of {@link LogForcer}.
 *
 * <p>Whoever commits takes all that is pending, which others may have appended, and writes it as one record, usually with one call; who comes
 * meanwhile waits for the lock and mostly finds its effects written. What could not be written stays here, in order, for {@link #recover}.
 *
 * <p>Threads: any; the lock is held for a write, never for a force but in {@link #recover} and {@link #leaveEndMark}.
 */
final class LogWriter {
    private static final Logger log = LoggerFactory.getLogger(Journal.class);

    private final SegmentFiles files;
    private final long segmentBytes;
    private final PendingEffects pending;
    private final TrimLimits limits;
    private final JournalStats stats;
    private final ReentrantLock lock = new ReentrantLock();

    /** What is being written; after a failure, what remains to be. */
    @GuardedBy("lock")
    private List<Chunk> writing = new ArrayList<>();

    @GuardedBy("lock")
    private int written;

    @GuardedBy("lock")
    private final CRC32C crc = new CRC32C();

    /** All segments on disk, oldest first; the last one is being written, once the journal has been replayed. */
    @GuardedBy("lock")
    private final ArrayList<Segment> segments = new ArrayList<>();

    /** Null until the journal has been replayed. */
    @GuardedBy("lock")
    private @Nullable Segment current;

    /** Position of the next record. */
    @GuardedBy("lock")
    private long position;

    @GuardedBy("lock")
    private boolean isDirectoryDirty;

    /** Memory of marks. */
    @GuardedBy("lock")
    private final ByteBuffer mark = ByteBuffer.allocateDirect(RecordFormat.MARK_BYTES + RecordFormat.TERMINATOR_BYTES);

    /** Position of the last mark that says that all before it was forced. */
    @GuardedBy("lock")
    private long markedPosition = -1;

    @GuardedBy("lock")
    private boolean closed;

    private volatile long committedPosition;
    private volatile long syncedPosition;
    private volatile @Nullable IOException failure;

    /**
     * Segments as they were at one moment.
     *
     * @param position everything before it was in them, or in earlier ones
     * @param isDirectoryDirty whether a segment was begun whose name has not been forced
     * @param unnamed the segments of which that is so
     */
    record Snapshot(List<Extent> extents, long position, boolean isDirectoryDirty, List<Segment> unnamed) {}

    /** A segment, and up to which byte it had been written. */
    record Extent(Segment segment, long end) {}

    LogWriter(SegmentFiles files, long segmentBytes, PendingEffects pending, TrimLimits limits, JournalStats stats) {
        this.files = files;
        this.segmentBytes = segmentBytes;
        this.pending = pending;
        this.limits = limits;
        this.stats = stats;
        writing.add(Chunk.take());
    }

    /** Finds the segments that an earlier run left. */
    void load(@Nullable Long directoryId, long lastRun, boolean skipDamaged) throws IOException {
        lock.lock();
        try {
            segments.addAll(files.openAll(directoryId, lastRun, skipDamaged));
        } finally {
            lock.unlock();
        }
    }

    /** As {@link Journal#replay(KeyHash, EffectVisitor, long)}; writing begins where the log ends. */
    void replay(KeyHash hash, EffectVisitor visitor, long from, @Nullable Skipped skipped) throws IOException {
        lock.lock();
        try {
            if (current != null) {
                throw new IllegalStateException("the journal has been replayed");
            }
            beginAt(new Replay(segments, files, skipped).run(hash, visitor, from));
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void beginAt(long end) throws IOException {
        Segment last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
        if (last != null && last.first() == end) {
            // It is empty; the new one takes over its name and, by the same rename, its place.
            segments.remove(segments.size() - 1);
            if (last.isEvidence) {
                last.close();
                files.setAside(last.path());
            } else {
                files.letGo(last);
            }
        }
        Segment begun = files.begin(end);
        files.forceDirectory();
        begun.isNamed = true;
        segments.add(begun);
        sealNamed();
        if (last != null && last.first() != end) {
            last.force();
            last.syncedOffset = last.offset;
        }
        current = begun;
        position = end;
        pending.beginAt(end);
        committedPosition = end;
        syncedPosition = end;
        stats.segmentsBegun++;
    }

    /**
     * Returns when everything before {@code target}, which has been appended, is in the file.
     *
     * @throws JournalFailedException if it is not
     */
    void commit(long target) {
        lock.lock();
        try {
            // Whoever held the lock may have written ours with theirs.
            if (committedPosition < target) {
                writePending();
            }
        } finally {
            lock.unlock();
        }
    }

    /** As {@link Journal#cut}. */
    long cut() {
        lock.lock();
        try {
            // What ends while this writes may be named by an effect that comes after the cut: it counts as live.
            long staged = limits.firstStaged();
            writePending();
            if (position != current().first()) {
                beginSegment(false);
            }
            limits.cut(staged);
            return position;
        } catch (IOException e) {
            throw fail(e);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void writePending() {
        requireWell();
        if (current == null || closed) {
            throw new IllegalStateException(closed ? "the journal is closed" : "the journal has not been replayed");
        }
        writing = pending.swap(writing);
        try {
            writeTaken();
        } catch (IOException e) {
            throw fail(e);
        }
    }

    /** Writes what has been taken and not been written. Afterwards {@link #writing} is one empty piece again. */
    @GuardedBy("lock")
    private void writeTaken() throws IOException {
        for (; written < writing.size(); written++) {
            Chunk chunk = writing.get(written);
            if (chunk.payloadBytes() > 0) {
                writeRecord(chunk);
            }
        }
        for (int i = writing.size() - 1; i > 0; i--) {
            Chunk.give(writing.remove(i));
        }
        writing.get(0).reset();
        written = 0;
        stats.commits++;
        committedPosition = position;
    }

    @GuardedBy("lock")
    private void writeRecord(Chunk chunk) throws IOException {
        int payloadBytes = chunk.payloadBytes();
        int recordBytes = RecordFormat.recordBytes(payloadBytes);
        Segment segment = current();
        // Room is left for the mark that seals the segment.
        if (segment.offset + recordBytes + RecordFormat.MARK_BYTES + RecordFormat.TERMINATOR_BYTES > segmentBytes) {
            segment = beginSegment(chunk.continues);
        }
        try {
            writeRecord(chunk, segment);
        } catch (IOException e) {
            if (!segment.isSparse() || !files.isReady()) {
                throw e;
            }
            // The first segment of all had to be there at once, before its blocks were: a full disk stops it, and not
            // the one that is ready.
            segment = beginSegment(chunk.continues);
            writeRecord(chunk, segment);
        }
        segment.offset += recordBytes;
        position += payloadBytes;
        stats.records++;
        stats.bytesWritten += recordBytes;
    }

    @GuardedBy("lock")
    private void writeRecord(Chunk chunk, Segment segment) throws IOException {
        int count = RecordFormat.seal(chunk, crc, segment.id().salt(), position, syncedPosition);
        segment.write(chunk.buffer, count, segment.offset);
    }

    @GuardedBy("lock")
    private Segment beginSegment(boolean continues) throws IOException {
        Segment begun = files.begin(position);
        begun.continues = continues;
        segments.add(begun);
        current = begun;
        isDirectoryDirty = true;
        stats.segmentsBegun++;
        return begun;
    }

    @GuardedBy("lock")
    private Segment current() {
        Segment segment = current;
        if (segment == null) {
            throw new IllegalStateException("the journal has not been replayed");
        }
        return segment;
    }

    /** Notes why the journal works no more, unless that is known already. Returns what the caller shall throw. */
    JournalFailedException fail(IOException reason) {
        if (failure == null) {
            failure = reason;
            log.atError().addKeyValue("reason", reason.toString()).log("The journal cannot be written");
        }
        return new JournalFailedException(reason);
    }

    /**
     * Returns if the journal works.
     *
     * @throws JournalFailedException if it does not
     */
    void requireWell() {
        IOException reason = failure;
        if (reason != null) {
            throw new JournalFailedException(reason);
        }
    }

    @Nullable
    IOException failure() {
        return failure;
    }

    long committedPosition() {
        return committedPosition;
    }

    long syncedPosition() {
        return syncedPosition;
    }

    /** Position of the oldest byte of the log. */
    long firstPosition() {
        lock.lock();
        try {
            return segments.isEmpty() ? 0 : segments.get(0).first();
        } finally {
            lock.unlock();
        }
    }

    boolean isEmpty() {
        lock.lock();
        try {
            return segments.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of the log on disk, what is preallocated beyond its end not counted. */
    long bytes() {
        lock.lock();
        try {
            long bytes = 0;
            for (Segment segment : segments) {
                bytes += segment.offset;
            }
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    /** All segments. */
    Snapshot all() {
        lock.lock();
        try {
            return snapshot(segments);
        } finally {
            lock.unlock();
        }
    }

    /** The segments in which something is not forced, for the caller to force them, and the directory too if it says so; {@link #forced} follows. */
    Snapshot beginForce() {
        lock.lock();
        try {
            Snapshot dirty = snapshot(dirtySegments());
            // If forcing it fails, so does the journal, and recovery forces it whatever this says.
            isDirectoryDirty = false;
            return dirty;
        } finally {
            lock.unlock();
        }
    }

    /**
     * All that was in the snapshot is on the disk. Where nothing was written meanwhile a mark behind the last record says so, and segments whose successor's name
     * is on disk now are sealed: from then on no change of the last record, and no loss of the last segment, passes for the end of the log.
     *
     * @throws IOException if these marks cannot be written
     */
    void forced(Snapshot snapshot) throws IOException {
        lock.lock();
        try {
            for (Extent extent : snapshot.extents) {
                extent.segment.syncedOffset = extent.end;
            }
            syncedPosition = snapshot.position;
            if (snapshot.isDirectoryDirty) {
                snapshot.unnamed.forEach(segment -> segment.isNamed = true);
                sealNamed();
            }
            if (failure == null && current != null && !closed) {
                markForced(current);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Writes the mark that all before it was forced, if so, behind the last record; it need not be forced itself. */
    @GuardedBy("lock")
    private void markForced(Segment segment) throws IOException {
        boolean isUpToDate = segment.syncedOffset == segment.offset && syncedPosition == position;
        if (isUpToDate && markedPosition != position && segment.first() != position) {
            if (writeMark(segment, position)) {
                segment.syncedOffset = segment.offset;
                markedPosition = position;
            }
        }
    }

    /** Seals each segment that is followed by one whose name is on disk. */
    @GuardedBy("lock")
    private void sealNamed() throws IOException {
        for (int i = 0; i + 1 < segments.size(); i++) {
            Segment segment = segments.get(i);
            Segment next = segments.get(i + 1);
            if (next.isNamed && !segment.isSealed && writeMark(segment, next.first() | RecordFormat.SEALS)) {
                segment.isSealed = true;
            }
        }
    }

    /** Returns false if the segment has no room left. */
    @GuardedBy("lock")
    private boolean writeMark(Segment segment, long positionAndFlags) throws IOException {
        int count = RecordFormat.mark(mark, crc, segment.id().salt(), positionAndFlags, syncedPosition);
        boolean isSeal = (positionAndFlags & RecordFormat.SEALS) != 0;
        if (segment.offset + count + (isSeal ? 0 : RecordFormat.MARK_BYTES) > segmentBytes) {
            return false;
        }
        segment.write(mark, count, segment.offset);
        segment.offset += RecordFormat.MARK_BYTES;
        return true;
    }

    @GuardedBy("lock")
    private Snapshot snapshot(List<Segment> some) {
        List<Extent> extents = some.stream()
                .map(segment -> new Extent(segment, segment.offset))
                .toList();
        List<Segment> unnamed =
                isDirectoryDirty ? segments.stream().filter(s -> !s.isNamed).toList() : List.of();
        return new Snapshot(extents, committedPosition, isDirectoryDirty, unnamed);
    }

    @GuardedBy("lock")
    private List<Segment> dirtySegments() {
        ArrayList<Segment> dirty = new ArrayList<>(2);
        for (Segment segment : segments) {
            if (segment.offset != segment.syncedOffset) {
                dirty.add(segment);
            }
        }
        return dirty;
    }

    /**
     * The whole segments before {@code end}, oldest first, which count as forced from now on; they are part of the log until {@link #removeFirst}.
     * No force may be running.
     */
    List<Segment> releaseBefore(long end) {
        lock.lock();
        try {
            int keep = 0;
            long limit = limits.trimBefore(end);
            for (int i = 1; i < segments.size() && segments.get(i).first() <= limit; i++) {
                // A log must not begin in the middle of a unit.
                if (!segments.get(i).continues) {
                    keep = i;
                }
            }
            List<Segment> before = List.copyOf(segments.subList(0, keep));
            // No sync needs them, and none may meet a closed file.
            for (Segment segment : before) {
                segment.syncedOffset = segment.offset;
                segment.isSealed = true;
            }
            return before;
        } finally {
            lock.unlock();
        }
    }

    /** The oldest segment's file is gone. */
    void removeFirst() {
        lock.lock();
        try {
            segments.remove(0);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tries again what failed, if something did, forces included; as {@link Journal#tryRecover}. No force may be running.
     *
     * @throws IOException if it fails again
     */
    void recover() throws IOException {
        lock.lock();
        try {
            if (failure != null) {
                repeat();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void repeat() throws IOException {
        for (Segment segment : dirtySegments()) {
            segment.writeAgain(crc);
        }
        writeTaken();
        writing = pending.swap(writing);
        writeTaken();
        for (Segment segment : dirtySegments()) {
            segment.force();
            segment.syncedOffset = segment.offset;
        }
        files.forceDirectory();
        isDirectoryDirty = false;
        syncedPosition = committedPosition;
        segments.forEach(segment -> segment.isNamed = true);
        sealNamed();
        // Where it was this mark that failed, nothing else is left to be written: without it, a disk that still fails
        // would seem to be well.
        markForced(current());
        failure = null;
        log.atInfo().log("The journal can be written again");
    }

    boolean isOpenAndWell() {
        lock.lock();
        try {
            return current != null && !closed && failure == null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * An empty record, which says that all before it was forced: after it, no change before the end passes for a torn tail. And that nothing comes behind
     * it: the next start need not look for that in a whole segment, nor give back what was allocated of it. Nothing is written any more.
     */
    void leaveEndMark() {
        lock.lock();
        try {
            closed = true;
            writeMark(current(), position | RecordFormat.ENDS);
            current().force();
        } catch (IOException e) {
            throw fail(e);
        } finally {
            lock.unlock();
        }
    }

    /** Closes the files; nothing is written or forced any more. */
    void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            for (Segment segment : segments) {
                segment.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
