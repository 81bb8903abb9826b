package io.swytch.store.l1;

import io.swytch.bytes.Pin;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A value too large for the log: equal pieces of memory, and a place in a queue of its own. {@link HugeValue} is the kind that may be larger than
 * a shard.
 *
 * <p>Threads: under the shard's lock, but for {@link #retain} and {@link #release}. A reader that pinned the value sees its bytes as they
 * were: an edit meanwhile copies the piece it touches into a fresh array of pieces, and the old piece stays until the last reader is gone.
 */
class LargeValue implements Pin {
    final LargeValues owner;
    private final AtomicInteger readers = new AtomicInteger();
    final int id;

    /** Bytes of the value. */
    int length;

    /** The pieces' memory; never changed in place while a reader may hold it. */
    ByteBuffer[] chunks;

    /** The pieces' numbers. */
    int[] pieces;

    int pieceCount;

    /** Where its handle lies in the log. */
    int handle;

    /** The queue that it waits in: small, main or wait. */
    byte queue;

    /** Where it is in the stream of bytes appended to the small queue. */
    long position;

    @Nullable
    LargeValue older;

    @Nullable
    LargeValue newer;

    /** No entry names it any more. */
    boolean dead;

    /** Pieces that were replaced while somebody read them. */
    int[] replaced = new int[0];

    LargeValue(LargeValues owner, int id) {
        this.owner = owner;
        this.id = id;
        chunks = new ByteBuffer[0];
        pieces = new int[0];
    }

    boolean isPinned() {
        return readers.get() != 0;
    }

    @Override
    public void retain() {
        readers.incrementAndGet();
    }

    @Override
    public void release() {
        if (readers.decrementAndGet() == 0) {
            owner.released(this);
        }
    }

    void addPiece(int piece, ByteBuffer memory) {
        if (pieceCount == pieces.length) {
            int more = Math.max(4, pieceCount + (pieceCount >> 1));
            pieces = Arrays.copyOf(pieces, more);
            chunks = Arrays.copyOf(chunks, more);
        }
        pieces[pieceCount] = piece;
        chunks[pieceCount] = memory;
        pieceCount++;
    }

    /** Puts another piece in the place of piece {@code i}, which readers may go on reading. */
    void replacePiece(int i, int piece, ByteBuffer memory) {
        replaced = Arrays.copyOf(replaced, replaced.length + 1);
        replaced[replaced.length - 1] = pieces[i];
        pieces[i] = piece;
        chunks = chunks.clone();
        chunks[i] = memory;
    }
}
