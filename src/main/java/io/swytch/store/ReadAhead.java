package io.swytch.store;

import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.l2.FetchVisitor;
import io.swytch.store.l2.L2ClosedException;
import io.swytch.store.l2.L2Exception;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What L2 holds of the next few keys of a command that goes through very many: read together, while no stripe is held, and forgotten when the
 * next few are read. So a million cold keys need no more memory than these.
 *
 * <p>It says nothing of what is written after {@link #read}: whoever asks knows that nobody has written the key since, or throws away what came of it.
 *
 * <p>Threads: a command's in the background.
 */
public final class ReadAhead {
    /** Of {@link #look}: nothing is known. */
    public static final int UNKNOWN = -1;

    /** Keys that are read together; of those with values fewer, for each may be large. */
    private static final int HEADS = 256;

    private static final int VALUES = 64;

    private final Store store;
    private final boolean wantsValues;

    private boolean isAlone;

    private final List<Key> keys = new ArrayList<>();
    private final int[] indexes = new int[HEADS];

    /** By number of the key after the first: what was found, and where in the arena. */
    private final int[] states = new int[HEADS];

    private final int[] offsets = new int[HEADS];
    private final @Nullable FillToken[] kept = new FillToken[HEADS];
    private final Key[] copies = new Key[HEADS];
    private final Item probe = new Item();
    private ByteBuffer arena = ByteBuffer.allocateDirect(HEADS * 64);
    private int end;
    private int current;
    private long currentHash;

    /**
     * For one command.
     *
     * @param wantsValues whether values are read too; else items that are shown have none that could be looked at
     */
    public ReadAhead(Store store, boolean wantsValues) {
        this.store = store;
        this.wantsValues = wantsValues;
        for (int i = 0; i < HEADS; i++) {
            copies[i] = new Key();
        }
    }

    /** How many keys it takes at a time. */
    public int size() {
        return wantsValues ? VALUES : HEADS;
    }

    /** Says that nobody else can write the keys from now on. */
    public void setAlone() {
        isAlone = true;
    }

    /** Whether nobody else can write the keys, so that what was read of one is what is there. */
    public boolean isAlone() {
        return isAlone;
    }

    /** Forgets what was read. */
    public void clear() {
        keys.clear();
        Arrays.fill(states, UNKNOWN);
        for (int i = 0; i < HEADS; i++) {
            FillToken token = kept[i];
            if (token != null) {
                token.letGo();
                kept[i] = null;
            }
        }
        end = 0;
    }

    /** Says that the key with this number is nowhere. */
    public void setAbsent(int number) {
        states[number] = Store.ABSENT;
    }

    /** Notes a key to be read, unless L1 has it. The key is copied, its bytes are not. Holds no stripe. */
    public void want(int number, Key key) {
        store.lock(key.hash());
        try {
            if (store.shard(key.hash()).find(key, probe, false)) {
                return;
            }
        } finally {
            store.unlock(key.hash());
        }
        indexes[keys.size()] = number;
        keys.add(copies[number].set(key));
    }

    /** Reads what has been noted. Holds no stripe; {@code @Blocking}. */
    public void read() {
        Tier tier = store.tier();
        if (keys.isEmpty() || tier == null) {
            return;
        }
        FetchVisitor taking = new FetchVisitor() {
            @Override
            public void absent(int index) {
                states[indexes[index]] = Store.ABSENT;
            }

            @Override
            public void found(int index, Item item) {
                take(indexes[index], item);
            }
        };
        try {
            tier.l2().get(keys, wantsValues, taking);
        } catch (L2Exception | L2ClosedException e) {
            throw StoreReadException.of(e);
        }
    }

    private void take(int number, Item item) {
        states[number] = Store.FETCHED;
        if (item.isLarge()) {
            FillToken token = new FillToken(copies[number]);
            token.keep(item);
            kept[number] = token;
            return;
        }
        int bytes = ItemHeader.prefixBytes(item.header()) + (wantsValues ? item.valueLength() : 0);
        if (arena.capacity() - end < bytes) {
            // A multiple of 8, as the end is: it is never beyond.
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(2 * arena.capacity(), end + (bytes + 7 & ~7)));
            larger.put(0, arena, 0, end);
            arena = larger;
        }
        arena.put(end, item.buffer(), item.offset(), bytes);
        offsets[number] = end;
        end += bytes + 7 & ~7;
    }

    /** Says which key is looked at next. */
    public void turnTo(int number, Key key) {
        current = number;
        currentHash = key.hash();
    }

    /** What has been read of the key whose turn it is: {@link Store#ABSENT}, {@link Store#FETCHED}, shown in {@code into}, or {@link #UNKNOWN}. */
    public int look(Key key, Item into) {
        if (key.hash() != currentHash || states[current] != Store.FETCHED) {
            return key.hash() == currentHash ? states[current] : UNKNOWN;
        }
        FillToken token = kept[current];
        if (token != null) {
            token.view(into);
        } else {
            into.wrap(arena, offsets[current]);
        }
        return Store.FETCHED;
    }

    /** Whether the key with this number was found to be nowhere. */
    public boolean isAbsent(int number) {
        return states[number] == Store.ABSENT;
    }
}
