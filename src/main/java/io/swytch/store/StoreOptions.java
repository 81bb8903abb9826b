package io.swytch.store;

import io.swytch.store.journal.SyncMode;
import io.swytch.store.l1.EvictionMode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a store is set up.
 *
 * @param maxBytes what L1 may use, overhead included; {@code maxmemory}
 * @param evictionMode which entries memory pressure may take
 * @param databases how many
 * @param loops event loops that will use it; more shards for more of them
 * @param dataDir where everything lives in persistent mode; null: memory only
 * @param writeBufferBytes dirty entries that L1 has no room for wait in this much; {@code --l2-write-buffer}
 * @param overlayBytesMax what items may take that are fetched for commands and find no place in L1
 * @param backlog how far the journal and L2 may be behind before writers are slowed
 * @param blockCacheBytes RocksDB's block cache with its filters; {@code --l2-cache-size}
 * @param tablesOpenMax files of L2 that are kept open; −1 for all
 * @param sync when the journal is synced
 * @param skipDamaged whether a start goes on without what is damaged in the journal; {@code --recover}
 * @param warm whether L1 begins with what it held; {@code --warm}
 */
public record StoreOptions(
        long maxBytes,
        EvictionMode evictionMode,
        int databases,
        int loops,
        @Nullable Path dataDir,
        long writeBufferBytes,
        long overlayBytesMax,
        BacklogLimits backlog,
        long blockCacheBytes,
        int tablesOpenMax,
        SyncMode sync,
        boolean skipDamaged,
        WarmOptions warm) {}
