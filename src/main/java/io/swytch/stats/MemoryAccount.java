package io.swytch.stats;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the process's memory is: parts that do not overlap, over a base, which together are about what the process holds.
 *
 * <p>The base is what the process held beyond the parts when it had started: the Java machine's own code and structures, libraries, stacks. It is
 * taken once, so that a part that nobody counts shows as a difference between the sum and the resident memory. Threads: the one that made it.
 *
 * @param parts bytes by name
 * @param baseBytes the fixed base; 0 until it has been taken
 */
public record MemoryAccount(Map<String, Long> parts, long baseBytes) {
    /** The base and all parts. */
    public long sumBytes() {
        return baseBytes + partBytes();
    }

    long partBytes() {
        return parts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The parts as they are now. */
    static Map<String, Long> parts(StoreFigures store, ProcessFigures process, NetworkMemory network) {
        Map<String, Long> parts = new LinkedHashMap<>();
        long direct = process.directBytes() + network.besideDirectBytes();
        parts.put("memory_l1_arena_bytes", store.takenBytes);
        parts.put("memory_network_bytes", network.bytes());
        parts.put("memory_direct_other_bytes", Math.max(0, direct - store.takenBytes - network.bytes()));
        parts.put("memory_l2_block_cache_bytes", store.blockCacheBytes);
        parts.put("memory_l2_memtable_bytes", store.memtableBytes);
        parts.put("memory_l2_table_reader_bytes", store.filterBytes);
        parts.put("memory_heap_bytes", process.heapTouchedBytes());
        parts.put("memory_metaspace_bytes", process.metaspaceBytes());
        parts.put("memory_code_cache_bytes", process.codeCacheBytes());
        return parts;
    }

    /**
     * Memory of connections' buffers.
     *
     * @param bytes all of it
     * @param besideDirectBytes what of it the Java machine does not count among its direct buffers
     */
    public record NetworkMemory(long bytes, long besideDirectBytes) {
        static final NetworkMemory NONE = new NetworkMemory(0, 0);
    }
}
