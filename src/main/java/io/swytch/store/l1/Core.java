package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a shard, and what all of them do: counting entries, moving one, dropping one. Threads: under the shard's lock, but for
 * counters that are read by any.
 */
final class Core {
    final Arena arena;
    final Index index;
    final SegmentLog log;
    final Ghosts ghosts;
    final Spaces spaces = new Spaces();
    final LargeValues large;
    final boolean tiered;
    EvictionMode mode;

    /** Entries larger than this lie outside the log. */
    final int logEntryBytesMax;

    /** The epoch that writes are marked with: 1, 2, 3, 1, … */
    int currentEpoch = 1;

    /** The epoch that is being drained, or 0. */
    int drainingEpoch;

    /** Wall time of the last upkeep; eviction and the sweep take it for now. */
    long nowMs;

    /** Bytes of all entries, large values included. */
    long entryBytes;

    /** Hits on what was appended to the small queue this lately do not count: they belong to the same use. */
    long youngBytes;

    /** What a huge value needed that was refused though it would fit if those of other shards left; 0 if none was. */
    long hugeBytesWanted;

    /** The tag of the key that it was refused to. */
    int hugeWantedTag;

    /** Keys that the sweep found expired and may not drop, because L2 has yet to hear of them; for {@link Shard#buryExpired}. */
    final List<Key> expiredDirty = new ArrayList<>();

    private int protectedTag;
    private boolean protecting;

    long evictions;
    long expired;

    private final Item scratch = new Item();

    /** Of huge values each shard bears one in {@code 1 << shardBits}. */
    private final int shardBits;

    Core(Geometry geometry, boolean tiered, EvictionMode mode, KeyHash keyHash, HugeAccount huge, Slabs slabs) {
        arena = new Arena(geometry.segmentShift(), slabs);
        log = new SegmentLog(arena);
        ghosts = new Ghosts(arena);
        large = new LargeValues(arena, huge);
        shardBits = geometry.shardBits();
        index = new Index(arena, keyHash, geometry.shardBits());
        logEntryBytesMax = arena.segmentBytes >> 1;
        this.tiered = tiered;
        this.mode = mode;
    }

    /** Segments that may be taken within the bound; negative after it was lowered. */
    int freeSegments() {
        return arena.budget + (int) (large.waitingPieceBytes >> arena.segmentShift) - arena.charged - lentSegments();
    }

    /** Segments that the huge values of all shards take from this one. */
    int lentSegments() {
        return (int) (large.huge.chargedBytes() >> shardBits >> arena.segmentShift);
    }

    /** Until {@link #unprotect} eviction keeps the key with this tag, because it is being edited. */
    void protect(int tag) {
        protectedTag = tag;
        protecting = true;
    }

    void unprotect() {
        protecting = false;
    }

    boolean protects(int tag) {
        return protecting && tag == protectedTag;
    }

    boolean isDirty(int mark) {
        return mark != 0 && (mark == currentEpoch || mark == drainingEpoch);
    }

    /** Whether eviction may take keys without a second copy: every key in tiered mode. */
    EvictionMode effectiveMode() {
        return tiered ? EvictionMode.ALL : mode;
    }

    /** Bytes of an entry, its large value included. */
    long weight(ByteBuffer buffer, int offset, long header) {
        long bytes = Entries.liveBytes(buffer, offset, header);
        return ItemHeader.isLarge(header) ? bytes + large.bytes(largeOf(buffer, offset, header)) : bytes;
    }

    LargeValue largeOf(ByteBuffer buffer, int offset, long header) {
        int at = offset + ItemHeader.prefixBytes(header) + Entries.keyLength(buffer, offset, header);
        return large.value((long) Slice.LONG.get(buffer, at));
    }

    /** Points a view at an entry. */
    Item view(ByteBuffer buffer, int offset, long header, Item into) {
        if (ItemHeader.isLarge(header)) {
            LargeValue value = largeOf(buffer, offset, header);
            return into.wrapLarge(buffer, offset, value.chunks, large.shift(value), value.length, value);
        }
        return into.wrap(buffer, offset);
    }

    /** Counts an entry as it is now in its space's numbers, but for {@code keys}; {@code sign} −1 takes it out again. */
    void count(long header, int mark, long weight, int sign) {
        int slot = ItemHeader.spaceSlot(header);
        entryBytes += sign * weight;
        spaces.entries[slot] += sign;
        if (mark != 0) {
            spaces.marked[slot << 2 | mark] += sign * weight;
        }
        if (!Entries.isTombstone(header) && ItemHeader.hasExpire(header)) {
            spaces.expiring[slot] += sign;
        }
        // Tombstones too: one over a key that only L2 holds, left by a blind write that ran out of time, takes that key
        // from the count.
        if (ItemHeader.l2State(header) == ItemHeader.L2_UNKNOWN) {
            spaces.unknown[slot] += sign;
        }
    }

    /** Drops the entry of index slot {@code i}; {@code keys} stays as it is. */
    void drop(int i) {
        long slot = index.get(i);
        forget(slot);
        index.remove(i);
    }

    /** Takes the bytes that a slot points at out of the log and the counts; the slot itself is the caller's concern. */
    void forget(long slot) {
        int location = Index.location(slot);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        count(header, Index.mark(slot), weight(buffer, offset, header), -1);
        if (ItemHeader.isLarge(header)) {
            large.kill(largeOf(buffer, offset, header));
        }
        arena.live[arena.segmentOf(location)] -= Entries.liveBytes(buffer, offset, header);
        Entries.bury(buffer, offset, header);
    }

    /** A copy of an entry's key. */
    Key keyAt(int i) {
        Item item = viewAt(i);
        long hash = index.hashAt(Index.location(index.get(i)));
        return new Key()
                .set(item.key(new Slice()), spaces.spaceOf(ItemHeader.spaceSlot(item.header())), hash)
                .copy();
    }

    /** Drops an entry whose time has run out; in memory mode its key is gone. */
    void expire(int i) {
        long header = headerAt(i);
        int slot = ItemHeader.spaceSlot(header);
        if (!tiered && !spaces.isDead(slot)) {
            spaces.keys[slot]--;
            expired++;
        }
        drop(i);
    }

    /** Drops an entry because memory ran out; in memory mode its key is gone. */
    void evict(int i) {
        long header = headerAt(i);
        int slot = ItemHeader.spaceSlot(header);
        evictions++;
        if (!tiered) {
            spaces.keys[slot]--;
        }
        drop(i);
    }

    long headerAt(int i) {
        int location = Index.location(index.get(i));
        return (long) Slice.LONG.get(arena.buffer(location), arena.offset(location));
    }

    private Item viewAt(int i) {
        int location = Index.location(index.get(i));
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        return view(buffer, offset, (long) Slice.LONG.get(buffer, offset), scratch);
    }

    /** Copies an entry to another queue, without its slack, and buries it where it was. */
    void move(int i, long slot, int which) {
        int location = Index.location(slot);
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        int bytes = Entries.liveBytes(buffer, offset, header);
        int to = log.append(which, bytes);
        ByteBuffer target = arena.buffer(to);
        int targetOffset = arena.offset(to);
        target.put(targetOffset, buffer, offset, bytes);
        Slice.LONG.set(target, targetOffset, header & ~Entries.SLACK_MASK);
        if (ItemHeader.hasExpire(header)) {
            noteExpire(to, (long) Slice.LONG.get(target, targetOffset + ItemHeader.BYTES));
        }
        if (ItemHeader.isLarge(header)) {
            largeOf(buffer, offset, header).handle = to;
        }
        arena.live[arena.segmentOf(location)] -= bytes;
        Entries.bury(buffer, offset, header);
        index.set(i, Index.at(slot, to));
    }

    void noteExpire(int location, long atMs) {
        int segment = arena.segmentOf(location);
        if (atMs < arena.minExpire[segment]) {
            arena.minExpire[segment] = atMs;
        }
    }
}
