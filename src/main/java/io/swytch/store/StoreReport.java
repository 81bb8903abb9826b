package io.swytch.store;

import io.swytch.stats.HistogramSnapshot;
import io.swytch.stats.StoreFigures;
import io.swytch.stats.StoreStats;
import io.swytch.stats.WriteLimit;
import io.swytch.store.journal.Journal;
import io.swytch.store.journal.JournalStats;
import io.swytch.store.l1.L1;
import io.swytch.store.l2.L2;
import io.swytch.store.l2.L2Exception;
import io.swytch.store.l2.L2Stats;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The store's figures for INFO and metrics. Threads: any. */
final class StoreReport implements StoreStats {
    private static final Logger LOG = LoggerFactory.getLogger(StoreReport.class);

    private final Store store;
    private final FillRegistry fills;
    private final StoreOptions options;

    StoreReport(Store store, FillRegistry fills, StoreOptions options) {
        this.store = store;
        this.fills = fills;
        this.options = options;
    }

    @Override
    public void read(StoreFigures into) {
        L1 l1 = store.l1();
        into.isTiered = store.isTiered();
        into.usedBytes = l1.usedBytes();
        into.takenBytes = l1.takenBytes();
        into.maxBytes = store.maxBytes();
        into.segmentBytes = l1.segmentBytes();
        into.indexBytes = l1.indexBytes();
        into.ghostBytes = l1.ghostBytes();
        into.largeBytes = l1.largeBytes();
        into.entries = l1.entries();
        into.evictions = l1.evictions();
        into.expiredByUpkeep = l1.expired();
        for (int space : store.spaces().map()) {
            into.keys += store.tentativeKeys(space);
        }
        Tier tier = store.tier();
        if (tier != null) {
            readTier(into, l1, tier);
        }
        WarmStart warm = store.warm();
        if (warm != null) {
            warm.read(into);
        }
    }

    private void readTier(StoreFigures into, L1 l1, Tier tier) {
        into.writeBufferBytes = l1.waitBytes();
        into.writeBufferMaxBytes = options.writeBufferBytes();
        into.dirtyBytes = l1.dirtyBytes();
        ColdExpiry expiry = tier.drain().expiry();
        into.expiredByUpkeep += expiry.buried();
        into.expiredWaitingKeys = expiry.waiting();
        into.expiredBacklogMs = expiry.backlogMs();
        Journal journal = tier.journal();
        into.journalBytes = journal.bytes();
        into.journalBytesMax = options.backlog().journalBytes();
        into.level0FilesMax = options.backlog().level0Files();
        into.compactionBytesMax = options.backlog().compactionBytes();
        into.journalBufferBytes = journal.pendingBytes();
        JournalStats written = journal.stats();
        into.journalCommits = written.commits;
        into.journalBytesWritten = written.bytesWritten;
        into.journalSyncsLate = written.syncsLate;
        into.journalSyncTimes = HistogramSnapshot.ofDoublingMicros(written.syncBuckets, written.syncNanosTotal);
        into.blockCacheMaxBytes = options.blockCacheBytes();
        into.l2Keys = tier.counts().inL2();
        into.reserveBytes = tier.l2().reserve().bytes();
        readL2(into, tier.l2());
        Latency fillLatency = tier.fillLatency();
        into.fillTimes = HistogramSnapshot.ofDoublingMicros(fillLatency.counts(), fillLatency.totalNanos());
        into.fills = into.fillTimes.count();
        into.fillsLost = fills.lostRaces();
        Drain drain = tier.drain();
        into.drainTimes = HistogramSnapshot.ofDoublingMicros(
                drain.latency().counts(), drain.latency().totalNanos());
        into.drains = into.drainTimes.count();
        Backlog backlog = tier.backlog();
        for (WriteLimit limit : WriteLimit.values()) {
            into.writeStallsBy[limit.ordinal()] = backlog.stalls(limit);
            into.writeStalls += backlog.stalls(limit);
        }
        into.writeStallNanos = backlog.stallNanos();
        into.l2Writes = drain.entriesDrained() - drain.deletesDrained();
        into.l2Deletes = drain.deletesDrained();
        into.l2BytesWritten = drain.bytesDrained();
        into.drainsFailed = drain.failures();
        into.overlayBytes = tier.overlayBytes(fills);
        into.overlayBytesMax = tier.overlayBytesMax();
    }

    private static void readL2(StoreFigures into, L2 l2) {
        try {
            L2Stats stats = l2.stats();
            into.l2Bytes = stats.diskBytes();
            into.level0Files = stats.level0Files();
            into.compactionBytes = stats.pendingCompactionBytes();
            into.blockCacheBytes = stats.blockCacheBytes();
            into.memtableBytes = stats.memtableBytes();
            into.filterBytes = stats.tableReaderBytes();
        } catch (L2Exception e) {
            LOG.warn("no figures of L2", e);
        }
    }
}
