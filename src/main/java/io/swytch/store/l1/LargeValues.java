package io.swytch.store.l1;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The large values of a shard: their pieces, cut from segments, and their queues.
 *
 * <p>Threads: under the shard's lock, but for {@link #released}.
 */
final class LargeValues {
    private static final int PIECE_SHIFT_MIN = 12;

    private final Arena arena;
    final int pieceShift;
    private final int piecesPerSegment;

    /** By segment: which pieces are in use. */
    private int[] used = new int[0];

    /** Segments with a free piece. */
    private final ArrayDeque<Integer> partial = new ArrayDeque<>();

    private int freePieces;
    private final List<@Nullable LargeValue> values = new ArrayList<>();
    private final ArrayDeque<Integer> freeIds = new ArrayDeque<>();

    /** Values whose last reader has gone, from any thread; at most as many as were pinned. */
    private final ConcurrentLinkedQueue<LargeValue> released = new ConcurrentLinkedQueue<>();

    private final @Nullable LargeValue[] oldest = new LargeValue[Arena.WAIT + 1];
    private final @Nullable LargeValue[] newest = new LargeValue[Arena.WAIT + 1];

    /** Bytes of the pieces, or chunks, of the values in a queue. */
    final long[] queueBytes = new long[Arena.WAIT + 1];

    /** Bytes of pieces in the wait queue, which the arena counts as its own. */
    long waitingPieceBytes;

    final HugeAccount huge;

    LargeValues(Arena arena, HugeAccount huge) {
        this.arena = arena;
        this.huge = huge;
        pieceShift = Math.min(arena.segmentShift - 2, Math.max(PIECE_SHIFT_MIN, arena.segmentShift - 4));
        piecesPerSegment = 1 << (arena.segmentShift - pieceShift);
    }

    /** How many there are. */
    int count() {
        return values.size() - freeIds.size();
    }

    /** The last reader of a value has gone. Threads: any. */
    void released(LargeValue value) {
        released.add(value);
    }

    /** Frees what readers have let go of. */
    void settle() {
        for (LargeValue value = released.poll(); value != null; value = released.poll()) {
            if (!value.isPinned()) {
                for (int piece : value.replaced) {
                    free(piece);
                }
                value.replaced = new int[0];
                if (value.dead) {
                    freePieces(value);
                }
            }
        }
    }

    int piecesFor(long bytes) {
        return (int) (bytes + (1L << pieceShift) - 1 >>> pieceShift);
    }

    /** Segments that so many more pieces need. */
    int segmentsFor(int pieces) {
        settle();
        int missing = Math.max(0, pieces - freePieces);
        return (missing + piecesPerSegment - 1) / piecesPerSegment;
    }

    long bytes(LargeValue value) {
        return value instanceof HugeValue large ? large.heldBytes() : (long) value.pieceCount << pieceShift;
    }

    /** Bytes of a piece, or a chunk, of a value, as a power of two. */
    int shift(LargeValue value) {
        return value instanceof HugeValue ? Chunks.SHIFT : pieceShift;
    }

    LargeValue value(long id) {
        LargeValue value = values.get((int) id);
        assert value != null;
        return value;
    }

    /** Whether values of so many bytes have chunks instead of pieces. */
    static boolean isHuge(int length) {
        return length >= HugeAccount.VALUE_BYTES_MIN;
    }

    /** A new value of {@code length} bytes, with its pieces, in no queue; the budget has the segments. */
    LargeValue create(int length) {
        LargeValue value = isHuge(length) ? new HugeValue(this, newId()) : new LargeValue(this, newId());
        values.set(value.id, value);
        grow(value, length);
        return value;
    }

    /** A new value that holds the bytes of a huge one, by taking a share in its memory where that is in chunks. */
    LargeValue createHuge(Slice bytes) {
        HugeValue value = new HugeValue(this, newId());
        values.set(value.id, value);
        if (bytes.pin() != null && bytes.isChunked() && bytes.chunkShift() == Chunks.SHIFT) {
            value.share(bytes);
        } else {
            value.grow(bytes.length());
            value.write(0, bytes, null);
        }
        return value;
    }

    private int newId() {
        if (freeIds.isEmpty()) {
            values.add(null);
            return values.size() - 1;
        }
        return freeIds.pop();
    }

    /** Adds pieces up to a new length; their bytes are not cleared. */
    void grow(LargeValue value, int length) {
        if (value instanceof HugeValue large) {
            large.grow(length);
            return;
        }
        int wanted = piecesFor(length);
        long before = bytes(value);
        if (value.pieceCount < wanted && value.isPinned()) {
            value.chunks = value.chunks.clone();
        }
        while (value.pieceCount < wanted) {
            int piece = takePiece();
            value.addPiece(piece, memory(piece));
        }
        value.length = length;
        charge(value.queue, false, bytes(value) - before);
    }

    /** Makes piece {@code i} safe to write: one that somebody may be reading is copied first. */
    ByteBuffer writable(LargeValue value, int i) {
        if (value.isPinned()) {
            int piece = takePiece();
            ByteBuffer memory = memory(piece);
            memory.put(0, value.chunks[i], 0, 1 << pieceShift);
            value.replacePiece(i, piece, memory);
        }
        return value.chunks[i];
    }

    private void charge(byte queue, boolean isHuge, long bytes) {
        if (queue == Arena.FREE) {
            return;
        }
        queueBytes[queue] += bytes;
        if (isHuge && queue != Arena.WAIT) {
            huge.charge(bytes);
        } else if (!isHuge && queue == Arena.WAIT) {
            waitingPieceBytes += bytes;
        }
    }

    /** No entry names this value any more. */
    void kill(LargeValue value) {
        dequeue(value);
        values.set(value.id, null);
        freeIds.push(value.id);
        if (value instanceof HugeValue large) {
            large.unname();
            return;
        }
        value.dead = true;
        if (!value.isPinned() && value.replaced.length == 0) {
            freePieces(value);
        }
        // Otherwise its last reader puts it into the queue that settle() empties.
    }

    private void freePieces(LargeValue value) {
        for (int i = 0; i < value.pieceCount; i++) {
            free(value.pieces[i]);
        }
        value.pieceCount = 0;
    }

    /** All values are gone at once; what readers hold is freed when they let go. */
    void killAll() {
        for (LargeValue value : new ArrayList<>(values)) {
            if (value != null) {
                kill(value);
            }
        }
    }

    void enqueue(LargeValue value, byte queue, long position) {
        value.queue = queue;
        value.position = position;
        value.older = newest[queue];
        value.newer = null;
        LargeValue last = newest[queue];
        if (last == null) {
            oldest[queue] = value;
        } else {
            last.newer = value;
        }
        newest[queue] = value;
        charge(queue, value instanceof HugeValue, bytes(value));
    }

    void dequeue(LargeValue value) {
        byte queue = value.queue;
        if (queue == Arena.FREE) {
            return;
        }
        LargeValue before = value.older;
        LargeValue after = value.newer;
        if (before == null) {
            oldest[queue] = after;
        } else {
            before.newer = after;
        }
        if (after == null) {
            newest[queue] = before;
        } else {
            after.older = before;
        }
        value.older = null;
        value.newer = null;
        value.queue = Arena.FREE;
        charge(queue, value instanceof HugeValue, -bytes(value));
    }

    @Nullable
    LargeValue oldest(byte queue) {
        return oldest[queue];
    }

    /** Copies bytes into the pieces from {@code at} on; a huge value takes chunks that are ready. */
    void write(LargeValue value, int at, Slice bytes, @Nullable ReadyChunks ready) {
        if (value instanceof HugeValue large) {
            long before = large.heldBytes();
            large.settle();
            large.write(at, bytes, ready);
            charge(value.queue, true, large.heldBytes() - before);
            return;
        }
        int done = 0;
        int mask = (1 << pieceShift) - 1;
        while (done < bytes.length()) {
            int i = at + done >>> pieceShift;
            int from = at + done & mask;
            int n = Math.min(bytes.length() - done, mask + 1 - from);
            bytes.copyTo(done, writable(value, i), from, n);
            done += n;
        }
    }

    /** Clears bytes. */
    void zero(LargeValue value, int at, int count) {
        if (value instanceof HugeValue large) {
            large.zero(at, count);
            return;
        }
        int mask = (1 << pieceShift) - 1;
        for (int done = 0; done < count; ) {
            ByteBuffer piece = writable(value, at + done >>> pieceShift);
            int from = at + done & mask;
            int n = Math.min(count - done, mask + 1 - from);
            int i = 0;
            for (; i + 8 <= n; i += 8) {
                Slice.LONG.set(piece, from + i, 0L);
            }
            for (; i < n; i++) {
                piece.put(from + i, (byte) 0);
            }
            done += n;
        }
    }

    private int takePiece() {
        int segment;
        if (partial.isEmpty()) {
            segment = arena.take(Arena.PIECES);
            if (used.length < arena.rows()) {
                used = Arrays.copyOf(used, arena.rows());
            }
            used[segment] = 0;
            partial.push(segment);
            freePieces += piecesPerSegment;
        } else {
            segment = partial.element();
        }
        int i = Integer.numberOfTrailingZeros(~used[segment]);
        used[segment] |= 1 << i;
        freePieces--;
        if (used[segment] == (1 << piecesPerSegment) - 1) {
            partial.remove();
        }
        return segment << 4 | i;
    }

    private ByteBuffer memory(int piece) {
        int segment = piece >>> 4;
        return arena.segmentBuffer(segment)
                .slice(arena.segmentOffset(segment) + ((piece & 15) << pieceShift), 1 << pieceShift);
    }

    private void free(int piece) {
        int segment = piece >>> 4;
        if (used[segment] == (1 << piecesPerSegment) - 1) {
            partial.push(segment);
        }
        used[segment] &= ~(1 << (piece & 15));
        freePieces++;
        if (used[segment] == 0) {
            partial.remove((Integer) segment);
            freePieces -= piecesPerSegment;
            arena.give(segment);
        }
    }
}
