package io.swytch.store.journal;

import static io.swytch.store.journal.RecordedEffects.HASH;
import static io.swytch.store.journal.RecordedEffects.key;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random units, commits, cuts, trims and syncs, with the process killed at a random byte of what it writes, or stopped in order; what is
 * replayed must be the units from the first kept segment on, at least up to the last commit, at most up to the last append, none in part.
 */
class JournalModelTest {
    @TempDir
    Path dir;

    /** What was appended, and where it begins and ends. */
    private record Unit(long from, long to, List<String> lines) {}

    private final EffectBuffer effects = new EffectBuffer();
    private final List<Unit> units = new ArrayList<>();

    /** The last position that a commit promised. */
    private long promised;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void killedAtAnyByte_replaysWholeUnitsUpToTheLastCommit(long seed) throws IOException {
        Random random = new Random(seed);
        for (int run = 0; run < 12; run++) {
            oneRun(random, "seed " + seed + " run " + run);
        }
    }

    private void oneRun(Random random, String what) throws IOException {
        boolean isKilled = random.nextInt(4) > 0;
        UnreliableDisk disk = new UnreliableDisk();
        SyncMode mode = random.nextBoolean() ? SyncMode.OS : SyncMode.TEN_MS;
        try (Journal journal =
                Journal.open(dir, mode, Journal.SEGMENT_BYTES_MIN, Clock.system(), null, 0, disk, false)) {
            check(journal, what);
            if (isKilled) {
                disk.setBytesLeft(random.nextInt(random.nextInt(5) == 0 ? 4_000_000 : 100_000));
            }
            List<Long> cuts = new ArrayList<>();
            try {
                for (int i = 0; i < 300; i++) {
                    step(random, journal, cuts);
                }
                journal.commit();
                promised = journal.committedPosition();
            } catch (JournalFailedException | IOException e) {
                assertTrue(isKilled, what);
            }
        } catch (JournalFailedException e) {
            // The kill came while closing.
            assertTrue(isKilled, what);
        }
    }

    private void step(Random random, Journal journal, List<Long> cuts) throws IOException {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                journal.commit();
                promised = journal.committedPosition();
            }
            case 3 -> {
                if (random.nextInt(4) == 0) {
                    cuts.add(journal.cut());
                    promised = journal.committedPosition();
                }
            }
            case 4 -> {
                if (!cuts.isEmpty() && random.nextInt(3) == 0) {
                    journal.trimBefore(cuts.remove(0));
                }
            }
            case 5 -> {
                if (random.nextInt(5) == 0) {
                    journal.sync();
                }
            }
            default -> append(random, journal);
        }
    }

    private void append(Random random, Journal journal) {
        List<String> lines = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            Key key = key(random.nextInt(3), "key" + random.nextInt(1000));
            switch (random.nextInt(4)) {
                case 0 -> {
                    effects.delete(key);
                    lines.add("delete " + name(key));
                }
                case 1 -> {
                    long atMs = random.nextLong();
                    effects.expire(key, atMs);
                    lines.add("expire " + name(key) + " " + atMs);
                }
                default -> {
                    int bound = random.nextInt(60) == 0 ? 1_500_000 : random.nextInt(10) == 0 ? 20_000 : 100;
                    Slice value = JournalTest.chunked(random.nextInt(bound), random.nextLong());
                    long expireAtMs = random.nextInt(3);
                    effects.put(key, ItemType.STRING, 0, expireAtMs, value);
                    lines.add(RecordedEffects.put(key, 1, 0, expireAtMs, value));
                }
            }
        }
        lines.add("end");
        long from = journal.appendedPosition();
        long to = journal.append(effects);
        units.add(new Unit(from, to, lines));
    }

    private static String name(Key key) {
        return key.space() + ":'" + key.bytes() + "'";
    }

    /** Replays into {@code journal}, compares with the model, and forgets the units that the kill took. */
    private void check(Journal journal, String what) throws IOException {
        RecordedEffects seen = new RecordedEffects();
        journal.replay(HASH, seen);
        long first = journal.firstPosition();
        long end = journal.committedPosition();
        assertTrue(end >= promised, what + ": " + end + " of " + promised);
        List<String> expected = new ArrayList<>();
        for (Unit unit : units) {
            if (unit.from() >= first && unit.to() <= end) {
                expected.addAll(unit.lines());
            } else {
                assertTrue(unit.to() <= first || unit.from() >= end, what + ": a unit in part");
            }
        }
        assertEquals(expected, seen.lines, what);
        units.removeIf(unit -> unit.from() >= end || unit.to() <= first);
        promised = end;
    }
}
