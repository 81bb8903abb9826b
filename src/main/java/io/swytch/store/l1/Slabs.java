package io.swytch.store.l1;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.bytes.Chunks;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Where the arenas' chunks come from: pieces of direct memory that are large enough for the kernel to back them with pages of 2 MiB.
 *
 * <p>A look at some key of millions misses the processor's caches twice, for the slot and for the entry; with pages of 4 KiB it misses the
 * translations of both addresses too, and under a hypervisor these cost more than the data: pages of 2 MiB took 6 to 15 % off the CPU of
 * pipelined SET, GET and INCR of a million keys. The launcher has glibc ask for them where the kernel gives none unasked.
 *
 * <p>A slab is at most a sixteenth of what has been taken before it, since all of it is resident from the start: little lies
 * idle. An eighth was no faster. The kernel may move other memory out of the way for every such page, and takes milliseconds for it (130 ms for 32 MiB
 * were seen), so that is the upkeep's work: who needs a chunk before one is ready takes that chunk alone.
 *
 * <p>Threads: any. The monitor comes after a shard's lock, and nothing slow is done under it.
 */
final class Slabs {
    private static final int SLAB_BYTES_MAX = 16 << 20;

    /** With so few chunks left the next slab is made. */
    private static final int FREE_CHUNKS_MIN = 2;

    private final int chunkBytes;

    @GuardedBy("this")
    private final List<Slab> slabs = new ArrayList<>();

    /** Chunks that arenas have, by identity: buffers compare by content. */
    @GuardedBy("this")
    private final IdentityHashMap<ByteBuffer, Slab> lent = new IdentityHashMap<>();

    @GuardedBy("this")
    private long takenBytes;

    @GuardedBy("this")
    private long limitBytes;

    private static final class Slab {
        final int bytes;
        final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

        Slab(int bytes, int chunkBytes) {
            this.bytes = bytes;
            ByteBuffer memory = ByteBuffer.allocateDirect(bytes);
            for (int at = 0; at < bytes; at += chunkBytes) {
                free.add(memory.slice(at, chunkBytes));
            }
        }

        boolean isWhole(int chunkBytes) {
            return (long) free.size() * chunkBytes == bytes;
        }
    }

    /**
     * Slabs that are cut into chunks of one size.
     *
     * @param chunkBytes a power of two
     * @param limitBytes as {@link #setLimit}
     */
    Slabs(int chunkBytes, long limitBytes) {
        this.chunkBytes = chunkBytes;
        this.limitBytes = limitBytes;
    }

    /** Beyond so many bytes memory is taken chunk by chunk: what is more is not expected to stay. */
    synchronized void setLimit(long bytes) {
        limitBytes = bytes;
    }

    /**
     * A chunk of undefined content, from the oldest slab that has one.
     *
     * @throws OutOfMemoryError if there is no direct memory left
     */
    synchronized ByteBuffer take() {
        Slab from = null;
        for (int i = 0; i < slabs.size() && from == null; i++) {
            from = slabs.get(i).free.isEmpty() ? null : slabs.get(i);
        }
        if (from == null) {
            from = new Slab(chunkBytes, chunkBytes);
            add(from);
        }
        ByteBuffer chunk = from.free.remove();
        lent.put(chunk, from);
        return chunk;
    }

    /** Makes the next slab if few chunks are left. Takes its time; called by upkeep, which holds no lock. */
    void prepare() {
        int bytes;
        synchronized (this) {
            bytes = isLow() ? nextSlabBytes() : chunkBytes;
        }
        if (bytes > chunkBytes) {
            Slab slab = new Slab(bytes, chunkBytes);
            synchronized (this) {
                add(slab);
            }
        }
    }

    @GuardedBy("this")
    private boolean isLow() {
        int free = 0;
        for (int i = 0; i < slabs.size() && free < FREE_CHUNKS_MIN; i++) {
            free += slabs.get(i).free.size();
        }
        return free < FREE_CHUNKS_MIN;
    }

    @GuardedBy("this")
    private void add(Slab slab) {
        slabs.add(slab);
        takenBytes += slab.bytes;
    }

    @GuardedBy("this")
    private int nextSlabBytes() {
        long bytes = Math.max(chunkBytes, Math.min(SLAB_BYTES_MAX, Long.highestOneBit(takenBytes >> 4)));
        while (bytes > chunkBytes && takenBytes + bytes > limitBytes) {
            bytes >>= 1;
        }
        return (int) bytes;
    }

    /** Gives back what {@link #take} gave. A slab of which all is back is left to the collector. */
    synchronized void give(ByteBuffer chunk) {
        Slab slab = lent.remove(chunk);
        if (slab == null) {
            throw new IllegalStateException("not a chunk of these slabs, or given back twice");
        }
        slab.free.add(chunk);
        if (slab.isWhole(chunkBytes)) {
            slabs.remove(slab);
            takenBytes -= slab.bytes;
            Chunks.drop(slab.bytes);
        }
    }

    /** Direct memory that was taken, lent or not. */
    synchronized long takenBytes() {
        return takenBytes;
    }
}
