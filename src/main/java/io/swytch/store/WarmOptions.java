package io.swytch.store;

import java.time.Duration;

/**
 * Whether what was in L1 is read back at the next start.
 *
 * @param isOn whether it is read back at start, and saved
 * @param saveEvery how often it is saved while the store is open; zero: only when it is closed
 */
public record WarmOptions(boolean isOn, Duration saveEvery) {
    /** L1 begins empty, and nothing is saved. */
    public static final WarmOptions OFF = new WarmOptions(false, Duration.ZERO);
}
