package io.swytch.store.l1;

import java.util.Arrays;

/**
 * The spaces that a shard holds entries of. An entry's header has 8 bits for its space, so each space gets a slot here, and each slot its
 * counts. A dropped space's slot is dead: no key finds it, and it is used again when its entries are gone. Threads: under the shard's lock.
 */
final class Spaces {
    static final int SLOTS = 256;
    private static final byte UNUSED = 0;
    private static final byte LIVE = 1;
    private static final byte DEAD = 2;

    private final int[] space = new int[SLOTS];
    private final byte[] state = new byte[SLOTS];
    final long[] entries = new long[SLOTS];
    final long[] keys = new long[SLOTS];
    final long[] unknown = new long[SLOTS];
    final long[] expiring = new long[SLOTS];

    /** Bytes of the entries with a mark, by {@code slot << 2 | mark}. */
    final long[] marked = new long[SLOTS * 4];

    /** Slots above this were never used; slot 0 never is. */
    private int high;

    private int lastSpace;
    private int lastSlot;
    private int dead;

    /** The slot of a space, or 0 if it has none. */
    int slotOf(int wanted) {
        return lastSlot != 0 && lastSpace == wanted ? lastSlot : search(wanted);
    }

    /** As {@link #slotOf}, for readers that do not hold the lock. */
    int peek(int wanted) {
        for (int i = 1; i <= high; i++) {
            if (state[i] == LIVE && space[i] == wanted) {
                return i;
            }
        }
        return 0;
    }

    private int search(int wanted) {
        for (int i = 1; i <= high; i++) {
            if (state[i] == LIVE && space[i] == wanted) {
                lastSpace = wanted;
                lastSlot = i;
                return i;
            }
        }
        return 0;
    }

    /** Gives a space a slot. Returns 0 if all are taken. */
    int add(int wanted) {
        for (int i = 1; i < SLOTS; i++) {
            if (state[i] == DEAD && entries[i] == 0) {
                clear(i);
            }
            if (state[i] == UNUSED) {
                state[i] = LIVE;
                space[i] = wanted;
                high = Math.max(high, i);
                return i;
            }
        }
        return 0;
    }

    /** Its entries are never found again. */
    void drop(int slot) {
        state[slot] = DEAD;
        keys[slot] = 0;
        lastSlot = 0;
        dead++;
        if (entries[slot] == 0) {
            clear(slot);
        }
    }

    private void clear(int slot) {
        if (state[slot] == DEAD && dead > 0) {
            dead--;
        }
        state[slot] = UNUSED;
        keys[slot] = 0;
        unknown[slot] = 0;
        expiring[slot] = 0;
        Arrays.fill(marked, slot << 2, (slot + 1) << 2, 0);
    }

    /** Frees the dead slots that have no entries any more. Returns whether dead ones are left. */
    boolean settle() {
        boolean left = false;
        for (int i = 1; i <= high; i++) {
            if (state[i] == DEAD) {
                if (entries[i] == 0) {
                    clear(i);
                } else {
                    left = true;
                }
            }
        }
        if (!left) {
            dead = 0;
        }
        return left;
    }

    boolean isDead(int slot) {
        return state[slot] == DEAD;
    }

    /** Whether entries of dropped spaces may be left. */
    boolean anyDead() {
        return dead > 0;
    }

    int spaceOf(int slot) {
        return space[slot];
    }

    boolean isLive(int slot) {
        return state[slot] == LIVE;
    }

    /** Whether any entry of a live space has an expiry. */
    boolean anyExpiring() {
        for (int i = 1; i <= high; i++) {
            if (expiring[i] != 0) {
                return true;
            }
        }
        return false;
    }

    /** Entries of live spaces. */
    long liveEntries() {
        long sum = 0;
        for (int i = 1; i <= high; i++) {
            sum += state[i] == LIVE ? entries[i] : 0;
        }
        return sum;
    }

    /** Bytes of the live spaces' entries with this mark. */
    long markedBytes(int mark) {
        long sum = 0;
        for (int i = 1; i <= high; i++) {
            sum += state[i] == LIVE ? marked[i << 2 | mark] : 0;
        }
        return sum;
    }

    /** Whether any entry, of a dead space too, has this mark. */
    boolean anyMarked(int mark) {
        for (int i = 1; i <= high; i++) {
            if (marked[i << 2 | mark] != 0) {
                return true;
            }
        }
        return false;
    }

    /** All entries are gone at once. */
    void forgetEntries() {
        Arrays.fill(entries, 0);
        Arrays.fill(unknown, 0);
        Arrays.fill(expiring, 0);
        Arrays.fill(marked, 0);
        settle();
    }

    /** The spaces that have a slot. */
    int[] all() {
        int[] found = new int[SLOTS];
        int n = 0;
        for (int i = 1; i <= high; i++) {
            if (state[i] == LIVE) {
                found[n++] = space[i];
            }
        }
        return Arrays.copyOf(found, n);
    }
}
