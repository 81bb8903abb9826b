package io.swytch.store.l1;

import io.swytch.store.item.KeyHash;

/**
 * How L1 is built.
 *
 * @param maxBytes what {@link L1#usedBytes()} never exceeds
 * @param waitBytesMax what dirty entries that were evicted before their drain may take beside it (shown, not enforced here); 0 = memory-only:
 *     nothing is ever dirty
 * @param loops event loops; there are up to about four shards for each
 * @param mode what may be evicted; ignored unless memory-only
 * @param keyHash the hash that keys come with; eviction finds an entry's slot by it
 */
public record L1Options(long maxBytes, long waitBytesMax, int loops, EvictionMode mode, KeyHash keyHash) {}
