package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The numbers of the journal's files; they never change meaning. All little-endian.
 *
 * <pre>
 * segment  0 magic u64 · 8 format u32 · 12 salt u32 · 16 directory id u64 · 24 run id u64 · 32 boot id 2×u64 ·
 *          48 length u63 that the file was made with, 0 if it may be shorter by now, top bit SPARSE · 56 CRC-32C of 0–55 · 60 zero
 *          64… records, each at a multiple of 8, then 8 zero bytes, then whatever an earlier use of the file left
 * record   0 payload length u32 · 4 (CRC-32C of 8…end of payload) xor salt · 8 position u61, top bits CONTINUES, SEALS and ENDS · 16 synced position u64 ·
 *          24 payload · zeros up to a multiple of 8
 * marks    records without payload. One says that everything before it was forced; one that SEALS, that the next segment's name is on disk; one
 *          that ENDS, that its run wrote nothing behind it
 * payload  units one after the other; one that is longer than a record goes on in the next records, which are marked CONTINUES
 * unit     0 length u64 of what follows · effects
 * effect   0 kind u8, then
 *          PUT 1     space u32 · item (ItemHeader: header, expireAt?, wide lengths?, key, value)
 *          DELETE 2  space u32 · key length u32 · key
 *          EXPIRE 3  space u32 · key length u32 · at u64 · key
 *          PATCH 4   space u32 · key length u32 · offset u32 · length u32 · key · bytes
 *          SPACES 5  next space u32 · count u32 · space u32 of each database
 *          STAGE 6   length u32 · id u64 · bytes: more of what an effect that follows names by the id, or none does
 *          PUT_STAGED 7    space u32 · id u64 · item as in PUT, without its value
 *          PATCH_STAGED 8  space u32 · key length u32 · offset u32 · id u64 · key
 * </pre>
 *
 * A <em>position</em> counts payload bytes since the directory was made, so records follow each other without gaps in it.
 */
final class RecordFormat {
    static final long MAGIC = 0x4c4e_524a_4857_5953L;
    static final int FORMAT = 1;
    static final int SEGMENT_HEADER_BYTES = 64;
    static final int HEADER_BYTES = 24;
    static final int TERMINATOR_BYTES = 8;
    static final int PAYLOAD_BYTES_MAX = Chunk.FILL_MAX - HEADER_BYTES;
    static final int UNIT_HEADER_BYTES = 8;
    static final int MARK_BYTES = HEADER_BYTES;
    static final long CONTINUES = 1L << 63;
    static final long SEALS = 1L << 62;
    static final long ENDS = 1L << 61;

    /** Of a file's length in its header: not all of its blocks were allocated when it was made. */
    static final long SPARSE = 1L << 63;

    static final int PUT = 1;
    static final int DELETE = 2;
    static final int EXPIRE = 3;
    static final int PATCH = 4;
    static final int SPACES = 5;
    static final int STAGE = 6;
    static final int PUT_STAGED = 7;
    static final int PATCH_STAGED = 8;

    private RecordFormat() {}

    /** CRC-32C of a range. The buffer's position and limit are used, and left spanning the whole buffer. */
    static int crc(CRC32C crc, ByteBuffer buffer, int from, int to) {
        crc.reset();
        buffer.limit(to).position(from);
        crc.update(buffer);
        buffer.clear();
        return (int) crc.getValue();
    }

    /** Bytes that a record takes in the file, its terminator not counted. */
    static int recordBytes(int payloadBytes) {
        return HEADER_BYTES + payloadBytes + 7 & ~7;
    }

    /** Completes the header of the record in {@code chunk} and puts the terminator behind it. Returns the bytes to write. */
    static int seal(Chunk chunk, CRC32C crc, int salt, long position, long syncedPosition) {
        ByteBuffer buffer = chunk.buffer;
        int payloadBytes = chunk.payloadBytes();
        int end = recordBytes(payloadBytes);
        Slice.INT.set(buffer, 0, payloadBytes);
        Slice.LONG.set(buffer, 8, chunk.continues ? position | CONTINUES : position);
        Slice.LONG.set(buffer, 16, syncedPosition);
        // The first zeroes the padding, the second makes the terminator whole.
        Slice.LONG.set(buffer, chunk.fill, 0L);
        Slice.LONG.set(buffer, end, 0L);
        Slice.INT.set(buffer, 4, crc(crc, buffer, 8, chunk.fill) ^ salt);
        return end + TERMINATOR_BYTES;
    }

    /** Writes a record without payload at index 0, and the terminator behind it. Returns the bytes to write. */
    static int mark(ByteBuffer buffer, CRC32C crc, int salt, long positionAndFlags, long syncedPosition) {
        Slice.INT.set(buffer, 0, 0);
        Slice.LONG.set(buffer, 8, positionAndFlags);
        Slice.LONG.set(buffer, 16, syncedPosition);
        Slice.LONG.set(buffer, MARK_BYTES, 0L);
        Slice.INT.set(buffer, 4, crc(crc, buffer, 8, MARK_BYTES) ^ salt);
        return MARK_BYTES + TERMINATOR_BYTES;
    }

    /** The payload length that the record at {@code at} names, or −1 if none may be so long. */
    static int payloadBytes(ByteBuffer buffer, int at) {
        int length = (int) Slice.INT.get(buffer, at);
        return length >= 0 && length <= PAYLOAD_BYTES_MAX ? length : -1;
    }

    static long position(ByteBuffer buffer, int at) {
        return (long) Slice.LONG.get(buffer, at + 8) & ~(CONTINUES | SEALS | ENDS);
    }

    static boolean continues(ByteBuffer buffer, int at) {
        return (long) Slice.LONG.get(buffer, at + 8) < 0;
    }

    static boolean seals(ByteBuffer buffer, int at) {
        return ((long) Slice.LONG.get(buffer, at + 8) & SEALS) != 0;
    }

    static boolean ends(ByteBuffer buffer, int at) {
        return ((long) Slice.LONG.get(buffer, at + 8) & ENDS) != 0;
    }

    static long syncedPosition(ByteBuffer buffer, int at) {
        return (long) Slice.LONG.get(buffer, at + 16);
    }

    /** Whether the checksum of the record at {@code at}, all of which is in the buffer, is right. */
    static boolean isIntact(ByteBuffer buffer, int at, int payloadBytes, CRC32C crc, int salt) {
        int expected = (int) Slice.INT.get(buffer, at + 4) ^ salt;
        return crc(crc, buffer, at + 8, at + HEADER_BYTES + payloadBytes) == expected;
    }
}
