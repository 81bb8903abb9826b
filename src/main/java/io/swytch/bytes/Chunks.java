package io.swytch.bytes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Direct memory for one value of any size, in chunks of 1 MiB, that goes back when the last reader lets go; and where such chunks come from.
 *
 * <p>Spare chunks are kept for the next value, up to a bound; what is over is left to the collector, which {@link #takeDropped} lets the upkeep
 * hurry: direct memory goes when its buffer is collected, and a heap as quiet as ours may not be for hours.
 *
 * <p>Threads: any.
 */
public final class Chunks implements Pin {
    /** Bytes of a chunk, as a power of two. */
    public static final int SHIFT = 20;

    /** Bytes of a chunk. */
    public static final int BYTES = 1 << SHIFT;

    /** Spare chunks that are kept. */
    private static final int SPARE_MAX = 64;

    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(BYTES);
    private static final Object LOCK = new Object();

    @GuardedBy("LOCK")
    private static final ArrayDeque<ByteBuffer> SPARE = new ArrayDeque<>();

    @GuardedBy("LOCK")
    private static long inUse;

    @GuardedBy("LOCK")
    private static long droppedBytes;

    private final ByteBuffer[] buffers;
    private final AtomicInteger readers = new AtomicInteger(1);

    private Chunks(ByteBuffer[] buffers) {
        this.buffers = buffers;
    }

    /** Memory for {@code bytes}, of undefined content; the caller is its first reader. */
    public static Chunks take(int bytes) {
        ByteBuffer[] buffers = new ByteBuffer[count(bytes)];
        try {
            for (int i = 0; i < buffers.length; i++) {
                buffers[i] = takeOne();
            }
        } catch (OutOfMemoryError e) {
            giveAll(buffers);
            throw e;
        }
        return new Chunks(buffers);
    }

    /** Gives back chunks that {@link #takeOne} gave; places without one are passed over. */
    public static void giveAll(@Nullable ByteBuffer[] chunks) {
        for (ByteBuffer chunk : chunks) {
            if (chunk != null) {
                giveOne(chunk);
            }
        }
        Arrays.fill(chunks, null);
    }

    /** Memory of chunks that {@link #takeOne} gave; the caller is its first reader. */
    public static Chunks of(ByteBuffer[] buffers) {
        return new Chunks(buffers);
    }

    /** Chunks that so many bytes need. */
    public static int count(long bytes) {
        return (int) (bytes + BYTES - 1 >>> SHIFT);
    }

    /** A chunk of zero bytes that everyone shares and nobody writes to. */
    public static ByteBuffer zeros() {
        return ZEROS;
    }

    /**
     * One chunk, of undefined content.
     *
     * @throws OutOfMemoryError if there is no direct memory left; that ends no process, and is the caller's client's trouble
     */
    public static ByteBuffer takeOne() {
        synchronized (LOCK) {
            ByteBuffer spare = SPARE.poll();
            if (spare != null) {
                inUse++;
                return spare;
            }
        }
        ByteBuffer fresh = ByteBuffer.allocateDirect(BYTES);
        synchronized (LOCK) {
            inUse++;
        }
        return fresh;
    }

    /** Gives back what {@link #takeOne} gave. */
    public static void giveOne(ByteBuffer chunk) {
        synchronized (LOCK) {
            inUse--;
            if (SPARE.size() < SPARE_MAX) {
                SPARE.push(chunk);
            } else {
                droppedBytes += BYTES;
            }
        }
    }

    /** Bytes of all chunks, those in use and the spare ones. */
    public static long takenBytes() {
        synchronized (LOCK) {
            return inUse + SPARE.size() << SHIFT;
        }
    }

    /** Says that a direct buffer of so many bytes was let go of elsewhere, and waits for the collector as well. */
    public static void drop(long bytes) {
        synchronized (LOCK) {
            droppedBytes += bytes;
        }
    }

    /** Whether {@code bytes} or more wait for the collector since this last said so. */
    public static boolean takeDropped(long bytes) {
        synchronized (LOCK) {
            if (droppedBytes < bytes) {
                return false;
            }
            droppedBytes = 0;
            return true;
        }
    }

    /** The chunks; the last is as long as the others. Emptied when the last reader lets go. */
    public ByteBuffer[] buffers() {
        return buffers;
    }

    @Override
    public void retain() {
        readers.incrementAndGet();
    }

    @Override
    public void release() {
        int left = readers.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("chunks released twice");
        }
        if (left == 0) {
            // The array is emptied: threads keep views of what they looked at last, and through them the collector
            // would keep the chunks, hundreds of megabytes for each thread.
            giveAll(buffers);
        }
    }

    @Override
    public boolean isExclusive() {
        return readers.get() == 1;
    }
}
