package io.swytch.stats;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.clock.Clock;
import io.swytch.stats.MemoryAccount.NetworkMemory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * All figures of the server: what INFO and {@code /metrics} both show.
 *
 * <p>Threads: any.
 */
public final class Stats {
    /** Samples that rates are taken over, and how far apart they are: 1.6 seconds together, as in Redis. */
    private static final int SAMPLES = 16;

    private static final long SAMPLE_NANOS = 100_000_000;

    /** Samples from one look at the store to the next: to read RocksDB's properties and {@code /proc} took 2 % of a busy core at ten times a second. */
    private static final int SAMPLES_PER_LOOK = 10;

    /** Looks at the store from one at the process to the next. Who asks for {@link #process} has them anew; {@link #unaccountedShare} and {@link #memory} may go by the last look. */
    private static final int LOOKS_PER_PROCESS_LOOK = 5;

    /** Clients that wait in a blocking command. */
    public final AtomicInteger blockedClients = new AtomicInteger();

    /** Bytes of buffers that all connections together may hold. */
    public volatile long buffersBytesMax;

    private final Clock clock;
    private final StoreStats store;
    private final Slowlog slowlog = new Slowlog();
    private final LatencyEvents latencyEvents;
    private final List<LoopStats> loops = new CopyOnWriteArrayList<>();

    @GuardedBy("this")
    private Totals base = new Totals();

    @GuardedBy("this")
    private final Sample[] samples = new Sample[SAMPLES];

    @GuardedBy("this")
    private int sampleCount;

    @GuardedBy("this")
    private int samplesSinceLook;

    /** Of the thread that samples. */
    private int looks;

    private volatile ProcessFigures process = ProcessFigures.NONE;
    private volatile long peakUsedBytes;
    private volatile long memoryBaseBytes;
    private volatile double unaccountedShare;
    private volatile Supplier<NetworkMemory> networkMemory = () -> NetworkMemory.NONE;

    private record Sample(long nanos, long commands, long bytesRead, long bytesWritten) {}

    /** Rates over the last 1.6 seconds. */
    public record Rates(double commandsPerSecond, double bytesReadPerSecond, double bytesWrittenPerSecond) {}

    public Stats(Clock clock, StoreStats store) {
        this.clock = clock;
        this.store = store;
        latencyEvents = new LatencyEvents(clock);
    }

    /** The counters of one more thread. */
    public LoopStats newLoop() {
        LoopStats loop = new LoopStats();
        add(loop);
        return loop;
    }

    /** Counts in what {@code loop} counts. */
    public void add(LoopStats loop) {
        loops.add(loop);
    }

    public Slowlog slowlog() {
        return slowlog;
    }

    /** What took long lately. */
    public LatencyEvents latencyEvents() {
        return latencyEvents;
    }

    /** Everything since the start or the last {@link #reset}. */
    public Totals totals() {
        Totals totals = sum();
        synchronized (this) {
            totals.subtract(base);
        }
        peak(totals.store.usedBytes);
        return totals;
    }

    private Totals sum() {
        Totals totals = new Totals();
        for (LoopStats loop : loops) {
            loop.addTo(totals);
        }
        totals.slowCommands = slowlog.total();
        store.read(totals.store);
        return totals;
    }

    /** CONFIG RESETSTAT: counters begin anew; what is held now, and the peak, stay. */
    public void reset() {
        Totals now = sum();
        synchronized (this) {
            base = now;
            sampleCount = 0;
        }
    }

    /** Takes a sample for rates and, at each tenth call, for peaks and the process's figures, out of {@code /proc}; to be called about ten times a second. */
    public void sample() {
        Sample sample = sampleNow();
        synchronized (this) {
            Sample last = sampleCount == 0 ? null : samples[(sampleCount - 1) % SAMPLES];
            if (last != null && sample.nanos - last.nanos < SAMPLE_NANOS * 9 / 10) {
                return;
            }
            samples[sampleCount++ % SAMPLES] = sample;
            if (sampleCount == 2 * SAMPLES) {
                sampleCount = SAMPLES;
            }
            samplesSinceLook++;
            if (samplesSinceLook < SAMPLES_PER_LOOK && last != null) {
                return;
            }
            samplesSinceLook = 0;
        }
        look();
    }

    private void look() {
        StoreFigures figures = new StoreFigures();
        store.read(figures);
        peak(figures.usedBytes);
        if (looks++ % LOOKS_PER_PROCESS_LOOK != 0) {
            return;
        }
        ProcessFigures now = ProcessFigures.read();
        process = now;
        if (memoryBaseBytes == 0) {
            Map<String, Long> parts = MemoryAccount.parts(figures, now, networkMemory.get());
            memoryBaseBytes = Math.max(1, now.residentBytes() - new MemoryAccount(parts, 0).partBytes());
        }
        long resident = Math.max(1, now.residentBytes());
        unaccountedShare = Math.max(0, (double) (resident - memory(figures).sumBytes()) / resident);
    }

    /** How much of what the process holds is in no part of {@link #memory}, 0 to 1, as the last sample saw it. */
    public double unaccountedShare() {
        return unaccountedShare;
    }

    /** Says where to ask for the memory of connections' buffers. */
    public void setNetworkMemory(Supplier<NetworkMemory> source) {
        networkMemory = source;
    }

    /** Where all memory is, as far as {@code store} and the last sample know. */
    public MemoryAccount memory(StoreFigures figures) {
        return new MemoryAccount(MemoryAccount.parts(figures, process, networkMemory.get()), memoryBaseBytes);
    }

    private Sample sampleNow() {
        long commands = 0;
        long bytesRead = 0;
        long bytesWritten = 0;
        for (LoopStats loop : loops) {
            commands += loop.commands;
            bytesRead += loop.bytesRead;
            bytesWritten += loop.bytesWritten;
        }
        return new Sample(clock.nanos(), commands, bytesRead, bytesWritten);
    }

    private synchronized void peak(long usedBytes) {
        peakUsedBytes = Math.max(peakUsedBytes, usedBytes);
    }

    /** Rates over the samples there are; 0 before there are two. */
    public synchronized Rates rates() {
        if (sampleCount < 2) {
            return new Rates(0, 0, 0);
        }
        Sample first = samples[sampleCount < SAMPLES ? 0 : sampleCount % SAMPLES];
        Sample last = samples[(sampleCount - 1) % SAMPLES];
        double seconds = Math.max(1, last.nanos - first.nanos) / 1e9;
        return new Rates(
                (last.commands - first.commands) / seconds,
                (last.bytesRead - first.bytesRead) / seconds,
                (last.bytesWritten - first.bytesWritten) / seconds);
    }

    /** What the process uses now. Reads {@code /proc}. */
    public ProcessFigures process() {
        ProcessFigures now = ProcessFigures.read();
        process = now;
        return now;
    }

    /** The most that L1 ever used, as far as anybody looked. */
    public long peakUsedBytes() {
        return peakUsedBytes;
    }
}
