package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Ordered linear probing over 8-byte slots; on the way of GET and SET.
 *
 * <p>A slot: bits 0–27 location, 28–29 dirty mark, 30–31 use counter, 32–63 tag (the hash bits right below the shard's); 0 is empty. A slot's
 * home is its tag scaled to the table's size, so any size works, and the slots lie in tag order: walks go in hash order, and a search for
 * an absent key ends at the first larger tag. Equal tags lie in order of the whole hash, then of the keys. The pages are segments of the
 * shard's arena: growth takes one more and spreads the slots in place, so that it leaves no garbage and needs no second table.
 *
 * <p>Source: Amble, Knuth: Ordered hash tables, The Computer Journal 1974. Threads: under the shard's lock.
 */
final class Index {
    static final int LOCATION_MASK = (1 << 28) - 1;
    static final int MARK_SHIFT = 28;
    static final long MARK_MASK = 3L << MARK_SHIFT;
    static final int COUNTER_SHIFT = 30;
    static final long COUNTER_MASK = 3L << COUNTER_SHIFT;
    static final long COUNTER_ONE = 1L << COUNTER_SHIFT;

    /** Slots after the last home, where the last run may spill; the very last one stays empty. */
    private static final int SPILL_SLOTS = 256;

    private final Arena arena;
    private final KeyHash keyHash;
    private final int shardBits;
    private final int pageShift;
    private final int pageMask;
    private ByteBuffer[] buffers = new ByteBuffer[4];
    private int[] offsets = new int[4];
    private int[] segments = new int[4];
    private int pages;

    /** Homes; the range that tags are scaled to. */
    private long homes;

    /** Homes and the spill after them. */
    private int capacity;

    private int count;

    /** Pages that are kept though there are too few entries for them yet. */
    private int reserved;

    Index(Arena arena, KeyHash keyHash, int shardBits) {
        this.arena = arena;
        this.keyHash = keyHash;
        this.shardBits = shardBits;
        pageShift = arena.segmentShift - 3;
        pageMask = (1 << pageShift) - 1;
        addPages(1);
        resized();
    }

    int tagOf(long hash) {
        return (int) (hash << shardBits >>> 32);
    }

    int home(int tag) {
        return (int) ((tag & 0xFFFF_FFFFL) * homes >>> 32);
    }

    long get(int i) {
        int page = i >>> pageShift;
        return (long) Slice.LONG.get(buffers[page], offsets[page] + ((i & pageMask) << 3));
    }

    /** Notes the place of slot {@code i}, while others may change the table. Threads: any. */
    void note(int i, Prefetch places, int at) {
        int page = i >>> pageShift;
        ByteBuffer buffer = bufferOf(page);
        if (buffer == null) {
            places.noteNothing(at);
        } else {
            places.note(at, buffer, offsetOf(page) + ((i & pageMask) << 3));
        }
    }

    /** As {@link #get}, or 0 where there is none, while others may change the table: it may be anything then. Threads: any. */
    long peek(int i) {
        int page = i >>> pageShift;
        ByteBuffer buffer = bufferOf(page);
        return buffer == null ? 0 : (long) Slice.LONG.get(buffer, offsetOf(page) + ((i & pageMask) << 3));
    }

    /** The memory of a page, or null if there is no such page any more, or not yet. Threads: any. */
    @Nullable
    private ByteBuffer bufferOf(int page) {
        ByteBuffer[] now = buffers;
        return page < now.length ? now[page] : null;
    }

    /** Where a page begins, or some other page of the arena. Threads: any. */
    private int offsetOf(int page) {
        int[] now = offsets;
        return page < now.length ? now[page] : 0;
    }

    void set(int i, long slot) {
        int page = i >>> pageShift;
        Slice.LONG.set(buffers[page], offsets[page] + ((i & pageMask) << 3), slot);
    }

    int count() {
        return count;
    }

    int capacity() {
        return capacity;
    }

    int pages() {
        return pages;
    }

    static int location(long slot) {
        return (int) slot & LOCATION_MASK;
    }

    static int tag(long slot) {
        return (int) (slot >>> 32);
    }

    static int counter(long slot) {
        return (int) slot >>> COUNTER_SHIFT;
    }

    static int mark(long slot) {
        return (int) slot >>> MARK_SHIFT & 3;
    }

    static long at(long slot, int location) {
        return slot & ~(long) LOCATION_MASK | location;
    }

    /** The slot of the entry at a location, or −1. */
    int find(int tag, int location) {
        for (int i = home(tag); ; i++) {
            long slot = get(i);
            if (slot == 0 || Integer.compareUnsigned((int) (slot >>> 32), tag) > 0) {
                return -1;
            }
            if ((int) (slot >>> 32) == tag && location(slot) == location) {
                return i;
            }
        }
    }

    /** The first slot at or after the home of {@code tag} that is not empty and whose tag is not smaller, or −1. */
    int firstFrom(int tag) {
        for (int i = home(tag); i < capacity; i++) {
            long slot = get(i);
            if (slot != 0 && Integer.compareUnsigned((int) (slot >>> 32), tag) >= 0) {
                return i;
            }
        }
        return -1;
    }

    /** The hash of the key of the entry at a location. */
    long hashAt(int location) {
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        return keyHash.of(buffer, offset + ItemHeader.prefixBytes(header), Entries.keyLength(buffer, offset, header));
    }

    /** Inserts a slot for a key that has none. The caller has seen to {@link #isTight}. Returns its place. */
    int insert(Key key, long slot) {
        int tag = tag(slot);
        int i = home(tag);
        for (; ; i++) {
            long there = get(i);
            if (there == 0) {
                break;
            }
            int order = Integer.compareUnsigned((int) (there >>> 32), tag);
            if (order > 0 || order == 0 && compareTied(key, location(there)) < 0) {
                break;
            }
        }
        long moving = slot;
        for (int to = i; moving != 0; to++) {
            long there = get(to);
            set(to, moving);
            moving = there;
        }
        count++;
        return i;
    }

    /** Orders a key and an entry of the same tag: by hash, then by key. */
    private int compareTied(Key key, int location) {
        int order = Long.compareUnsigned(key.hash(), hashAt(location));
        if (order != 0) {
            return order;
        }
        ByteBuffer buffer = arena.buffer(location);
        int offset = arena.offset(location);
        long header = (long) Slice.LONG.get(buffer, offset);
        int from = offset + ItemHeader.prefixBytes(header);
        int length = Entries.keyLength(buffer, offset, header);
        int common = Math.min(length, key.length());
        for (int i = 0; i < common; i++) {
            int c = Byte.compareUnsigned(key.bytes().byteAt(i), buffer.get(from + i));
            if (c != 0) {
                return c;
            }
        }
        return key.length() - length;
    }

    /** Removes slot {@code i}; those after it that are not at home move back by one. */
    void remove(int i) {
        count--;
        for (; ; i++) {
            long after = get(i + 1);
            if (after == 0 || home(tag(after)) > i) {
                set(i, 0);
                return;
            }
            set(i, after);
        }
    }

    /** Whether one more insertion should grow the table first. */
    boolean isTight() {
        return count >= homes - (homes >>> 3) - (homes >>> 5) || get(capacity - 2) != 0;
    }

    /** Whether one more insertion must not be done without growth. */
    boolean isFull() {
        return count >= homes - (homes >>> 4) || get(capacity - 2) != 0;
    }

    /** How many pages growth should add: a quarter. */
    int growthPages() {
        return Math.max(1, pages >>> 2);
    }

    /** Adds pages, which the budget has, and spreads the slots over them, in place. */
    void grow(int more) {
        int old = capacity;
        addPages(more);
        // First all slots move to the far end, in order, then each goes to its new home from there: what is written
        // never overtakes what is
        // read, because every slot finds room before those that come after it.
        int to = capacity;
        for (int i = old - 1; i >= 0; i--) {
            long slot = get(i);
            if (slot != 0) {
                set(i, 0);
                set(--to, slot);
            }
        }
        resized();
        int free = 0;
        for (int from = to; from < capacity; from++) {
            long slot = get(from);
            int home = Math.max(free, home(tag(slot)));
            set(from, 0);
            set(home, slot);
            free = home + 1;
        }
        assert free < capacity : "the spill is full after growth";
    }

    /** How many pages the table could do without; it shrinks when it is less than half full. */
    int sparePages() {
        if (pages == 1 || count > homes >>> 1) {
            return 0;
        }
        return Math.max(0, pages - Math.max(reserved, pagesFor(count)));
    }

    /** Pages for so many entries, and for a quarter more. */
    private int pagesFor(long entries) {
        return (int) (entries + (entries >>> 2) + SPILL_SLOTS >>> pageShift) + 1;
    }

    /**
     * Grows the table for so many entries to come, which may then come in any order: in the order of their hashes they would crowd at one end of a table
     * that has grown for those before alone. It does not shrink to less until this is called with 0.
     *
     * @param pagesMax it grows by no more
     */
    void reserve(long entries, int pagesMax) {
        reserved = entries == 0 ? 0 : Math.min(pages + pagesMax, pagesFor(entries));
        if (reserved > pages) {
            grow(reserved - pages);
        }
    }

    /** Gives the last pages back, in place. */
    void shrink(int less) {
        pages -= less;
        int old = capacity;
        resized();
        int free = 0;
        for (int from = 0; from < old; from++) {
            long slot = get(from);
            if (slot != 0) {
                int home = Math.max(free, home(tag(slot)));
                set(from, 0);
                set(home, slot);
                free = home + 1;
            }
        }
        assert free < capacity : "the spill is full after shrinking";
        for (int i = pages; i < pages + less; i++) {
            arena.give(segments[i]);
        }
    }

    /** All slots are empty, in one page. */
    void clear() {
        for (int i = 1; i < pages; i++) {
            arena.give(segments[i]);
        }
        pages = 1;
        count = 0;
        zero(0);
        resized();
    }

    private void resized() {
        capacity = pages << pageShift;
        homes = (long) capacity - SPILL_SLOTS;
    }

    private void addPages(int more) {
        if (pages + more > segments.length) {
            int length = Math.max(pages + more, segments.length * 2);
            segments = Arrays.copyOf(segments, length);
            buffers = Arrays.copyOf(buffers, length);
            offsets = Arrays.copyOf(offsets, length);
        }
        for (int i = 0; i < more; i++) {
            int segment = arena.take(Arena.INDEX);
            place(pages, segment);
            zero(pages);
            pages++;
        }
        capacity = pages << pageShift;
    }

    private void place(int page, int segment) {
        segments[page] = segment;
        buffers[page] = arena.segmentBuffer(segment);
        offsets[page] = arena.segmentOffset(segment);
    }

    private void zero(int page) {
        ByteBuffer buffer = buffers[page];
        int offset = offsets[page];
        for (int i = 0; i < arena.segmentBytes; i += 8) {
            Slice.LONG.set(buffer, offset + i, 0L);
        }
    }
}
