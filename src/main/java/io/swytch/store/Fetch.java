package io.swytch.store;

import io.swytch.store.item.Key;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The keys that one client's commands wait for, fetched together; keys that somebody else is fetching already are waited for, not read again.
 *
 * <p>Threads: {@link #want} and {@link FetchBatch} by the thread that runs the command; the disk threads end it.
 */
public final class Fetch {
    /** Keys that one fetch reads at most; commands with more are fetched in several rounds. */
    public static final int KEYS_MAX = 16_384;

    /** A command may have so much kept for it, or one item, where others have taken the room; all such commands together have {@code beyondMax}. */
    private static final long FREE_BYTES_MAX = 4L << 20;

    /** In the order of stripes. */
    private static final Comparator<FillToken> BY_HASH = (a, b) -> Long.compareUnsigned(a.key.hash(), b.key.hash());

    /** Under one hold of a stripe: some ten microseconds. */
    private static final int RELEASED_AT_ONCE = 256;

    private final Store store;
    private final FillRegistry fills;
    private final List<FillToken> tokens = new ArrayList<>();
    private final List<FillToken> unread = new ArrayList<>();

    /** Tokens that are still pending, and one for as long as the fetch has not been started. */
    private final AtomicInteger pending = new AtomicInteger(1);

    private @Nullable Runnable whenDone;

    /** Bytes of the items that are kept for it, those that others wait for too left out. */
    private final AtomicLong keptBytes = new AtomicLong();

    /** What of that was kept although there was no room. Under the stripes of its tokens; read when it has none left. */
    private final AtomicLong beyondBytes = new AtomicLong();

    /** Whether an item could not be kept for it, because what is kept for all would have been too much. */
    private volatile boolean isDenied;

    Fetch(Store store, FillRegistry fills) {
        this.store = store;
        this.fills = fills;
    }

    /** Adds a key; the caller holds its stripe. */
    public void want(Key key) {
        FillToken token = fills.find(key);
        if (token != null && token.waiters.contains(this)) {
            return;
        }
        if (token == null) {
            token = fills.add(key);
            unread.add(token);
        } else if (token.state == FillToken.State.GONE) {
            // It was put into L1 and evicted before we came: this time its item is kept until we have seen it.
            // By a token of its own: who waits for the old one has counted that as done, and must not twice.
            token = fills.replace(token);
            token.keepsItem = true;
            unread.add(token);
        }
        token.waiters.add(this);
        tokens.add(token);
        if (token.state == FillToken.State.PENDING) {
            pending.incrementAndGet();
        }
    }

    /**
     * Whether some of its items were not kept, and those that have not been read yet will not be: they were too many and too large. The command that wants
     * them cannot run.
     */
    public boolean isDenied() {
        return isDenied;
    }

    void deny() {
        isDenied = true;
    }

    /**
     * Takes so much more into account, if there is room for it, or if that is one item alone, or little.
     *
     * @param beyondMax what all fetches together may have where there is no room, but for the first of them
     */
    boolean admits(long bytes, boolean isRoom, long beyondMax) {
        long before = keptBytes.getAndAdd(bytes);
        if (isRoom) {
            return true;
        }
        if ((before == 0 || before + bytes <= FREE_BYTES_MAX) && fills.takeBeyond(bytes, beyondMax)) {
            beyondBytes.addAndGet(bytes);
            return true;
        }
        keptBytes.addAndGet(-bytes);
        return false;
    }

    /** How many keys it has. */
    public int size() {
        return tokens.size();
    }

    /** Leaves to {@link FetchBatch} what is to be read, and takes what is to run in the end; {@link #oneDone} says that it has begun. */
    void begin(Runnable whenDone, List<FillToken> toRead) {
        this.whenDone = whenDone;
        toRead.addAll(unread);
    }

    /**
     * Gives it up before it has begun: who comes for its keys later has them read. The caller holds the stripes of all its keys, and has held them since it
     * gave the first, so nobody else waits for what it was to read.
     */
    public void cancel() {
        for (FillToken token : unread) {
            token.state = FillToken.State.GONE;
        }
        unread.clear();
        for (FillToken token : tokens) {
            fills.release(token, this);
        }
        tokens.clear();
    }

    /** One of its tokens is done. */
    void oneDone() {
        if (pending.decrementAndGet() == 0 && whenDone != null) {
            whenDone.run();
        }
    }

    /** The commands that waited have run: what was kept for them goes. Takes the stripes it needs. */
    public void release() {
        // Stripe by stripe: whoever takes one may have to wait for a disk thread that holds it and has no processor.
        tokens.sort(BY_HASH);
        for (int i = 0; i < tokens.size(); ) {
            long hash = tokens.get(i).key.hash();
            store.lock(hash);
            try {
                int end = Math.min(tokens.size(), i + RELEASED_AT_ONCE);
                int stripe = store.stripe(hash);
                for (; i < end && store.stripe(tokens.get(i).key.hash()) == stripe; i++) {
                    fills.release(tokens.get(i), this);
                }
            } finally {
                store.unlock(hash);
            }
        }
        tokens.clear();
        fills.giveBeyond(beyondBytes.getAndSet(0));
    }
}
