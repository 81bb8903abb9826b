package io.swytch.clock;

/** Where time comes from: the machine, or a test. Threads: any. */
public interface Clock {
    /** Wall time, milliseconds since 1970; may jump. What expiry is measured in. */
    long millis();

    /** Wall time, microseconds since 1970; may jump. */
    default long micros() {
        return millis() * 1000;
    }

    /** Monotonic nanoseconds from an arbitrary origin; what durations are measured in. */
    long nanos();

    /** The machine's clocks. */
    static Clock system() {
        return SystemClock.INSTANCE;
    }
}
