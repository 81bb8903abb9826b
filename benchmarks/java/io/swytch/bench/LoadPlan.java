package io.swytch.bench;

/**
 * What a load does.
 *
 * @param getShare share of reads, 0 to 1
 * @param fillMisses whether a read that misses is followed by a SET of its key, as behind a cache
 * @param ttlSeconds of each SET; 0 = none
 * @param pipeline requests a connection sends at once, all of whose replies it waits for
 */
record LoadPlan(
        String host,
        int port,
        String wire,
        String prefix,
        KeyOrder order,
        Values values,
        double getShare,
        boolean fillMisses,
        long ttlSeconds,
        int pipeline) {}
