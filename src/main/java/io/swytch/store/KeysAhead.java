package io.swytch.store;

import io.swytch.store.l1.L1;
import io.swytch.store.l1.Prefetch;

/** Hashes of keys that commands to come will look for: {@link #look} has the processor fetch what they need. Reused. Threads: one. */
public final class KeysAhead {
    private final L1 l1;
    private final long[] hashes;
    private final Prefetch places;
    private int count;

    KeysAhead(L1 l1, int max) {
        this.l1 = l1;
        hashes = new long[max];
        places = new Prefetch(max);
    }

    public boolean isFull() {
        return count == hashes.length;
    }

    /** Adds a key; only while it is not full. */
    public void add(long hash) {
        hashes[count++] = hash;
    }

    /** Looks at the keys in L1, and forgets them. */
    public void look() {
        l1.prefetch(hashes, count, places);
        count = 0;
    }
}
