package io.swytch.resp;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A loop's spare blocks, of sizes that are powers of two from 4 KiB to 4 MiB; what is over the bound, or larger, goes back to the machine at once.
 *
 * <p>Last in, first out, so that the next block is one that the processor's cache knows. Threads: blocks are taken by one thread, the
 * loop's; given back by any, though only the loop's are kept.
 */
public final class BlockPool {
    private static final int SHIFT_MIN = 12;
    private static final int SHIFT_MAX = 30;

    /** Bytes of the smallest block. */
    public static final int SIZE_MIN = 1 << SHIFT_MIN;

    /** Spare bytes a loop keeps of each size; what is over that is freed, and so are all blocks that are larger. */
    private static final int SPARE_BYTES_MAX = 4 << 20;

    private static final UnpooledByteBufAllocator MEMORY =
            new UnpooledByteBufAllocator(PlatformDependent.directBufferPreferred(), true);
    private static final AtomicLong TOTAL_BYTES = new AtomicLong();

    /** Pools that keep spare blocks. */
    private static final List<BlockPool> KEEPING = new CopyOnWriteArrayList<>();

    private static final BlockPool DETACHED = new BlockPool(null);

    private final @Nullable Block[][] spare = new Block[SHIFT_MAX + 1][];
    private final int[] spareCount = new int[SHIFT_MAX + 1];
    private final @Nullable Thread owner;

    /** Bytes of the spare blocks. Written by the owner, and read by others, to whom it need not be exact. */
    private long spareBytes;

    private BlockPool(@Nullable Thread owner) {
        this.owner = owner;
        for (int shift = SHIFT_MIN; shift <= SHIFT_MAX; shift++) {
            spare[shift] = new Block[SPARE_BYTES_MAX >>> shift];
        }
    }

    /** A pool of the current thread. */
    public static BlockPool ofCurrentThread() {
        BlockPool pool = new BlockPool(Thread.currentThread());
        KEEPING.add(pool);
        return pool;
    }

    /** The source of blocks that keeps no spare ones, for replies that are written off the loop. Threads: any. */
    public static BlockPool detached() {
        return DETACHED;
    }

    /** Bytes of all blocks of all pools, those in use and the spare ones. Threads: any. */
    public static long totalBytes() {
        return TOTAL_BYTES.get();
    }

    /** Bytes of all blocks that are in use, about. Threads: any. */
    public static long usedBytes() {
        long bytes = TOTAL_BYTES.get();
        for (BlockPool pool : KEEPING) {
            bytes -= pool.spareBytes;
        }
        return bytes;
    }

    /** Bytes of all blocks that the Java machine does not count among its direct buffers. Threads: any. */
    public static long uncountedBytes() {
        return PlatformDependent.useDirectBufferNoCleaner() ? totalBytes() : 0;
    }

    /** A block of at least {@code bytes}, which are at most 1 GiB. Its content is undefined. */
    public Block take(int bytes) {
        int shift = shift(bytes);
        int n = spareCount[shift];
        if (n > 0) {
            Block[] blocks = spare[shift];
            Block block = blocks[n - 1];
            blocks[n - 1] = null;
            spareCount[shift] = n - 1;
            spareBytes -= 1L << shift;
            block.length = 0;
            return block;
        }
        int size = 1 << shift;
        TOTAL_BYTES.addAndGet(size);
        return new Block(MEMORY.directBuffer(size, size));
    }

    /** Takes a block back that nobody looks at any more; lets go of a pinned one. */
    public void give(Block block) {
        if (block.isPinned()) {
            block.free();
            return;
        }
        int shift = shift(block.capacity());
        if (Thread.currentThread() == owner && spareCount[shift] < spare[shift].length && block.isSent()) {
            spare[shift][spareCount[shift]++] = block;
            spareBytes += 1L << shift;
            return;
        }
        TOTAL_BYTES.addAndGet(-block.capacity());
        block.free();
    }

    /** Gives all spare blocks back to the machine. */
    public void close() {
        KEEPING.remove(this);
        spareBytes = 0;
        for (int shift = SHIFT_MIN; shift <= SHIFT_MAX; shift++) {
            while (spareCount[shift] > 0) {
                Block block = spare[shift][--spareCount[shift]];
                spare[shift][spareCount[shift]] = null;
                TOTAL_BYTES.addAndGet(-block.capacity());
                block.free();
            }
        }
    }

    private static int shift(int bytes) {
        if (bytes > 1 << SHIFT_MAX) {
            throw new IllegalArgumentException("no block of " + bytes + " bytes");
        }
        return bytes <= SIZE_MIN ? SHIFT_MIN : 32 - Integer.numberOfLeadingZeros(bytes - 1);
    }
}
