package io.swytch.clock;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until it is told to go on; for tests. Threads: any. */
public final class ManualClock implements Clock {
    private final AtomicLong nanos = new AtomicLong();
    private final long originMs;

    /** A clock that shows {@code startMs} milliseconds since 1970. */
    public ManualClock(long startMs) {
        originMs = startMs;
    }

    /** Moves the clock on; a negative duration moves it back. */
    public void advance(Duration by) {
        nanos.addAndGet(by.toNanos());
    }

    @Override
    public long millis() {
        return originMs + Math.floorDiv(nanos.get(), 1_000_000);
    }

    @Override
    public long nanos() {
        return nanos.get();
    }
}
