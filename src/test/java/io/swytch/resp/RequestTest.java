package io.swytch.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Requests with far more arguments than have a slice each. */
class RequestTest {
    private static final int ARGS = 50_000;
    private static final int BYTES = 8;
    private static final int MOVED = 16;

    private static byte[] text(int index) {
        return String.format("%08d", index).getBytes(StandardCharsets.US_ASCII);
    }

    /** Arguments that lie in three memories, of which the last was moved while it was the last, and one that lies apart. */
    private static Request large() {
        Request request = new Request();
        ByteBuffer memory = ByteBuffer.allocateDirect(BYTES * ARGS);
        for (int i = 0; i < ARGS; i++) {
            if (i == ARGS / 3 || i == ARGS * 2 / 3) {
                memory = ByteBuffer.allocateDirect(BYTES * ARGS);
            }
            if (i == ARGS / 2) {
                request.add().set(Slice.copyOf(text(i)));
                continue;
            }
            memory.put(BYTES * i, text(i));
            request.add(memory, BYTES * i, BYTES);
        }
        return request;
    }

    private static void assertWhole(Request request) {
        assertEquals(ARGS, request.argCount());
        for (int i = 0; i < ARGS; i++) {
            assertEquals(
                    new String(text(i), StandardCharsets.US_ASCII),
                    request.arg(i).toString());
        }
        assertEquals("00000000", request.arg(0).toString());
        assertEquals("00049999", request.arg(ARGS - 1).toString());
        assertEquals("00017000", request.arg(17_000).toString());
    }

    @Test
    void arg_ofVeryMany_isWhatWasAdded() {
        assertWhole(large());
    }

    @Test
    void copy_ofVeryMany_hasItsOwnBytes() {
        Request request = large();
        Request copy = request.copy();
        request.arg(20_000).buffer().put(request.arg(20_000).offset(), (byte) 'x');
        assertWhole(copy);
        copy.release();
        assertEquals(0, copy.argCount());
    }

    @Test
    void moved_movesThoseBehindThePlaceOnly() {
        Request request = large();
        Slice last = request.arg(ARGS - 1);
        ByteBuffer old = last.buffer();
        int from = BYTES * (ARGS - 100);
        ByteBuffer target = ByteBuffer.allocateDirect(BYTES * ARGS + MOVED);
        target.put(from + MOVED, old, from, 100 * BYTES);
        for (int i = from; i < old.capacity(); i++) {
            old.put(i, (byte) 0);
        }
        request.moved(old, from, target, MOVED);
        assertWhole(request);
        assertWhole(request.copy());
    }

    @Test
    void clear_forgetsAll() {
        Request request = large();
        request.clear();
        assertEquals(0, request.argCount());
        request.add().set(Slice.copyOf("one"));
        assertEquals("one", request.arg(0).toString());
    }
}
