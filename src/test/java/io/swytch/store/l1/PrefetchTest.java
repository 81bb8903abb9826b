package io.swytch.store.l1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.swytch.bytes.Slice;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PrefetchTest {
    private static final KeyHash HASH = new KeyHash(42);
    private static final long MB = 1 << 20;
    private static final int KEYS = 16;

    /** Whatever another thread does to the tables that are read without a lock: no exception, and no access outside of them. */
    @Test
    void prefetch_survivesGrowthShrinkingAndRebuilds() throws Exception {
        L1 l1 = new L1(new L1Options(2 * MB, 0, 2, EvictionMode.ALL, HASH));
        AtomicBoolean isOver = new AtomicBoolean();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
            Random random = new Random(5);
            long[] hashes = new long[KEYS];
            Prefetch places = new Prefetch(KEYS);
            Slice name = new Slice();
            while (!isOver.get()) {
                for (int i = 0; i < KEYS; i++) {
                    hashes[i] = random.nextInt(8) == 0
                            ? random.nextLong()
                            : HASH.of(name.set(Slice.copyOf("key:" + random.nextInt(100_000))));
                }
                l1.prefetch(hashes, 1 + random.nextInt(KEYS), places);
            }
        });
        Random random = new Random(6);
        Slice value = Slice.copyOf("value of a few bytes, some more of them here");
        for (int i = 0; i < 300_000 && !reader.isDone(); i++) {
            if (i % 30_000 == 0) {
                l1.setMaxBytes((1 + random.nextInt(32)) * MB);
            }
            Key key = new Key().set(Slice.copyOf("key:" + random.nextInt(100_000)), 1, HASH);
            Shard shard = l1.lock(key.hash());
            try {
                if (random.nextInt(3) == 0) {
                    shard.remove(key);
                } else {
                    shard.put(key, ItemType.STRING, 0, 0, value, false, ItemHeader.L2_NONE);
                }
            } finally {
                shard.unlock();
            }
        }
        isOver.set(true);
        assertEquals(null, reader.get());
    }
}
