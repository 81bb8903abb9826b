package io.swytch.store;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.journal.EffectVisitor;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Puts the journal's effects into L1 at start, as dirty entries.
 *
 * <p>Effects are absolute, so replaying some that L2 has already is harmless: what comes after them is replayed too, and the last one wins.
 *
 * <p>Threads: the one that starts the server.
 */
final class Replay implements EffectVisitor {
    private final L1 l1;
    private final L2 l2;
    private final Spaces spaces;
    private final Drain drain;
    private final Item item = new Item();
    private final Slice value = new Slice();
    private long units;

    Replay(L1 l1, L2 l2, Spaces spaces, Drain drain) {
        this.l1 = l1;
        this.l2 = l2;
        this.spaces = spaces;
        this.drain = drain;
    }

    /** Commands and transactions that were replayed. */
    long units() {
        return units;
    }

    /** One effect on one key, whose stripe is held. */
    @FunctionalInterface
    private interface Edit {
        /** Returns false if there is no room; part of it may have been done, and doing it again does no harm. */
        boolean on(Shard shard);
    }

    /** Makes an edit. Where there is no room what has been replayed so far goes to L2; if that does not help, the start ends here. */
    private void edit(Key key, Edit edit) {
        if (isDone(key, edit)) {
            return;
        }
        drain();
        if (!isDone(key, edit)) {
            throw new UncheckedIOException(
                    new IOException("cannot replay the journal: memory has no room for a change of a key of "
                            + key.length() + " bytes; start with a larger maxmemory"));
        }
    }

    private boolean isDone(Key key, Edit edit) {
        Shard shard = l1.shard(key.hash());
        shard.lock();
        try {
            return edit.on(shard);
        } finally {
            shard.unlock();
        }
    }

    @Override
    public void put(Key key, Item put) {
        // Even where its time has run out by now: an effect that follows may have given it another before it did.
        edit(
                key,
                shard -> shard.put(
                        key,
                        put.type(),
                        put.encoding(),
                        put.expireAtMs(),
                        put.value(value),
                        true,
                        ItemHeader.L2_UNKNOWN));
    }

    @Override
    public void delete(Key key) {
        edit(key, shard -> bury(shard, key));
    }

    private boolean bury(Shard shard, Key key) {
        int l2State = shard.find(key, item, false) ? ItemHeader.l2State(item.header()) : ItemHeader.L2_UNKNOWN;
        if (l2State != ItemHeader.L2_NONE) {
            return shard.putTombstone(key, l2State);
        }
        shard.remove(key);
        return true;
    }

    @Override
    public void expire(Key key, long atMs) {
        edit(key, shard -> switch (bringUp(shard, key)) {
            case ABSENT -> true;
            case THERE -> shard.setExpire(key, atMs);
            case NO_ROOM -> false;
        });
    }

    @Override
    public void patch(Key key, int offset, Slice bytes) {
        edit(key, shard -> switch (bringUp(shard, key)) {
            // What makes a key is a put. So the string was there and has expired, of which the journal has no record; a
            // drain took it off the disk before the journal was trimmed.
            case ABSENT -> true;
            case THERE -> shard.patch(key, offset, bytes);
            case NO_ROOM -> false;
        });
    }

    private enum Found {
        ABSENT,
        THERE,
        NO_ROOM
    }

    /** Sees to it that what the key holds is in L1. */
    private Found bringUp(Shard shard, Key key) {
        if (shard.find(key, item, false)) {
            return item.isTombstone() ? Found.ABSENT : Found.THERE;
        }
        FillToken token;
        try {
            token = FillToken.read(l2, key);
        } catch (L2Exception e) {
            throw new UncheckedIOException(
                    new IOException("replay could not read what it edits: " + e.getMessage(), e));
        }
        if (token.item == null) {
            return Found.ABSENT;
        }
        token.view(item);
        return shard.put(
                        key,
                        item.type(),
                        item.encoding(),
                        item.expireAtMs(),
                        item.value(value),
                        true,
                        ItemHeader.L2_HAS)
                ? Found.THERE
                : Found.NO_ROOM;
    }

    @Override
    public void spaces(int[] spaceOfDb, int nextSpace) {
        for (int space : spaces.restore(spaceOfDb, nextSpace)) {
            l1.dropSpace(space);
        }
    }

    @Override
    public void unitEnd(long position) {
        // The journal may hold more than L1's write buffer: what has been replayed so far goes to L2. The journal is
        // trimmed after its end only.
        if ((++units & 0xFFF) == 0 && drain.isBehind()) {
            drain();
        }
    }

    private void drain() {
        try {
            drain.runWithoutTrim();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
