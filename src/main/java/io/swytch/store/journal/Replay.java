package io.swytch.store.journal;

import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the whole log at start, and leaves on disk just what was read. Threads: one. */
final class Replay {
    private static final Logger log = LoggerFactory.getLogger(Replay.class);

    private final List<Segment> segments;
    private final SegmentFiles files;

    /**
     * @param segments oldest first, at least one; those that go are taken out
     */
    Replay(List<Segment> segments, SegmentFiles files) {
        this.segments = segments;
        this.files = files;
    }

    /** Passes on all whole units, and cuts off what is torn; the log must reach to {@code from} at least. Returns the position where the log ends. */
    long run(KeyHash hash, EffectVisitor visitor, long from) throws IOException {
        List<Segment> trimmed = new ArrayList<>();
        while (segments.size() > 1 && beginsWithinUnit()) {
            // A crash cut a trim short that would have taken it too, as trims end where a unit begins.
            trimmed.add(segments.remove(0));
        }
        LogReader records = new LogReader(segments, files.newId());
        EffectReader effects = new EffectReader(records, hash, visitor);
        effects.readAll();
        if (effects.endPosition() < from) {
            throw JournalDamagedException.missing(
                    files.path(effects.endPosition()),
                    "the data on disk ends at position " + from + " and the newest file, "
                            + segments.get(segments.size() - 1).path() + ", before it");
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
        cutAfter(effects.endIndex(), effects.endOffset());
        // This run's first segment will vouch for all that lies before it.
        for (Segment segment : segments) {
            segment.force();
            segment.syncedOffset = segment.offset;
        }
        return effects.endPosition();
    }

    private boolean beginsWithinUnit() throws IOException {
        LogReader first = new LogReader(segments, files.newId());
        return first.next() && first.payloadBytes() > 0 && first.continues();
    }

    private void cutAfter(int index, long offset) throws IOException {
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
