package io.swytch.keyspace;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A keyspace over plain maps, so that handlers can be tested without a store: no tiers, no eviction, no locks.
 *
 * <p>Items lie in direct buffers as {@link ItemHeader} lays them out. Values longer than a set limit lie in chunks, so that handlers meet
 * those too. Threads: one at a time.
 */
public final class MapKeyspace extends Keyspace {
    private final Clock clock;
    private final int largeBytesMin;
    private final int chunkShift;
    private final KeyHash hash = new KeyHash(42);
    private final int[] spaces;
    private int lastSpace;
    private final Map<Integer, Map<Bytes, Entry>> content = new HashMap<>();
    private final Map<Place, Long> touches = new HashMap<>();
    private long hits;
    private long misses;

    private record Place(int space, Bytes key) {}

    private static final class Entry {
        final ByteBuffer buffer;
        final ByteBuffer @Nullable [] chunks;
        final int chunkShift;
        final int valueLength;
        final long keyHash;

        Entry(ByteBuffer buffer, ByteBuffer @Nullable [] chunks, int chunkShift, int valueLength, long keyHash) {
            this.buffer = buffer;
            this.chunks = chunks;
            this.chunkShift = chunkShift;
            this.valueLength = valueLength;
            this.keyHash = keyHash;
        }

        Item item() {
            return chunks == null
                    ? new Item().wrap(buffer, 0)
                    : new Item().wrapLarge(buffer, 0, chunks, chunkShift, valueLength, null);
        }
    }

    private static final class Token extends WatchToken {
        final int db;
        final Place place;
        final long touches;
        final boolean present;

        Token(int db, Place place, long touches, boolean present) {
            this.db = db;
            this.place = place;
            this.touches = touches;
            this.present = present;
        }
    }

    /** Sixteen databases; values lie in one piece. */
    public MapKeyspace(Clock clock) {
        this(clock, Integer.MAX_VALUE, 20);
    }

    /**
     * As {@link #MapKeyspace(Clock)}, with large values in chunks.
     *
     * @param largeBytesMin values of this many bytes or more lie in chunks
     * @param chunkShift a chunk's bytes as a power of two
     */
    public MapKeyspace(Clock clock, int largeBytesMin, int chunkShift) {
        this.clock = clock;
        this.largeBytesMin = largeBytesMin;
        this.chunkShift = chunkShift;
        spaces = new int[16];
        for (int db = 0; db < spaces.length; db++) {
            flush(db);
        }
    }

    /** Looks that found something, counted by {@link #find} and {@link #string}. */
    public long hits() {
        return hits;
    }

    /** Looks that found nothing. */
    public long misses() {
        return misses;
    }

    @Override
    public long nowMs() {
        return clock.millis();
    }

    @Override
    public int databases() {
        return spaces.length;
    }

    @Override
    public Key key(int db, Slice bytes, Key into) {
        return into.set(bytes, spaces[db], hash);
    }

    @Override
    public @Nullable Item find(Key key) {
        Item item = peek(key);
        if (item == null) {
            misses++;
        } else {
            hits++;
        }
        return item;
    }

    @Override
    public @Nullable Item peek(Key key) {
        Entry entry = live(place(key));
        return entry == null ? null : entry.item();
    }

    @Override
    public @Nullable Item string(Key key) {
        Item item = find(key);
        if (item != null && item.type() != ItemType.STRING) {
            throw WrongTypeException.INSTANCE;
        }
        return item;
    }

    @Override
    public void putString(Key key, Slice value, int encoding, long expireAtMs) {
        put(key, ItemType.STRING, encoding, value.toByteArray(), expireAtMs);
    }

    @Override
    public void putLong(Key key, long value, long expireAtMs) {
        byte[] text = new byte[Numbers.length(value)];
        ByteBuffer buffer = ByteBuffer.allocateDirect(Numbers.LONG_BYTES_MAX);
        Numbers.write(value, buffer, 0);
        buffer.get(0, text);
        put(key, ItemType.STRING, ItemHeader.ENCODING_AUTO, text, expireAtMs);
    }

    @Override
    public void patchString(Key key, int offset, Slice bytes) {
        Item old = string(key);
        byte[] before = old == null ? new byte[0] : old.value(new Slice()).toByteArray();
        byte[] after = Arrays.copyOf(before, Math.max(before.length, offset + bytes.length()));
        bytes.copyTo(0, after, offset, bytes.length());
        put(key, ItemType.STRING, ItemHeader.ENCODING_RAW, after, old == null ? 0 : old.expireAtMs());
    }

    @Override
    public void makeRaw(Key key) {
        Item old = peek(key);
        if (old != null && !Encodings.nameOf(old).equals("raw")) {
            long before = touches.getOrDefault(place(key), 0L);
            patchString(key, 0, new Slice());
            touches.put(place(key), before);
        }
    }

    @Override
    public void putItem(Key target, Item source, long expireAtMs) {
        put(target, source.type(), source.encoding(), source.value(new Slice()).toByteArray(), expireAtMs);
    }

    /** Makes {@code key} hold something of type {@code type}, for tests of wrong types. */
    public void putOther(Key key, int type) {
        put(key, type, ItemHeader.ENCODING_AUTO, new byte[] {1}, 0);
    }

    @Override
    public boolean delete(Key key) {
        Place place = place(key);
        boolean was = live(place) != null;
        if (was) {
            remove(place);
            touch(place);
        }
        return was;
    }

    @Override
    public void expireAt(Key key, long atMs) {
        Item item = peek(key);
        if (item != null) {
            putItem(key, item, atMs);
        }
    }

    @Override
    public long averageTtlMs(int db) {
        return 0;
    }

    @Override
    public double staleShare(int db) {
        return 0;
    }

    @Override
    public long idleSeconds(Key key) {
        return 7;
    }

    @Override
    public int frequency(Key key) {
        return live(place(key)) == null ? 0 : 5;
    }

    @Override
    public long memoryBytes(Key key) {
        Entry entry = live(place(key));
        return entry == null ? 0 : entry.buffer.capacity() + (entry.chunks == null ? 0L : entry.valueLength);
    }

    @Override
    public WatchToken watch(Key key) {
        Place place = place(key);
        int db = 0;
        while (spaces[db] != place.space) {
            db++;
        }
        return new Token(db, place, touches.getOrDefault(place, 0L), live(place) != null);
    }

    @Override
    public boolean isUntouched(WatchToken token) {
        Token watched = (Token) token;
        int space = spaces[watched.db];
        if (space != watched.place.space) {
            return !watched.present && live(new Place(space, watched.place.key)) == null;
        }
        return touches.getOrDefault(watched.place, 0L) == watched.touches
                && (live(watched.place) != null) == watched.present;
    }

    @Override
    public void unwatch(WatchToken token) {
        // A token holds nothing here.
    }

    @Override
    public long size(int db) {
        return map(spaces[db]).size();
    }

    @Override
    public long aboutSize(int db) {
        return size(db);
    }

    @Override
    public long expiringKeys(int db) {
        return map(spaces[db]).values().stream()
                .filter(entry -> entry.item().expireAtMs() != 0)
                .count();
    }

    @Override
    public long scan(int db, long cursor, int count, KeyVisitor visitor) {
        TreeMap<Long, List<Bytes>> inHashOrder = new TreeMap<>();
        map(spaces[db])
                .forEach((key, entry) -> inHashOrder
                        .computeIfAbsent(entry.keyHash >>> 16, h -> new ArrayList<>())
                        .add(key));
        int seen = 0;
        for (Map.Entry<Long, List<Bytes>> bucket : inHashOrder.tailMap(cursor).entrySet()) {
            if (seen >= count) {
                return bucket.getKey();
            }
            bucket.getValue().sort(Comparator.naturalOrder());
            for (Bytes key : bucket.getValue()) {
                seen++;
                Entry entry = live(new Place(spaces[db], key));
                if (entry != null) {
                    visitor.visit(Slice.copyOf(key.toByteArray()), entry.item().type());
                }
            }
        }
        return 0;
    }

    @Override
    public @Nullable Bytes randomKey(int db) {
        for (Bytes key : List.copyOf(map(spaces[db]).keySet())) {
            if (live(new Place(spaces[db], key)) != null) {
                return key;
            }
        }
        return null;
    }

    @Override
    public void flush(int db) {
        content.remove(spaces[db]);
        spaces[db] = ++lastSpace;
    }

    @Override
    public void swap(int db1, int db2) {
        int space = spaces[db1];
        spaces[db1] = spaces[db2];
        spaces[db2] = space;
    }

    @Override
    public void awaitFlushed() {
        // Nothing is left over here.
    }

    private static Place place(Key key) {
        return new Place(key.space(), key.bytes().toBytes());
    }

    private Map<Bytes, Entry> map(int space) {
        return content.computeIfAbsent(space, s -> new HashMap<>());
    }

    private @Nullable Entry live(Place place) {
        Entry entry = map(place.space).get(place.key);
        if (entry == null || !entry.item().isExpired(nowMs())) {
            return entry;
        }
        remove(place);
        return null;
    }

    private void remove(Place place) {
        map(place.space).remove(place.key);
    }

    private void touch(Place place) {
        touches.merge(place, 1L, Long::sum);
    }

    private void put(Key key, int type, int encoding, byte[] value, long expireAtMs) {
        Place place = place(key);
        if (expireAtMs != 0 && expireAtMs <= nowMs()) {
            remove(place);
        } else {
            map(place.space).put(place.key, entry(place.key, key.hash(), type, encoding, value, expireAtMs));
        }
        touch(place);
    }

    private Entry entry(Bytes key, long keyHash, int type, int encoding, byte[] value, long expireAtMs) {
        boolean large = value.length >= largeBytesMin;
        int inEntry = large ? 8 : value.length;
        long header = ItemHeader.of(type, encoding, expireAtMs != 0, key.length(), inEntry);
        int prefix = ItemHeader.prefixBytes(header);
        ByteBuffer buffer = ByteBuffer.allocateDirect(prefix + key.length() + inEntry);
        Slice.LONG.set(buffer, 0, large ? header | ItemHeader.LARGE : header);
        if (expireAtMs != 0) {
            Slice.LONG.set(buffer, ItemHeader.BYTES, expireAtMs);
        }
        if (ItemHeader.isWide(header)) {
            Slice.INT.set(buffer, prefix - 8, key.length());
            Slice.INT.set(buffer, prefix - 4, inEntry);
        }
        buffer.put(prefix, key.toByteArray());
        if (!large) {
            buffer.put(prefix + key.length(), value);
            return new Entry(buffer, null, 0, value.length, keyHash);
        }
        int chunkBytes = 1 << chunkShift;
        ByteBuffer[] chunks = new ByteBuffer[(value.length + chunkBytes - 1) >>> chunkShift];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = ByteBuffer.allocateDirect(chunkBytes);
            int from = i << chunkShift;
            chunks[i].put(0, value, from, Math.min(chunkBytes, value.length - from));
        }
        return new Entry(buffer, chunks, chunkShift, value.length, keyHash);
    }
}
