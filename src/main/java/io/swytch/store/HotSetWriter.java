package io.swytch.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes a {@link HotSet}, under another name until it is whole and synced. Takes memory for a block of each rank of each space that has keys, not for the
 * keys. Threads: one.
 */
final class HotSetWriter implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    /** What a key takes at most. */
    private static final int KEY_BYTES_MAX = (HotSet.PREFIX_BITS + HotSet.HEAT_BITS + 6) / 7;

    private final Path dir;
    private final Path temporary;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private final CRC32C crc = new CRC32C();
    private final Map<Integer, @Nullable Block[]> blocks = new HashMap<>();
    private long keys;
    private boolean isDone;

    /** The keys of one space and rank that are not in the file yet. */
    private static final class Block {
        final int space;
        final int rank;
        byte[] packed = new byte[256];
        int bytes;
        int keys;
        long first;
        long last;

        Block(int space, int rank) {
            this.space = space;
            this.rank = rank;
        }

        void add(long prefix, int heat) {
            if (keys == 0) {
                first = prefix;
                last = prefix;
            }
            if (packed.length - bytes < KEY_BYTES_MAX) {
                packed = Arrays.copyOf(packed, Math.min(HotSet.BLOCK_BYTES_MAX, packed.length * 2));
            }
            long rest = prefix - last << HotSet.HEAT_BITS | heat;
            for (; rest >= 0x80; rest >>>= 7) {
                packed[bytes++] = (byte) (rest | 0x80);
            }
            packed[bytes++] = (byte) rest;
            last = prefix;
            keys++;
        }

        boolean isFull() {
            return bytes + KEY_BYTES_MAX > HotSet.BLOCK_BYTES_MAX;
        }
    }

    /**
     * Begins the file.
     *
     * @param directoryId 32 characters that tell this data directory from others
     * @param limitBytes what L1 may use
     */
    @SuppressWarnings("MustBeClosedChecker") // close() closes it.
    HotSetWriter(Path dir, String directoryId, long savedAtMs, long limitBytes) throws IOException {
        this.dir = dir;
        temporary = dir.resolve(HotSet.TEMPORARY);
        Files.deleteIfExists(temporary);
        channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        buffer.putLong(HotSet.MAGIC)
                .put(directoryId.getBytes(StandardCharsets.US_ASCII))
                .putLong(savedAtMs)
                .putLong(limitBytes);
        assert buffer.position() == HotSet.HEAD_BYTES + HotSet.LIMIT_BYTES;
    }

    /** Adds a key. Those of one space come in unsigned order of their hash. */
    void add(int space, long hash, int heat) throws IOException {
        Block[] ofSpace = blocks.computeIfAbsent(space, s -> new Block[HotSet.RANKS]);
        int rank = HotSet.rank(heat);
        Block block = ofSpace[rank];
        if (block == null) {
            block = new Block(space, rank);
            ofSpace[rank] = block;
        }
        long prefix = hash >>> HotSet.PREFIX_SHIFT;
        if (block.keys != 0 && prefix == block.last) {
            return;
        }
        block.add(prefix, heat);
        keys++;
        if (block.isFull()) {
            write(block);
        }
    }

    private void write(Block block) throws IOException {
        flushUnless(HotSet.BLOCK_HEAD_BYTES + block.bytes);
        buffer.putInt(block.keys)
                .putInt(block.bytes)
                .putInt(block.space)
                .putInt(block.rank)
                .putLong(block.first)
                .put(block.packed, 0, block.bytes);
        block.keys = 0;
        block.bytes = 0;
    }

    private void flushUnless(int room) throws IOException {
        if (buffer.remaining() < room) {
            flush();
        }
    }

    private void flush() throws IOException {
        crc.update(buffer.flip());
        write();
    }

    private void write() throws IOException {
        buffer.rewind();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** Ends the file, syncs it and puts it in the place of the one before. Returns how many keys it has. */
    long finish() throws IOException {
        for (Block[] ofSpace : blocks.values()) {
            for (Block block : ofSpace) {
                if (block != null && block.keys != 0) {
                    write(block);
                }
            }
        }
        flushUnless(Integer.BYTES + HotSet.END_BYTES);
        buffer.putInt(0).putLong(keys);
        flush();
        buffer.putInt((int) crc.getValue()).flip();
        write();
        channel.force(true);
        Files.move(temporary, dir.resolve(HotSet.FILE), StandardCopyOption.ATOMIC_MOVE);
        isDone = true;
        try (FileChannel directory = FileChannel.open(dir, StandardOpenOption.READ)) {
            directory.force(true);
        }
        return keys;
    }

    /** Lets go of the file; it is removed if it was not finished. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (!isDone) {
            Files.deleteIfExists(temporary);
        }
    }
}
