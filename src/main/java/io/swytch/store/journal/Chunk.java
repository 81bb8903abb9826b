package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * A piece of direct memory that becomes one record: room for the record's header in front, effects, room for padding and terminator.
 * Pieces are pooled, because direct memory that is dropped comes back only when the collector runs.
 *
 * <p>Threads: the owner only; ownership goes from an {@link EffectBuffer} to the {@link Journal}, and back to the pool.
 */
final class Chunk {
    /** Bytes of a piece; also bounds a record. */
    static final int BYTES = 256 << 10;

    /** Where the payload of a full piece ends: 7 bytes of padding and the terminator follow. */
    static final int FILL_MAX = BYTES - 16;

    /** 16 MiB: what a burst leaves behind; more goes to the collector. */
    private static final int IDLE_MAX = 64;

    @GuardedBy("IDLE")
    private static final ArrayDeque<Chunk> IDLE = new ArrayDeque<>();

    final ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);

    /** Where the payload ends; it begins at {@link RecordFormat#HEADER_BYTES}. */
    int fill = RecordFormat.HEADER_BYTES;

    /** Whether the payload begins in the middle of a unit that the piece before began. */
    boolean continues;

    private Chunk() {}

    /** An empty piece. */
    static Chunk take() {
        synchronized (IDLE) {
            Chunk idle = IDLE.pollLast();
            if (idle != null) {
                return idle;
            }
        }
        return new Chunk();
    }

    /** Gives a piece up. */
    static void give(Chunk chunk) {
        chunk.reset();
        synchronized (IDLE) {
            if (IDLE.size() < IDLE_MAX) {
                IDLE.addLast(chunk);
            }
        }
    }

    void reset() {
        fill = RecordFormat.HEADER_BYTES;
        continues = false;
    }

    int room() {
        return FILL_MAX - fill;
    }

    int payloadBytes() {
        return fill - RecordFormat.HEADER_BYTES;
    }
}
