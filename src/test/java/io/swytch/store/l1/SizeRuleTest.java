package io.swytch.store.l1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SizeRuleTest {
    private static final long MEMORY = 1 << 20;
    private static final KeyHash HASH = new KeyHash(42);

    @Test
    void extraHits_growWithTheLogarithmOfTheSize() {
        assertEquals(0, SizeRule.extraHits(200, 200));
        assertEquals(0, SizeRule.extraHits(345, 200));
        assertEquals(1, SizeRule.extraHits(346, 200));
        assertEquals(1, SizeRule.extraHits(1039, 200));
        assertEquals(2, SizeRule.extraHits(1040, 200));
        assertEquals(2, SizeRule.extraHits(1 << 30, 200));
        assertEquals(0, SizeRule.extraHits(116, 200));
        assertEquals(-1, SizeRule.extraHits(115, 200));
        assertEquals(-2, SizeRule.extraHits(38, 200));
        assertEquals(-2, SizeRule.extraHits(8, 1 << 30));
    }

    @Test
    void credit_isGiven_whereNobodyHasHits() {
        SizeRule rule = new SizeRule();
        for (int i = 0; i < 1000; i++) {
            rule.note(i % 2 == 0 ? 30 : 400, 200, false, MEMORY);
        }
        assertEquals(-2, rule.extraHitsOfNew(30, 200));
        assertEquals(1, rule.extraHitsOfNew(400, 200));
    }

    @Test
    void credit_isRefused_whileSmallEntriesEarnLess_andGivenAgainWhenTheyDoNot() {
        SizeRule rule = new SizeRule();
        for (int i = 0; i < 10_000; i++) {
            rule.note(i % 2 == 0 ? 30 : 400, 200, i % 4 == 1, MEMORY);
        }
        assertEquals(0, rule.extraHitsOfNew(30, 200));
        assertEquals(1, rule.extraHitsOfNew(400, 200));
        for (int i = 0; i < 40_000; i++) {
            rule.note(i % 2 == 0 ? 30 : 400, 200, i % 4 < 2, MEMORY);
        }
        assertEquals(-2, rule.extraHitsOfNew(30, 200));
    }

    /** A loop over many more keys than fit: recency alone hits nothing, and a tenth at most where sizes count for nothing. */
    @Test
    void loop_hitsWhatIsSmall() {
        Replay replay = new Replay();
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < 40_000; i++) {
                replay.read("loop:" + i, i % 4 == 0 ? 20 : 300);
            }
        }
        assertTrue(replay.hitRatio() > 0.12, "hit ratio " + replay.hitRatio());
    }

    /** Tiny keys that nobody reads twice do not drive out what is read. */
    @Test
    void scanOfTinyKeys_leavesTheOthers() {
        Replay replay = new Replay();
        Replay calm = new Replay();
        Random random = new Random(7);
        for (int i = 0, scanned = 0; i < 400_000; i++) {
            // To the third, so that low numbers come more often.
            double share = random.nextDouble();
            String key = "hot:" + (int) (share * share * share * 20_000);
            calm.read(key, 250);
            replay.read(key, 250);
            if (i % 2 == 0) {
                replay.scan("scan:" + scanned++, 16);
            }
        }
        assertTrue(
                replay.hitRatio() > calm.hitRatio() - 0.05,
                "hit ratio " + replay.hitRatio() + ", without the scan " + calm.hitRatio());
    }

    /** Reads keys, and writes those that are missing, as who uses a cache does. */
    private static final class Replay {
        private final L1 l1 = new L1(new L1Options(MEMORY, 0, 1, EvictionMode.ALL, HASH));
        private final Item item = new Item();
        private int hits;
        private int reads;

        void read(String name, int valueBytes) {
            reads++;
            hits += hasOrWrites(name, valueBytes) ? 1 : 0;
        }

        void scan(String name, int valueBytes) {
            hasOrWrites(name, valueBytes);
        }

        private boolean hasOrWrites(String name, int valueBytes) {
            Key key = new Key().set(Slice.copyOf(name), 1, HASH);
            Shard shard = l1.lock(key.hash());
            try {
                if (shard.find(key, item, true)) {
                    return true;
                }
                assertTrue(shard.put(key, ItemType.STRING, 0, 0, Slice.copyOf(new byte[valueBytes]), false, 0));
                return false;
            } finally {
                shard.unlock();
            }
        }

        double hitRatio() {
            return (double) hits / reads;
        }
    }
}
