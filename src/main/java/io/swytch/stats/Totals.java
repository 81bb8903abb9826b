package io.swytch.stats;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What all threads counted together, since the start or the last RESETSTAT. Threads: the one that asked for it. */
public final class Totals {
    public long hits;
    public long misses;
    public long absent;
    public long l2Hits;
    public long l2Misses;
    public long expired;
    public long bytesRead;
    public long bytesWritten;
    public long commands;
    public long reads;
    public long writes;
    public long connectionsReceived;
    public long connectionsRejected;
    public long acceptsFailed;
    public long clientsOverQueryLimit;
    public long clientsOverOutputLimit;
    public long clientsEvicted;
    public long slowCommands;

    /** What the store counts and holds. */
    public final StoreFigures store = new StoreFigures();

    private long[] @Nullable [] rows = new long[64][];
    private final SortedMap<Integer, SortedMap<String, Long>> errors = new TreeMap<>();

    /** What was counted of one command. */
    public record Command(long calls, long nanos, long failed, long rejected, HistogramSnapshot latency) {}

    /** What was counted of the command of that index; null if it was neither run nor refused. */
    public @Nullable Command command(int specIndex) {
        long[] row = specIndex < rows.length ? rows[specIndex] : null;
        if (row == null || (row[LoopStats.CALLS] == 0 && row[LoopStats.REJECTED] == 0)) {
            return null;
        }
        return new Command(
                row[LoopStats.CALLS],
                row[LoopStats.NANOS],
                row[LoopStats.FAILED],
                row[LoopStats.REJECTED],
                new HistogramSnapshot(
                        Histogram.upperBoundsNanos(),
                        Arrays.copyOfRange(row, LoopStats.BUCKETS_FROM, LoopStats.ROW_LENGTH),
                        row[LoopStats.NANOS]));
    }

    /** Error replies by the command's index (−1: no such command) and code. */
    public SortedMap<Integer, SortedMap<String, Long>> errors() {
        return Collections.unmodifiableSortedMap(errors);
    }

    /** Error replies by code. */
    public SortedMap<String, Long> errorsByCode() {
        SortedMap<String, Long> byCode = new TreeMap<>();
        errors.values().forEach(codes -> codes.forEach((code, count) -> byCode.merge(code, count, Long::sum)));
        return byCode;
    }

    /** Hits by all looks at keys in L1, 0 to 1; 0 before the first look. */
    public double hitRatio() {
        long looks = hits + misses;
        return looks == 0 ? 0 : (double) hits / looks;
    }

    void addCommand(int specIndex, long[] row) {
        if (specIndex >= rows.length) {
            rows = Arrays.copyOf(rows, Math.max(specIndex + 1, rows.length * 2));
        }
        long[] sum = rows[specIndex];
        if (sum == null) {
            rows[specIndex] = row.clone();
            return;
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] += row[i];
        }
    }

    void addErrors(int specIndex, String code, long count) {
        if (count != 0) {
            errors.computeIfAbsent(specIndex, i -> new TreeMap<>()).merge(code, count, Long::sum);
        }
    }

    /** Takes away what had been counted when {@code base} was taken; what the store holds stays. */
    void subtract(Totals base) {
        hits -= base.hits;
        misses -= base.misses;
        absent -= base.absent;
        l2Hits -= base.l2Hits;
        l2Misses -= base.l2Misses;
        expired -= base.expired;
        bytesRead -= base.bytesRead;
        bytesWritten -= base.bytesWritten;
        commands -= base.commands;
        reads -= base.reads;
        writes -= base.writes;
        connectionsReceived -= base.connectionsReceived;
        connectionsRejected -= base.connectionsRejected;
        acceptsFailed -= base.acceptsFailed;
        clientsOverQueryLimit -= base.clientsOverQueryLimit;
        clientsOverOutputLimit -= base.clientsOverOutputLimit;
        clientsEvicted -= base.clientsEvicted;
        slowCommands -= base.slowCommands;
        store.subtractCounts(base.store);
        for (int i = 0; i < base.rows.length; i++) {
            long[] row = base.rows[i];
            if (row != null) {
                long[] negative = row.clone();
                Arrays.setAll(negative, j -> -row[j]);
                addCommand(i, negative);
            }
        }
        for (Map.Entry<Integer, SortedMap<String, Long>> command : base.errors.entrySet()) {
            SortedMap<String, Long> codes = errors.get(command.getKey());
            if (codes != null) {
                command.getValue().forEach((code, count) -> {
                    long rest = codes.getOrDefault(code, 0L) - count;
                    if (rest > 0) {
                        codes.put(code, rest);
                    } else {
                        codes.remove(code);
                    }
                });
            }
        }
    }
}
