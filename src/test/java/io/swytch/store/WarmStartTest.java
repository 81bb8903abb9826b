package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.stats.StoreFigures;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import io.swytch.store.l1.Shard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes back to L1 after a start, and the races of that with clients, each brought about step by step. */
@Timeout(60)
class WarmStartTest {
    @TempDir
    private Path dir;

    private WarmStart warm(StoreRig rig) {
        return warm(rig, rig.clock);
    }

    private WarmStart warm(StoreRig rig, Clock clock) {
        return new WarmStart(rig.store, rig.store.tier(), dir, Duration.ZERO, clock);
    }

    /** Holds up who asks for wall time: reading back does so when it has read an item and has not taken its stripe yet. */
    private static final class HoldingClock implements Clock {
        private final Clock clock;
        private final CountDownLatch arrived = new CountDownLatch(1);
        private final CountDownLatch mayGoOn = new CountDownLatch(1);

        HoldingClock(Clock clock) {
            this.clock = clock;
        }

        void awaitItemRead() throws InterruptedException {
            assertTrue(arrived.await(20, TimeUnit.SECONDS));
        }

        void letGo() {
            mayGoOn.countDown();
        }

        @Override
        public long millis() {
            arrived.countDown();
            try {
                assertTrue(mayGoOn.await(20, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return clock.millis();
        }

        @Override
        public long nanos() {
            return clock.nanos();
        }
    }

    private static StoreFigures figures(WarmStart warm) {
        StoreFigures figures = new StoreFigures();
        warm.read(figures);
        return figures;
    }

    private static void awaitDone(WarmStart warm) {
        await().until(() -> figures(warm).warmState.equals("done"));
    }

    /** Saves what is in L1. */
    private void save(StoreRig rig) throws IOException {
        Files.deleteIfExists(dir.resolve(HotSet.FILE));
        WarmStart warm = warm(rig);
        warm.start();
        awaitDone(warm);
        warm.stop();
        warm.saveLast();
        assertTrue(Files.exists(dir.resolve(HotSet.FILE)));
    }

    /** Reads back what was saved, all of it. */
    private WarmStart load(StoreRig rig) {
        WarmStart warm = warm(rig);
        warm.start();
        awaitDone(warm);
        warm.stop();
        return warm;
    }

    private static Key keyOf(StoreRig rig, String name) {
        return new Key().set(Slice.copyOf(name), rig.store.spaces().of(0), rig.store.keyHash());
    }

    private static boolean isInL1(StoreRig rig, String name) {
        Key key = keyOf(rig, name);
        Shard shard = rig.store.l1().lock(key.hash());
        try {
            return shard.find(key, new Item(), false);
        } finally {
            shard.unlock();
        }
    }

    private static int uses(StoreRig rig, String name) {
        Key key = keyOf(rig, name);
        Shard shard = rig.store.l1().lock(key.hash());
        try {
            return shard.frequency(key);
        } finally {
            shard.unlock();
        }
    }

    @Test
    void keysOfL1_areBackWithTheirUses_withoutAnyRead() throws Exception {
        int[] uses = new int[3000];
        try (StoreRig rig = new StoreRig(dir, 4 << 20)) {
            for (int i = 0; i < uses.length; i++) {
                rig.set(i % 2, "key:" + i, "value " + i);
            }
            for (int i = 0; i < uses.length; i += 3) {
                for (int n = 0; n < i % 4; n++) {
                    rig.get(i % 2, "key:" + i);
                }
            }
            for (int i = 0; i < uses.length; i += 2) {
                uses[i] = uses(rig, "key:" + i);
            }
            save(rig);
        }
        try (StoreRig rig = new StoreRig(dir, 4 << 20)) {
            assertFalse(isInL1(rig, "key:0"));
            StoreFigures figures = figures(load(rig));
            assertEquals(3000, figures.warmKeysSaved);
            assertEquals(3000, figures.warmKeysLoaded);
            assertEquals(1.0, figures.warmShare);
            for (int i = 0; i < uses.length; i += 2) {
                assertTrue(isInL1(rig, "key:" + i));
                assertEquals(uses[i], uses(rig, "key:" + i));
            }
            for (int i = 0; i < uses.length; i++) {
                assertEquals("value " + i, rig.get(i % 2, "key:" + i));
            }
            assertEquals(1500, rig.size(0));
            assertEquals(1500, rig.size(1));
            assertEquals(0, rig.store.l1().dirtyBytes(), "what comes back is clean");
        }
    }

    @Test
    void valuesOfAnySize_areBack() throws Exception {
        int[] sizes = {0, 1, 100, 16_000, 20_000, 70_000, 300_000};
        try (StoreRig rig = new StoreRig(dir, 32 << 20)) {
            for (int size : sizes) {
                rig.set(0, "k" + size, "v".repeat(size));
            }
            save(rig);
        }
        try (StoreRig rig = new StoreRig(dir, 32 << 20)) {
            assertEquals(sizes.length, figures(load(rig)).warmKeysLoaded);
            for (int size : sizes) {
                assertTrue(isInL1(rig, "k" + size), () -> "" + size);
                assertEquals("v".repeat(size), rig.get(0, "k" + size));
            }
        }
    }

    @Test
    void smallerL1_takesTheHottest_andDrivesNothingOut() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 8 << 20)) {
            for (int i = 0; i < 20_000; i++) {
                rig.set(0, "key:" + i, "v".repeat(200));
            }
            for (int i = 0; i < 1000; i++) {
                rig.get(0, "key:" + i);
            }
            save(rig);
        }
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            StoreFigures figures = figures(load(rig));
            assertEquals(20_000, figures.warmKeysSaved);
            assertTrue(figures.warmKeysLoaded > 2_000 && figures.warmKeysLoaded < 5_000, "" + figures.warmKeysLoaded);
            assertEquals(0, rig.store.l1().evictions());
            for (int i = 0; i < 1000; i++) {
                assertTrue(isInL1(rig, "key:" + i), "key:" + i);
            }
        }
    }

    /** They lie close together on disk, and would be read in one sweep if the limit were what it was: then the first by hash would have the room. */
    @Test
    void smallerL1_takesTheHottestOfMain() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 8 << 20)) {
            for (int i = 0; i < 20_000; i++) {
                rig.set(0, "key:" + i, "v".repeat(200));
            }
            rig.store.drainNow();
            List<Integer> byHash = IntStream.range(0, 20_000)
                    .boxed()
                    .sorted((a, b) -> Long.compareUnsigned(
                            keyOf(rig, "key:" + a).hash(),
                            keyOf(rig, "key:" + b).hash()))
                    .toList();
            try (HotSetWriter writer =
                    new HotSetWriter(dir, rig.store.tier().l2().directoryId(), 0, 8 << 20)) {
                for (int i : byHash) {
                    Key key = keyOf(rig, "key:" + i);
                    writer.add(key.space(), key.hash(), HotSet.heat(true, i < 1000 ? 3 : 0));
                }
                assertEquals(20_000, writer.finish());
            }
        }
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            assertEquals(20_000, figures(load(rig)).warmKeysSaved);
            for (int i = 0; i < 1000; i++) {
                assertTrue(isInL1(rig, "key:" + i), "key:" + i);
            }
        }
        try (StoreRig rig = new StoreRig(dir, 8 << 20)) {
            assertEquals(20_000, figures(load(rig)).warmKeysLoaded);
        }
    }

    @Test
    void changedSinceTheSave_isAsItIsNow() throws Exception {
        StoreRig before = new StoreRig(dir, 4 << 20);
        for (String name : new String[] {"drained", "journaled", "deleted", "gone", "expired"}) {
            before.set(0, name, "old");
        }
        before.set(1, "flushed", "old");
        save(before);
        before.set(0, "drained", "new");
        before.delete(0, "gone");
        before.store.drainNow();
        before.set(0, "journaled", "new");
        before.delete(0, "deleted");
        before.expireAt(0, "expired", before.clock.millis() + 1000);
        before.all(keyspace -> keyspace.flush(1));
        before.stop();
        try (StoreRig rig = new StoreRig(dir, 4 << 20)) {
            rig.clock.advance(Duration.ofSeconds(2));
            StoreFigures figures = figures(load(rig));
            assertEquals(6, figures.warmKeysSaved);
            assertEquals("new", rig.get(0, "drained"));
            assertEquals("new", rig.get(0, "journaled"));
            assertTrue(isInL1(rig, "drained"));
            assertNull(rig.get(0, "deleted"));
            assertNull(rig.get(0, "gone"));
            assertNull(rig.get(0, "expired"));
            assertNull(rig.get(1, "flushed"));
            assertEquals(2, rig.size(0));
            assertEquals(0, rig.size(1));
        }
    }

    /** The old item has been read, and has not taken its stripe, while the key is written, drained and evicted: L1 has no trace of that write. */
    @Test
    void itemReadBeforeAWriteThatLeftL1_isReadAgain() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "old");
            rig.store.drainNow();
            save(rig);
            rig.store.chill();
            HoldingClock clock = new HoldingClock(rig.clock);
            WarmStart warm = warm(rig, clock);
            warm.start();
            clock.awaitItemRead();
            rig.set(0, "k", "new");
            rig.store.chill();
            assertFalse(isInL1(rig, "k"));
            clock.letGo();
            awaitDone(warm);
            warm.stop();
            assertTrue(isInL1(rig, "k"));
            assertEquals("new", rig.get(0, "k"));
            assertEquals(1, rig.size(0));
        }
    }

    @Test
    void itemReadBeforeADeletionOrAFlush_doesNotComeBack() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "old");
            rig.store.drainNow();
            save(rig);
            for (int round = 0; round < 2; round++) {
                rig.set(0, "k", "old");
                rig.store.chill();
                HoldingClock clock = new HoldingClock(rig.clock);
                WarmStart warm = warm(rig, clock);
                warm.start();
                clock.awaitItemRead();
                if (round == 0) {
                    rig.delete(0, "k");
                } else {
                    rig.all(keyspace -> keyspace.flush(0));
                }
                clock.letGo();
                awaitDone(warm);
                warm.stop();
                assertNull(rig.get(0, "k"));
                assertEquals(0, rig.size(0));
                assertEquals(0, figures(warm).warmKeysLoaded);
            }
        }
    }

    @Test
    void stopBeforeAllIsBack_keepsWhatWasSaved() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            rig.store.drainNow();
            save(rig);
            byte[] saved = Files.readAllBytes(dir.resolve(HotSet.FILE));
            rig.store.chill();
            HoldingClock clock = new HoldingClock(rig.clock);
            WarmStart warm = warm(rig, clock);
            Thread stopping = new Thread(warm::stop);
            warm.start();
            clock.awaitItemRead();
            stopping.start();
            await().until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
            clock.letGo();
            stopping.join();
            warm.saveLast();
            assertEquals("loading", figures(warm).warmState);
            assertEquals(Arrays.toString(saved), Arrays.toString(Files.readAllBytes(dir.resolve(HotSet.FILE))));
        }
    }

    /** Fails for who asks for wall time, as often as it is told to. */
    private static final class FailingClock implements Clock {
        private final Clock clock;
        private final AtomicInteger failures;
        private final CountDownLatch failed = new CountDownLatch(1);

        FailingClock(Clock clock, int failures) {
            this.clock = clock;
            this.failures = new AtomicInteger(failures);
        }

        @Override
        public long millis() {
            if (failures.getAndDecrement() > 0) {
                failed.countDown();
                throw new IllegalStateException("meant by the test");
            }
            return clock.millis();
        }

        @Override
        public long nanos() {
            return clock.nanos();
        }
    }

    @Test
    void failureWhileReading_isTriedAgain() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            save(rig);
            rig.store.chill();
            WarmStart warm = warm(rig, new FailingClock(rig.clock, 2));
            warm.start();
            awaitDone(warm);
            warm.stop();
            assertTrue(isInL1(rig, "k"));
            assertEquals(1, figures(warm).warmKeysLoaded);
        }
    }

    @Test
    void stopAfterAFailure_leavesTheListAsItWas() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            save(rig);
            byte[] saved = Files.readAllBytes(dir.resolve(HotSet.FILE));
            rig.store.chill();
            FailingClock clock = new FailingClock(rig.clock, Integer.MAX_VALUE);
            WarmStart warm = warm(rig, clock);
            warm.start();
            assertTrue(clock.failed.await(20, TimeUnit.SECONDS));
            warm.stop();
            warm.saveLast();
            assertEquals("loading", figures(warm).warmState);
            assertEquals(Arrays.toString(saved), Arrays.toString(Files.readAllBytes(dir.resolve(HotSet.FILE))));
        }
    }

    @Test
    void reloadInBetween_beginsAnew() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            rig.set(1, "k", "w");
            save(rig);
            rig.store.chill();
            HoldingClock clock = new HoldingClock(rig.clock);
            WarmStart warm = warm(rig, clock);
            warm.start();
            clock.awaitItemRead();
            Thread reloading = new Thread(() -> assertDoesNotThrow(rig.store::reload));
            reloading.start();
            // It waits for the one database that is being read, and the other one then waits for it.
            await().until(() -> reloading.getState() == Thread.State.WAITING);
            clock.letGo();
            reloading.join();
            awaitDone(warm);
            warm.stop();
            assertTrue(isInL1(rig, "k"));
            assertEquals(2, figures(warm).warmKeysLoaded);
            assertEquals(1.0, figures(warm).warmShare);
        }
    }

    @Test
    void damagedList_isAColdStart() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            rig.store.chill();
            Files.write(dir.resolve(HotSet.FILE), new byte[1000]);
            StoreFigures figures = figures(load(rig));
            assertEquals(0, figures.warmKeysSaved);
            assertEquals(1.0, figures.warmShare);
            assertEquals("v", rig.get(0, "k"));
            rig.set(0, "k", "v");
            save(rig);
            rig.store.chill();
            assertEquals(1, figures(load(rig)).warmKeysLoaded);
        }
    }
}
