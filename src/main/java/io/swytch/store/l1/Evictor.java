package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import java.nio.ByteBuffer;

/**
 * Makes room: cleans segments with much that is dead, else evicts the oldest of the small queue or of main.
 *
 * <p>Small's survivors are those with a counted hit, more for a large entry, none for a small one as {@link SizeRule} has it; they go to main with
 * their counter at 0. Main's are those with a counter above 0; they go to its newest end with one less, all survivors sharing one open segment. Where nine tenths of a main segment survive it is relinked
 * instead. A dirty entry is never dropped: it goes to the wait queue. Large values have queues of their own beside the segments and take
 * their turn by age. Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.
 *
 * <p>Threads: under the shard's lock.
 */
final class Evictor {
    /** Segments kept free so that survivors have somewhere to go. */
    private static final int RESERVE = 1;

    /** Victims after which counters no longer save an entry: keeps the longest put bounded where everything is hot. */
    private static final int PATIENT_VICTIMS = 6;

    /** Victims of one put that make room for the huge values of other shards. */
    private static final int LENT_VICTIMS_MAX = 4;

    private static final int SMALL_SEGMENTS_MIN = 3;

    /** The share of the shard that is the small queue: one in so many. */
    private static final int SMALL_SHARE = 10;

    /** A segment is cleaned where so many tenths of it are dead. */
    private static final int DEAD_TENTHS = 3;

    private static final int RELINK_TENTHS = 9;

    /** How much later a segment is swept again where some of its entries go on living. */
    private static final long SWEEP_PAUSE_MS = 500;

    /** Keys that a sweep hands on to be buried, at most; the others are found by the next. */
    private static final int EXPIRED_DIRTY_MAX = 4096;

    private enum Fate {
        DROP,
        EXPIRE,
        EVICT,
        WAIT,
        KEEP
    }

    private final Core core;
    private final Arena arena;
    private final Index index;
    private final SegmentLog log;
    private final SizeRule sizes = new SizeRule();
    private int sweepRow;

    /** Of the wait queue, how many segments and large values are still to be looked at since the last drain. */
    private int waitingSegments;

    private int waitingValues;

    Evictor(Core core) {
        this.core = core;
        arena = core.arena;
        index = core.index;
        log = core.log;
    }

    /** Bytes that the small queue should have. */
    long smallTarget() {
        int segments = arena.budget - index.pages() - core.ghosts.pages();
        return (long) Math.max(SMALL_SEGMENTS_MIN, segments / SMALL_SHARE) << arena.segmentShift;
    }

    /**
     * Sees to it that {@code segments} may be taken. Returns false if the eviction mode, or pinned values, leave no way; in tiered mode
     * it never does, but goes over the bound where nothing else is left.
     */
    boolean makeRoom(int segments) {
        core.large.settle();
        adjustGhosts();
        core.youngBytes = smallTarget() / 4;
        int wanted = segments + RESERVE + (core.ghosts.pages() < ghostPages() ? 1 : 0);
        int patience = PATIENT_VICTIMS + 2 * segments;
        int victims = 0;
        int victimsMax = patience + victimsMax();
        while (core.freeSegments() < wanted) {
            if (victims >= LENT_VICTIMS_MAX && core.freeSegments() + core.lentSegments() >= wanted) {
                // What huge values have just taken from this shard is given up over many puts, and by the upkeep.
                return true;
            }
            if (victims > victimsMax || !evictOne(victims > patience)) {
                return core.tiered || core.freeSegments() >= segments;
            }
            victims++;
        }
        adjustGhosts();
        return true;
    }

    /** Victims of two rounds through all segments and large values. */
    int victimsMax() {
        return 2 * (log.length(Arena.SMALL) + log.length(Arena.MAIN) + core.large.count()) + 64;
    }

    /** Whether so many segments may be taken, or could be made free without dropping anything. */
    boolean hasRoom(int segments) {
        return core.freeSegments() >= segments + RESERVE || dirtiest() >= 0;
    }

    private int ghostPages() {
        return core.effectiveMode() == EvictionMode.NONE ? 0 : core.ghosts.pagesFor(index.count());
    }

    /** Ghosts are as many as entries; they begin when memory ends. */
    private void adjustGhosts() {
        int wanted = ghostPages();
        int pages = core.ghosts.pages();
        int free = core.freeSegments();
        if (wanted < pages - (pages >> 3)) {
            core.ghosts.resize(wanted);
        } else if (wanted > pages && free > RESERVE + 1 && free < 8) {
            core.ghosts.resize(pages + Math.min(wanted - pages, free - RESERVE - 1));
        }
    }

    /** Cleans or evicts one segment or one large value. Returns false if there is nothing that may go. */
    boolean evictOne(boolean force) {
        int dirtiest = dirtiest();
        if (dirtiest >= 0) {
            clean(dirtiest);
            return true;
        }
        EvictionMode mode = core.effectiveMode();
        if (mode == EvictionMode.NONE
                || mode == EvictionMode.VOLATILE && !core.spaces.anyExpiring() && !core.spaces.anyDead()) {
            return false;
        }
        long smallBytes = ((long) log.length(Arena.SMALL) << arena.segmentShift) + core.large.queueBytes[Arena.SMALL];
        boolean mainIsEmpty = log.oldest(Arena.MAIN) < 0 && core.large.oldest(Arena.MAIN) == null;
        byte queue = smallBytes > smallTarget() || mainIsEmpty ? Arena.SMALL : Arena.MAIN;
        int segment = log.oldest(queue);
        LargeValue value = core.large.oldest(queue);
        if (segment < 0 && value == null) {
            return false;
        }
        if (value != null && (segment < 0 || value.position < arena.base[segment])) {
            evictLarge(value, force);
        } else {
            evictSegment(segment, force);
        }
        return true;
    }

    /** The sealed segment with most that is dead, if that is enough to clean it; else −1. */
    private int dirtiest() {
        int best = -1;
        int most = arena.segmentBytes / 10 * DEAD_TENTHS;
        for (int i = 0; i < arena.rows(); i++) {
            byte queue = arena.queue[i];
            if (queue == Arena.SMALL || queue == Arena.MAIN || queue == Arena.HANDLES) {
                int dead = arena.end[i] - Arena.FIRST_OFFSET - arena.live[i];
                if (dead > most && !log.isOpen(i)) {
                    most = dead;
                    best = i;
                }
            }
        }
        return best;
    }

    /** Moves what lives in a segment together with what lives in others of its queue. */
    private void clean(int segment) {
        int which = switch (arena.queue[segment]) {
            case Arena.SMALL -> SegmentLog.OPEN_SMALL_CLEAN;
            case Arena.MAIN -> SegmentLog.OPEN_MAIN;
            default -> SegmentLog.OPEN_HANDLES;
        };
        ByteBuffer buffer = arena.segmentBuffer(segment);
        int start = arena.segmentOffset(segment);
        int end = arena.end[segment];
        for (int at = Arena.FIRST_OFFSET; at < end; ) {
            int offset = start + at;
            long header = (long) Slice.LONG.get(buffer, offset);
            int total = Entries.totalBytes(buffer, offset, header);
            if (ItemHeader.type(header) != 0) {
                int i = indexSlot(segment, at);
                long slot = index.get(i);
                if (core.spaces.isDead(ItemHeader.spaceSlot(header))) {
                    core.drop(i);
                } else {
                    int bytes = Entries.liveBytes(buffer, offset, header);
                    if (which == SegmentLog.OPEN_SMALL_CLEAN && !log.fits(which, bytes)) {
                        log.openInPlaceOf(segment);
                    }
                    core.move(i, slot, which);
                }
            }
            at += total;
        }
        log.release(segment);
    }

    private int indexSlot(int segment, int at) {
        int location = arena.location(segment, at);
        int i = index.find(index.tagOf(index.hashAt(location)), location);
        assert i >= 0 : "a live entry has no slot";
        return i;
    }

    private boolean isDirtyAt(int segment, int at) {
        return core.tiered && core.isDirty(Index.mark(index.get(indexSlot(segment, at))));
    }

    private void evictSegment(int segment, boolean force) {
        log.seal(segment);
        boolean small = arena.queue[segment] == Arena.SMALL;
        long mean = meanBytes();
        ByteBuffer buffer = arena.segmentBuffer(segment);
        int start = arena.segmentOffset(segment);
        int end = arena.end[segment];
        for (int at = Arena.FIRST_OFFSET; at < end; ) {
            int offset = start + at;
            long header = (long) Slice.LONG.get(buffer, offset);
            int total = Entries.totalBytes(buffer, offset, header);
            if (ItemHeader.type(header) != 0) {
                int i = indexSlot(segment, at);
                long slot = index.get(i);
                int bytes = Entries.liveBytes(buffer, offset, header);
                switch (fate(buffer, offset, header, slot, bytes, mean, small, force)) {
                    case DROP -> core.drop(i);
                    case EXPIRE -> core.expire(i);
                    case EVICT -> {
                        if (small) {
                            core.ghosts.add(Index.tag(slot));
                        }
                        core.evict(i);
                    }
                    case WAIT -> core.move(i, slot, SegmentLog.OPEN_WAIT);
                    case KEEP -> index.set(i, afterSurvival(slot, small, bytes, mean));
                }
            }
            at += total;
        }
        if (!small && arena.live[segment] >= arena.segmentBytes / 10 * RELINK_TENTHS) {
            log.relink(segment);
            return;
        }
        if (arena.live[segment] > 0) {
            for (int at = Arena.FIRST_OFFSET; at < end; ) {
                int offset = start + at;
                long header = (long) Slice.LONG.get(buffer, offset);
                int total = Entries.totalBytes(buffer, offset, header);
                if (ItemHeader.type(header) != 0) {
                    int i = indexSlot(segment, at);
                    core.move(i, index.get(i), SegmentLog.OPEN_MAIN);
                }
                at += total;
            }
        }
        log.release(segment);
    }

    private void evictLarge(LargeValue value, boolean force) {
        boolean small = value.queue == Arena.SMALL;
        int location = value.handle;
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        int i = index.find(index.tagOf(index.hashAt(location)), location);
        long slot = index.get(i);
        long weight = core.weight(buffer, offset, header);
        switch (fate(buffer, offset, header, slot, weight, meanBytes(), small, force)) {
            case DROP -> core.drop(i);
            case EXPIRE -> core.expire(i);
            case EVICT -> {
                if (small) {
                    core.ghosts.add(Index.tag(slot));
                }
                core.evict(i);
            }
            case WAIT -> requeue(value, Arena.WAIT);
            case KEEP -> {
                index.set(i, afterSurvival(slot, small, weight, meanBytes()));
                requeue(value, Arena.MAIN);
            }
        }
    }

    /** Evicts the oldest huge value of the shard, in memory mode; false if there is none that may go. */
    boolean evictHuge() {
        for (byte queue = Arena.SMALL; queue <= Arena.MAIN; queue++) {
            for (LargeValue value = core.large.oldest(queue); value != null; value = value.newer) {
                if (mayEvictHuge(value)) {
                    core.evict(index.find(index.tagOf(index.hashAt(value.handle)), value.handle));
                    return true;
                }
            }
        }
        return false;
    }

    private boolean mayEvictHuge(LargeValue value) {
        return value instanceof HugeValue && !core.protects(index.tagOf(index.hashAt(value.handle)));
    }

    /** What {@link #evictHuge} could take, called again and again. */
    long evictableHugeBytes() {
        long bytes = 0;
        for (byte queue = Arena.SMALL; queue <= Arena.MAIN; queue++) {
            for (LargeValue value = core.large.oldest(queue); value != null; value = value.newer) {
                if (mayEvictHuge(value)) {
                    bytes += core.large.bytes(value);
                }
            }
        }
        return bytes;
    }

    private void requeue(LargeValue value, byte queue) {
        core.large.dequeue(value);
        core.large.enqueue(value, queue, log.mainPosition);
        if (queue == Arena.MAIN) {
            log.mainPosition += core.large.bytes(value);
        }
    }

    /** The slot of an entry that goes to main, with a credit if it is a small one, or that stays there with one use less. */
    private long afterSurvival(long slot, boolean small, long bytes, long mean) {
        if (small) {
            long credit = Math.max(0, -sizes.extraHitsOfNew(bytes, mean));
            return slot & ~Index.COUNTER_MASK | credit << Index.COUNTER_SHIFT;
        }
        if ((slot & Index.COUNTER_MASK) == 0) {
            return slot & ~Index.COUNTER_MASK;
        }
        return slot - Index.COUNTER_ONE;
    }

    private Fate fate(
            ByteBuffer buffer,
            int offset,
            long header,
            long slot,
            long bytes,
            long mean,
            boolean small,
            boolean force) {
        if (core.spaces.isDead(ItemHeader.spaceSlot(header))) {
            return Fate.DROP;
        }
        if (core.isDirty(Index.mark(slot))) {
            return Fate.WAIT;
        }
        if (core.protects(Index.tag(slot))) {
            return Fate.KEEP;
        }
        if (ItemHeader.type(header) == ItemType.TOMBSTONE) {
            return Fate.DROP;
        }
        boolean expires = ItemHeader.hasExpire(header);
        if (expires && (long) Slice.LONG.get(buffer, offset + ItemHeader.BYTES) <= core.nowMs) {
            return Fate.EXPIRE;
        }
        if (!expires && core.effectiveMode() == EvictionMode.VOLATILE) {
            return Fate.KEEP;
        }
        int needed;
        if (small) {
            sizes.note(bytes, mean, Index.counter(slot) > 0, (long) arena.budget << arena.segmentShift);
            needed = sizes.extraHitsOfNew(bytes, mean);
        } else {
            needed = Math.max(0, SizeRule.extraHits(bytes, mean));
        }
        return !force && Index.counter(slot) > needed ? Fate.KEEP : Fate.EVICT;
    }

    private long meanBytes() {
        return core.entryBytes / Math.max(1, index.count());
    }

    /**
     * Drops the expired entries of the next segment that may have some. Returns false when a whole round found none.
     *
     * @param nowMs wall time
     */
    boolean sweepNext(long nowMs) {
        int rows = arena.rows();
        for (int n = 0; n < rows; n++) {
            sweepRow = sweepRow + 1 >= rows ? 0 : sweepRow + 1;
            int segment = sweepRow;
            if (arena.queue[segment] != Arena.FREE && arena.minExpire[segment] <= nowMs) {
                sweep(segment, nowMs);
                return true;
            }
        }
        return false;
    }

    private void sweep(int segment, long nowMs) {
        ByteBuffer buffer = arena.segmentBuffer(segment);
        int start = arena.segmentOffset(segment);
        long soonest = Long.MAX_VALUE;
        for (int at = Arena.FIRST_OFFSET; at < arena.end[segment]; ) {
            int offset = start + at;
            long header = (long) Slice.LONG.get(buffer, offset);
            int total = Entries.totalBytes(buffer, offset, header);
            if (ItemHeader.type(header) != 0 && ItemHeader.hasExpire(header)) {
                long expireAtMs = (long) Slice.LONG.get(buffer, offset + ItemHeader.BYTES);
                if (expireAtMs <= nowMs && !isDirtyAt(segment, at)) {
                    core.expire(indexSlot(segment, at));
                } else {
                    if (expireAtMs <= nowMs
                            && !core.spaces.isDead(ItemHeader.spaceSlot(header))
                            && core.expiredDirty.size() < EXPIRED_DIRTY_MAX) {
                        core.expiredDirty.add(core.keyAt(indexSlot(segment, at)));
                    }
                    soonest = Math.min(soonest, expireAtMs);
                }
            }
            at += total;
        }
        arena.minExpire[segment] = soonest == Long.MAX_VALUE ? soonest : Math.max(soonest, nowMs + SWEEP_PAUSE_MS);
    }

    /**
     * Takes the oldest segment of the wait queue apart: what is still dirty waits on, what is clean and was used goes to main, the rest
     * leaves. Returns false if nothing is waiting that could go.
     */
    boolean releaseWaiting() {
        LargeValue value = core.large.oldest(Arena.WAIT);
        if (waitingValues > 0 && value != null) {
            waitingValues--;
            releaseLarge(value);
            return true;
        }
        int segment = log.oldest(Arena.WAIT);
        if (waitingSegments == 0 || segment < 0) {
            return false;
        }
        waitingSegments--;
        log.seal(segment);
        ByteBuffer buffer = arena.segmentBuffer(segment);
        int start = arena.segmentOffset(segment);
        int end = arena.end[segment];
        for (int at = Arena.FIRST_OFFSET; at < end; ) {
            int offset = start + at;
            long header = (long) Slice.LONG.get(buffer, offset);
            int total = Entries.totalBytes(buffer, offset, header);
            if (ItemHeader.type(header) != 0) {
                int i = indexSlot(segment, at);
                long slot = index.get(i);
                int bytes = Entries.liveBytes(buffer, offset, header);
                if (core.spaces.isDead(ItemHeader.spaceSlot(header))) {
                    core.drop(i);
                } else if (core.isDirty(Index.mark(slot))) {
                    core.move(i, slot, SegmentLog.OPEN_WAIT);
                } else if (Index.counter(slot) > 0
                        && !Entries.isTombstone(header)
                        && (log.fits(SegmentLog.OPEN_MAIN, bytes) || core.freeSegments() > RESERVE)) {
                    index.set(i, slot & ~Index.COUNTER_MASK);
                    core.move(i, index.get(i), SegmentLog.OPEN_MAIN);
                } else if (Entries.isTombstone(header)) {
                    core.drop(i);
                } else {
                    core.evict(i);
                }
            }
            at += total;
        }
        log.release(segment);
        return true;
    }

    /** What waits now has been drained, for the most part: {@link #releaseWaiting} shall go through it once. */
    void drained() {
        waitingSegments = log.length(Arena.WAIT);
        waitingValues = 0;
        for (LargeValue each = core.large.oldest(Arena.WAIT); each != null; each = each.newer) {
            waitingValues++;
        }
    }

    private void releaseLarge(LargeValue value) {
        int i = index.find(index.tagOf(index.hashAt(value.handle)), value.handle);
        if (core.isDirty(Index.mark(index.get(i)))) {
            requeue(value, Arena.WAIT);
        } else {
            core.evict(i);
        }
    }
}
