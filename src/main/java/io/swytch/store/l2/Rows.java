package io.swytch.store.l2;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The rows on disk. These layouts and numbers never change meaning; integers in keys are big-endian, so that bytes sort as numbers do.
 *
 * <pre>
 * family keys    [space u32][hash u64][key]                    → [1][item with key length 0]            value of up to 16 KiB
 *                                                              → [2][item without key and value bytes]  value lies in parts
 *                [space | 0x80000000][hash u64][key][part u16] → bytes of the value, 1 MiB each but the last
 *                [0xFFFFFFFF][name]                            → [1][version u64][bytes]                meta value
 * family expiry  [space u32][expireAtMs u64][hash u64][key]    → nothing
 * family default [name]                                        → [1][version u64][bytes]                meta value
 * </pre>
 *
 * Values in parts stay out of the way of scans, and no row is larger than 1 MiB, so neither RocksDB nor a read needs a large run of memory.
 */
final class Rows {
    static final byte INLINE = 1;
    static final byte PARTED = 2;
    static final byte META = 1;

    static final int SPACE_MAX = 0x7FFF_FFFE;
    static final int PARTS = 0x8000_0000;
    static final int META_SPACE = 0xFFFF_FFFF;

    /** Bytes before the key bytes in a row of keys or parts. */
    static final int PREFIX_BYTES = 12;

    /** Bytes before the key bytes in a row of the expiry family. */
    static final int EXPIRY_PREFIX_BYTES = 20;

    /** The longest value that lies beside its header. */
    static final int INLINE_BYTES_MAX = 16 << 10;

    /** Format byte, header, expiry and wide lengths. */
    static final int HEAD_BYTES_MAX = 1 + ItemHeader.BYTES + 8 + 8;

    static final int META_PREFIX_BYTES = 9;

    private Rows() {}

    /** Writes the row key of an item at index {@code at}, with absolute puts. Returns its length. */
    static int putKey(ByteBuffer target, int at, int space, Key key) {
        Slice.INT.set(target, at, Integer.reverseBytes(space));
        Slice.LONG.set(target, at + 4, Long.reverseBytes(key.hash()));
        key.bytes().copyTo(0, target, at + PREFIX_BYTES, key.length());
        return PREFIX_BYTES + key.length();
    }

    /** As {@link #putKey}, of one part of its value. */
    static int putPartKey(ByteBuffer target, int at, Key key, int part) {
        int length = putKey(target, at, key.space() | PARTS, key);
        target.put(at + length, (byte) (part >>> 8));
        target.put(at + length + 1, (byte) part);
        return length + 2;
    }

    /** Whether an item's value goes into parts. */
    static boolean isParted(int valueLength) {
        return valueLength > INLINE_BYTES_MAX;
    }

    static int partCount(int valueLength) {
        return (valueLength + L2.PART_BYTES - 1) / L2.PART_BYTES;
    }

    /** Bytes of part {@code part}. */
    static int partLength(int valueLength, int part) {
        return Math.min(L2.PART_BYTES, valueLength - part * L2.PART_BYTES);
    }

    /** Writes format byte, header, expiry and lengths of an item at index {@code at}. Returns their length. */
    static int putHead(ByteBuffer target, int at, Item item) {
        int valueLength = item.valueLength();
        long expireAtMs = item.expireAtMs();
        long header = ItemHeader.of(item.type(), item.encoding(), expireAtMs != 0, 0, valueLength);
        target.put(at, isParted(valueLength) ? PARTED : INLINE);
        int i = at + 1;
        Slice.LONG.set(target, i, header);
        i += ItemHeader.BYTES;
        if (expireAtMs != 0) {
            Slice.LONG.set(target, i, expireAtMs);
            i += 8;
        }
        if (ItemHeader.isWide(header)) {
            Slice.INT.set(target, i, 0);
            Slice.INT.set(target, i + 4, valueLength);
            i += 8;
        }
        return i - at;
    }

    /** The row key of a meta value in the family keys. */
    static byte[] metaKey(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + text.length).putInt(META_SPACE).put(text).array();
    }

    static byte[] metaRow(long version, byte[] value) {
        return ByteBuffer.allocate(META_PREFIX_BYTES + value.length)
                .put(META)
                .putLong(version)
                .put(value)
                .array();
    }

    /** The key that all rows of {@code space} and of later ones sort behind. */
    static byte[] spaceStart(int space) {
        return ByteBuffer.allocate(4).putInt(space).array();
    }

    /** The lowest row key of {@code space} and this hash, or, in the family expiry, of this time. */
    static byte[] from(int space, long hashOrTime) {
        return ByteBuffer.allocate(12).putInt(space).putLong(hashOrTime).array();
    }
}
