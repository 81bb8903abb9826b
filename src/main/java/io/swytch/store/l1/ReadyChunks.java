package io.swytch.store.l1;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a large edit, laid out as the chunks that they will be of the value: copying them is done off the event loop, and under the
 * shard's lock whole chunks only change hands.
 *
 * <p>Threads: one at a time.
 */
public final class ReadyChunks {
    private final @Nullable ByteBuffer[] chunks;

    /** Where in the first chunk the bytes begin. */
    private final int lead;

    private ReadyChunks(@Nullable ByteBuffer[] chunks, int lead) {
        this.chunks = chunks;
        this.lead = lead;
    }

    /** Copies bytes that are to lie at {@code offset} of a value. */
    public static ReadyChunks of(Slice bytes, int offset) {
        int lead = offset & Chunks.BYTES - 1;
        ByteBuffer[] chunks = new ByteBuffer[Chunks.count((long) lead + bytes.length())];
        try {
            for (int i = 0, done = 0; i < chunks.length; i++) {
                int at = i == 0 ? lead : 0;
                int n = Math.min(bytes.length() - done, Chunks.BYTES - at);
                chunks[i] = Chunks.takeOne();
                bytes.copyTo(done, chunks[i], at, n);
                done += n;
            }
        } catch (OutOfMemoryError e) {
            Chunks.giveAll(chunks);
            throw e;
        }
        return new ReadyChunks(chunks, lead);
    }

    /** Whether the bytes lie as an edit at {@code offset} needs them. */
    public boolean suits(int offset) {
        return (offset & Chunks.BYTES - 1) == lead;
    }

    /** The chunk whose bytes begin {@code done} bytes behind the first; it is the caller's from now on. Null if it was taken before. */
    @Nullable
    ByteBuffer take(int done) {
        int i = lead + done >>> Chunks.SHIFT;
        ByteBuffer chunk = chunks[i];
        chunks[i] = null;
        return chunk;
    }

    /** Gives back what has not been taken. */
    public void giveBack() {
        Chunks.giveAll(chunks);
    }
}
