package io.swytch.bytes;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ChunksTest {
    /** Threads keep views of values they looked at last; those must not keep hundreds of megabytes from the collector. */
    @Test
    void release_byTheLastReader_emptiesTheArrayThatViewsReferTo() {
        Chunks chunks = Chunks.take(3 * Chunks.BYTES - 1);
        ByteBuffer[] seen = chunks.buffers();
        assertEquals(3, seen.length);
        chunks.retain();
        chunks.release();
        assertEquals(Chunks.BYTES, seen[2].capacity());
        chunks.release();
        assertArrayEquals(new ByteBuffer[3], seen);
        assertThrows(IllegalStateException.class, chunks::release);
    }
}
