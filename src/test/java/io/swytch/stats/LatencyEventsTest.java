package io.swytch.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.clock.ManualClock;
import io.swytch.stats.LatencyEvents.Sample;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LatencyEventsTest {
    private static final long MS = 1_000_000;
    private final ManualClock clock = new ManualClock(1_000_000);
    private final LatencyEvents events = new LatencyEvents(clock);

    @Test
    void record_keepsTheLongestOfEachSecond() {
        events.record("fill", Long.MAX_VALUE - 1);
        assertNull(events.find("fill"));
        events.setThresholdMillis(5);
        events.record("fill", 5 * MS - 1);
        assertNull(events.find("fill"));
        events.record("fill", 5 * MS);
        events.record("fill", 9 * MS);
        events.record("fill", 6 * MS);
        clock.advance(Duration.ofSeconds(1));
        events.record("fill", 7 * MS);
        LatencyEvents.Event event = events.find("fill");
        assertEquals(List.of(new Sample(1000, 9), new Sample(1001, 7)), event.samples());
        assertEquals(9, event.maxMillis());
        assertEquals(new Sample(1001, 7), event.newest());
    }

    @Test
    void samples_areBounded() {
        events.setThresholdMillis(1);
        for (int i = 0; i < LatencyEvents.SAMPLES_MAX + 10; i++) {
            events.record("drain", (500 - i) * MS);
            clock.advance(Duration.ofSeconds(1));
        }
        assertEquals(LatencyEvents.SAMPLES_MAX, events.find("drain").samples().size());
        assertEquals(500, events.find("drain").maxMillis());
    }

    @Test
    void reset_forgets() {
        events.setThresholdMillis(1);
        events.record("a", MS);
        events.record("b", MS);
        events.record("c", MS);
        assertTrue(events.reset("a"));
        assertFalse(events.reset("a"));
        assertEquals(2, events.resetAll());
        assertEquals(List.of(), events.all());
    }
}
