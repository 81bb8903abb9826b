package io.swytch.stats;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.clock.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What took long lately, by kind of event, as LATENCY shows it: of each second the longest, of each event the newest samples.
 *
 * <p>Bounded: events are named by this program only. Threads: any.
 */
public final class LatencyEvents {
    /** A command that is not marked as fast, and one that is. */
    public static final String COMMAND = "command";

    public static final String FAST_COMMAND = "fast-command";

    /** Reading a key that L1 lacked, forcing the journal to disk, writing what changed to L2. */
    public static final String FILL = "fill";

    public static final String JOURNAL_SYNC = "journal-sync";
    public static final String DRAIN = "drain";

    /** Samples that are kept of an event, as in Redis. */
    public static final int SAMPLES_MAX = 160;

    /** The longest time of one second. */
    public record Sample(long timeSec, long millis) {}

    /**
     * An event and its samples, oldest first.
     *
     * @param maxMillis the longest since the last reset, whether its sample is still kept or not
     */
    public record Event(String name, long maxMillis, List<Sample> samples) {
        public Sample newest() {
            return samples.get(samples.size() - 1);
        }
    }

    private static final class Series {
        final ArrayDeque<Sample> samples = new ArrayDeque<>();
        long maxMillis;
    }

    private final Clock clock;
    private volatile long thresholdNanos = Long.MAX_VALUE;

    @GuardedBy("this")
    private final SortedMap<String, Series> series = new TreeMap<>();

    LatencyEvents(Clock clock) {
        this.clock = clock;
    }

    /** What took as long is an event; {@code Long.MAX_VALUE} if nothing is. Cheap: asked after each command. */
    public long thresholdNanos() {
        return thresholdNanos;
    }

    /** Sets the threshold as {@code latency-monitor-threshold} has it; 0 = nothing is an event. */
    public void setThresholdMillis(long millis) {
        thresholdNanos = millis == 0 || millis > Long.MAX_VALUE / 1_000_000 ? Long.MAX_VALUE : millis * 1_000_000;
    }

    /** Adds what took so long, if it reached the threshold. */
    public void record(String name, long nanos) {
        if (nanos >= thresholdNanos) {
            add(name, clock.millis() / 1000, nanos / 1_000_000);
        }
    }

    private synchronized void add(String name, long timeSec, long millis) {
        Series of = series.computeIfAbsent(name, n -> new Series());
        of.maxMillis = Math.max(of.maxMillis, millis);
        Sample last = of.samples.peekLast();
        if (last != null && last.timeSec == timeSec) {
            of.samples.removeLast();
            of.samples.addLast(new Sample(timeSec, Math.max(millis, last.millis)));
            return;
        }
        of.samples.addLast(new Sample(timeSec, millis));
        if (of.samples.size() > SAMPLES_MAX) {
            of.samples.removeFirst();
        }
    }

    /** All events that have happened, by name. */
    public synchronized List<Event> all() {
        List<Event> all = new ArrayList<>();
        series.forEach((name, of) -> all.add(new Event(name, of.maxMillis, List.copyOf(of.samples))));
        return all;
    }

    /** The event of this name; null if it has not happened. */
    public synchronized @Nullable Event find(String name) {
        Series of = series.get(name);
        return of == null ? null : new Event(name, of.maxMillis, List.copyOf(of.samples));
    }

    /** Forgets an event. Returns whether it had happened. */
    public synchronized boolean reset(String name) {
        return series.remove(name) != null;
    }

    /** Forgets all. Returns how many there were. */
    public synchronized int resetAll() {
        int count = series.size();
        series.clear();
        return count;
    }
}
