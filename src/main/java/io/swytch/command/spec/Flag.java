package io.swytch.command.spec;

import java.util.Locale;

/** What is said of a command as a whole; the names are those of COMMAND INFO. */
public enum Flag {
    WRITE,
    READONLY,
    DENYOOM,
    ADMIN,
    PUBSUB,
    NOSCRIPT,
    BLOCKING,
    LOADING,
    STALE,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    ASKING,
    FAST,
    NO_AUTH,
    NO_MANDATORY_KEYS,
    NO_ASYNC_LOADING,
    NO_MULTI,
    MOVABLEKEYS,
    ALLOW_BUSY;

    private final String wireName = name().toLowerCase(Locale.ROOT);

    /** The name in COMMAND INFO. */
    public String wireName() {
        return wireName;
    }

    /** This flag's bit in a set of flags. */
    public long bit() {
        return 1L << ordinal();
    }
}
