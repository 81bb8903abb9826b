package io.swytch.store;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.l2.Ingest;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Entries on their way from L1 to L2: copied under their stripe, so that it is held for memory copies only, and written after.
 *
 * <p>Threads: the one that drains.
 */
final class DrainBatch {
    private static final int INITIAL_BYTES = 1 << 18;

    private final L2 l2;
    private final Ingest ingest;

    /** How many keys each space has more, or fewer, in L2 than before. */
    private final Map<Integer, Long> changes;

    /** How many keys of each space L1 counts as new that L2 had. */
    private final Map<Integer, Long> notNew;

    private final List<Entry> entries = new ArrayList<>();
    private final List<Key> unknown = new ArrayList<>();
    private ByteBuffer copies = ByteBuffer.allocateDirect(INITIAL_BYTES);
    private int used;
    private int size;
    private int space;
    private long total;
    private long deletes;
    private long bytes;

    DrainBatch(L2 l2, Ingest ingest, Map<Integer, Long> changes, Map<Integer, Long> notNew) {
        this.l2 = l2;
        this.ingest = ingest;
        this.changes = changes;
        this.notNew = notNew;
    }

    /** One entry, as it was when the walk came by. */
    private static final class Entry {
        final Item item = new Item();
        final Key key = new Key();
        final Slice slice = new Slice();
        int l2State;

        @Nullable
        Pin pin;
    }

    /** Entries that went through. */
    long total() {
        return total;
    }

    /** Keys that L2 was told to delete. */
    long deletes() {
        return deletes;
    }

    /** Bytes of the items that L2 was given, keys included. */
    long bytes() {
        return bytes;
    }

    /** Begins with a slice of a space's entries. */
    void begin(int ofSpace) {
        space = ofSpace;
        used = 0;
        size = 0;
    }

    /** Takes a copy of an entry; its stripe is held. */
    void take(Item item, long hash, int l2State) {
        if (size == entries.size()) {
            entries.add(new Entry());
        }
        Entry entry = entries.get(size++);
        entry.l2State = l2State;
        item.value(entry.slice);
        entry.pin = item.isLarge() ? entry.slice.pin() : null;
        int bytes =
                ItemHeader.prefixBytes(item.header()) + item.keyLength() + (item.isLarge() ? 0 : item.valueLength());
        if (used + bytes > copies.capacity()) {
            // Entries that were copied already keep the buffer that they lie in.
            copies = ByteBuffer.allocateDirect(Math.max(copies.capacity(), bytes));
            used = 0;
        }
        copies.put(used, item.buffer(), item.offset(), bytes);
        if (entry.pin != null || item.isLarge()) {
            if (entry.pin != null) {
                entry.pin.retain();
            }
            ByteBuffer[] chunks = new ByteBuffer[entry.slice.runCount()];
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = entry.slice.runBuffer(i);
            }
            entry.item.wrapLarge(copies, used, chunks, entry.slice.chunkShift(), item.valueLength(), entry.pin);
        } else {
            entry.item.wrap(copies, used);
        }
        entry.key.set(entry.item.key(entry.slice), space, hash);
        used += bytes;
    }

    /** Writes what was taken. Holds no stripe. */
    void write() throws L2Exception {
        try {
            settleUnknown();
            for (int i = 0; i < size; i++) {
                Entry entry = entries.get(i);
                boolean had = entry.l2State == ItemHeader.L2_HAS;
                if (entry.item.isTombstone()) {
                    if (had) {
                        ingest.delete(entry.key);
                        deletes++;
                        changes.merge(space, -1L, Long::sum);
                    }
                } else {
                    ingest.add(entry.key, entry.item);
                    bytes += ItemHeader.prefixBytes(entry.item.header())
                            + entry.item.keyLength()
                            + (long) entry.item.valueLength();
                    if (!had) {
                        changes.merge(space, 1L, Long::sum);
                    }
                }
            }
            total += size;
        } finally {
            for (int i = 0; i < size; i++) {
                Entry entry = entries.get(i);
                if (entry.pin != null) {
                    entry.pin.release();
                    entry.pin = null;
                }
            }
        }
    }

    /** Asks L2 about keys that were written without a look. */
    private void settleUnknown() throws L2Exception {
        unknown.clear();
        for (int i = 0; i < size; i++) {
            if (entries.get(i).l2State == ItemHeader.L2_UNKNOWN) {
                unknown.add(entries.get(i).key);
            }
        }
        if (unknown.isEmpty()) {
            return;
        }
        BitSet there = l2.exists(unknown);
        int asked = 0;
        for (int i = 0; i < size; i++) {
            Entry entry = entries.get(i);
            if (entry.l2State == ItemHeader.L2_UNKNOWN) {
                boolean has = there.get(asked++);
                entry.l2State = has ? ItemHeader.L2_HAS : ItemHeader.L2_NONE;
                if (has) {
                    notNew.merge(space, 1L, Long::sum);
                }
            }
        }
    }
}
