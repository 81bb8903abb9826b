package io.swytch.store.journal;

import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the whole log at start, and leaves on disk just what was read. Threads: one. */
final class Replay {
    private static final Logger log = LoggerFactory.getLogger(Replay.class);

    private final List<Segment> segments;
    private final SegmentFiles files;
    private final @Nullable Skipped skipped;

    /**
     * @param segments oldest first; those that go are taken out
     * @param skipped told what was damaged, and skipped; null if nothing may be
     */
    Replay(List<Segment> segments, SegmentFiles files, @Nullable Skipped skipped) {
        this.segments = segments;
        this.files = files;
        this.skipped = skipped;
    }

    /**
     * Passes on all whole units, and cuts off what is torn; the log must begin at {@code from} or before and reach to there at least. Returns the position where
     * the log goes on.
     */
    long run(KeyHash hash, EffectVisitor visitor, long from) throws IOException {
        if (skipped != null) {
            files.unreadable().forEach((file, reason) -> skipped.file(file, reason));
        }
        if (segments.isEmpty()) {
            if (from > 0) {
                missing(files.path(from), "the folder has no journal, but the data on disk ends at position " + from);
            }
            return from;
        }
        Segment first = segments.get(0);
        if (first.first() > from) {
            missing(
                    files.path(from),
                    "the data on disk ends at position " + from + " and the oldest file is " + first.path());
        }
        boolean isOutdated = SegmentFiles.isOutdated(segments, files.lastRun());
        if (isOutdated && skipped == null) {
            throw outdated(segments);
        }
        return Math.max(from, read(hash, visitor, from, isOutdated));
    }

    /** What is wrong where {@link SegmentFiles#isOutdated}. */
    static JournalDamagedException outdated(List<Segment> segments) {
        Path newest = segments.get(segments.size() - 1).path();
        return JournalDamagedException.outdated(newest, "a later run of the server has written to this data directory");
    }

    private void missing(Path file, String reason) throws JournalDamagedException {
        if (skipped == null) {
            throw JournalDamagedException.missing(file, reason);
        }
        skipped.file(file, "missing: " + reason);
    }

    private long read(KeyHash hash, EffectVisitor visitor, long from, boolean isOutdated) throws IOException {
        List<Segment> trimmed = new ArrayList<>();
        while (segments.size() > 1 && beginsWithinUnit(segments, files.newId())) {
            // A crash cut a trim short that would have taken it too, as trims end where a unit begins.
            trimmed.add(segments.remove(0));
        }
        LogReader records = new LogReader(segments, files.newId(), skipped);
        // What L2 has already is passed over where changes that follow may be lost: they would not come to supersede it
        // again.
        EffectReader effects = new EffectReader(records, hash, visitor, skipped, skipped == null ? 0 : from);
        effects.readAll();
        if (effects.endPosition() < from) {
            missing(
                    files.path(effects.endPosition()),
                    "the data on disk ends at position " + from + " and the newest file, "
                            + segments.get(segments.size() - 1).path() + ", before it");
        }
        if (isOutdated && skipped != null) {
            skipped.end(segments.get(effects.endIndex()).path(), effects.endOffset());
        }
        String torn = effects.isCutShort() ? "its last unit is not whole" : records.judgeEnd();
        if (!torn.isEmpty()) {
            log.atWarn()
                    .addKeyValue("file", segments.get(effects.endIndex()).path())
                    .addKeyValue("offset", effects.endOffset())
                    .addKeyValue("reason", torn)
                    .log("The journal's torn tail is cut off");
        }
        for (Segment segment : trimmed) {
            files.retire(segment);
        }
        if (skipped != null || effects.isCutShort() || !records.hasEnded()) {
            cutAfter(effects.endIndex(), effects.endOffset());
        }
        // This run's first segment will vouch for all that lies before it.
        for (Segment segment : segments) {
            segment.force();
            segment.syncedOffset = segment.offset;
        }
        return effects.endPosition();
    }

    static boolean beginsWithinUnit(List<Segment> segments, Segment.Id here) throws IOException {
        LogReader first = new LogReader(segments, here, null);
        return first.next() && first.payloadBytes() > 0 && first.continues();
    }

    private void cutAfter(int index, long offset) throws IOException {
        // What is damaged stays until all that could be read is in L2: it is set aside then.
        if (skipped != null && !skipped.isEmpty()) {
            while (segments.size() > index + 1) {
                Segment useless = segments.remove(segments.size() - 1);
                useless.close();
                files.setAside(useless.path());
            }
            segments.forEach(segment -> segment.isEvidence = true);
            segments.get(index).offset = offset;
            return;
        }
        // Newest first: if this is interrupted, what remains is still a log with a torn tail.
        for (int i = segments.size() - 1; i > index; i--) {
            Segment gone = segments.remove(i);
            gone.close();
            Files.deleteIfExists(gone.path());
            files.forceDirectory();
        }
        // Also where nothing was torn: it gives back what was preallocated.
        Segment last = segments.get(index);
        if (offset < last.fileBytes()) {
            last.truncate(offset);
        }
        last.offset = offset;
    }
}
