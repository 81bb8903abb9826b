package io.swytch.command;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.ClientHeap;
import io.swytch.resp.Request;
import io.swytch.stats.LoopStats;
import io.swytch.store.Fetch;
import io.swytch.store.Store;
import io.swytch.store.StoreReadException;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a command gave up for because L1 lacks them, gathered into one {@link Fetch}.
 *
 * <p>Threads: its runner's only, which holds the stripes of the keys unless a method says otherwise.
 */
final class MissingKeys {
    /** Arguments of a command that may wait for the disk however many others do: ten thousand clients with as many have an eighth of the smallest heap. */
    private static final int ARGS_FEW_MAX = 8;

    /** Keys between two looks at the heap. */
    private static final int KEYS_A_LOOK = 1024;

    private final Store store;
    private final LoopStats stats;
    private final Item probe = new Item();
    private @Nullable Fetch fetch;

    /** What the command has of {@link ClientHeap} for a wait that is over, and gives back when it waits again. */
    private long ownHeapBytes;

    /** Whether there is no heap to wait for more keys than were gathered; the others are left out. */
    private boolean isTooMany;

    MissingKeys(Store store, LoopStats stats) {
        this.store = store;
        this.stats = stats;
    }

    /** Begins a command, which has so much of {@link ClientHeap} for a wait that is over. */
    void begin(long ownHeapBytes) {
        this.ownHeapBytes = ownHeapBytes;
        isTooMany = false;
    }

    /** Whether no key was wanted since the last {@link #take} or {@link #cancel}. */
    boolean isEmpty() {
        return fetch == null;
    }

    /** What was gathered, not started yet; called with or without stripes. */
    Fetch take() {
        Fetch taken = fetch;
        if (taken == null) {
            throw new IllegalStateException("gave up for nothing");
        }
        fetch = null;
        return taken;
    }

    /** Gives up what was gathered: others who come for these keys have them read. */
    void cancel() {
        if (fetch != null) {
            fetch.cancel();
            fetch = null;
        }
    }

    /**
     * Whether there is heap for a command to wait for what was gathered: of thousands of clients whose commands have many arguments, or of one whose transaction
     * has a million keys, the process would end. If there is none, what was gathered is given up.
     */
    boolean mayWaitFor(Request request) {
        int args = request.argCount();
        int keys = fetch == null ? 0 : fetch.size();
        // Its connection counts the request itself.
        if (!isTooMany
                && (Math.max(args, keys) <= ARGS_FEW_MAX || hasRoom(args, keys, ClientHeap.unfinishedBytes(args)))) {
            return true;
        }
        cancel();
        return false;
    }

    private boolean hasRoom(int args, int keys, long moreBytes) {
        return ClientHeap.hasRoom(ClientHeap.waitingBytes(args, keys) + moreBytes - ownHeapBytes);
    }

    /** Wants the keys of a call that are neither in L1 nor known to be nowhere. */
    void want(Call of) {
        if (of.spec().isBlind(of)) {
            return;
        }
        for (int i = 0; i < of.allKeyCount(); i++) {
            Key key = of.key(i);
            if (store.mustFetch(key, probe)) {
                stats.misses++;
                gather(key);
            }
        }
    }

    /** Wants the keys of a call that an earlier fetch keeps. */
    void wantFetched(Call of) {
        for (int i = 0; i < of.allKeyCount(); i++) {
            Key key = of.key(i);
            if (store.isFetched(key)) {
                gathered().want(key);
            }
        }
    }

    /** Wants only what L1 lacks: what a fetch brings takes the place of the entry there, which may be newer. */
    void wantAbsent(Call of) {
        gathered();
        for (int i = 0; i < of.allKeyCount(); i++) {
            Key key = of.key(i);
            // In this order: of a key whose fetch failed the second look throws, and here nobody would tell the client.
            if (store.isFetched(key) || store.mustFetch(key, probe)) {
                gather(key);
            }
        }
    }

    /** Adds to a fetch what a read behind the one that gave up will miss; takes the stripes itself. Returns false if that cannot be said yet. */
    boolean addTo(Fetch into, Call of) {
        if (into.size() + of.allKeyCount() > Fetch.KEYS_MAX || of.allKeyCount() == 0) {
            return false;
        }
        for (int i = 0; i < of.allKeyCount(); i++) {
            Key key = of.key(i);
            store.lock(key.hash());
            try {
                if (store.mustFetch(key, probe)) {
                    stats.misses++;
                    into.want(key);
                }
            } catch (StoreReadException e) {
                // Its own turn will come, and then it is told.
                return false;
            } finally {
                store.unlock(key.hash());
            }
        }
        return true;
    }

    private void gather(Key key) {
        if (isTooMany) {
            return;
        }
        Fetch into = gathered();
        into.want(key);
        isTooMany = into.size() % KEYS_A_LOOK == 0 && !hasRoom(0, into.size(), 0);
    }

    private Fetch gathered() {
        if (fetch == null) {
            fetch = store.newFetch();
        }
        return fetch;
    }
}
