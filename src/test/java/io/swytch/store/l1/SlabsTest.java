package io.swytch.store.l1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SlabsTest {
    private static final int KB = 1 << 10;
    private static final int MB = 1 << 20;

    @Test
    void take_neverLeavesMoreThanASixteenthIdle() {
        Slabs slabs = new Slabs(64 * KB, 1L << 30);
        for (long used = 64 * KB; used <= 48 * MB; used += 64 * KB) {
            slabs.prepare();
            assertEquals(64 * KB, slabs.take().capacity());
            assertTrue(
                    slabs.takenBytes() >= used && slabs.takenBytes() <= used + used / 16 + 4 * 64 * KB,
                    used + " of " + slabs.takenBytes());
        }
    }

    @Test
    void take_neverMakesMoreThanTheOneChunkItself() {
        Slabs slabs = new Slabs(64 * KB, 1L << 30);
        for (int used = 1; used <= 400; used++) {
            slabs.take();
            assertEquals(used * 64L * KB, slabs.takenBytes());
        }
        slabs.prepare();
        assertTrue(slabs.takenBytes() >= 26L * MB, "some of it ahead, but has " + slabs.takenBytes());
    }

    @Test
    void take_staysWithinTheLimitAsLongAsThereIsRoom() {
        Slabs slabs = new Slabs(64 * KB, 10 * MB);
        for (int i = 0; i < 160; i++) {
            slabs.prepare();
            slabs.take();
        }
        assertEquals(10 * MB, slabs.takenBytes());
        slabs.take();
        assertEquals(10 * MB + 64 * KB, slabs.takenBytes());
    }

    @Test
    void give_letsGoOfEverySlabThatIsWholeAgain() {
        Slabs slabs = new Slabs(64 * KB, 1L << 30);
        Deque<ByteBuffer> held = new ArrayDeque<>();
        for (int i = 0; i < 500; i++) {
            slabs.prepare();
            held.add(slabs.take());
        }
        long most = slabs.takenBytes();
        for (int i = 0; i < 250; i++) {
            slabs.give(held.removeLast());
        }
        assertTrue(slabs.takenBytes() <= most / 2 + 4 * MB, slabs.takenBytes() + " of " + most);
        while (!held.isEmpty()) {
            slabs.give(held.removeLast());
        }
        assertEquals(0, slabs.takenBytes());
    }

    @Test
    void chunks_neverShareMemory() {
        Random random = new Random(7);
        Slabs slabs = new Slabs(4 * KB, 1L << 30);
        Deque<ByteBuffer> held = new ArrayDeque<>();
        int next = 0;
        for (int i = 0; i < 4_000; i++) {
            if (held.isEmpty() || random.nextInt(3) > 0) {
                slabs.prepare();
                ByteBuffer chunk = slabs.take();
                chunk.putInt(0, next).putInt(chunk.capacity() - 4, next++);
                held.add(chunk);
            } else {
                slabs.give(held.remove());
            }
        }
        Set<Integer> seen = new HashSet<>();
        for (ByteBuffer chunk : held) {
            assertEquals(chunk.getInt(0), chunk.getInt(chunk.capacity() - 4));
            assertTrue(seen.add(chunk.getInt(0)));
        }
    }

    @Test
    void give_refusesWhatIsNotLent() {
        Slabs slabs = new Slabs(4 * KB, MB);
        ByteBuffer chunk = slabs.take();
        slabs.give(chunk);
        assertThrows(IllegalStateException.class, () -> slabs.give(chunk));
        assertThrows(IllegalStateException.class, () -> slabs.give(ByteBuffer.allocateDirect(4 * KB)));
    }
}
