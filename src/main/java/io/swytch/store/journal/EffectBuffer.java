package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Gathers the effects of one command, EXEC or script, which {@link Journal#append} then takes as one unit; on the way of SET, so nothing
 * is allocated in steady state.
 *
 * <p>Effects lie in pieces of 256 KiB in the journal's own format: a small unit is copied from the one piece into the journal's, a
 * large one hands its pieces over. The fixed part of an effect never lies across two pieces; keys and values may. Threads: its loop.
 */
public final class EffectBuffer {
    private static final int START = RecordFormat.HEADER_BYTES + RecordFormat.UNIT_HEADER_BYTES;

    private final ArrayList<Chunk> chunks = new ArrayList<>();
    private final Slice valueView = new Slice();
    private Chunk first;
    private Chunk tail;

    /** Bytes in the pieces before the tail. */
    private long bytesBefore;

    /** Where the effect that was begun last begins: as many pieces there were, that was the tail's fill, and so many bytes before it. */
    private int begunIn = 1;

    private int begunAt = START;
    private long begunAfter;

    public EffectBuffer() {
        first = begin(Chunk.take());
        tail = first;
    }

    private Chunk begin(Chunk chunk) {
        chunk.fill = START;
        chunks.add(chunk);
        return chunk;
    }

    /** The key now holds the item, whose expiry, encoding and value are taken as they are; L1's own header bits are not. */
    public void put(Key key, Item item) {
        put(key, item.type(), item.encoding(), item.expireAtMs(), item.value(valueView));
    }

    /**
     * The key now holds a value.
     *
     * @param type one of {@link io.swytch.store.item.ItemType}
     * @param encoding the encoding hint of {@link ItemHeader}
     * @param expireAtMs milliseconds since 1970, or 0 for never
     * @param value of any size, in chunks or not; copied
     */
    public void put(Key key, int type, int encoding, long expireAtMs, Slice value) {
        int keyLength = key.length();
        int valueLength = value.length();
        long header = ItemHeader.of(type, encoding, expireAtMs != 0, keyLength, valueLength);
        int at = reserve(5 + ItemHeader.prefixBytes(header));
        ByteBuffer buffer = tail.buffer;
        begin(buffer, at, RecordFormat.PUT, key.space());
        Slice.LONG.set(buffer, at + 5, header);
        at += 5 + ItemHeader.BYTES;
        if (expireAtMs != 0) {
            Slice.LONG.set(buffer, at, expireAtMs);
            at += 8;
        }
        if (ItemHeader.isWide(header)) {
            Slice.INT.set(buffer, at, keyLength);
            Slice.INT.set(buffer, at + 4, valueLength);
        }
        copy(key.bytes());
        copy(value);
    }

    /**
     * As {@link #put(Key, int, int, long, Slice)}, of a value that {@link Journal#stage} has taken already.
     *
     * @param id what {@link Journal#beginStage} returned
     */
    public void putStaged(Key key, int type, int encoding, long expireAtMs, long id, int valueLength) {
        int keyLength = key.length();
        long header = ItemHeader.of(type, encoding, expireAtMs != 0, keyLength, valueLength);
        int at = reserve(13 + ItemHeader.prefixBytes(header));
        ByteBuffer buffer = tail.buffer;
        begin(buffer, at, RecordFormat.PUT_STAGED, key.space());
        Slice.LONG.set(buffer, at + 5, id);
        at += 13;
        Slice.LONG.set(buffer, at, header);
        at += ItemHeader.BYTES;
        if (expireAtMs != 0) {
            Slice.LONG.set(buffer, at, expireAtMs);
            at += 8;
        }
        if (ItemHeader.isWide(header)) {
            Slice.INT.set(buffer, at, keyLength);
            Slice.INT.set(buffer, at + 4, valueLength);
        }
        copy(key.bytes());
    }

    /** As {@link #patch}, of bytes that {@link Journal#stage} has taken already. */
    public void patchStaged(Key key, int offset, long id) {
        int at = reserve(21);
        ByteBuffer buffer = tail.buffer;
        begin(buffer, at, RecordFormat.PATCH_STAGED, key.space());
        Slice.INT.set(buffer, at + 5, key.length());
        Slice.INT.set(buffer, at + 9, offset);
        Slice.LONG.set(buffer, at + 13, id);
        copy(key.bytes());
    }

    /** More bytes of what is staged under an id. */
    void stage(long id, Slice bytes) {
        int at = reserve(13);
        begin(tail.buffer, at, RecordFormat.STAGE, bytes.length());
        Slice.LONG.set(tail.buffer, at + 5, id);
        copy(bytes);
    }

    /** The key is gone. */
    public void delete(Key key) {
        int at = reserve(9);
        begin(tail.buffer, at, RecordFormat.DELETE, key.space());
        Slice.INT.set(tail.buffer, at + 5, key.length());
        copy(key.bytes());
    }

    /** The key now expires at {@code atMs}; 0 is never. */
    public void expire(Key key, long atMs) {
        int at = reserve(17);
        ByteBuffer buffer = tail.buffer;
        begin(buffer, at, RecordFormat.EXPIRE, key.space());
        Slice.INT.set(buffer, at + 5, key.length());
        Slice.LONG.set(buffer, at + 9, atMs);
        copy(key.bytes());
    }

    /** The string at the key now holds {@code bytes} from {@code offset} on. */
    public void patch(Key key, int offset, Slice bytes) {
        int at = reserve(17);
        ByteBuffer buffer = tail.buffer;
        begin(buffer, at, RecordFormat.PATCH, key.space());
        Slice.INT.set(buffer, at + 5, key.length());
        Slice.INT.set(buffer, at + 9, offset);
        Slice.INT.set(buffer, at + 13, bytes.length());
        copy(key.bytes());
        copy(bytes);
    }

    /** Which space each database lives in, and the next one to be given out. */
    public void spaces(int[] spaceOfDb, int nextSpace) {
        int at = reserve(9 + 4 * spaceOfDb.length);
        ByteBuffer buffer = tail.buffer;
        begin(buffer, at, RecordFormat.SPACES, nextSpace);
        Slice.INT.set(buffer, at + 5, spaceOfDb.length);
        for (int db = 0; db < spaceOfDb.length; db++) {
            Slice.INT.set(buffer, at + 9 + 4 * db, spaceOfDb[db]);
        }
    }

    public boolean isEmpty() {
        return bytes() == 0;
    }

    /** Bytes of the effects gathered. */
    public long bytes() {
        return bytesBefore + tail.payloadBytes() - RecordFormat.UNIT_HEADER_BYTES;
    }

    /** Forgets all effects. */
    public void clear() {
        if (tail != first) {
            for (int i = chunks.size() - 1; i > 0; i--) {
                Chunk.give(chunks.remove(i));
            }
            tail = first;
            bytesBefore = 0;
        }
        first.fill = START;
    }

    private static void begin(ByteBuffer buffer, int at, int kind, int word) {
        buffer.put(at, (byte) kind);
        Slice.INT.set(buffer, at + 1, word);
    }

    /** Makes room for the fixed part of an effect in one piece, and counts it in. Returns where it begins. */
    private int reserve(int bytes) {
        if (bytes > RecordFormat.PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException("effect too wide: " + bytes);
        }
        begunIn = chunks.size();
        begunAt = tail.fill;
        begunAfter = bytesBefore;
        if (tail.room() < bytes) {
            grow();
        }
        int at = tail.fill;
        tail.fill = at + bytes;
        return at;
    }

    private void copy(Slice bytes) {
        int length = bytes.length();
        if (length <= tail.room()) {
            bytes.copyTo(0, tail.buffer, tail.fill, length);
            tail.fill += length;
            return;
        }
        for (int from = 0; from < length; ) {
            if (tail.room() == 0) {
                grow();
            }
            int n = Math.min(tail.room(), length - from);
            bytes.copyTo(from, tail.buffer, tail.fill, n);
            tail.fill += n;
            from += n;
        }
    }

    private void grow() {
        Chunk next;
        try {
            next = Chunk.take();
        } catch (OutOfMemoryError e) {
            // What is published after this must not hold half an effect.
            cutBack();
            throw e;
        }
        bytesBefore += tail.payloadBytes();
        tail = next;
        tail.continues = true;
        chunks.add(tail);
    }

    /** Forgets the effect that was begun last. */
    private void cutBack() {
        while (chunks.size() > begunIn) {
            Chunk.give(chunks.remove(chunks.size() - 1));
        }
        tail = chunks.get(begunIn - 1);
        tail.fill = begunAt;
        bytesBefore = begunAfter;
    }

    /** Fills in the unit's length. Returns the first piece. */
    Chunk sealed() {
        Slice.LONG.set(first.buffer, RecordFormat.HEADER_BYTES, bytes());
        return first;
    }

    boolean isOneChunk() {
        return tail == first;
    }

    /** Moves all pieces to the end of {@code target}; this buffer is empty then. */
    void handOver(List<Chunk> target) {
        // Before anything is handed over: memory may be out.
        Chunk fresh = Chunk.take();
        target.addAll(chunks);
        chunks.clear();
        bytesBefore = 0;
        first = begin(fresh);
        tail = first;
    }
}
