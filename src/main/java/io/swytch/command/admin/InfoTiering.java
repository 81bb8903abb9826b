package io.swytch.command.admin;

import io.swytch.stats.HistogramSnapshot;
import io.swytch.stats.ProcessFigures;
import io.swytch.stats.StoreFigures;
import io.swytch.stats.Totals;
import io.swytch.stats.WriteLimit;
import java.util.LinkedHashMap;
import java.util.Map;

/** The section Tiering of INFO: what each tier holds and does, and where all memory is. */
final class InfoTiering {
    private InfoTiering() {}

    /** Bytes of what each tier holds and may hold. The account of all memory is in the section Memory. */
    static Map<String, Long> parts(StoreFigures store, ProcessFigures process) {
        Map<String, Long> parts = new LinkedHashMap<>();
        parts.put("l1_used_bytes", store.usedBytes);
        parts.put("l1_max_bytes", store.maxBytes);
        parts.put("l1_segment_bytes", store.segmentBytes);
        parts.put("l1_index_bytes", store.indexBytes);
        parts.put("l1_ghost_bytes", store.ghostBytes);
        parts.put("l1_large_bytes", store.largeBytes);
        parts.put("write_buffer_bytes", store.writeBufferBytes);
        parts.put("write_buffer_max_bytes", store.writeBufferMaxBytes);
        parts.put("overlay_bytes", store.overlayBytes);
        parts.put("journal_buffer_bytes", store.journalBufferBytes);
        parts.put("l2_block_cache_bytes", store.blockCacheBytes);
        parts.put("l2_block_cache_max_bytes", store.blockCacheMaxBytes);
        parts.put("l2_memtable_bytes", store.memtableBytes);
        parts.put("l2_filter_bytes", store.filterBytes);
        parts.put("l1_taken_bytes", store.takenBytes);
        parts.put("heap_used_bytes", process.heapBytes());
        parts.put("heap_committed_bytes", process.heapCommittedBytes());
        return parts;
    }

    static void append(Totals totals, ProcessFigures process, InfoText info) {
        StoreFigures store = totals.store;
        info.add("tiered", store.isTiered ? 1 : 0);
        info.add("keys_estimate", store.keys);
        info.add("l1_entries", store.entries);
        info.add("l1_hits", totals.hits);
        info.add("l1_misses", totals.misses);
        info.add("l1_hit_rate", "%.4f", totals.hitRatio());
        info.add("l1_evictions", store.evictions);
        info.add("l2_hits", totals.l2Hits);
        info.add("l2_misses", totals.l2Misses);
        info.add("l2_keys", store.l2Keys);
        info.add("l2_bytes", store.l2Bytes);
        info.add("l2_expired_waiting", store.expiredWaitingKeys);
        info.add("l2_expired_backlog_seconds", store.expiredBacklogMs / 1000);
        info.add("l2_writes", store.l2Writes);
        info.add("l2_deletes", store.l2Deletes);
        info.add("l2_bytes_written", store.l2BytesWritten);
        info.add("l2_level0_files", store.level0Files);
        info.add("l2_level0_max_files", store.level0FilesMax);
        info.add("l2_compaction_bytes", store.compactionBytes);
        info.add("l2_compaction_max_bytes", store.compactionBytesMax);
        info.add("dirty_bytes", store.dirtyBytes);
        info.add("overlay_max_bytes", store.overlayBytesMax);
        info.add("fills", store.fills);
        info.add("fills_lost", store.fillsLost);
        times("fill", store.fillTimes, info);
        info.add("journal_bytes", store.journalBytes);
        info.add("journal_max_bytes", store.journalBytesMax);
        info.add("disk_reserve_bytes", store.reserveBytes);
        info.add("journal_commits", store.journalCommits);
        info.add("journal_bytes_written", store.journalBytesWritten);
        info.add("journal_syncs", store.journalSyncTimes.count());
        info.add("journal_syncs_late", store.journalSyncsLate);
        times("journal_sync", store.journalSyncTimes, info);
        info.add("drains", store.drains);
        info.add("drains_failed", store.drainsFailed);
        times("drain", store.drainTimes, info);
        info.add("write_stalls", store.writeStalls);
        for (WriteLimit limit : WriteLimit.values()) {
            info.add("write_stalls_" + limit.label(), store.writeStallsBy[limit.ordinal()]);
        }
        info.add("write_stall_milliseconds", store.writeStallNanos / 1_000_000);
        info.add("warm_state", store.warmState);
        info.add("warm_keys_saved", store.warmKeysSaved);
        info.add("warm_keys_loaded", store.warmKeysLoaded);
        info.add("warm_share", "%.4f", store.warmShare);
        info.add("warm_seconds", "%.3f", store.warmNanos / 1e9);
        info.add("warm_saves", store.warmSaves);
        parts(store, process).forEach(info::add);
    }

    private static void times(String name, HistogramSnapshot times, InfoText info) {
        info.add(name + "_usec_p50", times.percentileNanos(50) / 1000);
        info.add(name + "_usec_p99", times.percentileNanos(99) / 1000);
    }
}
