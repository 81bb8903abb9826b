package io.swytch.command;

import io.swytch.command.spec.Call;
import io.swytch.store.Store;
import java.util.Arrays;

/**
 * The stripes that one thread holds for one command, taken in ascending order so that no two threads wait for each other.
 *
 * <p>Threads: its owner only.
 */
final class StripeLocks {
    private final Store store;

    /** A bit for each stripe to take; empty for a single key, which takes the short way. */
    private final long[] wanted = new long[Store.STRIPES_MAX / 64];

    private long single;
    private Scope held = Scope.NOTHING;

    private enum Scope {
        NOTHING,
        ONE,
        SOME,
        ALL,
        ALONE
    }

    StripeLocks(Store store) {
        this.store = store;
    }

    /** Takes the stripe of one key; on the way of GET and SET. */
    void lockOne(long hash) {
        store.lock(hash);
        single = hash;
        held = Scope.ONE;
    }

    /** Notes the stripes of a call's keys. */
    void want(Call call) {
        for (int i = 0; i < call.allKeyCount(); i++) {
            want(call.key(i).hash());
        }
    }

    /** Notes the stripe of a hash. */
    void want(long hash) {
        int stripe = store.stripe(hash);
        wanted[stripe >>> 6] |= 1L << stripe;
    }

    /** Takes the stripes that {@code wants} notes; notes again where stripes were numbered anew meanwhile. */
    void lockWanted(Runnable wants) {
        while (true) {
            Arrays.fill(wanted, 0);
            int stripes = store.stripes();
            wants.run();
            if (lockNoted(stripes)) {
                held = Scope.SOME;
                return;
            }
        }
    }

    private boolean lockNoted(int ofStripes) {
        for (int i = 0; i < wanted.length; i++) {
            for (long bits = wanted[i]; bits != 0; bits &= bits - 1) {
                int stripe = (i << 6) + Long.numberOfTrailingZeros(bits);
                if (!store.lockStripe(stripe, ofStripes)) {
                    unlockBelow(stripe);
                    return false;
                }
            }
        }
        return true;
    }

    private void unlockBelow(int end) {
        for (int i = 0; i < wanted.length; i++) {
            for (long bits = wanted[i]; bits != 0; bits &= bits - 1) {
                int stripe = (i << 6) + Long.numberOfTrailingZeros(bits);
                if (stripe < end) {
                    store.unlockStripe(stripe);
                }
            }
        }
    }

    void lockAll() {
        store.lockAll();
        held = Scope.ALL;
    }

    /** As {@link #lockAll}, while no drain is under way; may wait for one. */
    void lockAlone() {
        store.lockAlone();
        held = Scope.ALONE;
    }

    /** Lets go of whatever is held. */
    void unlock() {
        switch (held) {
            case ONE -> store.unlock(single);
            case SOME -> unlockBelow(Integer.MAX_VALUE);
            case ALL -> store.unlockAll();
            case ALONE -> store.unlockAlone();
            case NOTHING -> {}
        }
        held = Scope.NOTHING;
    }
}
