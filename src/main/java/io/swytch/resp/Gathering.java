package io.swytch.resp;

import io.netty.buffer.ByteBuf;
import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The chunks of one large bulk, which are taken as its bytes arrive. Threads: the loop's, until it is positioned; then see {@link Pin}. */
final class Gathering {
    private final BlockPool pool;
    private final int length;
    private final List<Block> chunks = new ArrayList<>();
    private int gathered;

    Gathering(BlockPool pool, int length) {
        this.pool = pool;
        this.length = length;
    }

    /** Bytes that are still to come. */
    int left() {
        return length - gathered;
    }

    /** Bytes of memory held. */
    long bytes() {
        return (long) chunks.size() * RequestDecoder.chunkBytes();
    }

    private int indexInChunk() {
        return gathered & RequestDecoder.chunkBytes() - 1;
    }

    private Block current() {
        if (gathered >>> RequestDecoder.chunkShift() == chunks.size()) {
            chunks.add(pool.take(RequestDecoder.chunkBytes()));
        }
        return chunks.get(chunks.size() - 1);
    }

    private int room() {
        return Math.min(RequestDecoder.chunkBytes() - indexInChunk(), left());
    }

    /** Takes up to {@code n} bytes. Returns how many. */
    int copy(ByteBuffer memory, int from, int n) {
        Block chunk = current();
        int part = Math.min(n, room());
        chunk.memory().put(indexInChunk(), memory, from, part);
        gathered += part;
        return part;
    }

    /** Room to read into, to be let go of after; null where all bytes have come. */
    @Nullable
    ByteBuf target() {
        if (left() == 0) {
            return null;
        }
        Block chunk = current();
        return chunk.buf().retainedSlice(indexInChunk(), room()).setIndex(0, 0);
    }

    /** {@code n} bytes have been read into the target. */
    void add(int n) {
        gathered += n;
    }

    /** Points {@code arg} at the bytes; the chunks go back when its pin has no more readers, of which the request is the first. */
    void position(Slice arg) {
        ByteBuffer[] memory = new ByteBuffer[chunks.size()];
        for (int i = 0; i < memory.length; i++) {
            memory[i] = chunks.get(i).memory();
        }
        arg.setChunks(memory, RequestDecoder.chunkShift(), length, new ChunkPin(pool, chunks));
    }

    /** The client left in the middle. */
    void abandon() {
        chunks.forEach(pool::give);
        chunks.clear();
    }

    private static final class ChunkPin implements Pin {
        private final BlockPool pool;
        private final List<Block> chunks;
        private final AtomicInteger readers = new AtomicInteger(1);

        ChunkPin(BlockPool pool, List<Block> chunks) {
            this.pool = pool;
            this.chunks = chunks;
        }

        @Override
        public void retain() {
            readers.incrementAndGet();
        }

        @Override
        public boolean isExclusive() {
            return readers.get() == 1;
        }

        @Override
        public void release() {
            int left = readers.decrementAndGet();
            if (left < 0) {
                throw new IllegalStateException("chunks released twice");
            }
            if (left == 0) {
                chunks.forEach(pool::give);
            }
        }
    }
}
