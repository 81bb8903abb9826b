package io.swytch.store.item;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A view of one item, wherever its bytes lie; reused, not allocated. Layout: {@link ItemHeader}.
 *
 * <p>Valid until the shard that it was found in changes or is unlocked. Threads: one at a time.
 */
public final class Item {
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(8);

    private ByteBuffer buffer = NOTHING;
    private int offset;
    private long header;
    private int keyOffset;
    private int keyLength;
    private int valueLength;
    private ByteBuffer @Nullable [] chunks;
    private int chunkShift;
    private @Nullable Pin pin;

    /** Points this view at an item whose key and value follow its header. */
    public Item wrap(ByteBuffer buffer, int offset) {
        this.buffer = buffer;
        this.offset = offset;
        header = (long) Slice.LONG.get(buffer, offset);
        chunks = null;
        pin = null;
        keyOffset = offset + ItemHeader.prefixBytes(header);
        if (ItemHeader.isWide(header)) {
            keyLength = (int) Slice.INT.get(buffer, keyOffset - 8);
            valueLength = (int) Slice.INT.get(buffer, keyOffset - 4);
        } else {
            keyLength = ItemHeader.keyLength(header);
            valueLength = ItemHeader.valueLength(header);
        }
        return this;
    }

    /** As {@link #wrap}, for an entry whose value lies in chunks elsewhere. */
    public Item wrapLarge(
            ByteBuffer buffer, int offset, ByteBuffer[] chunks, int chunkShift, int valueLength, @Nullable Pin pin) {
        wrap(buffer, offset);
        this.chunks = chunks;
        this.chunkShift = chunkShift;
        this.valueLength = valueLength;
        this.pin = pin;
        return this;
    }

    /** Makes this view show what {@code other} shows. */
    public Item set(Item other) {
        buffer = other.buffer;
        offset = other.offset;
        header = other.header;
        keyOffset = other.keyOffset;
        keyLength = other.keyLength;
        valueLength = other.valueLength;
        chunks = other.chunks;
        chunkShift = other.chunkShift;
        pin = other.pin;
        return this;
    }

    public long header() {
        return header;
    }

    /** One of {@link ItemType}. */
    public int type() {
        return ItemHeader.type(header);
    }

    public boolean isTombstone() {
        return type() == ItemType.TOMBSTONE;
    }

    /** One of {@link ItemHeader#ENCODING_AUTO}, {@code ENCODING_STRING}, {@code ENCODING_RAW}. */
    public int encoding() {
        return ItemHeader.encoding(header);
    }

    /** When the item expires, in milliseconds since 1970; 0 if never. */
    public long expireAtMs() {
        return ItemHeader.hasExpire(header) ? (long) Slice.LONG.get(buffer, offset + ItemHeader.BYTES) : 0;
    }

    /** Whether its time has run out at {@code nowMs}. */
    public boolean isExpired(long nowMs) {
        return ItemHeader.hasExpire(header) && expireAtMs() <= nowMs;
    }

    /** Bytes of the value. */
    public int valueLength() {
        return valueLength;
    }

    public int keyLength() {
        return keyLength;
    }

    /** Whether the value lies outside the entry, in chunks. */
    public boolean isLarge() {
        return chunks != null;
    }

    /** Points {@code into} at the value. Returns {@code into}. */
    public Slice value(Slice into) {
        return chunks == null
                ? into.set(buffer, keyOffset + keyLength, valueLength)
                : into.setChunks(chunks, chunkShift, valueLength, pin);
    }

    /** Points {@code into} at the key. Returns {@code into}. */
    public Slice key(Slice into) {
        return into.set(buffer, keyOffset, keyLength);
    }

    /** The memory that holds the item. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Where the header begins in {@link #buffer}. */
    public int offset() {
        return offset;
    }
}
