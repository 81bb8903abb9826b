package io.swytch.keyspace;

import io.swytch.store.Store;
import io.swytch.store.item.Key;
import org.jspecify.annotations.Nullable;

/**
 * What the keyspaces of all threads share: who watches what, and how databases map to spaces.
 *
 * <p>Threads: any; each method says which stripes its caller holds.
 */
public final class Databases {
    private final Store store;
    private final WatchRegistry watches = new WatchRegistry();
    private volatile boolean expiryActive = true;

    /** The claim that is told of changes, and the one that others wait for; one command at a time has one, and at last both. */
    private volatile @Nullable KeyClaim watched;

    private volatile @Nullable KeyClaim held;

    public Databases(Store store) {
        this.store = store;
    }

    /** Whether expired keys go when they are found; DEBUG SET-ACTIVE-EXPIRE does not change that, loading does. */
    boolean isExpiryActive() {
        return expiryActive;
    }

    /** A key was changed, has expired or is deleted. Holds its stripe. */
    void touch(Key key) {
        watches.touch(key);
        KeyClaim claim = watched;
        if (claim != null) {
            claim.touch(key.hash());
        }
    }

    private void touchAll() {
        KeyClaim claim = watched;
        if (claim != null) {
            claim.touchAll();
        }
    }

    /** Tells {@code claim} of changes from now on. Nobody else has one. */
    public void watch(KeyClaim claim) {
        watched = claim;
    }

    /**
     * Lets commands that take their stripes from now on wait for the claim's end. Those that have taken them already go on: who has had all stripes after
     * this meets none of them.
     */
    public void hold(KeyClaim claim) {
        held = claim;
    }

    /** The claim that commands wait for; null nearly always. Whoever asks holds the stripes of its keys. */
    public @Nullable KeyClaim held() {
        return held;
    }

    /** Ends a claim. Holds no stripe. */
    public void end(KeyClaim claim) {
        held = null;
        watched = null;
        claim.end();
    }

    /** Begins to watch a key that now has that expiry, 0 = none or absent. Holds its stripe. */
    WatchToken watch(Key key, long expireAtMs) {
        WatchRegistry.Cell cell = watches.watch(key);
        return new Watch(cell, cell.changes, expireAtMs);
    }

    /** Whether nothing has happened to the token's key. Holds its stripe. */
    boolean isUntouched(WatchToken token, long nowMs) {
        Watch watch = (Watch) token;
        return watch.cell.changes == watch.changes && (watch.expireAtMs == 0 || watch.expireAtMs > nowMs);
    }

    static long hashOf(WatchToken token) {
        return ((Watch) token).cell.key.hash();
    }

    /** Ends a watch; takes the stripe itself. */
    void unwatch(WatchToken token) {
        Watch watch = (Watch) token;
        long hash = watch.cell.key.hash();
        store.lock(hash);
        try {
            watches.unwatch(watch.cell);
        } finally {
            store.unlock(hash);
        }
    }

    /** Empties a database. Holds all stripes. */
    void flush(int db) {
        touchAll();
        int old = store.spaces().of(db);
        watches.forEachOf(old, this::touchIfThere);
        store.renew(db);
        int fresh = store.spaces().of(db);
        watches.forEachOf(old, cell -> move(cell, fresh));
    }

    /** Swaps two databases. Holds all stripes. */
    void swap(int db1, int db2) {
        int space1 = store.spaces().of(db1);
        int space2 = store.spaces().of(db2);
        if (space1 == space2) {
            return;
        }
        touchAll();
        // A watched key counts as touched if either database has it: what its database shows under that name may have
        // changed.
        watches.forEachOf(space1, cell -> touchIfInEither(cell, space1, space2));
        watches.forEachOf(space2, cell -> touchIfInEither(cell, space1, space2));
        store.swap(db1, db2);
        int parked = -1;
        watches.forEachOf(space1, cell -> move(cell, parked));
        watches.forEachOf(space2, cell -> move(cell, space1));
        watches.forEachOf(parked, cell -> move(cell, space2));
    }

    private void touchIfInEither(WatchRegistry.Cell cell, int space1, int space2) {
        Key other = new Key();
        if (store.mayHold(other.set(cell.key.bytes(), space1, cell.key.hash()))
                || store.mayHold(other.set(cell.key.bytes(), space2, cell.key.hash()))) {
            cell.changes++;
        }
    }

    private void touchIfThere(WatchRegistry.Cell cell) {
        if (store.mayHold(cell.key)) {
            cell.changes++;
        }
    }

    /** A watch is on a key of a database, so it follows the database to its new space. Cells are filed by hash, which stays. */
    private static void move(WatchRegistry.Cell cell, int space) {
        cell.key.set(cell.key.bytes(), space, cell.key.hash());
    }

    /** What WATCH remembers: the cell, its count of changes then, and the key's expiry then. */
    private static final class Watch extends WatchToken {
        final WatchRegistry.Cell cell;
        final long changes;
        final long expireAtMs;

        Watch(WatchRegistry.Cell cell, long changes, long expireAtMs) {
            this.cell = cell;
            this.changes = changes;
            this.expireAtMs = expireAtMs;
        }
    }
}
