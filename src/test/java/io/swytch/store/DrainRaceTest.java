package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Key;
import io.swytch.store.l1.Shard;
import io.swytch.store.l2.L2Exception;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Races of a drain with clients, each brought about step by step. */
@Timeout(30)
class DrainRaceTest {
    @TempDir
    Path dir;

    private static Thread begin(Runnable task) {
        Thread thread = new Thread(task, "racer");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Waits until a thread waits for a lock, or has ended. */
    private static void awaitStopped(Thread thread) {
        await().until(() -> thread.getState() == Thread.State.WAITING || thread.getState() == Thread.State.TERMINATED);
    }

    private static List<String> keysInL2(Store store, int space) throws L2Exception {
        List<String> keys = new ArrayList<>();
        store.tier()
                .l2()
                .scan(
                        space,
                        0,
                        100,
                        (key, type, expireAtMs) -> keys.add(key.bytes().toString()));
        return keys;
    }

    /** A space that is flushed while a drain has its entries in hand is buried behind that drain, not before it. */
    @Test
    void flush_whileADrainHasTheSpaceInHand_leavesNothingOnDisk() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            int space = rig.store.spaces().of(0);
            AtomicBoolean once = new AtomicBoolean();
            Thread drainer = Thread.currentThread();
            // A drain syncs the journal when it has walked L1, before L2 takes what it found.
            rig.store.tier().onSynced(() -> {
                if (Thread.currentThread() == drainer && once.compareAndSet(false, true)) {
                    rig.all(keyspace -> keyspace.flush(0));
                    awaitStopped(begin(() -> bury(rig.store, space)));
                }
            });
            rig.store.drainNow();
            assertTrue(once.get());
            rig.store.awaitBuried();
            assertEquals(List.of(), keysInL2(rig.store, space));
            assertEquals(0, rig.size(0));
        }
    }

    /** A deletion that the drain has in hand is not on disk yet: what comes after it may not take it for done. */
    @Test
    void keyThatIsDeletedTwiceAroundADrain_staysDeleted() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "first");
            rig.store.drainNow();
            rig.delete(0, "k");
            AtomicBoolean once = new AtomicBoolean();
            Thread drainer = Thread.currentThread();
            rig.store.tier().onSynced(() -> {
                if (Thread.currentThread() == drainer && once.compareAndSet(false, true)) {
                    rig.set(0, "k", "second");
                    rig.delete(0, "k");
                    assertNull(rig.get(0, "k"));
                }
            });
            rig.store.drainNow();
            assertTrue(once.get());
            assertNull(rig.get(0, "k"));
            assertEquals(0, rig.size(0));
            rig.store.drainNow();
            assertNull(rig.get(0, "k"));
            assertEquals(0, rig.size(0));
        }
    }

    private static void bury(Store store, int space) {
        try {
            store.tier().drain().bury(space);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Shard lastShard(StoreRig rig) {
        Shard last = rig.store.l1().shard(rig.store.l1().shardCount() - 1);
        assertTrue(last.number() > 0, "several shards");
        return last;
    }

    private static List<String> keysOfFirstShard(StoreRig rig, int count) {
        List<String> first = new ArrayList<>();
        for (int i = 0; first.size() < count; i++) {
            Key key = new Key().set(Slice.copyOf("key:" + i), 1, rig.store.keyHash());
            if (rig.store.l1().shardIndex(key.hash()) == 0) {
                first.add("key:" + i);
            }
        }
        return first;
    }

    /**
     * L2 has an older value. The drain passes over an entry that is found expired after its beginning, and the journal loses the record of what expired: so
     * it needs one of the end.
     */
    @Test
    void expiryBetweenBeginAndWalkOfADrain_holdsAfterACrash() throws Exception {
        StoreRig rig = new StoreRig(dir, 256 << 20);
        Shard last = lastShard(rig);
        String key = keysOfFirstShard(rig, 1).get(0);
        rig.set(0, key, "older");
        rig.store.drainNow();
        rig.set(0, key, "newer");
        rig.expireAt(0, key, rig.clock.millis() + 1000);
        FutureTask<Void> drain = new FutureTask<>(() -> {
            rig.store.drainNow();
            return null;
        });
        last.lock();
        try {
            awaitStopped(begin(drain));
            rig.clock.advance(Duration.ofSeconds(2));
            assertNull(rig.get(0, key));
        } finally {
            last.unlock();
        }
        drain.get(10, TimeUnit.SECONDS);
        rig.stop();
        try (StoreRig again = new StoreRig(dir, 256 << 20)) {
            again.clock.advance(Duration.ofSeconds(2));
            assertNull(again.get(0, key));
            assertEquals(0, again.size(0));
        }
    }

    /**
     * An entry that was dirty before the drain began and is edited before the walk comes by is not drained; the record of its first write goes with
     * the trim. What is left in the journal must make it whole.
     */
    @Test
    void editBetweenBeginAndWalkOfADrain_isWholeAfterACrash() throws Exception {
        StoreRig rig = new StoreRig(dir, 256 << 20);
        Shard last = lastShard(rig);
        List<String> first = keysOfFirstShard(rig, 3);
        for (String name : first) {
            rig.set(0, name, "base");
        }
        FutureTask<Void> drain = new FutureTask<>(() -> {
            rig.store.drainNow();
            return null;
        });
        last.lock();
        try {
            // It has begun in the first shard, and stops at the last.
            awaitStopped(begin(drain));
            rig.append(0, first.get(0), "+more");
            rig.expireAt(0, first.get(1), rig.clock.millis() + 1_000_000);
            rig.append(0, first.get(2), "+more");
            rig.append(0, first.get(2), "+again");
        } finally {
            last.unlock();
        }
        drain.get(10, TimeUnit.SECONDS);
        rig.stop();
        try (StoreRig again = new StoreRig(dir, 256 << 20)) {
            assertEquals("base+more", again.get(0, first.get(0)));
            assertEquals("base", again.get(0, first.get(1)));
            assertEquals("base+more+again", again.get(0, first.get(2)));
            again.clock.advance(Duration.ofSeconds(2_000));
            assertEquals(null, again.get(0, first.get(1)));
            assertEquals("base+more", again.get(0, first.get(0)));
        }
    }
}
