package io.swytch.store;

import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.FetchVisitor;
import io.swytch.store.l2.Ingest;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Takes expired keys off the disk that nobody asks for any more, earliest first, by L2's index of expiries: no scan.
 *
 * <p>It goes in rounds. A round takes a stretch of the index of one space, piece by piece, and looks at the items of its rows. What has really
 * expired becomes a tombstone in L1, and goes the way of every delete: a drain takes it to L2. The drain after the end of a round takes the
 * word along that this stretch of the index is done with.
 *
 * <p>Drains wait for a sweep, and writers for drains, so a sweep ends after a while, and the next goes on with the round. The items are looked at in the
 * order of time, though that of L2's rows would cost less: tombstones of neighbouring hashes would make one long cluster of L1's index.
 *
 * <p>Threads: the one that drains; figures by any.
 */
final class ColdExpiry {
    /** Rows of the index in one round, and tombstones that may wait for a drain; some 10 MiB. */
    private static final int ROUND_ROWS_MAX = 200_000;

    /** Rows between two looks at the clock. */
    private static final int PIECE_ROWS = 500;

    private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final L1 l1;
    private final L2 l2;
    private final Spaces spaces;
    private final Clock clock;

    /** How far the index of each space has been worked off into tombstones; for the next drain. */
    private final Map<Integer, byte[]> through = new HashMap<>();

    private final LongAdder waiting = new LongAdder();
    private final LongAdder buried = new LongAdder();
    private volatile long oldestMs;
    private @Nullable Round round;
    private int lastSpace;

    /** One stretch of the index of one space. */
    private static final class Round {
        final int space;
        int rows;

        /** The last row of the stretch so far. */
        byte @Nullable [] last;

        /** A drain has put a row into the stretch that nobody has looked at. */
        boolean isSpoilt;

        Round(int space) {
            this.space = space;
        }
    }

    ColdExpiry(L1 l1, L2 l2, Spaces spaces, Clock clock) {
        this.l1 = l1;
        this.l2 = l2;
        this.spaces = spaces;
        this.clock = clock;
    }

    /** Keys that were found expired on disk and wait for a drain. */
    long waiting() {
        return waiting.sum();
    }

    /** For how many milliseconds the earliest key that is on disk still has been expired, as of the last sweep; 0 if there is none. */
    long backlogMs() {
        long since = oldestMs;
        return since == 0 ? 0 : Math.max(0, clock.millis() - since);
    }

    /** Keys that were found expired on disk, ever. */
    long buried() {
        return buried.sum();
    }

    /** Whether a round is under way. */
    boolean isBusy() {
        return round != null;
    }

    /** Looks for keys that have expired on disk, for a while, and makes tombstones of them. */
    void sweep() throws IOException {
        if (!through.isEmpty() || isFull()) {
            return;
        }
        long nowMs = clock.millis();
        long endNanos = clock.nanos() + SWEEP_NANOS;
        try {
            if (round == null) {
                round = begin(nowMs);
            }
            while (round != null) {
                Round current = round;
                if (!spaces.isLive(current.space)) {
                    // Flushed meanwhile: all of it goes another way.
                    round = null;
                } else if (!look(current, nowMs)) {
                    end(current);
                }
                if (isFull() || clock.nanos() - endNanos >= 0) {
                    return;
                }
            }
        } catch (L2Exception e) {
            forgetAll();
            throw new IOException(e.getMessage(), e);
        }
    }

    /** A round of the next space with something expired, or null. */
    private @Nullable Round begin(long nowMs) throws L2Exception {
        int[] live = spaces.map();
        Arrays.sort(live);
        int at = Arrays.binarySearch(live, lastSpace + 1);
        for (int i = 0; i < live.length; i++) {
            int space = live[Math.floorMod((at < 0 ? -at - 1 : at) + i, live.length)];
            long[] first = {0};
            if (l2.expired(space, null, nowMs, 1, (key, expireAtMs) -> first[0] = expireAtMs) != null) {
                oldestMs = first[0];
                lastSpace = space;
                return new Round(space);
            }
        }
        oldestMs = 0;
        return null;
    }

    /** Looks at some more items. Returns false if the round is at its end. */
    private boolean look(Round current, long nowMs) throws L2Exception {
        List<Key> candidates = new ArrayList<>(PIECE_ROWS);
        byte[] last = l2.expired(
                current.space, current.last, nowMs, PIECE_ROWS, (key, expireAtMs) -> candidates.add(key.copy()));
        if (last == null) {
            return false;
        }
        l2.get(candidates, new FetchVisitor() {
            @Override
            public void absent(int index) {
                // Deleted since, or found by an earlier sweep.
            }

            @Override
            public void found(int index, Item item) {
                // Others have had another expiry since.
                if (item.isExpired(nowMs)) {
                    bury(candidates.get(index), nowMs);
                }
            }
        });
        current.last = last;
        current.rows += candidates.size();
        return candidates.size() == PIECE_ROWS && current.rows < ROUND_ROWS_MAX;
    }

    private void end(Round current) {
        if (current.last != null && !current.isSpoilt) {
            through.put(current.space, current.last);
        }
        round = null;
    }

    private void bury(Key key, long nowMs) {
        Item above = new Item();
        Shard shard = l1.shard(key.hash());
        shard.lock();
        try {
            // What L1 holds is newer than L2, or the same: only if that has expired too is the key gone.
            if (!shard.find(key, above, false) || (!above.isTombstone() && above.isExpired(nowMs))) {
                shard.putTombstone(key, ItemHeader.L2_HAS);
                waiting.increment();
                buried.increment();
            }
        } finally {
            shard.unlock();
        }
    }

    /** Tells a drain, which has taken the tombstones, what the index need not show again. */
    void settle(Ingest ingest) {
        through.forEach(ingest::forgetExpired);
        Round current = round;
        if (current != null && current.last != null && ingest.hasExpiryThrough(current.space, current.last)) {
            current.isSpoilt = true;
        }
    }

    /** That drain is done. */
    void settled() {
        through.clear();
        waiting.reset();
    }

    /** What was found is looked for anew. */
    void forgetAll() {
        settled();
        round = null;
    }

    /** Whether a round is done and waits for a drain. Drains in between would make files of few tombstones, which cost every look at L2. */
    boolean isWaiting() {
        return !through.isEmpty();
    }

    /** Whether nothing more is looked for until a drain has come by. */
    boolean isFull() {
        // A round of full length is drained at once: much is left behind it.
        return waiting.sum() >= (through.isEmpty() ? ROUND_ROWS_MAX : ROUND_ROWS_MAX / 2);
    }
}
