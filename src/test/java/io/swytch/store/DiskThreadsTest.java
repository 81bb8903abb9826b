package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class DiskThreadsTest {
    private static List<Integer> priorities(Thread... threads) {
        return List.of(threads).stream().map(Thread::getPriority).toList();
    }

    @Test
    void threads_stepBackOnce_andLaterOnesToo() {
        DiskThreads threads = new DiskThreads(true);
        Thread one = threads.newThread(() -> {});
        Thread two = threads.newThread(() -> {});
        assertEquals("swytch-disk-2", two.getName());
        assertEquals(List.of(DiskThreads.FIRST_PRIORITY, DiskThreads.FIRST_PRIORITY), priorities(one, two));
        threads.stepBack();
        Thread three = threads.newThread(() -> {});
        assertEquals(
                List.of(Thread.MIN_PRIORITY, Thread.MIN_PRIORITY, Thread.MIN_PRIORITY), priorities(one, two, three));
    }

    @Test
    void threads_withoutWarmStart_areBehind() {
        assertEquals(List.of(Thread.MIN_PRIORITY), priorities(new DiskThreads(false).newThread(() -> {})));
    }
}
