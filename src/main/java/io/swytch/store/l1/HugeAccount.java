package io.swytch.store.l1;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What the huge values of all shards take of L1's bound. They may be larger than a shard, so each shard bears an equal share of all of them.
 *
 * <p>Threads: any.
 */
final class HugeAccount {
    /**
     * Values of this many bytes or more lie in memory of their own: smaller ones fit into the least shard, of 4 MiB, beside its index, and are
     * quick to copy.
     */
    static final int VALUE_BYTES_MIN = 2 << 20;

    /** Huge values may take all but one in so many bytes of L1. */
    private static final int REST_SHARE = 8;

    private final AtomicLong charged = new AtomicLong();
    private volatile long maxBytes;

    private final LongSupplier usedBytes;

    /** Values that nobody looks at any more. */
    private final ConcurrentLinkedQueue<HugeValue> discarded = new ConcurrentLinkedQueue<>();

    /** @param usedBytes what all of L1 uses */
    HugeAccount(long maxBytes, LongSupplier usedBytes) {
        this.maxBytes = maxBytes;
        this.usedBytes = usedBytes;
    }

    /** Whether so many more bytes fit beside all that is there. */
    boolean isWithinBound(long bytes) {
        return usedBytes.getAsLong() + bytes <= maxBytes;
    }

    void setMaxBytes(long bytes) {
        maxBytes = bytes;
    }

    /** What L1 may use. */
    long maxBytes() {
        return maxBytes;
    }

    /** Bytes of huge values that L1's bound counts: all but those that wait for their drain. */
    long chargedBytes() {
        return charged.get();
    }

    void charge(long bytes) {
        charged.addAndGet(bytes);
    }

    /** Whether so many more bytes leave the rest of L1 its least share. */
    boolean fits(long bytes) {
        long max = maxBytes;
        return charged.get() + bytes <= max - max / REST_SHARE;
    }

    /** Whether so many bytes would fit if all other huge values left. */
    boolean couldFit(long bytes) {
        long max = maxBytes;
        return bytes <= max - max / REST_SHARE;
    }

    /** Leaves a value's memory to {@link #freeDiscarded}: half a gigabyte goes back to the machine in a tenth of a second. */
    void discard(HugeValue value) {
        discarded.add(value);
    }

    /** Gives back the memory of values that were discarded; for the upkeep. */
    void freeDiscarded() {
        for (HugeValue value = discarded.poll(); value != null; value = discarded.poll()) {
            value.free();
        }
    }
}
