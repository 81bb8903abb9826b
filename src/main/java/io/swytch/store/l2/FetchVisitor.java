package io.swytch.store.l2;

import io.swytch.store.item.Item;
import java.nio.ByteBuffer;

/** Sees what {@link L2#get} found, one key after the other; not in the order of the keys. Must not close L2. */
public interface FetchVisitor {
    /** L2 has no item for the key at {@code index} of the list. */
    void absent(int index);

    /**
     * L2 has this item for the key at {@code index} of the list. It is not asked whether the item's time has run out.
     *
     * @param item key length 0; its value is chunked if it is longer than {@link L2#PART_BYTES}. Valid until this method returns
     */
    void found(int index, Item item);

    /**
     * Memory for a value that is longer than {@link L2#PART_BYTES}; RocksDB's bytes are put there directly, and {@link #found} follows.
     * A visitor that keeps the value gives memory that is its own, and saves a copy.
     *
     * @return direct buffers, of {@code PART_BYTES} from index 0 on each, but the last may be shorter
     */
    default ByteBuffer[] chunksFor(int index, int valueLength) {
        int count = (valueLength + L2.PART_BYTES - 1) / L2.PART_BYTES;
        ByteBuffer[] chunks = new ByteBuffer[count];
        for (int i = 0; i < count; i++) {
            chunks[i] = ByteBuffer.allocateDirect(Math.min(L2.PART_BYTES, valueLength - i * L2.PART_BYTES));
        }
        return chunks;
    }
}
