package io.swytch.store.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SyncDelaysTest {
    private final SyncDelays delays = new SyncDelays();

    private void add(int count, long nanos) {
        for (int i = 0; i < count; i++) {
            delays.add(nanos);
        }
    }

    @Test
    void nothingYet_expectsNothing() {
        assertEquals(0, delays.expectedNanos());
    }

    @Test
    void oneStall_isNotPlannedFor_butTwoAre() {
        add(100, 1_000);
        add(1, 90_000);
        assertEquals(1_000, delays.expectedNanos());

        add(1, 70_000);
        assertEquals(70_000, delays.expectedNanos());
    }

    @Test
    void whatIsLongAgo_isForgotten() {
        add(5, 90_000);
        add(256, 2_000);

        assertEquals(2_000, delays.expectedNanos());
    }
}
