package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * What a tick costs: units of one SET each, and one commit; run by hand: {@code java -cp … JournalBenchmark DIR [UNITS] [MODE]}. Prints the
 * median and tails of append and commit in nanoseconds, and how long syncs took.
 */
final class JournalBenchmark {
    private static final int TICKS = 60_000;

    private JournalBenchmark() {}

    public static void main(String[] args) throws IOException {
        Path dir = Files.createTempDirectory(Path.of(args[0]), "journal");
        int units = args.length > 1 ? Integer.parseInt(args[1]) : 50;
        SyncMode mode = args.length > 2 ? SyncMode.valueOf(args[2]) : SyncMode.TEN_MS;
        KeyHash hash = new KeyHash(1);
        Key key = new Key().set(Slice.copyOf("key:000000000123"), 0, hash);
        Slice value = Slice.copyOf("v".repeat(32));
        EffectBuffer effects = new EffectBuffer();
        long[] appends = new long[TICKS];
        long[] commits = new long[TICKS];
        Clock clock = Clock.system();
        try (Journal journal = Journal.open(dir, mode, 64 << 20, clock)) {
            journal.replay(hash, new RecordedEffects());
            long cutAt = 0;
            for (int i = 0; i < TICKS; i++) {
                long start = clock.nanos();
                for (int j = 0; j < units; j++) {
                    effects.put(key, ItemType.STRING, 0, 0, value);
                    journal.append(effects);
                }
                long middle = clock.nanos();
                journal.commit();
                commits[i] = clock.nanos() - middle;
                appends[i] = middle - start;
                if (journal.bytes() - cutAt > 128 << 20) {
                    journal.trimBefore(journal.cut());
                    cutAt = journal.bytes();
                }
            }
            JournalStats stats = journal.stats();
            System.out.printf(
                    Locale.ROOT,
                    "%s, %d units a tick%nappend, per unit: %s%ncommit, per tick: %s%n"
                            + "%d MB written, %d syncs, mean %d us, max %d us, late %d, %s%n",
                    mode,
                    units,
                    tails(appends, units),
                    tails(commits, 1),
                    stats.bytesWritten >> 20,
                    stats.syncs,
                    stats.syncNanosTotal / Math.max(1, stats.syncs) / 1000,
                    stats.syncNanosMax / 1000,
                    stats.syncsLate,
                    Arrays.toString(stats.syncBuckets));
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(dir)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        Files.delete(dir);
    }

    private static String tails(long[] nanos, int by) {
        long[] sorted = Arrays.copyOfRange(nanos, TICKS / 3, TICKS);
        Arrays.sort(sorted);
        long sum = 0;
        for (long n : sorted) {
            sum += n;
        }
        return String.format(
                Locale.ROOT,
                "median %d ns, mean %d ns, p99 %d ns, p99.9 %d ns, max %d ns",
                sorted[sorted.length / 2] / by,
                sum / sorted.length / by,
                sorted[sorted.length * 99 / 100] / by,
                sorted[(int) (sorted.length * 999L / 1000)] / by,
                sorted[sorted.length - 1] / by);
    }
}
