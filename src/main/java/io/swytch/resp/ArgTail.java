package io.swytch.resp;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of a huge request behind its first thousands: of each only its place is kept, eight bytes, and {@link #get} shows it in one of a few
 * slices that are used in turn. A million slices in the heap were copied by the collector again and again, while everybody waited.
 *
 * <p>Threads: one at a time.
 */
// Which memory it is matters, not what it holds.
@SuppressWarnings("ReferenceEquality")
final class ArgTail {
    private static final int PAGE_SHIFT = 12;
    private static final int PAGE_MASK = (1 << PAGE_SHIFT) - 1;

    /** So many arguments that were looked at last stay as they were shown. */
    private static final int VIEWS = 1024;

    /** The place of an argument that has a slice of its own; its offset is behind all others. */
    private static final long APART = (long) Integer.MAX_VALUE << 32 | 0xFFFFFFFFL;

    /** The offset in its memory and the length of each argument, as the high and low half of a number. */
    private final List<long[]> pages = new ArrayList<>();

    private int count;

    /** The memories that the arguments lie in, one after the other, and the first argument in each. */
    private final List<ByteBuffer> memories = new ArrayList<>();

    private int[] firsts = new int[16];

    /** What is added to the offsets in each memory. */
    private int[] shifts = new int[16];

    /** What a copy's arguments lie in: given back at once, for the collector may take hours. */
    private final List<Block> blocks = new ArrayList<>();

    private final Map<Integer, Slice> apart = new HashMap<>();
    private final Slice[] views = new Slice[VIEWS];
    private int nextView;
    private int lastMemory;

    ArgTail() {
        for (int i = 0; i < VIEWS; i++) {
            views[i] = new Slice();
        }
    }

    void add(ByteBuffer memory, int offset, int length) {
        if (memories.isEmpty() || memories.get(memories.size() - 1) != memory) {
            addMemory(memory, count, 0);
        }
        addPlace((long) offset << 32 | length);
    }

    /** Adds an argument that may lie anywhere; the caller positions the slice that is returned. */
    Slice addApart() {
        Slice slice = new Slice();
        apart.put(count, slice);
        addPlace(APART);
        return slice;
    }

    private void addPlace(long place) {
        if ((count & PAGE_MASK) == 0) {
            pages.add(new long[1 << PAGE_SHIFT]);
        }
        setPlace(count++, place);
    }

    private void addMemory(ByteBuffer memory, int first, int shift) {
        int index = memories.size();
        if (index == firsts.length) {
            firsts = Arrays.copyOf(firsts, 2 * index);
            shifts = Arrays.copyOf(shifts, 2 * index);
        }
        memories.add(memory);
        firsts[index] = first;
        shifts[index] = shift;
    }

    private long place(int index) {
        return pages.get(index >>> PAGE_SHIFT)[index & PAGE_MASK];
    }

    private void setPlace(int index, long place) {
        pages.get(index >>> PAGE_SHIFT)[index & PAGE_MASK] = place;
    }

    private static int offset(long place) {
        return (int) (place >>> 32);
    }

    /** Shows argument {@code index} of the tail. */
    Slice get(int index) {
        long place = place(index);
        if (place == APART) {
            Slice slice = apart.get(index);
            if (slice == null) {
                throw new IllegalStateException("argument " + index + " of the tail is nowhere");
            }
            return slice;
        }
        int memory = lastMemory;
        while (firsts[memory] > index) {
            memory--;
        }
        while (memory + 1 < memories.size() && firsts[memory + 1] <= index) {
            memory++;
        }
        lastMemory = memory;
        Slice view = views[nextView++ & VIEWS - 1];
        return view.set(memories.get(memory), offset(place) + shifts[memory], (int) place);
    }

    /** The bytes of {@code old} from {@code from} on, among which only those that came last can be, now lie {@code delta} further back in {@code target}. */
    void moved(ByteBuffer old, int from, ByteBuffer target, int delta) {
        int last = memories.size() - 1;
        if (last < 0 || memories.get(last) != old) {
            return;
        }
        int first = count;
        while (first > firsts[last] && offset(place(first - 1)) >= from) {
            first--;
        }
        for (int i = first; i < count; i++) {
            if (place(i) != APART) {
                setPlace(i, place(i) + ((long) delta << 32));
            }
        }
        if (first == firsts[last]) {
            memories.set(last, target);
        } else if (first < count) {
            addMemory(target, first, 0);
        }
    }

    /** A tail with bytes of its own; slices apart are shared. */
    ArgTail copy() {
        ArgTail copy = new ArgTail();
        copy.count = count;
        pages.forEach(page -> copy.pages.add(page.clone()));
        for (int i = 0; i < memories.size(); i++) {
            int from = Integer.MAX_VALUE;
            int to = 0;
            int end = i + 1 < memories.size() ? firsts[i + 1] : count;
            for (int k = firsts[i]; k < end; k++) {
                long place = place(k);
                if (place != APART) {
                    from = Math.min(from, offset(place));
                    to = Math.max(to, offset(place) + (int) place);
                }
            }
            int bytes = Math.max(0, to - from);
            Block block = BlockPool.detached().take(bytes);
            block.memory().put(0, memories.get(i), bytes == 0 ? 0 : from + shifts[i], bytes);
            copy.blocks.add(block);
            copy.addMemory(block.memory(), firsts[i], -from);
        }
        apart.forEach((index, slice) -> {
            Pin pin = slice.pin();
            if (pin != null) {
                pin.retain();
                copy.apart.put(index, new Slice().set(slice));
            } else {
                copy.apart.put(index, Slice.copyOf(slice.toByteArray()));
            }
        });
        return copy;
    }

    /** Lets go of shared memory, and of a copy's own. */
    void release() {
        for (Slice slice : apart.values()) {
            Pin pin = slice.pin();
            if (pin != null) {
                pin.release();
            }
        }
        apart.clear();
        blocks.forEach(BlockPool.detached()::give);
        blocks.clear();
    }
}
