package io.swytch.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.swytch.bytes.Bytes;
import io.swytch.clock.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatsTest {
    private long evictions;
    private long used;
    private final ManualClock clock = new ManualClock(1_000_000);
    private final Stats stats = new Stats(clock, into -> {
        into.evictions = evictions;
        into.usedBytes = used;
    });

    @Test
    void totals_areTheSumOfAllLoops() {
        LoopStats one = stats.newLoop();
        LoopStats two = stats.newLoop();
        one.hits = 3;
        two.misses = 1;
        one.recordCommand(5, 1000);
        two.recordCommand(5, 3000);
        two.recordError(5, "WRONGTYPE");
        one.recordRejected(200, "ERR");
        one.recordRejected(-1, "ERR");

        Totals totals = stats.totals();
        assertEquals(0.75, totals.hitRatio());
        assertEquals(2, totals.commands);
        Totals.Command command = totals.command(5);
        assertNotNull(command);
        assertEquals(2, command.calls());
        assertEquals(4000, command.nanos());
        assertEquals(1, command.failed());
        assertEquals(1, command.latency().countUpTo(1000));
        assertEquals(2, command.latency().count());
        Totals.Command refused = totals.command(200);
        assertNotNull(refused);
        assertEquals(1, refused.rejected());
        assertNull(totals.command(6));
        assertEquals(Map.of("ERR", 2L, "WRONGTYPE", 1L), totals.errorsByCode());
    }

    @Test
    void reset_beginsCountersAnewAndKeepsWhatIsHeld() {
        LoopStats loop = stats.newLoop();
        loop.hits = 10;
        loop.recordCommand(1, 500);
        loop.recordError(1, "ERR");
        loop.connectionsTotal += 7;
        evictions = 4;
        used = 99;
        stats.reset();
        loop.hits++;
        evictions++;

        Totals totals = stats.totals();
        assertEquals(1, totals.hits);
        assertEquals(0, totals.commands);
        assertEquals(0, totals.connectionsReceived);
        assertEquals(1, totals.store.evictions);
        assertEquals(99, totals.store.usedBytes);
        assertNull(totals.command(1));
        assertEquals(Map.of(), totals.errorsByCode());
        loop.recordCommand(1, 800);
        loop.recordError(1, "ERR");
        assertEquals(Map.of("ERR", 1L), stats.totals().errorsByCode());
        Totals.Command command = stats.totals().command(1);
        assertNotNull(command);
        assertEquals(1, command.latency().count());
    }

    @Test
    void rates_areTakenOverTheLastSamples() {
        LoopStats loop = stats.newLoop();
        assertEquals(0, stats.rates().commandsPerSecond());
        for (int i = 0; i < 100; i++) {
            loop.commands += i < 50 ? 1000 : 10;
            stats.sample();
            clock.advance(Duration.ofMillis(100));
        }
        assertEquals(100, stats.rates().commandsPerSecond(), 0.001);
    }

    @Test
    void peak_isTheMostThatWasSeen() {
        used = 500;
        stats.sample();
        used = 10;
        stats.totals();
        assertEquals(500, stats.peakUsedBytes());
    }

    @Test
    void errorKinds_areBounded() {
        LoopStats loop = stats.newLoop();
        for (int i = 0; i < 10_000; i++) {
            loop.recordError(1, "E" + i);
        }
        assertEquals(513, stats.totals().errorsByCode().size());
    }

    @Test
    void slowlog_keepsTheNewest() {
        Slowlog log = new Slowlog();
        log.setEntriesMax(2);
        for (int i = 0; i < 5; i++) {
            log.add(i, i, List.of(Bytes.of("GET")), "127.0.0.1:1", "");
        }
        assertEquals(
                List.of(4L, 3L), log.newest(10).stream().map(Slowlog.Entry::id).toList());
        assertEquals(1, log.newest(1).size());
        log.clear();
        assertEquals(0, log.size());
        assertEquals(5, log.total());
        log.setThresholdMicros(-1);
        assertEquals(Long.MAX_VALUE, log.thresholdNanos());
    }
}
