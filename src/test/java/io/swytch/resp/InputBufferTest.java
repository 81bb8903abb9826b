package io.swytch.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class InputBufferTest {
    private static final byte[] PINGS = "*1\r\n$4\r\nPING\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);

    /** At the end of a stream a transport reads all that there is, whether or not it was told to stop. */
    @Test
    void inputThatCannotBeRefused_isKept_andItsMemoryGivenBack() {
        BlockPool pool = BlockPool.ofCurrentThread();
        InputBuffer input = new InputBuffer(pool, new RespLimits());
        long before = BlockPool.totalBytes();
        int reads = (6 << 20) / PINGS.length;
        ByteBuf shared = Unpooled.directBuffer(InputBuffer.HEADROOM + PINGS.length);
        for (int i = 0; i < reads; i++) {
            ByteBuf target = input.target(shared);
            target.release();
            ByteBuf read = Unpooled.directBuffer(InputBuffer.HEADROOM + PINGS.length)
                    .setIndex(InputBuffer.HEADROOM, InputBuffer.HEADROOM)
                    .writeBytes(PINGS);
            input.arrived(read);
            if (i == 0) {
                assertEquals(RequestDecoder.Status.REQUEST, input.decoder().next(), "the one that waits");
            }
            input.keep();
            read.release();
        }
        assertTrue(input.memoryBytes() > 6 << 20);
        int requests = 1;
        while (input.decoder().next() == RequestDecoder.Status.REQUEST) {
            assertTrue(input.decoder().request().arg(0).equalsIgnoreCase("PING"));
            requests++;
        }
        assertEquals(reads * 1000, requests);
        input.close();
        pool.close();
        shared.release();
        assertEquals(before, BlockPool.totalBytes());
    }
}
