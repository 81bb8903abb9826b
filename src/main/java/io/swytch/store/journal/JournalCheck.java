package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the whole journal of a directory that no server uses, and changes nothing. Judges as a start would: the rules are {@link LogReader}'s. {@code @Blocking}.
 * Threads: one.
 */
public final class JournalCheck {
    private final Path dir;
    private final KeyHash hash;
    private final Consumer<String> problems;
    private final Consumer<String> progress;
    private final Counts counts = new Counts();
    private int files;
    private long endPosition;
    private String tail = "";

    /**
     * @param problems told of each thing that is wrong, in words that name the file and the offset
     * @param progress told what is being done
     */
    public JournalCheck(Path dir, KeyHash hash, Consumer<String> problems, Consumer<String> progress) {
        this.dir = dir;
        this.hash = hash;
        this.problems = problems;
        this.progress = progress;
    }

    /**
     * Reads it all.
     *
     * @param lastRun the last run that could write; 0 if that is not known
     * @param from where L2's data ends: the log must begin there or before, and reach so far
     * @param mustExist whether a journal was ever begun
     */
    public void run(long directoryId, long lastRun, long from, boolean mustExist) throws IOException {
        List<Segment> segments = new ArrayList<>();
        try {
            for (Map.Entry<Long, Path> named : SegmentFiles.named(dir).entrySet()) {
                files++;
                progress.accept("journal file " + named.getValue());
                open(named.getKey(), named.getValue(), directoryId, segments);
            }
            if (segments.isEmpty()) {
                if (from > 0 || mustExist) {
                    problems.accept(dir + ": there is no journal, but the data on disk goes on from position " + from);
                }
                return;
            }
            if (SegmentFiles.isOutdated(segments, lastRun)) {
                problems.accept(String.valueOf(Replay.outdated(segments).getMessage()));
            }
            read(segments, from);
        } finally {
            for (Segment segment : segments) {
                segment.close();
            }
        }
    }

    private void open(long first, Path file, long directoryId, List<Segment> segments) throws IOException {
        try {
            Segment segment = Segment.openToLook(file, first);
            segments.add(segment);
            if (segment.id().directory() != directoryId) {
                problems.accept(file + ": the segment belongs to another data directory");
            }
        } catch (JournalDamagedException e) {
            problems.accept(String.valueOf(e.getMessage()));
        }
    }

    private void read(List<Segment> segments, long from) throws IOException {
        long first = segments.get(0).first();
        if (first > from) {
            problems.accept(segments.get(0).path() + ": the journal begins at position " + first
                    + ", but the data on disk ends before, at " + from + ": a file is missing");
        }
        Segment.Id here = segments.get(segments.size() - 1).id();
        // What a crash left that cut a trim short; a start passes over it, too.
        int begin = 0;
        while (begin + 1 < segments.size() && Replay.beginsWithinUnit(segments.subList(begin, segments.size()), here)) {
            begin++;
        }
        List<Segment> log = segments.subList(begin, segments.size());
        try {
            LogReader records = new LogReader(log, SegmentFiles.here(), null);
            EffectReader effects = new EffectReader(records, hash, counts, null, 0);
            effects.readAll();
            tail = effects.isCutShort() ? "its last unit is not whole" : records.judgeEnd();
            endPosition = effects.endPosition();
        } catch (JournalDamagedException e) {
            problems.accept(String.valueOf(e.getMessage()));
            counts.clear();
            LogReader records = new LogReader(log, SegmentFiles.here(), new Skipped(problems));
            EffectReader effects = new EffectReader(records, hash, counts, new Skipped(problems), 0);
            effects.readAll();
            records.judgeEnd();
            endPosition = effects.endPosition();
        }
        if (endPosition < from) {
            problems.accept(segments.get(segments.size() - 1).path() + ": the journal ends at position " + endPosition
                    + ", but the data on disk goes on from " + from + ": files are missing, or older than the data");
        }
    }

    public int files() {
        return files;
    }

    /** Commands and transactions. */
    public long units() {
        return counts.units;
    }

    /** Keys put, deleted, and otherwise changed. */
    public long puts() {
        return counts.puts;
    }

    public long deletes() {
        return counts.deletes;
    }

    public long edits() {
        return counts.edits;
    }

    public long endPosition() {
        return endPosition;
    }

    /** The spaces of databases by the last change that the log has; null if it has none. */
    public int @Nullable [] spaces() {
        return counts.spaces;
    }

    /** The first space that had not been given out by then. */
    public int nextSpace() {
        return counts.nextSpace;
    }

    /** Why the end is torn off, as a start would do; an empty string if it is not. */
    public String tail() {
        return tail;
    }

    private static final class Counts implements EffectVisitor {
        long units;
        long puts;
        long deletes;
        long edits;
        int nextSpace;
        int @Nullable [] spaces;

        void clear() {
            units = 0;
            puts = 0;
            deletes = 0;
            edits = 0;
        }

        @Override
        public void put(Key key, Item item) {
            puts++;
        }

        @Override
        public void delete(Key key) {
            deletes++;
        }

        @Override
        public void expire(Key key, long atMs) {
            edits++;
        }

        @Override
        public void patch(Key key, int offset, Slice bytes) {
            edits++;
        }

        @Override
        public void spaces(int[] spaceOfDb, int nextSpace) {
            spaces = spaceOfDb.clone();
            this.nextSpace = nextSpace;
            edits++;
        }

        @Override
        public void unitEnd(long position) {
            units++;
        }
    }
}
