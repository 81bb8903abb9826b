package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;

/**
 * Receives the effects of the journal in their order. Each is absolute, so that applying a run of them again ends in the same state.
 * Views are valid during the call only.
 */
public interface EffectVisitor {
    /** The key now holds this item. The item's header has none of L1's own bits; a value over 1 MiB may be in chunks. */
    void put(Key key, Item item);

    /** The key is gone. */
    void delete(Key key);

    /** The key, if it is there, now expires at {@code atMs}; 0 is never. */
    void expire(Key key, long atMs);

    /** The string at the key, if it is there, grown with zeros where it is too short, now holds {@code bytes} from {@code offset} on. */
    void patch(Key key, int offset, Slice bytes);

    /** Database i now lives in space {@code spaceOfDb[i]}; the next space to be given out is {@code nextSpace}. */
    void spaces(int[] spaceOfDb, int nextSpace);

    /** All effects of one unit, which belong together, have been passed on; {@code position} is where the unit ends. */
    default void unitEnd(long position) {}
}
