package io.swytch.stats;

import java.util.Locale;

/** What writers are slowed for as it comes near its limit. */
public enum WriteLimit {
    /** Entries that eviction met before their drain. */
    WRITE_BUFFER,
    /** All that L2 does not have. */
    DIRTY,
    /** The journal's files. */
    JOURNAL,
    /** RocksDB's files at level 0, which every read has to look into. */
    LEVEL0,
    /** What RocksDB's compactions have before them. */
    COMPACTION;

    /** The name in INFO and metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
