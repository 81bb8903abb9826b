package io.swytch.store.l1;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * The tier in memory: a power of two of {@link Shard}s, chosen by the top bits of a key's hash.
 *
 * <p>Threads: any; numbers are a moment late. The shards change only in {@link #rebuild}, under all their locks: whoever locks a shard that it
 * took from here without holding another checks {@link Shard#isRetired()}, or uses {@link #lock}. While any shard is locked none changes.
 */
public final class L1 {
    private static final int PURGE_SLOTS = 2048;

    /** Segments and large values that leave, or stay, under one hold of a lock while the bound is lowered. */
    private static final int VICTIMS_OF_A_SLICE = 4;

    /** A cache smaller than this is made this large. */
    private static final long BYTES_MIN = 1 << 16;

    private final L1Options options;
    private final HugeAccount huge;
    private volatile Layout layout;
    private volatile long maxBytes;
    private volatile EvictionMode mode;

    /** The shards at one time; replaced whole. */
    private static final class Layout {
        final Geometry geometry;
        final Shard[] shards;
        final Slabs slabs;
        final int shift;

        Layout(Geometry geometry, Shard[] shards, Slabs slabs) {
            this.geometry = geometry;
            this.shards = shards;
            this.slabs = slabs;
            // For a single shard this is a shift by 64, which is one by 0: its index is masked.
            shift = 64 - geometry.shardBits();
        }
    }

    public L1(L1Options options) {
        this.options = options;
        mode = options.mode();
        maxBytes = Math.max(BYTES_MIN, options.maxBytes());
        huge = new HugeAccount(maxBytes, this::usedBytes);
        layout = build(Geometry.of(maxBytes, options.waitBytesMax(), options.loops()), maxBytes);
    }

    private Layout build(Geometry geometry, long bytes) {
        Slabs slabs = new Slabs(1 << Arena.chunkShift(geometry.segmentShift()), bytes);
        Shard[] shards = new Shard[geometry.shards()];
        for (int i = 0; i < shards.length; i++) {
            shards[i] = new Shard(options, geometry, i, bytes >> geometry.shardBits(), huge, slabs);
            shards[i].core().mode = mode;
        }
        return new Layout(geometry, shards, slabs);
    }

    /** What the entries, the index and the ghosts may use. */
    public long maxBytes() {
        return maxBytes;
    }

    /** How many shards there are now. */
    public int shardCount() {
        return layout.shards.length;
    }

    /** The shard of a hash. */
    public Shard shard(long hash) {
        Layout now = layout;
        return now.shards[index(now, hash)];
    }

    public Shard shard(int index) {
        return layout.shards[index];
    }

    public int shardIndex(long hash) {
        return index(layout, hash);
    }

    private static int index(Layout layout, long hash) {
        return (int) (hash >>> layout.shift) & (layout.shards.length - 1);
    }

    /**
     * Reads the index slots of some keys, then their entries, so that they are in the processor's cache when their commands come. Takes no locks, so
     * what it sees may be anything; it makes nothing of it, and memory that was let go of meanwhile stays as long as it is held here.
     */
    public void prefetch(long[] hashes, int count, Prefetch places) {
        Layout now = layout;
        for (int i = 0; i < count; i++) {
            now.shards[index(now, hashes[i])].noteSlot(hashes[i], places, i);
        }
        places.read(count);
        for (int i = 0; i < count; i++) {
            now.shards[index(now, hashes[i])].noteEntry(hashes[i], places, i);
        }
        places.read(count);
    }

    /** Locks the shard of a hash, whatever rebuilds come between, and returns it. */
    public Shard lock(long hash) {
        while (true) {
            Shard shard = shard(hash);
            shard.lock();
            if (!shard.isRetired()) {
                return shard;
            }
            shard.unlock();
        }
    }

    /** Locks all shards, in order. */
    public void lockAll() {
        while (true) {
            Layout now = layout;
            for (Shard each : now.shards) {
                each.lock();
            }
            if (now == layout) {
                return;
            }
            for (Shard each : now.shards) {
                each.unlock();
            }
        }
    }

    /** Unlocks all shards after {@link #lockAll}, unless there was a rebuild between: then those are to be unlocked that {@link #rebuild} returned. */
    public void unlockAll() {
        for (Shard each : layout.shards) {
            each.unlock();
        }
    }

    public void setMode(EvictionMode mode) {
        this.mode = mode;
        forEachLocked(shard -> shard.core().mode = mode);
    }

    private interface ShardAction {
        void on(Shard shard);
    }

    private void forEachLocked(ShardAction action) {
        lockAll();
        try {
            for (Shard each : layout.shards) {
                action.on(each);
            }
        } finally {
            unlockAll();
        }
    }

    /**
     * Whether so many bytes ask for another number of shards or size of segments, that is for {@link #rebuild}, which drops what finds no room: where not every key may
     * be dropped it waits until there is plenty.
     */
    public boolean needsRebuild(long bytes) {
        long max = Math.max(BYTES_MIN, bytes);
        boolean mayDrop = layout.shards[0].core().tiered || mode == EvictionMode.ALL;
        return !layout.geometry.suits(Geometry.of(max, options.waitBytesMax(), options.loops()))
                && (mayDrop || usedBytes() <= max / 2);
    }

    /**
     * Changes the bound. Takes locks itself, in short slices; memory that is too much is evicted before it returns, as far as the mode allows.
     * Where {@link #needsRebuild}, it first rebuilds, under all locks. Not while a drain is under way.
     */
    public void setMaxBytes(long bytes) {
        long before = maxBytes;
        if (needsRebuild(bytes)) {
            lockAll();
            Shard[] locked = layout.shards;
            try {
                rebuild(bytes);
            } finally {
                for (Shard each : locked) {
                    each.unlock();
                }
            }
        }
        maxBytes = Math.max(BYTES_MIN, bytes);
        huge.setMaxBytes(maxBytes);
        layout.slabs.setLimit(maxBytes);
        int count = shardCount();
        for (int i = 0; i < count; i++) {
            boolean more = true;
            int victimsLeft = 0;
            for (int slice = 0; more; slice++) {
                Shard shard = shard(i);
                shard.lock();
                try {
                    if (slice == 0) {
                        shard.setBudget(maxBytes / count);
                        victimsLeft = shard.victimsMax();
                    }
                    // In the second round uses count no more. What is left after that may not go.
                    boolean force = victimsLeft <= shard.victimsMax() / 2;
                    more = shard.fitBudget(VICTIMS_OF_A_SLICE, force) && victimsLeft > 0;
                    victimsLeft -= VICTIMS_OF_A_SLICE;
                    if (!more && maxBytes < before) {
                        shard.core().arena.dropEmptyChunks();
                    }
                } finally {
                    shard.unlock();
                }
            }
        }
    }

    /**
     * Builds all shards anew for another bound and takes the entries over, oldest first, so that what no longer fits is evicted as ever. The
     * caller holds all shards' locks ({@link #lockAll}), and no drain is under way.
     *
     * @return the shards that were, retired, for the caller to unlock
     */
    public Shard[] rebuild(long bytes) {
        Layout old = layout;
        maxBytes = Math.max(BYTES_MIN, bytes);
        huge.setMaxBytes(maxBytes);
        Layout fresh = build(Geometry.of(maxBytes, options.waitBytesMax(), options.loops()), maxBytes);
        Transfer transfer = new Transfer();
        transfer.all(old.shards, hash -> fresh.shards[index(fresh, hash)]);
        for (Shard each : old.shards) {
            each.retire();
        }
        transfer.keys(old.shards, fresh.shards);
        for (Shard each : old.shards) {
            each.core().large.killAll();
        }
        layout = fresh;
        return old.shards;
    }

    /** Bytes that a value of {@code length} takes of the room for huge ones; 0 if it is none. */
    public static long hugeBytes(int length) {
        return LargeValues.isHuge(length) ? (long) Chunks.count(length) << Chunks.SHIFT : 0;
    }

    /** Whether so many more bytes of huge values fit now. */
    public boolean hasHugeRoom(long bytes) {
        return huge.fits(bytes);
    }

    /**
     * Has huge values of any shard leave until so many more bytes of them fit, none of them if all would not be enough. Returns whether they do. Takes the locks,
     * one at a time.
     */
    public boolean evictHuge(long bytes) {
        if (!huge.couldFit(bytes)) {
            return false;
        }
        for (Shard shard : layout.shards) {
            shard.lock();
            try {
                if (!shard.isRetired() && shard.evictHuge(bytes)) {
                    return true;
                }
            } finally {
                shard.unlock();
            }
        }
        return false;
    }

    /** Bytes in use of what {@link L1Options#maxBytes} bounds: segments, index, ghosts, large values. */
    public long usedBytes() {
        return sum(core -> (long) core.arena.charged * (core.arena.segmentBytes + Arena.ROW_BYTES)
                        - core.large.waitingPieceBytes)
                + huge.chargedBytes();
    }

    /** Direct memory that was taken, in use or not, the wait queue's included; not that of huge values, which is {@code Chunks}'. */
    public long takenBytes() {
        return layout.slabs.takenBytes();
    }

    /** Bytes of dirty entries that were evicted before their drain. */
    public long waitBytes() {
        return sum(core -> ((long) core.arena.waiting << core.arena.segmentShift) + core.large.queueBytes[Arena.WAIT]);
    }

    /** Bytes of the entries that L2 lacks. */
    public long dirtyBytes() {
        return sum(core -> core.spaces.markedBytes(core.currentEpoch)
                + (core.drainingEpoch == 0 ? 0 : core.spaces.markedBytes(core.drainingEpoch)));
    }

    public long indexBytes() {
        return sum(core -> (long) core.index.pages() << core.arena.segmentShift);
    }

    public long ghostBytes() {
        return sum(core -> (long) core.ghosts.pages() << core.arena.segmentShift);
    }

    /** Bytes of large values, without those of the wait queue. */
    public long largeBytes() {
        return sum(core -> core.large.queueBytes[Arena.SMALL] + core.large.queueBytes[Arena.MAIN]);
    }

    /** Bytes of the log's segments in use, without the wait queue's. */
    public long segmentBytes() {
        return sum(core ->
                (long) (core.log.length(Arena.SMALL) + core.log.length(Arena.MAIN) + core.log.length(Arena.HANDLES))
                        << core.arena.segmentShift);
    }

    /** Bytes of all entries as they are, without what is dead or unused between them. */
    public long entryBytes() {
        return sum(core -> core.entryBytes);
    }

    /** All entries: tombstones and what has expired included. */
    public long entries() {
        return sum(core -> core.index.count());
    }

    /** Entries that left because memory ran out. */
    public long evictions() {
        return sum(core -> core.evictions);
    }

    /** Has {@link Shard#buryExpired} done everywhere. Takes the locks, one at a time; no drain is under way. */
    public void buryExpired(long nowMs) {
        for (Shard shard : layout.shards) {
            shard.lock();
            try {
                if (!shard.isRetired()) {
                    shard.buryExpired(nowMs);
                }
            } finally {
                shard.unlock();
            }
        }
    }

    /** Keys that ran out of time while no other copy of them was left: in tiered mode those that L2 had not heard of. */
    public long expired() {
        return sum(core -> core.expired);
    }

    /**
     * Keys of a space. Memory-only: its live entries. Tiered: how many keys there are more, or fewer, in both tiers than when this L1 began: an
     * entry of which L2's part is unknown counts as new, eviction changes nothing, and {@link Shard#adjustKeys} adds what else is known.
     */
    public long keys(int space) {
        return sum(core -> core.spaces.keys[core.spaces.peek(space)]);
    }

    /** Entries of a space, tombstones too, of which it is not known whether L2 holds their key. */
    public long unknownKeys(int space) {
        return sum(core -> core.spaces.unknown[core.spaces.peek(space)]);
    }

    /** Live entries of a space that have an expiry. */
    public long expiringKeys(int space) {
        return sum(core -> core.spaces.expiring[core.spaces.peek(space)]);
    }

    private long sum(ToLongFunction<Core> of) {
        long sum = 0;
        for (Shard each : layout.shards) {
            sum += of.applyAsLong(each.core());
        }
        return sum;
    }

    /** The entries of a space are never found again; their memory is free at once where nothing else is in a shard, else little by little. */
    public void dropSpace(int space) {
        forEachLocked(shard -> shard.dropSpace(space));
    }

    /** Forgets everything, what L2 lacks included, and all counts of keys, as if just made. Takes all locks. Not while a drain is under way. */
    public void forgetAll() {
        forEachLocked(Shard::forgetAll);
    }

    /**
     * Makes room in the indexes for so many entries to come, and keeps it until this is called with 0: those who fill L1 in the order of hashes need it. A
     * rebuild forgets it. Takes locks itself, one at a time.
     */
    public void reserve(long entries) {
        int count = shardCount();
        for (int i = 0; i < count && i < shardCount(); i++) {
            Shard shard = shard(i);
            shard.lock();
            try {
                if (!shard.isRetired()) {
                    shard.reserve(entries >> layout.geometry.shardBits());
                }
            } finally {
                shard.unlock();
            }
        }
    }

    /** Drops every entry that L2 has, as if memory had run out: the next look at any of them is a fill. Tiered mode only. */
    public void forgetClean() {
        forEachLocked(Shard::forgetClean);
    }

    /**
     * Bytes that a value of {@code length} takes of its shard at most: twice as many, where the rest of a segment is too short for it; its share, where it is one of the
     * huge ones that take from all shards alike.
     */
    public long roomFor(int length) {
        return LargeValues.isHuge(length) ? ((long) length + Chunks.BYTES) / shardCount() : 2L * length;
    }

    /**
     * Gives back, after a drain, all that waited for it and is clean now: a segment under each hold of a shard's lock. {@link #upkeep} would come to it
     * too, but beside busy writers the next drain is due first, and they would be slowed for memory that nobody needs.
     */
    public void releaseWaiting() {
        for (Shard shard : layout.shards) {
            boolean more = true;
            while (more) {
                shard.lock();
                try {
                    more = !shard.isRetired() && shard.releaseWaiting();
                } finally {
                    shard.unlock();
                }
            }
        }
    }

    /**
     * What keeps requests short: releases drained entries, keeps free segments ahead of need, sweeps expired entries, purges dropped spaces. Takes
     * shard locks for a segment's worth of work at a time.
     *
     * @param nowMs wall time
     * @param budgetNanos how long it may take, about
     */
    public void upkeep(long nowMs, long budgetNanos) {
        huge.freeDiscarded();
        layout.slabs.prepare();
        long end = Clock.system().nanos() + budgetNanos;
        boolean more = true;
        while (more) {
            more = false;
            for (Shard shard : layout.shards) {
                shard.lock();
                try {
                    if (!shard.isRetired()) {
                        more |= shard.releaseWaiting();
                        more |= shard.cleanAhead();
                        more |= shard.sweep(nowMs);
                        more |= shard.purge(PURGE_SLOTS);
                        shard.core().arena.trim(options.waitBytesMax() / layout.shards.length);
                    }
                } finally {
                    shard.unlock();
                }
                if (Clock.system().nanos() > end) {
                    return;
                }
            }
        }
    }

    /** Takes entries from old shards to new ones. */
    private static final class Transfer {
        private interface Target {
            Shard of(long hash);
        }

        private final Item item = new Item();
        private final Slice value = new Slice();
        private final Slice bytes = new Slice();
        private final Key key = new Key();

        /** One segment of each shard in turn: an index fills evenly only if hashes come from all its range. */
        void all(Shard[] old, Target target) {
            for (byte queue : new byte[] {Arena.MAIN, Arena.WAIT, Arena.HANDLES, Arena.SMALL}) {
                int[] segments = new int[old.length];
                for (int i = 0; i < old.length; i++) {
                    segments[i] = old[i].core().log.oldest(queue);
                }
                for (boolean more = true; more; ) {
                    more = false;
                    for (int i = 0; i < old.length; i++) {
                        if (segments[i] >= 0) {
                            segment(old[i].core(), segments[i], target);
                            segments[i] = old[i].core().arena.next[segments[i]];
                            more = true;
                        }
                    }
                }
            }
        }

        private void segment(Core core, int segment, Target target) {
            var buffer = core.arena.segmentBuffer(segment);
            int start = core.arena.segmentOffset(segment);
            for (int at = Arena.FIRST_OFFSET; at < core.arena.end[segment]; ) {
                int offset = start + at;
                long header = (long) Slice.LONG.get(buffer, offset);
                if (ItemHeader.type(header) != 0 && !core.spaces.isDead(ItemHeader.spaceSlot(header))) {
                    int location = core.arena.location(segment, at);
                    long hash = core.index.hashAt(location);
                    long slot = core.index.get(core.index.find(core.index.tagOf(hash), location));
                    core.view(buffer, offset, header, item);
                    if (ItemHeader.isLarge(header)) {
                        // Charged to the shard that takes it over.
                        core.large.dequeue(core.largeOf(buffer, offset, header));
                    }
                    key.set(item.key(bytes), core.spaces.spaceOf(ItemHeader.spaceSlot(header)), hash);
                    target.of(hash)
                            .adopt(key, item, item.value(value), Index.counter(slot), core.isDirty(Index.mark(slot)));
                }
                at += Entries.totalBytes(buffer, offset, header);
            }
        }

        /** Keys are counted anew by what was adopted; in tiered mode the old counts hold, because what is not adopted is on disk. */
        void keys(Shard[] old, Shard[] fresh) {
            Map<Integer, Long> keys = new HashMap<>();
            for (Shard each : old) {
                Spaces spaces = each.core().spaces;
                for (int space : spaces.all()) {
                    keys.merge(space, spaces.keys[spaces.slotOf(space)], Long::sum);
                }
            }
            if (old[0].core().tiered) {
                keys.forEach((space, sum) -> {
                    for (int i = 0; i < fresh.length; i++) {
                        fresh[i].setKeys(space, i == 0 ? sum : 0);
                    }
                });
            }
        }
    }
}
