package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The redo log of persistent mode: effects go in while their keys' locks are held, and a tick's commit writes all that are in.
 *
 * <p>{@link #append} copies into memory under a lock of its own, held for a copy only; the order of calls is the order of the file.
 * {@link #commit} swaps that memory for an empty one and writes it, usually as one record with one call; who comes meanwhile is covered by the
 * next commit, or finds its effects written. A thread {@code swytch-sync} forces what is written. Positions count payload bytes since the
 * directory was made. The file format: {@link RecordFormat}; what replay makes of a bad record: {@link LogReader}.
 *
 * <p>If a write or a force fails, {@link #failure()} says why, and every commit throws {@link JournalFailedException} until {@link
 * #tryRecover()} succeeds. Append still accepts, because its caller has changed L1 already: a later effect on the same key must not find a gap
 * before it. The dispatcher asks {@link #failure()} (and {@link #shortage()}) before it lets a command write, which bounds what gathers.
 *
 * <p>Threads: any; order of locks: trim, sync, commit, pending. Threads that commit must not be interrupted: that closes the file.
 */
public final class Journal implements AutoCloseable {
    /** The smallest segment: two full records. */
    public static final long SEGMENT_BYTES_MIN = 512 << 10;

    /** Cuts in a row that {@link #holdTrim} may keep the log from being trimmed after. */
    private static final int HELD_CUTS_MAX = 4;

    /** Bytes of a large value that are written at once: other commits wait for no more. */
    private static final int STAGE_BYTES = 1 << 20;

    /** Bytes of a large value that are written before they are forced. */
    private static final int STAGE_UNFORCED_BYTES_MAX = 8 << 20;

    private static final Logger log = LoggerFactory.getLogger(Journal.class);

    private final SegmentFiles files;
    private final long segmentBytes;
    private final SyncMode mode;
    private final Clock clock;
    private final Syncer syncer;
    private final JournalStats stats;
    private volatile LongConsumer syncTookListener = nanos -> {};
    private final CopyOnWriteArrayList<Runnable> syncListeners = new CopyOnWriteArrayList<>();

    private final ReentrantLock trimLock = new ReentrantLock();
    private final ReentrantLock syncLock = new ReentrantLock();
    private final ReentrantLock commitLock = new ReentrantLock();
    private final PendingEffects pending;

    /** What is being written; after a failure, what remains to be. */
    @GuardedBy("commitLock")
    private List<Chunk> writing = new ArrayList<>();

    @GuardedBy("commitLock")
    private int written;

    @GuardedBy("commitLock")
    private final CRC32C crc = new CRC32C();

    /** All segments on disk, oldest first; the last one is being written, once the journal has been replayed. */
    @GuardedBy("commitLock")
    private final ArrayList<Segment> segments = new ArrayList<>();

    /** Null until the journal has been replayed. */
    @GuardedBy("commitLock")
    private @Nullable Segment current;

    /** Position of the next record. */
    @GuardedBy("commitLock")
    private long position;

    @GuardedBy("commitLock")
    private boolean isDirectoryDirty;

    @GuardedBy("commitLock")
    private boolean closed;

    /** How many cuts in a row {@link #holdTrim} was called after, this one included. */
    private int heldCuts;

    private boolean isTrimHeld;

    private final Stages stages = new Stages();

    private volatile long committedPosition;
    private volatile long syncedPosition;
    private volatile @Nullable IOException failure;

    private Journal(SegmentFiles files, SyncMode mode, long segmentBytes, Clock clock, JournalStats stats) {
        this.files = files;
        this.segmentBytes = segmentBytes;
        this.mode = mode;
        this.stats = stats;
        pending = new PendingEffects(stats);
        this.clock = clock;
        syncer = new Syncer(this, mode, clock);
        writing.add(Chunk.take());
    }

    /** Opens the journal in {@code dir}, which exists. {@link #replay} comes next. */
    public static Journal open(Path dir, SyncMode mode, long segmentBytes, Clock clock) throws IOException {
        return open(dir, mode, segmentBytes, clock, null, Disk.REAL);
    }

    /** As {@link #open(Path, SyncMode, long, Clock)}, and refuses segments that another data directory's journal wrote. */
    public static Journal open(Path dir, SyncMode mode, long segmentBytes, Clock clock, long directoryId)
            throws IOException {
        return open(dir, mode, segmentBytes, clock, directoryId, Disk.REAL);
    }

    static Journal open(Path dir, SyncMode mode, long segmentBytes, Clock clock, @Nullable Long directoryId, Disk disk)
            throws IOException {
        if (segmentBytes < SEGMENT_BYTES_MIN) {
            throw new IllegalArgumentException("segments of " + segmentBytes + " bytes");
        }
        SegmentFiles files = new SegmentFiles(dir, segmentBytes, disk);
        Journal journal = new Journal(files, mode, segmentBytes, clock, new JournalStats());
        journal.load(directoryId);
        return journal;
    }

    /** Opens the directory of this journal, which has been closed, once more; the new one goes on with its statistics. {@link #replay} comes next. */
    public Journal openAgain() throws IOException {
        Journal journal = new Journal(files.again(), mode, segmentBytes, clock, stats);
        journal.load(files.directoryId());
        return journal;
    }

    private void load(@Nullable Long directoryId) throws IOException {
        commitLock.lock();
        try {
            segments.addAll(files.openAll(directoryId));
        } finally {
            commitLock.unlock();
        }
    }

    /**
     * Passes on all effects of whole units, oldest first, cuts off a torn tail, and begins the segment that appends go to. To be called once,
     * before the first append.
     *
     * @throws JournalDamagedException if something before the end was changed or lost; nothing on disk has been touched then
     */
    public void replay(KeyHash hash, EffectVisitor visitor) throws IOException {
        replay(hash, visitor, firstPosition());
    }

    /**
     * As {@link #replay(KeyHash, EffectVisitor)}, for what continues a state that has everything before {@code from}: the log must reach from there or
     * before to there or beyond.
     *
     * @throws JournalDamagedException also if files are missing at either end
     */
    public void replay(KeyHash hash, EffectVisitor visitor, long from) throws IOException {
        commitLock.lock();
        try {
            if (current != null) {
                throw new IllegalStateException("the journal has been replayed");
            }
            long end = 0;
            if (segments.isEmpty()) {
                if (from > 0) {
                    throw JournalDamagedException.missing(
                            files.path(from),
                            "the folder has no journal, but the data on disk ends at position " + from);
                }
            } else {
                Segment first = segments.get(0);
                if (first.first() > from) {
                    throw JournalDamagedException.missing(
                            files.path(from),
                            "the data on disk ends at position " + from + " and the oldest file is " + first.path());
                }
                end = new Replay(segments, files).run(hash, visitor, from);
            }
            Segment last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
            if (last != null && last.first() == end) {
                // It is empty; the new one takes over its name and, by the same rename, its place.
                segments.remove(segments.size() - 1);
                last.close();
            }
            Segment begun = files.begin(end);
            files.forceDirectory();
            segments.add(begun);
            current = begun;
            position = end;
            pending.beginAt(end);
            committedPosition = end;
            syncedPosition = end;
            stats.segmentsBegun++;
        } finally {
            commitLock.unlock();
        }
        files.startAhead();
        syncer.start();
    }

    /**
     * Takes the effects as one unit, which is replayed whole or not at all, and empties the buffer. Never waits for a disk. Called while the
     * locks of the keys are held.
     *
     * @return the position that {@link #committedPosition()} reaches when they are in the file
     */
    public long append(EffectBuffer effects) {
        return pending.append(effects);
    }

    /** Whether something was appended that is not in the file. */
    public boolean hasPending() {
        return pending.position() != committedPosition;
    }

    /** Bytes appended that are not in the file; writers are slowed by it. */
    public long pendingBytes() {
        return pending.position() - committedPosition;
    }

    /**
     * Returns when everything that was appended before the call is in the file, safe from a crash of the process: one write for all.
     *
     * @throws JournalFailedException if it is not
     */
    public void commit() {
        long target = pending.position();
        if (committedPosition >= target) {
            return;
        }
        commitLock.lock();
        try {
            // Whoever held the lock may have written ours with theirs.
            if (committedPosition < target) {
                writePending();
            }
        } finally {
            commitLock.unlock();
        }
        syncer.committed();
    }

    @GuardedBy("commitLock")
    private void writePending() {
        IOException reason = failure;
        if (reason != null) {
            throw new JournalFailedException(reason);
        }
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
    @GuardedBy("commitLock")
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

    @GuardedBy("commitLock")
    private void writeRecord(Chunk chunk) throws IOException {
        int payloadBytes = chunk.payloadBytes();
        int recordBytes = RecordFormat.recordBytes(payloadBytes);
        Segment segment = current();
        if (segment.offset + recordBytes + RecordFormat.TERMINATOR_BYTES > segmentBytes) {
            segment = beginSegment(chunk.continues);
        }
        int count = RecordFormat.seal(chunk, crc, segment.id().salt(), position, syncedPosition);
        segment.write(chunk.buffer, count, segment.offset);
        segment.offset += recordBytes;
        position += payloadBytes;
        stats.records++;
        stats.bytesWritten += recordBytes;
    }

    @GuardedBy("commitLock")
    private Segment beginSegment(boolean continues) throws IOException {
        Segment begun = files.begin(position);
        begun.continues = continues;
        segments.add(begun);
        current = begun;
        isDirectoryDirty = true;
        stats.segmentsBegun++;
        return begun;
    }

    @GuardedBy("commitLock")
    private Segment current() {
        Segment segment = current;
        if (segment == null) {
            throw new IllegalStateException("the journal has not been replayed");
        }
        return segment;
    }

    private JournalFailedException fail(IOException reason) {
        if (failure == null) {
            failure = reason;
            log.atError().addKeyValue("reason", reason.toString()).log("The journal cannot be written");
        }
        return new JournalFailedException(reason);
    }

    /** Everything before this position has been taken by {@link #append}. */
    public long appendedPosition() {
        return pending.position();
    }

    /** Everything before this position is in the file. After replay: where the log ended. */
    public long committedPosition() {
        return committedPosition;
    }

    /** Everything before this position is on the disk. */
    public long syncedPosition() {
        return syncedPosition;
    }

    /**
     * Where the log begins: what lies before has been trimmed. After replay, the store compares it with the position that L2 was drained to:
     * if that is smaller, a segment is missing at the front, which the journal cannot see itself.
     */
    public long firstPosition() {
        commitLock.lock();
        try {
            return segments.isEmpty() ? 0 : segments.get(0).first();
        } finally {
            commitLock.unlock();
        }
    }

    /** Bytes of the log on disk, what is preallocated beyond its end not counted. */
    public long bytes() {
        commitLock.lock();
        try {
            long bytes = 0;
            for (Segment segment : segments) {
                bytes += segment.offset;
            }
            return bytes;
        } finally {
            commitLock.unlock();
        }
    }

    public JournalStats stats() {
        return stats;
    }

    /** Has {@code listener} run after every sync, on the thread that did it, whether it succeeded or not. */
    public void onSynced(Runnable listener) {
        syncListeners.add(listener);
    }

    /** Has {@code listener} told how many nanoseconds each sync took, on the thread that did it. */
    public void onSyncTook(LongConsumer listener) {
        syncTookListener = listener;
    }

    /**
     * Writes what is pending and begins a new segment.
     *
     * @return the position between the two: everything appended before the call lies before it
     */
    public long cut() {
        commitLock.lock();
        try {
            writePending();
            if (position != current().first()) {
                beginSegment(false);
            }
            heldCuts = isTrimHeld ? heldCuts : 0;
            isTrimHeld = false;
            stages.cut();
            return position;
        } catch (IOException e) {
            throw fail(e);
        } finally {
            commitLock.unlock();
        }
    }

    /**
     * Forces everything that was committed before the call; any thread.
     *
     * @throws JournalFailedException if that fails
     */
    public void sync() {
        sync(clock.nanos());
    }

    /** As {@link #sync()}; the oldest byte that is not synced was written at {@code oldestNanos} or later. */
    void sync(long oldestNanos) {
        try {
            syncLock.lock();
            try {
                IOException reason = failure;
                if (reason != null) {
                    throw new JournalFailedException(reason);
                }
                forceCommitted(oldestNanos);
            } catch (IOException e) {
                throw fail(e);
            } finally {
                syncLock.unlock();
            }
        } finally {
            runSyncListeners();
        }
    }

    private void runSyncListeners() {
        for (Runnable listener : syncListeners) {
            listener.run();
        }
    }

    @GuardedBy("syncLock")
    private void forceCommitted(long oldestNanos) throws IOException {
        List<Segment> dirty;
        long[] offsets;
        long target;
        boolean isDirectoryToo;
        commitLock.lock();
        try {
            target = committedPosition;
            dirty = dirtySegments();
            offsets = dirty.stream().mapToLong(segment -> segment.offset).toArray();
            // If forcing it fails, so does the journal, and recovery forces it whatever this says.
            isDirectoryToo = isDirectoryDirty;
            isDirectoryDirty = false;
        } finally {
            commitLock.unlock();
        }
        if (dirty.isEmpty() && !isDirectoryToo) {
            return;
        }
        long start = clock.nanos();
        for (Segment segment : dirty) {
            segment.force();
        }
        if (isDirectoryToo) {
            files.forceDirectory();
        }
        commitLock.lock();
        try {
            for (int i = 0; i < offsets.length; i++) {
                dirty.get(i).syncedOffset = offsets[i];
            }
            syncedPosition = target;
        } finally {
            commitLock.unlock();
        }
        long end = clock.nanos();
        stats.synced(end - start);
        syncTookListener.accept(end - start);
        if (end - oldestNanos > JournalStats.SYNC_LATE_NANOS) {
            stats.syncsLate++;
        }
    }

    @GuardedBy("commitLock")
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
     * Deletes, or keeps for reuse, all whole segments before {@code position}, which {@link #cut} returned; waits for the disk.
     *
     * @throws IOException if a file cannot be renamed or deleted; it stays part of the log then, until a later call
     */
    public void trimBefore(long position) throws IOException {
        trimLock.lock();
        try {
            // Oldest first, and none is skipped: what remains is a log without a gap, whenever this is interrupted.
            for (Segment segment : segmentsBefore(position)) {
                files.retire(segment);
                commitLock.lock();
                try {
                    segments.remove(0);
                } finally {
                    commitLock.unlock();
                }
            }
        } finally {
            trimLock.unlock();
        }
    }

    /**
     * Writes copies of the segments' files into an empty directory, with all that was appended before the call, and forces them. Not links: a segment's
     * file is written again and again.
     */
    public void copyTo(Path target) throws IOException {
        trimLock.lock();
        try {
            commit();
            List<Segment> all;
            long[] ends;
            commitLock.lock();
            try {
                all = List.copyOf(segments);
                ends = all.stream().mapToLong(segment -> segment.offset).toArray();
            } finally {
                commitLock.unlock();
            }
            for (int i = 0; i < ends.length; i++) {
                all.get(i).copyTo(target, ends[i]);
            }
        } finally {
            trimLock.unlock();
        }
    }

    /**
     * Keeps what lies before the last {@link #cut} until after the next one, because something that follows it builds on it.
     *
     * @return false if that was so after each of the last cuts: then the log must be allowed to become shorter
     */
    public boolean holdTrim() {
        commitLock.lock();
        try {
            if (!isTrimHeld) {
                if (heldCuts == HELD_CUTS_MAX) {
                    return false;
                }
                heldCuts++;
                isTrimHeld = true;
            }
            return true;
        } finally {
            commitLock.unlock();
        }
    }

    /**
     * Begins to take the bytes of a large value ahead of the effect that names it, so that no commit has to write it at once.
     *
     * @return the id to name it by; {@link #endStage} follows
     */
    public long beginStage() {
        return stages.begin(pending.position());
    }

    /**
     * Writes bytes, in pieces between which others commit, and forces them now and then. Any thread but an event loop's.
     *
     * @throws JournalFailedException if they cannot be written
     */
    public void stage(long id, Slice bytes) {
        EffectBuffer piece = new EffectBuffer();
        Slice part = new Slice();
        int unforced = 0;
        for (int i = 0; i < bytes.runCount(); i++) {
            int length = bytes.runLength(i);
            for (int from = 0; from < length; from += STAGE_BYTES) {
                part.set(bytes.runBuffer(i), bytes.runOffset(i) + from, Math.min(STAGE_BYTES, length - from));
                piece.stage(id, part);
                append(piece);
                commit();
                unforced += part.length();
                if (unforced >= STAGE_UNFORCED_BYTES_MAX) {
                    // A kernel that has half a gigabyte to force lets no other write into the file for as long.
                    sync();
                    unforced = 0;
                }
            }
        }
    }

    /** The effect that names the bytes has been appended, or none will be: a drain that begins from now on covers it. */
    public void endStage(long id) {
        stages.end(id);
    }

    private List<Segment> segmentsBefore(long position) {
        syncLock.lock();
        try {
            commitLock.lock();
            try {
                if (isTrimHeld) {
                    return List.of();
                }
                int keep = 0;
                long end = stages.trimBefore(position);
                for (int i = 1; i < segments.size() && segments.get(i).first() <= end; i++) {
                    // A log must not begin in the middle of a unit.
                    if (!segments.get(i).continues) {
                        keep = i;
                    }
                }
                List<Segment> before = List.copyOf(segments.subList(0, keep));
                // No sync needs them, and none may meet a closed file.
                before.forEach(segment -> segment.syncedOffset = segment.offset);
                return before;
            } finally {
                commitLock.unlock();
            }
        } finally {
            syncLock.unlock();
        }
    }

    /** Why writing or forcing failed; null while all is well. */
    public @Nullable IOException failure() {
        return failure;
    }

    /**
     * Why the next segment cannot be made; null while it can. Nothing has failed yet: what is left of the current one takes deletes, and
     * other writes should be refused. Goes away by itself when there is room.
     */
    public @Nullable IOException shortage() {
        return files.shortage();
    }

    /**
     * Tries again what failed. The unfinished write is repeated over its torn tail, and all that was not synced is written and forced once
     * more, from the file's own bytes and checked, because a kernel whose force failed may hold pages clean that never reached the disk.
     *
     * @return whether the journal works again; effects that were appended meanwhile are committed then
     */
    public boolean tryRecover() {
        syncLock.lock();
        try {
            commitLock.lock();
            try {
                if (failure != null) {
                    recover();
                }
            } finally {
                commitLock.unlock();
            }
        } catch (IOException e) {
            log.atDebug().addKeyValue("reason", e.toString()).log("The journal still cannot be written");
            return false;
        } finally {
            syncLock.unlock();
        }
        runSyncListeners();
        return true;
    }

    @GuardedBy("commitLock")
    private void recover() throws IOException {
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
        failure = null;
        log.atInfo().log("The journal can be written again");
    }

    /**
     * Commits and forces what there is, unless the journal has failed, and closes the files.
     *
     * @throws JournalFailedException if the last commit or sync fails; the files are closed then, too
     */
    @Override
    public void close() throws IOException {
        syncer.close();
        try {
            if (isOpenAndWell()) {
                commit();
                sync();
                leaveEndMark();
            }
        } finally {
            commitLock.lock();
            try {
                closed = true;
                for (Segment segment : segments) {
                    segment.close();
                }
            } finally {
                commitLock.unlock();
            }
            files.close();
        }
    }

    private boolean isOpenAndWell() {
        commitLock.lock();
        try {
            return current != null && !closed && failure == null;
        } finally {
            commitLock.unlock();
        }
    }

    /** An empty record, which says that all before it was forced: after it, no change before the end passes for a torn tail. */
    private void leaveEndMark() {
        commitLock.lock();
        try {
            writeRecord(writing.get(0));
            current().force();
        } catch (IOException e) {
            throw fail(e);
        } finally {
            commitLock.unlock();
        }
    }
}
