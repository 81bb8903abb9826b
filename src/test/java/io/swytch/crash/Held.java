package io.swytch.crash;

import org.jspecify.annotations.Nullable;

/**
 * What a key should hold: a value, and when it expires as far as the writer knows. Threads: one at a time.
 *
 * <p>SET PX counts from the server's clock, so at first only bounds are known; a later PEXPIRETIME gives the millisecond, from which the server may
 * not depart again.
 */
final class Held {
    private static final long NEVER = -1;
    private static final long GONE = -2;

    final String value;
    private long expireAtMinMs;
    private long expireAtMaxMs;

    private Held(String value, long expireAtMinMs, long expireAtMaxMs) {
        this.value = value;
        this.expireAtMinMs = expireAtMinMs;
        this.expireAtMaxMs = expireAtMaxMs;
    }

    static Held forEver(String value) {
        return new Held(value, NEVER, NEVER);
    }

    static Held until(String value, long expireAtMs) {
        return new Held(value, expireAtMs, expireAtMs);
    }

    static Held untilAfter(String value, long expireAtMinMs) {
        return new Held(value, expireAtMinMs, Long.MAX_VALUE);
    }

    /** The same expiry with another value. */
    Held with(String newValue) {
        return new Held(newValue, expireAtMinMs, expireAtMaxMs);
    }

    /** Whether it is certain that the key lives at this time. */
    boolean livesAt(long ms) {
        return expireAtMinMs == NEVER || expireAtMinMs > ms;
    }

    /** Takes what PEXPIRETIME said at {@code nowMs} at the latest; false if that cannot be. */
    boolean learn(long expireAtMs, long nowMs) {
        if (expireAtMs == GONE) {
            return !livesAt(nowMs);
        }
        if (expireAtMs < expireAtMinMs || expireAtMs > expireAtMaxMs) {
            return false;
        }
        expireAtMinMs = expireAtMs;
        expireAtMaxMs = expireAtMs;
        return true;
    }

    /** Whether a key that should hold {@code held}, or nothing, may have looked like this. */
    static boolean fits(@Nullable Held held, Seen seen) {
        if (held == null) {
            return seen.value == null;
        }
        if (seen.value == null) {
            return !held.livesAt(seen.toMs);
        }
        if (!seen.value.equals(held.value)) {
            return false;
        }
        return seen.expireAtMs == GONE
                ? !held.livesAt(seen.toMs)
                : seen.expireAtMs >= held.expireAtMinMs
                        && seen.expireAtMs <= held.expireAtMaxMs
                        && (seen.expireAtMs == NEVER || seen.expireAtMs > seen.fromMs);
    }

    @Override
    public String toString() {
        return brief(value) + " until " + expireAtMinMs + ".." + expireAtMaxMs;
    }

    private static String brief(@Nullable String value) {
        return value == null
                ? "nothing"
                : value.substring(0, Math.min(24, value.length())) + " (" + value.length() + " bytes)";
    }

    /**
     * What GET and then PEXPIRETIME replied.
     *
     * @param value null for none
     * @param expireAtMs −1 for never, −2 where the key was gone
     * @param fromMs before the first was sent
     * @param toMs after the second had replied
     */
    record Seen(@Nullable String value, long expireAtMs, long fromMs, long toMs) {
        @Override
        public String toString() {
            return brief(value) + " until " + expireAtMs;
        }
    }
}
