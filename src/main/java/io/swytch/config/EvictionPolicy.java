package io.swytch.config;

/** Which keys may leave when memory is full. Redis's names; all of a group do the same here. */
public enum EvictionPolicy {
    /** Any key, the least useful first. */
    ALLKEYS,
    /** Only keys with an expiry. */
    VOLATILE,
    /** None: writes are refused. */
    NOEVICTION;

    static EvictionPolicy of(String name) {
        if (name.startsWith("allkeys-")) {
            return ALLKEYS;
        }
        return name.startsWith("volatile-") ? VOLATILE : NOEVICTION;
    }
}
