package io.swytch.command.key;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import io.swytch.resp.ReplyWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys that a walk has found, until they are counted and can be replied with. They lie in chunks of direct memory, because a million objects in the
 * heap are copied by the collector while everybody waits.
 *
 * <p>Threads: the one that runs the command.
 */
final class KeyList implements AutoCloseable {
    /** A key's length, before its bytes. */
    private static final int LENGTH_BYTES = 4;

    /** Comes before no key: where the rest of a chunk is left free. */
    private static final int NO_MORE = -1;

    private final List<ByteBuffer> chunks = new ArrayList<>();
    private int at = Chunks.BYTES;
    private long count;

    /** Adds a copy of a key. */
    void add(Slice key) {
        int length = key.length();
        if (at + LENGTH_BYTES + length > Chunks.BYTES) {
            endChunk();
            // A key hardly less than a chunk, or more, has one of its own.
            boolean fits = LENGTH_BYTES + length <= Chunks.BYTES;
            chunks.add(fits ? Chunks.takeOne() : ByteBuffer.allocateDirect(LENGTH_BYTES + length));
            at = 0;
        }
        ByteBuffer chunk = chunks.get(chunks.size() - 1);
        Slice.INT.set(chunk, at, length);
        key.copyTo(0, chunk, at + LENGTH_BYTES, length);
        at += LENGTH_BYTES + length;
        count++;
    }

    private void endChunk() {
        if (!chunks.isEmpty() && at + LENGTH_BYTES <= Chunks.BYTES) {
            Slice.INT.set(chunks.get(chunks.size() - 1), at, NO_MORE);
        }
    }

    /** Replies with an array of the keys. */
    void writeTo(ReplyWriter reply) {
        endChunk();
        reply.array(count);
        Slice key = new Slice();
        for (ByteBuffer chunk : chunks) {
            for (int from = 0; from + LENGTH_BYTES <= chunk.capacity(); ) {
                int length = (int) Slice.INT.get(chunk, from);
                if (length == NO_MORE) {
                    break;
                }
                reply.bulk(key.set(chunk, from + LENGTH_BYTES, length));
                from += LENGTH_BYTES + length;
            }
        }
    }

    @Override
    public void close() {
        for (ByteBuffer chunk : chunks) {
            if (chunk.capacity() == Chunks.BYTES) {
                Chunks.giveOne(chunk);
            }
        }
        chunks.clear();
    }
}
