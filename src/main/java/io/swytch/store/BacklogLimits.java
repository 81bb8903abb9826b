package io.swytch.store;

/**
 * How far what lies below L1 may be behind: from three quarters of a limit on writers are slowed.
 *
 * @param journalBytes of the journal's files; {@code --journal-limit}
 * @param level0Files of RocksDB's files at level 0, which every read has to look into; {@code --l2-level0-limit}
 * @param compactionBytes that RocksDB's compactions have before them; {@code --l2-compaction-limit}
 */
public record BacklogLimits(long journalBytes, long level0Files, long compactionBytes) {}
