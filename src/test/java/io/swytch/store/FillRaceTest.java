package io.swytch.store;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Races of a fill with clients, each brought about step by step. */
@Timeout(30)
class FillRaceTest {
    /** Too large to stay in an L1 of 1 MiB. */
    private static final int LARGE_BYTES = 400_000;

    @TempDir
    Path dir;

    private static Key keyOf(StoreRig rig, String name) {
        return new Key().set(Slice.copyOf(name), rig.store.spaces().of(0), rig.store.keyHash());
    }

    private static void awaitFills(StoreRig rig, long count) {
        await().until(() ->
                Arrays.stream(rig.store.tier().fillLatency().counts()).sum() >= count);
    }

    private static void start(StoreRig rig, Fetch fetch) {
        FetchBatch batch = new FetchBatch();
        batch.add(fetch, () -> {});
        batch.start(rig.store);
    }

    /** Begins a fetch of a key that only L2 has, whose stripe the caller holds: it cannot land before the caller lets go. */
    private static Fetch begin(StoreRig rig, Key key) {
        Fetch fetch = rig.store.newFetch();
        fetch.want(key);
        start(rig, fetch);
        return fetch;
    }

    /** A client that closes its connection takes its fetch out of the sight of writers; what that fetch still brings is old. */
    @Test
    void fetchThatEverybodyLeft_doesNotOverwriteALaterWrite() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "old");
            rig.set(0, "gone", "old");
            rig.store.chill();
            Key key = keyOf(rig, "k");
            Key gone = keyOf(rig, "gone");
            rig.store.lockAll();
            try {
                Fetch fetch = rig.store.newFetch();
                fetch.want(key);
                fetch.want(gone);
                start(rig, fetch);
                fetch.release();
                rig.set(0, "k", "new");
                rig.delete(0, "gone");
            } finally {
                rig.store.unlockAll();
            }
            awaitFills(rig, 1);
            assertEquals("new", rig.get(0, "k"));
            assertNull(rig.get(0, "gone"));
            rig.store.chill();
            assertEquals("new", rig.get(0, "k"));
            assertNull(rig.get(0, "gone"));
        }
    }

    /** The first fetch has put the key into L1, which has no room for it: the second reads it anew, while a third that waited for the first has not begun yet. */
    @Test
    void fetchWhoseKeyIsReadTwice_beforeItBegins_hearsOfItsEnd() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            rig.store.chill();
            Key key = keyOf(rig, "k");
            Fetch slow = rig.store.newFetch();
            Fetch first;
            rig.store.lock(key.hash());
            try {
                first = begin(rig, key);
                slow.want(key);
            } finally {
                rig.store.unlock(key.hash());
            }
            awaitFills(rig, 1);
            Fetch second;
            rig.store.lock(key.hash());
            try {
                second = begin(rig, key);
            } finally {
                rig.store.unlock(key.hash());
            }
            awaitFills(rig, 2);
            AtomicInteger ends = new AtomicInteger();
            FetchBatch batch = new FetchBatch();
            batch.add(slow, ends::incrementAndGet);
            batch.start(rig.store);
            assertEquals(1, ends.get());
            first.release();
            slow.release();
            second.release();
            assertFalse(isFetched(rig, key));
            assertEquals(0, rig.store.tier().overlayBytes(rig.store.fills()));
        }
    }

    /** As where another key of the command cannot be read: whoever wants this one must not wait for a read that nobody does. */
    @Test
    void fetchThatIsGivenUp_leavesItsKeysToOthers() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            rig.store.chill();
            Key key = keyOf(rig, "k");
            rig.store.lock(key.hash());
            try {
                Fetch givenUp = rig.store.newFetch();
                givenUp.want(key);
                givenUp.cancel();
            } finally {
                rig.store.unlock(key.hash());
            }
            assertFalse(isFetched(rig, key));
            AtomicInteger ends = new AtomicInteger();
            Fetch fetch = rig.store.newFetch();
            rig.store.lock(key.hash());
            try {
                fetch.want(key);
            } finally {
                rig.store.unlock(key.hash());
            }
            FetchBatch batch = new FetchBatch();
            batch.add(fetch, ends::incrementAndGet);
            batch.start(rig.store);
            await().until(() -> ends.get() == 1);
            fetch.release();
            assertEquals("v", rig.get(0, "k"));
        }
    }

    /** A client that asked for gigabytes and closed its connection kept the disk threads from the others. */
    @Test
    void fetchThatEverybodyLeft_isNotRead() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v");
            rig.store.chill();
            Key key = keyOf(rig, "k");
            rig.store.lock(key.hash());
            try {
                Fetch left = rig.store.newFetch();
                left.want(key);
                left.release();
                start(rig, left);
            } finally {
                rig.store.unlock(key.hash());
            }
            awaitFills(rig, 1);
            assertFalse(isFetched(rig, key));
            assertFalse(isInL1(rig, key));
            Fetch stayed;
            rig.store.lock(key.hash());
            try {
                stayed = begin(rig, key);
            } finally {
                rig.store.unlock(key.hash());
            }
            awaitFills(rig, 2);
            assertTrue(isInL1(rig, key));
            stayed.release();
        }
    }

    /** Each command may have one value in any case; of a thousand commands not all may, at the same time. */
    @Test
    void valuesForWhichThereIsNoRoom_areBoundedTogether() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "a", "v".repeat(LARGE_BYTES));
            rig.set(0, "b", "v".repeat(LARGE_BYTES));
            rig.store.chill();
            rig.store.setOverlayBytesMax(0);
            Fetch first = fetched(rig, "a");
            assertFalse(first.isDenied());
            Fetch second = fetched(rig, "b");
            assertTrue(second.isDenied());
            second.release();
            first.release();
            Fetch third = fetched(rig, "b");
            assertFalse(third.isDenied());
            third.release();
            rig.store.setOverlayBytesMax(8L * LARGE_BYTES);
            Fetch fourth = fetched(rig, "a");
            Fetch fifth = fetched(rig, "b");
            assertFalse(fourth.isDenied() || fifth.isDenied());
            fourth.release();
            fifth.release();
        }
    }

    private static Fetch fetched(StoreRig rig, String name) {
        Key key = keyOf(rig, name);
        AtomicInteger ends = new AtomicInteger();
        Fetch fetch = rig.store.newFetch();
        rig.store.lock(key.hash());
        try {
            fetch.want(key);
        } finally {
            rig.store.unlock(key.hash());
        }
        FetchBatch batch = new FetchBatch();
        batch.add(fetch, ends::incrementAndGet);
        batch.start(rig.store);
        await().until(() -> ends.get() == 1);
        return fetch;
    }

    private static boolean isInL1(StoreRig rig, Key key) {
        rig.store.lock(key.hash());
        try {
            return rig.store.shard(key.hash()).find(key, new Item(), false);
        } finally {
            rig.store.unlock(key.hash());
        }
    }

    /** Memory of values that were kept beside L1 goes back when the collector is told of it, and not before. */
    @Test
    void valueThatIsKeptNoLonger_isSaidToWaitForTheCollector() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "v".repeat(LARGE_BYTES));
            rig.store.chill();
            Key key = keyOf(rig, "k");
            Fetch fetch;
            rig.store.lock(key.hash());
            try {
                fetch = begin(rig, key);
            } finally {
                rig.store.unlock(key.hash());
            }
            awaitFills(rig, 1);
            assertTrue(rig.store.tier().overlayBytes(rig.store.fills()) > LARGE_BYTES);
            Chunks.takeDropped(0);
            fetch.release();
            assertTrue(Chunks.takeDropped(LARGE_BYTES));
        }
    }

    private static boolean isFetched(StoreRig rig, Key key) {
        rig.store.lock(key.hash());
        try {
            return rig.store.isFetched(key);
        } finally {
            rig.store.unlock(key.hash());
        }
    }

    @Test
    void fetchOfAFlushedSpace_bringsNothingBackToL1() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "k", "old");
            rig.store.chill();
            Key key = keyOf(rig, "k");
            Fetch fetch;
            rig.store.lockAll();
            try {
                fetch = begin(rig, key);
                rig.all(keyspace -> keyspace.flush(0));
            } finally {
                rig.store.unlockAll();
            }
            awaitFills(rig, 1);
            rig.store.lock(key.hash());
            try {
                assertFalse(rig.store.shard(key.hash()).find(key, new Item(), false));
            } finally {
                rig.store.unlock(key.hash());
            }
            fetch.release();
            assertNull(rig.get(0, "k"));
        }
    }

    /** A command that gave up after its first change would make that change again: INCR in a transaction counted twice. */
    @Test
    void lookAfterAChange_readsInsteadOfGivingUp() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "cold", "there");
            rig.store.chill();
            rig.all(keyspace -> {
                keyspace.setMayBlock(false);
                Key cold = keyspace.key(0, Slice.copyOf("cold"), new Key());
                assertThrows(FillNeeded.class, () -> keyspace.find(cold));
                keyspace.putString(
                        keyspace.key(0, Slice.copyOf("other"), new Key()),
                        Slice.copyOf("1"),
                        ItemHeader.ENCODING_AUTO,
                        0);
                Item item = keyspace.find(cold);
                assertNotNull(item);
                assertEquals("there", item.value(new Slice()).toString());
                keyspace.setMayBlock(true);
            });
        }
    }

    /** The edit that follows such a look has to find the same: it began with the empty string. */
    @Test
    void editAfterAChange_buildsOnWhatIsOnDisk() throws Exception {
        try (StoreRig rig = new StoreRig(dir, 1 << 20)) {
            rig.set(0, "cold", "there");
            rig.set(0, "timed", "stays");
            rig.store.chill();
            rig.all(keyspace -> {
                keyspace.setMayBlock(false);
                keyspace.putString(
                        keyspace.key(0, Slice.copyOf("other"), new Key()),
                        Slice.copyOf("1"),
                        ItemHeader.ENCODING_AUTO,
                        0);
                Key cold = keyspace.key(0, Slice.copyOf("cold"), new Key());
                assertNotNull(keyspace.find(cold));
                keyspace.patchString(cold, 5, Slice.copyOf("!"));
                Key timed = keyspace.key(0, Slice.copyOf("timed"), new Key());
                assertNotNull(keyspace.find(timed));
                keyspace.expireAt(timed, keyspace.nowMs() + 1_000_000);
                keyspace.setMayBlock(true);
            });
            assertEquals("there!", rig.get(0, "cold"));
            assertEquals("stays", rig.get(0, "timed"));
        }
    }
}
