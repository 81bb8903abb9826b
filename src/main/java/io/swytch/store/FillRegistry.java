package io.swytch.store;

import io.swytch.store.item.Key;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The fetches under way, by key.
 *
 * <p>Threads: each call holds the stripe lock of its key. The table is addressed by the top bits of the hash, more finely than the stripes
 * are, so that one chain belongs to one stripe.
 */
final class FillRegistry {
    /**
     * A power of two, no less than the most stripes there can be. A thousand clients that ask for two hundred cold keys each have three in a chain; with
     * 1,024 chains their loops did little else than walk along these.
     */
    static final int CHAINS = 1 << 16;

    private static final int SHIFT = Long.numberOfLeadingZeros(CHAINS) + 1;

    private final @Nullable FillToken[] chains = new FillToken[CHAINS];
    private final LongAdder lostRaces = new LongAdder();
    private final LongAdder releasedBytes = new LongAdder();
    private final AtomicLong beyondBytes = new AtomicLong();

    private static int chain(Key key) {
        return (int) (key.hash() >>> SHIFT);
    }

    /** The token of {@code key}, or null. */
    @Nullable
    FillToken find(Key key) {
        FillToken token = chains[chain(key)];
        while (token != null && !token.isFor(key)) {
            token = token.next;
        }
        return token;
    }

    /** A new pending token for a key that has none; the key is copied. */
    FillToken add(Key key) {
        FillToken token = new FillToken(key.copy());
        int chain = chain(key);
        token.next = chains[chain];
        chains[chain] = token;
        return token;
    }

    /** A new pending token in the place of one that has landed and keeps nothing; who waits for that one keeps it. */
    FillToken replace(FillToken landed) {
        remove(landed);
        return add(landed.key);
    }

    /** The key is being written: what a fetch found, or will find, is old. */
    void invalidate(Key key) {
        if (chains[chain(key)] == null) {
            return;
        }
        FillToken token = find(key);
        if (token != null) {
            token.state = FillToken.State.INVALID;
            lostRaces.increment();
            remove(token);
        }
    }

    /**
     * {@code fetch} no longer waits for {@code token}; the last one takes it out. What is still to be read, or being read, goes nowhere then: clients that ask and leave faster than
     * the disk reads would have tokens gather by the hundred thousand, and each look for one, on a loop, walks past those of its chain.
     */
    void release(FillToken token, Fetch fetch) {
        token.waiters.remove(fetch);
        token.wasLeft = true;
        if (token.waiters.isEmpty() && token.state == FillToken.State.PENDING) {
            token.state = FillToken.State.INVALID;
            remove(token);
        } else {
            dropUnwanted(token);
        }
    }

    /**
     * Takes a token out that nobody waits for. One that is being read for L1's sake stays until it has landed: taken out before, it would not hear of a
     * write meanwhile, and its old item would go into L1 over the new one.
     */
    void dropUnwanted(FillToken token) {
        if (token.waiters.isEmpty()
                && token.state != FillToken.State.INVALID
                && token.state != FillToken.State.PENDING) {
            remove(token);
        }
    }

    /** Bytes of all items that were kept and have been let go. */
    long releasedBytes() {
        return releasedBytes.sum();
    }

    /**
     * Takes so much for an item that is kept although there is no room for it; {@link #giveBeyond} gives it back.
     *
     * @return false if others have so much of that, that with this it would be more than {@code max}; one of them may have any amount
     */
    boolean takeBeyond(long bytes, long max) {
        long before = beyondBytes.getAndAdd(bytes);
        if (before == 0 || before + bytes <= max) {
            return true;
        }
        giveBeyond(bytes);
        return false;
    }

    void giveBeyond(long bytes) {
        beyondBytes.addAndGet(-bytes);
    }

    private void remove(FillToken token) {
        releasedBytes.add(token.keptBytes);
        token.isRemoved = true;
        token.letGo();
        int chain = chain(token.key);
        FillToken at = chains[chain];
        if (at == token) {
            chains[chain] = token.next;
            return;
        }
        while (at != null && at.next != token) {
            at = at.next;
        }
        if (at != null) {
            at.next = token.next;
        }
    }

    /** How many fetches came too late because their key was written meanwhile. */
    long lostRaces() {
        return lostRaces.sum();
    }
}
