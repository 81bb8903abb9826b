package io.swytch.stats;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.bytes.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The last commands that took long. Bounded. Threads: any. */
public final class Slowlog {
    /**
     * One slow command.
     *
     * @param id grows by one with each entry
     * @param timeSec when it ended, seconds since 1970
     * @param args its arguments, shortened
     * @param address of the client
     * @param clientName as CLIENT SETNAME gave it, or empty
     */
    public record Entry(long id, long timeSec, long micros, List<Bytes> args, String address, String clientName) {}

    private volatile long thresholdNanos = 10_000_000;
    private volatile long entriesMax = 128;

    @GuardedBy("this")
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();

    @GuardedBy("this")
    private long nextId;

    /** Commands that took as long enter the log; {@code Long.MAX_VALUE} if none does. Cheap: asked after each command. */
    public long thresholdNanos() {
        return thresholdNanos;
    }

    /** Sets the threshold in microseconds, as {@code slowlog-log-slower-than} has it; −1 = nothing enters. */
    public void setThresholdMicros(long micros) {
        thresholdNanos = micros < 0 ? Long.MAX_VALUE : micros > Long.MAX_VALUE / 1000 ? Long.MAX_VALUE : micros * 1000;
    }

    /** Entries that are kept; takes effect with the next entry, as in Redis. */
    public void setEntriesMax(long entriesMax) {
        this.entriesMax = entriesMax;
    }

    public synchronized void add(long timeSec, long micros, List<Bytes> args, String address, String clientName) {
        entries.addFirst(new Entry(nextId++, timeSec, micros, List.copyOf(args), address, clientName));
        while (entries.size() > entriesMax) {
            entries.removeLast();
        }
    }

    /** The newest entries, newest first. */
    public synchronized List<Entry> newest(long count) {
        List<Entry> newest = new ArrayList<>();
        for (Iterator<Entry> i = entries.iterator(); i.hasNext() && newest.size() < count; ) {
            newest.add(i.next());
        }
        return newest;
    }

    public synchronized int size() {
        return entries.size();
    }

    /** How many entries there have ever been. */
    public synchronized long total() {
        return nextId;
    }

    public synchronized void clear() {
        entries.clear();
    }
}
