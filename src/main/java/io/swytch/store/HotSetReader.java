package io.swytch.store;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;

/** Reads a {@link HotSet}, block by block, after all of it has been checked. Threads: one. */
final class HotSetReader implements AutoCloseable {
    private static final Comparator<Block> HOTTEST_FIRST =
            Comparator.comparingInt(Block::rank).thenComparingInt(Block::space).thenComparingLong(Block::first);

    private final FileChannel channel;
    private final List<Block> blocks = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(HotSet.BLOCK_BYTES_MAX);
    private final CRC32C crc = new CRC32C();
    private long position;
    private long keys;
    private long savedAtMs;
    private long limitBytes = Long.MAX_VALUE;

    /**
     * Some keys of one space and rank.
     *
     * @param first of their prefixes
     * @param at where they are in the file
     */
    record Block(int space, int rank, int keys, long first, long at, int bytes) {}

    /**
     * Opens and checks the file.
     *
     * @throws java.nio.file.NoSuchFileException if there is none
     * @throws HotSet.DamagedException if it was not written whole by this version for this data directory
     */
    @SuppressWarnings("MustBeClosedChecker") // close() closes it.
    HotSetReader(Path dir, String directoryId) throws IOException {
        Path path = dir.resolve(HotSet.FILE);
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            // Opening a pipe would wait for a writer.
            throw new HotSet.DamagedException("it is no regular file");
        }
        channel = FileChannel.open(path, StandardOpenOption.READ);
        boolean isWhole = false;
        try {
            check(directoryId);
            isWhole = true;
        } catch (EOFException e) {
            throw new HotSet.DamagedException("it ends too early");
        } finally {
            if (!isWhole) {
                channel.close();
            }
        }
        blocks.sort(HOTTEST_FIRST);
    }

    private void check(String directoryId) throws IOException {
        ByteBuffer head = next(HotSet.HEAD_BYTES);
        long magic = head.getLong();
        if (magic != HotSet.MAGIC && magic != HotSet.MAGIC_1) {
            throw new HotSet.DamagedException("it begins as no version does that is known");
        }
        byte[] id = new byte[32];
        head.get(id);
        if (!new String(id, StandardCharsets.US_ASCII).equals(directoryId)) {
            throw new HotSet.DamagedException("it is another data directory's");
        }
        savedAtMs = head.getLong();
        if (magic == HotSet.MAGIC) {
            limitBytes = next(HotSet.LIMIT_BYTES).getLong();
        }
        long told = 0;
        for (int count = next(Integer.BYTES).getInt();
                count != 0;
                count = next(Integer.BYTES).getInt()) {
            ByteBuffer rest = next(HotSet.BLOCK_HEAD_BYTES - Integer.BYTES);
            int bytes = rest.getInt();
            int space = rest.getInt();
            int rank = rest.getInt();
            long first = rest.getLong();
            if (bytes < 0
                    || bytes > HotSet.BLOCK_BYTES_MAX
                    || count < 0
                    || count > bytes
                    || rank < 0
                    || rank >= HotSet.RANKS) {
                throw new HotSet.DamagedException("a block at " + position + " is out of bounds");
            }
            blocks.add(new Block(space, rank, count, first, position, bytes));
            next(bytes);
            told += count;
        }
        keys = next(Long.BYTES).getLong();
        int sum = (int) crc.getValue();
        if (next(Integer.BYTES).getInt() != sum || keys != told || position != channel.size()) {
            throw new HotSet.DamagedException("its checksum is wrong");
        }
    }

    private ByteBuffer next(int bytes) throws IOException {
        read(position, bytes);
        position += bytes;
        crc.update(buffer.duplicate());
        return buffer;
    }

    private void read(long at, int bytes) throws IOException {
        buffer.clear().limit(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, at + buffer.position()) < 0) {
                throw new EOFException();
            }
        }
        buffer.flip();
    }

    /** The blocks, the hottest first, those of one rank and space by prefix. */
    List<Block> blocks() {
        return blocks;
    }

    /** Keys of all blocks. */
    long keys() {
        return keys;
    }

    /** When it was saved, milliseconds since 1970. */
    long savedAtMs() {
        return savedAtMs;
    }

    /** What L1 might use when it held these keys; {@code Long.MAX_VALUE} where the file does not tell. */
    long limitBytes() {
        return limitBytes;
    }

    /**
     * Reads a block's keys.
     *
     * @param prefixes takes their prefixes, ascending; at least as long as there are keys
     * @param heats takes their heats
     */
    void read(Block block, long[] prefixes, byte[] heats) throws IOException {
        read(block.at, block.bytes);
        long prefix = block.first;
        for (int i = 0; i < block.keys; i++) {
            long packed = 0;
            byte low;
            int shift = 0;
            do {
                if (!buffer.hasRemaining() || shift > Long.SIZE) {
                    throw new HotSet.DamagedException("a block at " + block.at + " changed after it was checked");
                }
                low = buffer.get();
                packed |= (low & 0x7FL) << shift;
                shift += 7;
            } while (low < 0);
            prefix += packed >>> HotSet.HEAT_BITS;
            prefixes[i] = prefix;
            heats[i] = (byte) (packed & HotSet.HEATS - 1);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
