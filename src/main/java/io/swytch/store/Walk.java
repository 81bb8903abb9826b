package io.swytch.store;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.l1.L1;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.L2ClosedException;
import io.swytch.store.l2.L2Exception;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A step of SCAN: some keys of one space, in the order of the top 48 bits of their hash, over both tiers.
 *
 * <p>A stretch of hashes is read from L1 first and from L2 after. A key that is there all the time is then told: if L1 does not show it, it
 * had been evicted, so it was drained before, and L2, read later, has it. The other way round a drain and an eviction between the two
 * reads would hide it. What L1 says of a key, deletion included, overrules what L2 says.
 *
 * <p>Threads: any, each one walk at a time; takes stripes itself, one at a time, for a bounded number of entries.
 */
final class Walk {
    /** Cursors are hashes without their low 16 bits, so that any client's integers hold them. */
    private static final int CURSOR_SHIFT = 16;

    private static final long END = 1L << Long.SIZE - CURSOR_SHIFT;

    /** Entries that are looked at while a stripe is held: others wait for no more, whatever COUNT a client asks for. */
    private static final int LOCKED_MAX = 1024;

    /** Keys of one stretch, whatever COUNT a client asks for: what is known of them fits the processor's cache. */
    private static final int STRETCH_KEYS = 4096;

    /** Keys that a call's later stretches ask for at least: the few that the ones before fell short by are not looked for one by one. */
    private static final int LATER_KEYS_MIN = 256;

    /** How often RANDOMKEY tries another place before it walks on from where it is. */
    private static final int RANDOM_TRIES = 16;

    private static final ThreadLocal<WalkedKeys> SPARE = ThreadLocal.withInitial(WalkedKeys::new);

    private final L1 l1;
    private final @Nullable Tier tier;
    private final int space;
    private final long nowMs;

    /** The keys of the stretch; from L1 also those that are there no more, where there is an L2 to overrule. */
    private final WalkedKeys keys = SPARE.get();

    /** How many of them are there for a client. */
    private int found;

    private final Slice key = new Slice();

    Walk(L1 l1, @Nullable Tier tier, int space, long nowMs) {
        this.l1 = l1;
        this.tier = tier;
        this.space = space;
        this.nowMs = nowMs;
    }

    /** Tells {@code visitor} of about {@code count} keys from {@code cursor} on. Returns the next cursor, or 0 at the end. */
    long run(long cursor, int count, Store.Visitor visitor) {
        long from = Math.min(cursor, END - 1);
        // Where much has expired a stretch may tell of few: a call does not go on for ever because of it.
        int stretches = 2 * ((count - 1) / STRETCH_KEYS) + 1;
        for (int told = 0; told < count && from < END && stretches > 0; stretches--) {
            int wanted = told == 0 ? count : Math.max(count - told, LATER_KEYS_MIN);
            from = stretch(from, Math.min(wanted, STRETCH_KEYS), visitor);
            told += found;
        }
        return from >= END ? 0 : from;
    }

    /** Tells of the next stretch. Returns the first place behind it. */
    private long stretch(long from, int count, Store.Visitor visitor) {
        keys.clear();
        found = 0;
        long end = readL1(from, count);
        if (tier != null) {
            end = Math.min(end, readL2(from, count, end));
        }
        found = 0;
        for (int i = 0; i < keys.count(); i++) {
            if (keys.isThere(i) && keys.hash(i) >>> CURSOR_SHIFT < end) {
                found++;
                visitor.visit(keys.key(i, key), keys.type(i));
            }
        }
        return end;
    }

    /** The first hash that belongs to a shard. */
    static long firstHash(L1 l1, int shard) {
        int bits = Integer.numberOfTrailingZeros(l1.shardCount());
        return bits == 0 ? 0 : (long) shard << Long.SIZE - bits;
    }

    /** Reads L1 from a place on. Returns the first place that was not read. */
    private long readL1(long from, int count) {
        long hash = from << CURSOR_SHIFT;
        int shardIndex = l1.shardIndex(hash);
        while (shardIndex < l1.shardCount()) {
            Shard shard = l1.shard(shardIndex);
            shard.lock();
            long next;
            try {
                next = shard.walk(hash, space, Math.max(1, Math.min(LOCKED_MAX, count - found)), this::seeL1);
            } finally {
                shard.unlock();
            }
            if (next == Shard.DONE) {
                if (++shardIndex == l1.shardCount()) {
                    return END;
                }
                hash = firstHash(l1, shardIndex);
            } else {
                hash = next;
            }
            if (found >= count) {
                return hash >>> CURSOR_SHIFT;
            }
        }
        return END;
    }

    private void seeL1(Item item, long hash) {
        boolean isThere = !item.isTombstone() && !item.isExpired(nowMs);
        if (isThere) {
            found++;
        }
        if (isThere || tier != null) {
            keys.add(hash, item.key(key), isThere ? item.type() : ItemType.TOMBSTONE);
        }
    }

    /** Reads L2 from a place on, as far as L1 was read. Returns the first place that was not read. */
    private long readL2(long from, int count, long end) {
        if (tier == null) {
            return END;
        }
        long next;
        try {
            next = tier.l2().scan(space, from << CURSOR_SHIFT, count, (Key below, int type, long expireAtMs) -> {
                boolean isOver = below.hash() >>> CURSOR_SHIFT >= end || (expireAtMs != 0 && expireAtMs <= nowMs);
                if (!isOver && !keys.contains(below)) {
                    keys.add(below.hash(), below.bytes(), type);
                }
            });
        } catch (L2Exception | L2ClosedException e) {
            throw StoreReadException.of(e);
        }
        return next == 0 ? END : next >>> CURSOR_SHIFT;
    }

    /** Some key: the first from a random place on. */
    @Nullable
    Bytes random() {
        Bytes[] key = new Bytes[1];
        for (int i = 0; i < RANDOM_TRIES && key[0] == null; i++) {
            run(ThreadLocalRandom.current().nextLong(END), 1, (slice, type) -> key[0] = slice.toBytes());
        }
        for (long cursor = 0; key[0] == null; ) {
            cursor = run(cursor, 64, (slice, type) -> key[0] = slice.toBytes());
            if (cursor == 0) {
                break;
            }
        }
        return key[0];
    }
}
