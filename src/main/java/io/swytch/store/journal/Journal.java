package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The redo log of persistent mode: effects go in while their keys' locks are held, and a tick's commit writes all that are in.
 *
 * <p>{@link #append} copies into memory under a lock of its own, held for a copy only; the order of calls is the order of the file.
 * {@link #commit} swaps that memory for an empty one and writes it, usually as one record with one call; who comes meanwhile is covered by the
 * next commit, or finds its effects written. A thread {@code swytch-sync} forces what is written. Positions count payload bytes since the
 * directory was made. The work is done by {@link LogWriter}, {@link LogForcer} and {@link Syncer}; what a trim must leave: {@link TrimLimits}.
 * The file format: {@link RecordFormat}; what replay makes of a bad record: {@link LogReader}.
 *
 * <p>If a write or a force fails, {@link #failure()} says why, and every commit throws {@link JournalFailedException} until {@link
 * #tryRecover()} succeeds. Append still accepts, because its caller has changed L1 already: a later effect on the same key must not find a gap
 * before it. The dispatcher asks {@link #failure()} (and {@link #shortage()}) before it lets a command write, which bounds what gathers.
 *
 * <p>Threads: any; order of locks: trim, {@link LogForcer}'s, {@link LogWriter}'s, pending. Threads that commit must not be interrupted: that closes the file.
 */
public final class Journal implements AutoCloseable {
    /** The smallest segment: two full records. */
    public static final long SEGMENT_BYTES_MIN = 512 << 10;

    /** Bytes of a large value that are written at once: other commits wait for no more. */
    private static final int STAGE_BYTES = 1 << 20;

    /** Bytes of a large value that are written before they are forced. */
    private static final int STAGE_UNFORCED_BYTES_MAX = 8 << 20;

    private static final Logger log = LoggerFactory.getLogger(Journal.class);

    private final SegmentFiles files;
    private final long segmentBytes;
    private final SyncMode mode;
    private final Clock clock;
    private final JournalStats stats;
    private final PendingEffects pending;

    /** Goes on where the journal is opened again: bytes that were staged before may be named after. */
    private final TrimLimits limits;

    private final LogWriter writer;
    private final LogForcer forcer;
    private final Syncer syncer;

    /** Held while segments are retired or copied, so that neither meets the other's files. */
    private final ReentrantLock trimLock = new ReentrantLock();

    private Journal(
            SegmentFiles files, SyncMode mode, long segmentBytes, Clock clock, JournalStats stats, TrimLimits limits) {
        this.files = files;
        this.limits = limits;
        this.segmentBytes = segmentBytes;
        this.mode = mode;
        this.clock = clock;
        this.stats = stats;
        pending = new PendingEffects(stats);
        writer = new LogWriter(files, segmentBytes, pending, limits, stats);
        forcer = new LogForcer(writer, files, clock, stats);
        syncer = new Syncer(this, mode, clock);
    }

    /** Opens the journal in {@code dir}, which exists. {@link #replay} comes next. */
    public static Journal open(Path dir, SyncMode mode, long segmentBytes, Clock clock) throws IOException {
        return open(dir, mode, segmentBytes, clock, null, 0, Disk.REAL, false);
    }

    /** As {@link #open(Path, SyncMode, long, Clock)}, and refuses segments that another data directory's journal wrote. */
    public static Journal open(Path dir, SyncMode mode, long segmentBytes, Clock clock, long directoryId)
            throws IOException {
        return open(dir, mode, segmentBytes, clock, directoryId, 0, false);
    }

    /**
     * As before, and refuses a newest segment of a run before {@code lastRun}.
     *
     * @param lastRun what {@link #run} said of the last run that could write; 0 if that is not known
     * @param skipDamaged whether files whose headers cannot be read, and such a newest segment, do not matter, for {@link #replaySkippingDamaged}
     */
    public static Journal open(
            Path dir,
            SyncMode mode,
            long segmentBytes,
            Clock clock,
            long directoryId,
            long lastRun,
            boolean skipDamaged)
            throws IOException {
        return open(dir, mode, segmentBytes, clock, directoryId, lastRun, Disk.REAL, skipDamaged);
    }

    static Journal open(
            Path dir,
            SyncMode mode,
            long segmentBytes,
            Clock clock,
            @Nullable Long directoryId,
            long lastRun,
            Disk disk,
            boolean skipDamaged)
            throws IOException {
        if (segmentBytes < SEGMENT_BYTES_MIN) {
            throw new IllegalArgumentException("segments of " + segmentBytes + " bytes");
        }
        SegmentFiles files = new SegmentFiles(dir, segmentBytes, disk);
        Journal journal = new Journal(files, mode, segmentBytes, clock, new JournalStats(), new TrimLimits());
        journal.writer.load(directoryId, lastRun, skipDamaged);
        return journal;
    }

    /** The number of this run; that of a later one is greater. Its first segment is on disk under its name when {@link #replay} has returned. */
    public long run() {
        return files.run();
    }

    /** Throws if some segment is of a format that this program does not know; whatever else is wrong with it, {@link #open} will find. */
    public static void checkFormat(Path dir) throws IOException {
        SegmentFiles.checkFormat(dir);
    }

    /** Opens the directory of this journal, which has been closed, once more; the new one goes on with its statistics. {@link #replay} comes next. */
    public Journal openAgain() throws IOException {
        Journal journal = new Journal(files.again(), mode, segmentBytes, clock, stats, limits);
        journal.writer.load(files.directoryId(), files.run(), false);
        return journal;
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
        begin(hash, visitor, from, null);
    }

    /**
     * As {@link #replay(KeyHash, EffectVisitor, long)}, but does without what is damaged or missing, and passes on nothing that lies before {@code from}. The log
     * has gaps then, and the next start is refused, until all of it has been trimmed; the damaged files are set aside by that.
     *
     * @return what was skipped; also logged
     */
    public Skipped replaySkippingDamaged(KeyHash hash, EffectVisitor visitor, long from) throws IOException {
        Skipped skipped = new Skipped();
        begin(hash, visitor, from, skipped);
        return skipped;
    }

    private void begin(KeyHash hash, EffectVisitor visitor, long from, @Nullable Skipped skipped) throws IOException {
        writer.replay(hash, visitor, from, skipped);
        files.startAhead();
        syncer.start();
    }

    /**
     * Does nothing if there is a segment; to be called before the replay.
     *
     * @throws JournalDamagedException if there is none
     */
    public void requireSegment() throws JournalDamagedException {
        if (writer.isEmpty()) {
            throw JournalDamagedException.missing(files.path(0), "the folder has no journal, but had one");
        }
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
        return pending.position() != writer.committedPosition();
    }

    /** Bytes appended that are not in the file; writers are slowed by it. */
    public long pendingBytes() {
        return pending.position() - writer.committedPosition();
    }

    /**
     * Returns when everything that was appended before the call is in the file, safe from a crash of the process: one write for all.
     *
     * @throws JournalFailedException if it is not
     */
    public void commit() {
        long target = pending.position();
        if (writer.committedPosition() >= target) {
            return;
        }
        writer.commit(target);
        syncer.committed();
    }

    /** Everything before this position has been taken by {@link #append}. */
    public long appendedPosition() {
        return pending.position();
    }

    /** Everything before this position is in the file. After replay: where the log ended. */
    public long committedPosition() {
        return writer.committedPosition();
    }

    /** Everything before this position is on the disk. */
    public long syncedPosition() {
        return writer.syncedPosition();
    }

    /**
     * Where the log begins: what lies before has been trimmed. After replay, the store compares it with the position that L2 was drained to:
     * if that is smaller, a segment is missing at the front, which the journal cannot see itself.
     */
    public long firstPosition() {
        return writer.firstPosition();
    }

    /** Bytes of the log on disk, what is preallocated beyond its end not counted. */
    public long bytes() {
        return writer.bytes();
    }

    public JournalStats stats() {
        return stats;
    }

    /** Has {@code listener} run after every sync, on the thread that did it, whether it succeeded or not. */
    public void onSynced(Runnable listener) {
        forcer.onSynced(listener);
    }

    /** Has {@code listener} told how many nanoseconds each sync took, on the thread that did it. */
    public void onSyncTook(LongConsumer listener) {
        forcer.onSyncTook(listener);
    }

    /**
     * Writes what is pending and begins a new segment.
     *
     * @return the position between the two: everything appended before the call lies before it
     */
    public long cut() {
        long position = writer.cut();
        syncer.committed();
        return position;
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
        forcer.sync(oldestNanos);
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
            for (Segment segment : forcer.releaseBefore(position)) {
                files.retire(segment);
                writer.removeFirst();
            }
            files.setUnreadableAside();
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
            for (LogWriter.Extent extent : writer.all().extents()) {
                extent.segment().copyTo(target, extent.end());
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
        return limits.hold();
    }

    /**
     * Begins to take the bytes of a large value ahead of the effect that names it, so that no commit has to write it at once.
     *
     * @return the id to name it by; {@link #endStage} follows
     */
    public long beginStage() {
        return limits.beginStage(pending.position());
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
        limits.endStage(id);
    }

    /** Why writing or forcing failed; null while all is well. */
    public @Nullable IOException failure() {
        return writer.failure();
    }

    /**
     * Returns if all is well.
     *
     * @throws JournalFailedException if it is not, as {@link #failure()} says
     */
    public void requireWell() {
        writer.requireWell();
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
        try {
            forcer.recover();
            return true;
        } catch (IOException e) {
            log.atDebug().addKeyValue("reason", e.toString()).log("The journal still cannot be written");
            return false;
        }
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
            if (writer.isOpenAndWell()) {
                commit();
                sync();
                writer.leaveEndMark();
            }
        } finally {
            writer.close();
            files.close();
        }
    }
}
