package io.swytch.store.l2;

import io.swytch.store.item.Item;
import io.swytch.store.item.Key;

/** Sees what {@link L2#gather} found. Must not close L2. */
@FunctionalInterface
public interface GatherVisitor {
    /**
     * L2 has an item whose hash begins as one that was asked for. It is not asked whether its time has run out.
     *
     * @param index of the prefix that was asked for
     * @param key valid until this method returns
     * @param item key length 0; valid until this method returns
     * @param isWhole whether the item's value could be looked at; a long one is to be fetched by its key
     * @return false to stop here, before the item counts as seen
     */
    boolean item(int index, Key key, Item item, boolean isWhole);
}
