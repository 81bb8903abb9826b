package io.swytch.store;

import io.swytch.store.item.ItemType;
import io.swytch.store.item.KeyHash;
import io.swytch.store.journal.JournalCheck;
import io.swytch.store.l2.L2Check;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Verifies a data directory that no server uses, and changes nothing in it: {@code swytch check}. {@code @Blocking}. Threads: one. */
public final class StoreCheck {
    private final Path dir;
    private final Consumer<String> progress;
    private final List<String> problems = new ArrayList<>();
    private final List<String> findings = new ArrayList<>();

    /** @param progress told what is being done */
    public StoreCheck(Path dir, Consumer<String> progress) {
        this.dir = dir;
        this.progress = progress;
    }

    /**
     * Reads everything.
     *
     * @throws IOException if that cannot be done: it is no data directory, in use, or of another format
     */
    public void run() throws IOException {
        try (L2Check l2 = L2Check.open(dir, problems::add, progress)) {
            l2.run();
            byte[] saved = l2.meta(Drain.META_POSITION);
            long position = saved == null ? 0 : ByteBuffer.wrap(saved).getLong();
            JournalCheck journal = new JournalCheck(
                    dir.resolve(Tier.JOURNAL_DIR), new KeyHash(l2.hashSeed()), problems::add, progress);
            journal.run(l2.hashSeed(), l2.lastRun(), position, l2.isJournaled());
            tellL2(l2, journal);
            findings.add("journal: " + journal.files() + " files; " + journal.units()
                    + " commands and transactions, with " + journal.puts() + " puts, " + journal.deletes()
                    + " deletes, " + journal.edits() + " other changes");
            findings.add("journal ends at position " + journal.endPosition() + "; L2 has all before " + position);
            if (!journal.tail().isEmpty()) {
                findings.add("the journal's end is torn, as a crash leaves it, and will be cut off by the next start: "
                        + journal.tail());
            }
        }
    }

    private void tellL2(L2Check l2, JournalCheck journal) {
        findings.add("L2: " + l2.files() + " SST files, " + l2.fileBytes() + " bytes; " + l2.parts()
                + " parts of large values, " + l2.expiryRows() + " expiry rows");
        Map<Integer, Integer> databases = new TreeMap<>();
        byte[] map = l2.meta(Drain.META_SPACES);
        Spaces spaces = new Spaces(map == null ? 0 : Spaces.databases(map));
        if (map != null) {
            spaces.restore(map);
        }
        int[] later = journal.spaces();
        if (later != null) {
            // A database that was flushed since the last drain may have left L2 already.
            spaces.restore(later, journal.nextSpace());
        }
        for (int db = 0; db < spaces.databases(); db++) {
            databases.put(spaces.of(db), db);
        }
        Map<Integer, Long> counted = counted(l2.meta(Drain.META_COUNTS));
        long buried = 0;
        for (Map.Entry<Integer, Map<Integer, Long>> space : l2.items().entrySet()) {
            long keys = space.getValue().values().stream().mapToLong(n -> n).sum();
            Integer db = databases.get(space.getKey());
            if (db == null) {
                buried += keys;
                continue;
            }
            StringBuilder types = new StringBuilder();
            space.getValue()
                    .forEach((type, count) -> types.append(types.isEmpty() ? "" : ", ")
                            .append(count)
                            .append(' ')
                            .append(type == 0 ? "of unknown type" : ItemType.nameOf(type)));
            findings.add("L2 db" + db + ": " + keys + " keys (" + types + ")");
        }
        if (buried > 0) {
            findings.add("L2: " + buried + " keys of flushed databases, not yet deleted");
        }
        if (problems.isEmpty()) {
            compareCounts(l2, databases, counted);
        }
    }

    private void compareCounts(L2Check l2, Map<Integer, Integer> databases, Map<Integer, Long> counted) {
        databases.forEach((space, db) -> {
            long found = l2.items().getOrDefault(space, Map.of()).values().stream()
                    .mapToLong(n -> n)
                    .sum();
            long expected = counted.getOrDefault(space, 0L);
            if (found != expected) {
                problems.add(dir + ": db" + db + " has " + found + " keys in L2, but was counted to have " + expected);
            }
        });
    }

    private static Map<Integer, Long> counted(byte @Nullable [] bytes) {
        Map<Integer, Long> counts = new TreeMap<>();
        ByteBuffer in = ByteBuffer.wrap(bytes == null ? new byte[0] : bytes);
        while (in.hasRemaining()) {
            counts.put(in.getInt(), in.getLong());
        }
        return counts;
    }

    /** What is wrong, each with the name of its file; empty if all is whole. */
    public List<String> problems() {
        return problems;
    }

    /** What is there. */
    public List<String> findings() {
        return findings;
    }
}
