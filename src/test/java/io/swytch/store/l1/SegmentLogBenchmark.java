package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What one look and one write cost: a million keys of 16 bytes with values of 32, in random order, so that every one misses the processor's
 * caches. Hash, lock and copy are included. {@code main} runs it with the allocation profiler.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 1,
        jvmArgs = {"-Xmx1g", "-XX:MaxDirectMemorySize=2g"})
public class SegmentLogBenchmark {
    private static final int KEYS = 1_000_000;

    private final KeyHash hash = new KeyHash(42);
    private final ByteBuffer input = ByteBuffer.allocateDirect(64);
    private final ByteBuffer values = ByteBuffer.allocateDirect(4096);
    private final ByteBuffer output = ByteBuffer.allocateDirect(4096);
    private final Slice bytes = new Slice();
    private final Key key = new Key();
    private final Item item = new Item();
    private L1 roomy;
    private L1 full;
    private long random = 88172645463325252L;

    @Setup
    public void fill() {
        roomy = new L1(new L1Options(256 << 20, 0, 2, EvictionMode.ALL, hash));
        full = new L1(new L1Options(32 << 20, 0, 2, EvictionMode.ALL, hash));
        for (int i = 0; i < KEYS; i++) {
            put(roomy, i, 32);
            put(full, i, 32);
        }
        System.out.printf(
                "%d entries of 48 bytes take %d: %.1f bytes each besides%n",
                roomy.entries(), roomy.usedBytes(), (double) roomy.usedBytes() / KEYS - 48);
    }

    private int next() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return (int) ((random >>> 33) % KEYS);
    }

    private Key key(long number) {
        Slice.LONG.set(input, 0, 0x3A79656B_3A79656BL);
        Slice.LONG.set(input, 8, number);
        return key.set(bytes.set(input, 0, 16), 1, hash);
    }

    private boolean put(L1 l1, long number, int length) {
        Key of = key(number);
        Shard shard = l1.lock(of.hash());
        try {
            return shard.put(of, ItemType.STRING, 0, 0, bytes.set(values, 0, length), false, 0);
        } finally {
            shard.unlock();
        }
    }

    /** A hit, copied out. */
    @Benchmark
    public boolean get() {
        Key of = key(next());
        Shard shard = roomy.lock(of.hash());
        try {
            boolean found = shard.find(of, item, true);
            if (found) {
                item.value(bytes).copyTo(0, output, 0, bytes.length());
            }
            return found;
        } finally {
            shard.unlock();
        }
    }

    /** A key that is not there. */
    @Benchmark
    public boolean getAbsent() {
        Key of = key(KEYS + (long) next());
        Shard shard = roomy.lock(of.hash());
        try {
            return shard.find(of, item, true);
        } finally {
            shard.unlock();
        }
    }

    /** Over a value of the same length. */
    @Benchmark
    public boolean overwrite() {
        return put(roomy, next(), 32);
    }

    /** A new key into a full cache: evicts as much as it writes. */
    @Benchmark
    public boolean putAndEvict() {
        return put(full, random + next(), 32);
    }

    /** Over values of other lengths, in a full cache. */
    @Benchmark
    public boolean churn() {
        int number = next();
        return put(full, number % 200_000, 8 + (number >>> 3 & 127));
    }

    public static void main(String[] args) throws RunnerException {
        new Runner(new OptionsBuilder()
                        .include(SegmentLogBenchmark.class.getSimpleName())
                        .addProfiler("gc")
                        .build())
                .run();
    }
}
