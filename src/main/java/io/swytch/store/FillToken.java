package io.swytch.store;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.l2.FetchVisitor;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fetch of one key from L2, under way or done, shared by all commands that wait for it.
 *
 * <p>The race that it settles: a fetch reads L2 without holding the key's stripe, so a client may write the key meanwhile, and that write
 * may even be drained and evicted before the fetch ends. Whoever writes a key therefore invalidates its token; an invalid token's item is
 * neither put into L1 nor seen by anyone, and the commands that waited for it look again.
 *
 * <p>Threads: all fields but {@code key} under the stripe lock of the key.
 */
final class FillToken {
    /** Where the fetch stands. */
    enum State {
        /** Being read. */
        PENDING,
        /** L2 holds nothing that is alive. */
        ABSENT,
        /** Its item is in {@code item}. */
        KEPT,
        /** Its item was put into L1, and nothing is kept here. */
        GONE,
        /** L2 could not be read. */
        FAILED,
        /** The key was written since the fetch began, or nobody waits for it any more. */
        INVALID
    }

    final Key key;
    final List<Fetch> waiters = new ArrayList<>(1);
    State state = State.PENDING;

    /** Whether the item stays here besides going into L1, which may be too small to hold it until the command runs. */
    boolean keepsItem;

    /** The item as L2 holds it, without its key; of a large one only what precedes the value, which is in {@link #chunks}. */
    @Nullable
    ByteBuffer item;

    ByteBuffer @Nullable [] chunks;
    int chunkShift;
    int largeLength;

    /** Keeps the chunks alive; null where the collector does. */
    private @Nullable Pin pin;

    /** Bytes of the item that is kept. */
    long keptBytes;

    /** Whether nobody waits for it any more, so that what it keeps is let go with it. */
    boolean isRemoved;

    /** Whether somebody waited for it and has gone, as when a client closes its connection. */
    boolean wasLeft;

    @Nullable
    String failure;

    @Nullable
    FillToken next;

    FillToken(Key key) {
        this.key = key;
    }

    /**
     * Reads one key here and now, for who holds its stripe; nobody else sees the token.
     *
     * @throws L2Exception if L2 could not be read
     */
    static FillToken read(L2 l2, Key key) throws L2Exception {
        FillToken token = new FillToken(key.copy());
        l2.get(List.of(token.key), new FetchVisitor() {
            @Override
            public void absent(int index) {
                token.state = State.ABSENT;
            }

            @Override
            public void found(int index, Item found) {
                token.keep(found);
            }
        });
        return token;
    }

    boolean isFor(Key other) {
        return key.hash() == other.hash()
                && key.space() == other.space()
                && key.bytes().contentEquals(other.bytes());
    }

    /** Whether nobody is left who could use what a read would find. What nobody ever waited for is read for L1's sake. */
    boolean isInVain() {
        return waiters.isEmpty() ? wasLeft : waiters.stream().allMatch(Fetch::isDenied);
    }

    /** Whether somebody who waits may have an item kept; those who may not are denied. */
    boolean isAdmitted(long bytes, boolean isRoom, long beyondMax) {
        for (Fetch fetch : waiters) {
            if (fetch.admits(bytes, isRoom, beyondMax)) {
                return true;
            }
        }
        waiters.forEach(Fetch::deny);
        return waiters.isEmpty();
    }

    /** Points {@code into} at the item that was kept. */
    void view(Item into) {
        if (item == null) {
            throw new IllegalStateException("nothing kept");
        }
        if (chunks != null) {
            into.wrapLarge(item, 0, chunks, chunkShift, largeLength, pin);
        } else {
            into.wrap(item, 0);
        }
    }

    /** Bytes of memory that keeping an item takes: the last chunk of a large one is as long as the others. */
    static long bytes(Item found) {
        Slice value = found.value(new Slice());
        long valueBytes = value.isChunked() ? (long) value.runCount() << value.chunkShift() : value.length();
        return ItemHeader.prefixBytes(found.header()) + found.keyLength() + valueBytes;
    }

    /** Keeps a copy of an item; the chunks of a large one are shared. */
    void keep(Item found) {
        Slice value = found.value(new Slice());
        int prefix = ItemHeader.prefixBytes(found.header()) + found.keyLength();
        ByteBuffer copy = ByteBuffer.allocateDirect(prefix + (value.isChunked() ? 0 : value.length()));
        copy.put(0, found.buffer(), found.offset(), copy.capacity());
        item = copy;
        keptBytes = bytes(found);
        if (value.isChunked()) {
            chunks = new ByteBuffer[value.runCount()];
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = value.runBuffer(i);
            }
            chunkShift = value.chunkShift();
            largeLength = value.length();
            pin = value.pin();
            if (pin != null) {
                pin.retain();
            }
        }
    }

    /** Nobody looks at the item any more, but for those who pinned it. */
    void letGo() {
        if (item != null) {
            // Nothing else tells the collector of it: a client that reads cold values over and over would make the
            // process grow to the limit of direct memory.
            Chunks.drop(item.capacity());
        }
        item = null;
        chunks = null;
        if (pin != null) {
            pin.release();
            pin = null;
        }
    }
}
