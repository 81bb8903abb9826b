package io.swytch.resp;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Replies of one connection that wait to be sent: a chain of blocks, and references to large pinned values among them. Nothing is
 * allocated for ordinary replies.
 *
 * <p>Bytes have positions in the connection's whole stream of replies, which {@link #mark} and {@link #rollback} speak of. The first
 * blocks may be at the socket already ({@link #inFlight}); after them some may be sealed, which are not added to any more.
 *
 * <p>It holds no more memory than {@link #setMemoryMax} says. A command goes on when its reply comes to that, for what it changes is changed as a
 * whole; the bytes are only counted from there on, and whoever sees that the buffer {@link #isOverflowed} closes the client.
 *
 * <p>Threads: one at a time.
 */
public final class OutBuffer {
    private static final int BLOCK_BYTES = 16 << 10;

    /**
     * The blocks of a large reply are longer once it has four times as many bytes. For each block the machine's allocator takes a lock that it may keep while the
     * kernel brings pages: 12 MB in 16 KiB blocks took 50 to 100 ms of a loop. From 1 MiB on it does not take it, and gives the memory back at once; sizes
     * between would lie among each other in its arenas and keep those from being given back.
     */
    private static final int GROWN_BLOCK_BYTES = 1 << 20;

    /** A run of this many bytes or more of pinned memory is sent from where it lies. */
    private static final int REFERENCE_BYTES_MIN = 64 << 10;

    /**
     * Bytes that the replies of one connection may refer to, several times the largest value; what comes then is copied. What is read from disk
     * for a reply is in memory as long as that waits, though neither L1 nor a block counts it.
     */
    private static final long REFERRED_BYTES_MAX = 4L << 30;

    /** Blocks that an array is made smaller from, once it is nearly empty. */
    private static final int MANY_BLOCKS = 1024;

    private static final long NOT = -1;

    private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

    private BlockPool pool;
    private Block[] blocks = new Block[4];
    private int count;
    private int inFlight;
    private int sealed;
    private long blockBytes;
    private long referredBytes;
    private long memoryMax = Long.MAX_VALUE;

    /** Where in the stream the bytes begin that are not kept; {@link #NOT} if all are. */
    private long overflowedAt = NOT;

    /** What is written to where nothing is kept. */
    private @Nullable Block scratch;

    /** Where in the stream the memory that is written now begins. */
    private long base;
    /** Where in the stream the bytes begin that have not been sent. */
    private long sent;

    /** The memory that is written now, the next index in it, and where it ends. */
    ByteBuffer memory = NONE;

    int at;
    private int limit;

    public OutBuffer(BlockPool pool) {
        this.pool = pool;
    }

    /** Bounds the memory that is held from now on, in bytes. */
    public void setMemoryMax(long bytes) {
        memoryMax = bytes;
    }

    /** What {@link #setMemoryMax} said; as much as there can be if it was not called. */
    public long memoryMax() {
        return memoryMax;
    }

    /** Whether replies were longer than may be held, so that not all of them are here. */
    public boolean isOverflowed() {
        return overflowedAt != NOT;
    }

    /** Makes room for {@code n} bytes in a row at {@link #at}; {@code n} is at most 4096. */
    void ensure(int n) {
        if (at + n > limit) {
            newBlock();
        }
    }

    /** Bytes that fit at {@link #at} in a row. */
    int room() {
        return limit - at;
    }

    void newBlock() {
        closeBlock();
        Block block;
        if (isOverflowed() || blockBytes + BLOCK_BYTES > memoryMax) {
            block = overflow();
        } else {
            block = pool.take(nextBlockBytes());
            blockBytes += block.capacity();
            block.start = base;
            add(block);
        }
        memory = block.memory();
        limit = block.capacity();
    }

    private int nextBlockBytes() {
        boolean isLarge = blockBytes >= 4L * GROWN_BLOCK_BYTES && blockBytes + GROWN_BLOCK_BYTES <= memoryMax;
        return isLarge ? GROWN_BLOCK_BYTES : BLOCK_BYTES;
    }

    private Block overflow() {
        if (!isOverflowed()) {
            overflowedAt = base;
        }
        if (scratch == null) {
            scratch = pool.take(BLOCK_BYTES);
        }
        return scratch;
    }

    private void endOverflow() {
        overflowedAt = NOT;
        if (scratch != null) {
            pool.give(scratch);
            scratch = null;
        }
    }

    private void closeBlock() {
        if (limit > 0) {
            if (!isOverflowed()) {
                blocks[count - 1].length = at;
            }
            base += at;
            at = 0;
            limit = 0;
            memory = NONE;
        }
    }

    private void add(Block block) {
        if (count == blocks.length) {
            blocks = Arrays.copyOf(blocks, count * 2);
        }
        blocks[count++] = block;
    }

    /** Adds bytes of a slice; refers to them where they are pinned and many. */
    void bytes(Slice value, int from, int n) {
        Pin pin = value.pin();
        if (n >= REFERENCE_BYTES_MIN
                && pin != null
                && !isOverflowed()
                && referredBytes + n <= REFERRED_BYTES_MAX
                && Block.mayPin(value.runCount())) {
            reference(value, pin, from, n);
            return;
        }
        while (n > 0) {
            if (at == limit) {
                newBlock();
            }
            if (isOverflowed()) {
                base += n;
                return;
            }
            int part = Math.min(n, limit - at);
            value.copyTo(from, memory, at, part);
            at += part;
            from += part;
            n -= part;
        }
    }

    /** Adds bytes of an array. */
    void bytes(byte[] value, int from, int n) {
        while (n > 0) {
            if (at == limit) {
                newBlock();
            }
            int part = Math.min(n, limit - at);
            memory.put(at, value, from, part);
            at += part;
            from += part;
            n -= part;
        }
    }

    private void reference(Slice value, Pin pin, int from, int n) {
        closeBlock();
        referredBytes += n;
        for (int i = 0; n > 0; i++) {
            int runLength = value.runLength(i);
            if (from >= runLength) {
                from -= runLength;
                continue;
            }
            int part = Math.min(n, runLength - from);
            Block block = new Block(value.runBuffer(i), value.runOffset(i) + from, part, pin);
            block.start = base;
            add(block);
            base += part;
            n -= part;
            from = 0;
        }
    }

    /** Moves all bytes of {@code other} behind those of this buffer; small ones are copied. */
    public void append(OutBuffer other) {
        other.closeBlock();
        long end = base + at + other.base - other.sent;
        for (int i = 0; i < other.count; i++) {
            Block block = other.blocks[i];
            other.blocks[i] = null;
            if (!block.isPinned() && block.length <= BLOCK_BYTES / 4) {
                int from = 0;
                while (from < block.length) {
                    if (at == limit) {
                        newBlock();
                    }
                    int part = Math.min(block.length - from, limit - at);
                    memory.put(at, block.memory(), from, part);
                    at += part;
                    from += part;
                }
                other.pool.give(block);
            } else if (isOverflowed() || !block.isPinned() && blockBytes + block.capacity() > memoryMax) {
                closeBlock();
                overflow();
                other.pool.give(block);
            } else {
                closeBlock();
                block.start = base;
                base += block.length;
                if (block.isPinned()) {
                    referredBytes += block.length;
                } else {
                    blockBytes += block.capacity();
                }
                add(block);
            }
        }
        if (isOverflowed() || other.isOverflowed()) {
            closeBlock();
            overflow();
            base = end;
        }
        other.endOverflow();
        other.count = 0;
        other.blockBytes = 0;
        other.referredBytes = 0;
        other.sent = other.base;
    }

    /** The position behind the last byte: what to roll back to. Marks may be nested. */
    public long mark() {
        return base + at;
    }

    /** Forgets every byte from {@code mark} on; none of them may be sealed or in flight. */
    public void rollback(long mark) {
        if (isOverflowed()) {
            closeBlock();
            base = Math.max(mark, overflowedAt);
            if (mark > overflowedAt) {
                return;
            }
            endOverflow();
        }
        if (mark >= base) {
            at = (int) (mark - base);
            return;
        }
        closeBlock();
        while (count > sealed && blocks[count - 1].start >= mark) {
            dropLast();
        }
        base = mark;
        if (count > sealed) {
            Block last = blocks[count - 1];
            if (!last.isPinned() && last.capacity() >= BLOCK_BYTES) {
                base = last.start;
                at = (int) (mark - base);
                memory = last.memory();
                limit = last.capacity();
            }
        }
    }

    private void dropLast() {
        Block last = blocks[--count];
        blocks[count] = null;
        letGo(last);
    }

    private void letGo(Block block) {
        if (block.isPinned()) {
            referredBytes -= block.length;
        } else {
            blockBytes -= block.capacity();
        }
        pool.give(block);
    }

    /** Bytes that are not known to be sent, those in flight and those only referred to counted. */
    public long size() {
        return base + at - sent;
    }

    public boolean isEmpty() {
        return base + at == sent;
    }

    /** Blocks that the replies lie in. */
    public int blockCount() {
        return count;
    }

    /** Bytes of memory that the replies hold; what is only referred to is not counted. */
    public long memoryBytes() {
        return blockBytes;
    }

    /** Closes what has been written so far against more bytes, so that it can be sent alone. Returns the blocks that are sealed. */
    public int seal() {
        if (at == 0 && limit > 0 && !isOverflowed()) {
            limit = 0;
            memory = NONE;
            dropLast();
        }
        closeBlock();
        sealed = count;
        return sealed;
    }

    /** Sealed blocks that are not in flight yet. */
    public int toSend() {
        return sealed - inFlight;
    }

    /** Hands over the next sealed block, for {@link Block#toSend}. */
    public Block send() {
        return blocks[inFlight++];
    }

    /** Blocks that the socket has been given and that {@link #releaseSent} has not seen as sent. */
    public int inFlight() {
        return inFlight;
    }

    /** Takes back the blocks that the socket is done with. Returns how many bytes they were. */
    public long releaseSent() {
        int done = 0;
        long bytes = 0;
        while (done < inFlight && blocks[done].isSent()) {
            bytes += blocks[done].length;
            letGo(blocks[done]);
            done++;
        }
        if (done > 0) {
            count -= done;
            inFlight -= done;
            sealed -= done;
            System.arraycopy(blocks, done, blocks, 0, count);
            Arrays.fill(blocks, count, count + done, null);
            if (blocks.length > MANY_BLOCKS && count < blocks.length / 4) {
                blocks = Arrays.copyOf(blocks, blocks.length / 2);
            }
            sent += bytes;
        }
        return bytes;
    }

    /** Lets go of everything; blocks that the socket still holds are freed when it lets go. */
    public void close() {
        closeBlock();
        while (count > 0) {
            dropLast();
        }
        endOverflow();
        inFlight = 0;
        sealed = 0;
        sent = base;
    }
}
