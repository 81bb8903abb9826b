package io.swytch.store;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2ClosedException;
import io.swytch.store.l2.L2Exception;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * How many keys each space has over both tiers, exactly.
 *
 * <p>L2 is asked for its count never: it is kept beside L2's data, changed by each drain in the same atomic step. L1 counts what has changed
 * since the start. A write that did not look (SET of a key that is only on disk) is counted as a new key until somebody asks or a drain
 * finds out, by L2's filters, that it was not.
 *
 * <p>Threads: any.
 */
public final class KeyCounts {
    private static final int BATCH = 512;

    private final L1 l1;
    private final L2 l2;
    private final Spaces spaces;

    /** Keys of each space in L2, as of the last drain. */
    private final Map<Integer, Long> inL2 = new ConcurrentSkipListMap<>();

    /** Keys of each space when the store was opened, before the replay, less those that drains found to have been counted twice. */
    private final Map<Integer, Long> atStart = new TreeMap<>();

    KeyCounts(L1 l1, L2 l2, Spaces spaces) {
        this.l1 = l1;
        this.l2 = l2;
        this.spaces = spaces;
    }

    /** Takes over what {@link #toBytes} said. */
    void restore(byte @Nullable [] bytes) {
        synchronized (atStart) {
            inL2.clear();
            atStart.clear();
            ByteBuffer in = ByteBuffer.wrap(bytes == null ? new byte[0] : bytes);
            while (in.hasRemaining()) {
                int space = in.getInt();
                long keys = in.getLong();
                inL2.put(space, keys);
                atStart.put(space, keys);
            }
        }
    }

    /** The counts of live spaces with {@code changes} added, for L2's meta. */
    byte[] toBytes(Map<Integer, Long> changes) {
        ByteBuffer out = ByteBuffer.allocate(12 * spaces.databases());
        for (int space : spaces.map()) {
            long keys = inL2.getOrDefault(space, 0L) + changes.getOrDefault(space, 0L);
            if (keys != 0) {
                out.putInt(space).putLong(keys);
            }
        }
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /**
     * A drain has put its changes into L2.
     *
     * @param notNew how many keys of each space L1 counted as new, and L2 had
     */
    void drained(Map<Integer, Long> changes, Map<Integer, Long> notNew) {
        changes.forEach((space, change) -> inL2.merge(space, change, Long::sum));
        synchronized (atStart) {
            notNew.forEach((space, count) -> atStart.merge(space, -count, Long::sum));
        }
    }

    /** Keys of a space in L2, as of the last drain. */
    long inL2(int space) {
        return inL2.getOrDefault(space, 0L);
    }

    /** Keys of all databases in L2, as of the last drain; expired ones that nobody has noticed included. */
    long inL2() {
        long keys = 0;
        for (int space : spaces.map()) {
            keys += inL2.getOrDefault(space, 0L);
        }
        return keys;
    }

    /** Live keys of a space, with keys that were written without a look counted as new. */
    public long tentative(int space) {
        synchronized (atStart) {
            return atStart.getOrDefault(space, 0L) + l1.keys(space);
        }
    }

    /** Live keys of a space. Asks L2's filters, and where these do not know its files. Takes stripes itself. */
    long exact(int space) {
        if (l1.unknownKeys(space) > 0) {
            resolve(space);
        }
        return tentative(space);
    }

    /** Finds out of every key that was written without a look whether L2 has it. */
    private void resolve(int space) {
        List<Key> batch = new ArrayList<>();
        Slice slice = new Slice();
        for (int i = 0; i < l1.shardCount(); i++) {
            long hash = Walk.firstHash(l1, i);
            while (hash != Shard.DONE) {
                batch.clear();
                Shard shard = l1.shard(i);
                shard.lock();
                try {
                    hash = shard.walk(hash, space, BATCH, (item, keyHash) -> {
                        if (ItemHeader.l2State(item.header()) == ItemHeader.L2_UNKNOWN) {
                            batch.add(new Key().set(Slice.copyOf(item.key(slice).toByteArray()), space, keyHash));
                        }
                    });
                } finally {
                    shard.unlock();
                }
                settle(shard, batch);
            }
        }
    }

    private void settle(Shard shard, List<Key> batch) {
        if (batch.isEmpty()) {
            return;
        }
        BitSet there;
        try {
            there = l2.exists(batch);
        } catch (L2Exception | L2ClosedException e) {
            throw StoreReadException.of(e);
        }
        Item item = new Item();
        shard.lock();
        try {
            for (int i = 0; i < batch.size(); i++) {
                Key key = batch.get(i);
                // A drain may have put it into L2 since, or a client taken it away: then the answer is of no use.
                if (shard.find(key, item, false) && ItemHeader.l2State(item.header()) == ItemHeader.L2_UNKNOWN) {
                    shard.setL2State(key, there.get(i) ? ItemHeader.L2_HAS : ItemHeader.L2_NONE);
                }
            }
        } finally {
            shard.unlock();
        }
    }
}
