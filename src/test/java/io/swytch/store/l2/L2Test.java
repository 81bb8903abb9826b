package io.swytch.store.l2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksIterator;

class L2Test {
    @TempDir
    Path temp;

    private Path dir;
    private L2 l2;

    @BeforeEach
    void open() throws L2Exception {
        dir = temp.resolve("data");
        l2 = L2.open(L2Options.of(dir));
    }

    @AfterEach
    void close() throws L2Exception {
        l2.close();
    }

    private void reopen() throws L2Exception {
        l2.close();
        l2 = L2.open(L2Options.of(dir));
    }

    private static byte[] bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void get_ofValuesOfAnySize_givesThemBack() throws L2Exception {
        int[] sizes = {0, 1, 100, 16 << 10, (16 << 10) + 1, 100_000, 1 << 20, (1 << 20) + 1, 5 << 20, (17 << 20) + 3};
        Map<Key, Rig.Value> changes = new HashMap<>();
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            keys.add(Rig.key(1, "k" + i));
            changes.put(keys.get(i), new Rig.Value(ItemType.STRING, i % 2 * 5_000_000_000_000L, bytes(sizes[i], i)));
        }
        Rig.drain(l2, changes, Map.of());
        for (int round = 0; round < 2; round++) {
            List<Rig.Value> found = Rig.get(l2, keys);
            for (int i = 0; i < sizes.length; i++) {
                assertArrayEquals(bytes(sizes[i], i), found.get(i).bytes(), "size " + sizes[i]);
                assertEquals(i % 2 * 5_000_000_000_000L, found.get(i).expireAtMs());
                assertEquals(ItemType.STRING, found.get(i).type());
            }
            reopen();
        }
    }

    @Test
    void get_ofManyKeys_saysWhichAreAbsent() throws L2Exception {
        Map<Key, Rig.Value> changes = new HashMap<>();
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            keys.add(Rig.key(1, "k" + i));
            if (i % 3 == 0) {
                changes.put(keys.get(i), new Rig.Value(ItemType.HASH, 0, bytes(i, i)));
            }
        }
        Rig.drain(l2, changes, Map.of());
        List<Rig.Value> found = Rig.get(l2, keys);
        BitSet exists = l2.exists(keys);
        for (int i = 0; i < 500; i++) {
            assertEquals(i % 3 == 0, found.get(i) != null, "key " + i);
            assertEquals(i % 3 == 0, exists.get(i), "key " + i);
            assertTrue(i % 3 != 0 || l2.mayExist(keys.get(i)));
        }
        assertNull(Rig.get(l2, List.of(Rig.key(2, "k0"))).get(0), "another space");
    }

    @Test
    void mayExist_ofAbsentKeys_isHardlyEverTrueOnceFiltersAreInMemory() throws L2Exception {
        Map<Key, Rig.Value> changes = new HashMap<>();
        for (int i = 0; i < 5000; i++) {
            changes.put(Rig.key(1, "k" + i), new Rig.Value(ItemType.STRING, 0, bytes(50, i)));
        }
        Rig.drain(l2, changes, Map.of());
        int maybe = 0;
        for (int i = 0; i < 1000; i++) {
            maybe += l2.mayExist(Rig.key(1, "absent" + i)) ? 1 : 0;
        }
        assertTrue(maybe < 50, "said maybe " + maybe + " times of 1000");
    }

    @Test
    void delete_ofLongValue_leavesNoParts() throws L2Exception {
        Key key = Rig.key(1, "big");
        Rig.put(l2, key, 0, bytes(3_500_000, 1));
        Rig.put(l2, key, 0, bytes(1_200_000, 2));
        assertArrayEquals(bytes(1_200_000, 2), Rig.get(l2, List.of(key)).get(0).bytes());
        reopen();
        Rig.delete(l2, key);
        assertNull(Rig.get(l2, List.of(key)).get(0));
        assertFalse(l2.exists(List.of(key)).get(0));
        l2.close();
        Rocks rocks = Rocks.open(L2Options.of(dir), dir.resolve("db"), false);
        try (RocksIterator rows = rocks.db.newIterator(rocks.keys)) {
            rows.seekToFirst();
            assertFalse(rows.isValid(), "rows are left");
        } finally {
            rocks.close();
        }
    }

    @Test
    void add_ofKeysOfOneHashInAnyOrderAndTwice_keepsTheLast() throws L2Exception {
        Key a = new Key().set(Slice.copyOf("a"), 1, 77L);
        Key b = new Key().set(Slice.copyOf("b"), 1, 77L);
        byte[] large = bytes(2_000_000, 3);
        try (Ingest ingest = l2.beginIngest()) {
            ingest.add(b, Rig.item("b"));
            ingest.add(a, Rig.item(ItemType.STRING, 0, large));
            ingest.add(b, Rig.item(ItemType.STRING, 0, large));
            ingest.add(a, Rig.item("last"));
            ingest.commit(Map.of("m", new byte[] {1}));
        }
        List<Rig.Value> found = Rig.get(l2, List.of(a, b));
        assertEquals("last", new String(found.get(0).bytes(), StandardCharsets.UTF_8));
        assertArrayEquals(large, found.get(1).bytes());
        assertArrayEquals(new byte[] {1}, l2.meta("m"));
    }

    @Test
    void add_outOfOrder_isRefused() throws L2Exception {
        try (Ingest ingest = l2.beginIngest()) {
            ingest.add(new Key().set(Slice.copyOf("a"), 1, -1L), Rig.item("x"));
            Key lower = new Key().set(Slice.copyOf("a"), 1, 1L);
            assertThrows(IllegalArgumentException.class, () -> ingest.add(lower, Rig.item("x")));
        }
        try (Stream<Path> files = Files.list(dir.resolve("ingest"))) {
            assertEquals(0, files.count(), "an ingest that is closed leaves no files");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void meta_ofBothWays_theLastWriteWinsOverReopen() throws L2Exception {
        assertNull(l2.meta("x"));
        Rig.drain(l2, Map.of(), Map.of("x", new byte[] {1}, "y", new byte[] {9}));
        l2.putMeta(Map.of("x", new byte[] {2}));
        assertArrayEquals(new byte[] {2}, l2.meta("x"));
        reopen();
        assertArrayEquals(new byte[] {2}, l2.meta("x"));
        assertArrayEquals(new byte[] {9}, l2.meta("y"));
        Rig.drain(l2, Map.of(Rig.key(1, "k"), new Rig.Value(1, 0, new byte[3])), Map.of("x", new byte[] {3}));
        reopen();
        assertArrayEquals(new byte[] {3}, l2.meta("x"));
    }

    @Test
    void scan_showsKeysInOrderOfHash_andDoesNotSplitGroups() throws L2Exception {
        Map<Key, Rig.Value> changes = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            // Ten groups of thirty whose hashes have the same top 48 bits; from 0 on and beyond the sign.
            long hash = (long) (i / 30) * 0x1999_9999_9999_0000L & ~0xFFFFL | i % 30;
            changes.put(
                    new Key().set(Slice.copyOf("key" + i), 1, hash),
                    new Rig.Value(i % 2 == 0 ? ItemType.STRING : ItemType.SET, i, bytes(i * 100, i)));
        }
        changes.put(Rig.key(2, "other space"), new Rig.Value(ItemType.STRING, 0, new byte[1]));
        Rig.drain(l2, changes, Map.of("m", new byte[1]));
        List<String> shown = new ArrayList<>();
        long from = 0;
        int calls = 0;
        do {
            from = l2.scan(1, from, 40, (key, type, expireAtMs) -> {
                int i = Integer.parseInt(key.bytes().toString().substring(3));
                assertEquals(i % 2 == 0 ? ItemType.STRING : ItemType.SET, type);
                assertEquals(i, expireAtMs);
                shown.add(key.bytes().toString());
            });
            calls++;
            assertEquals(0, shown.size() % 30, "a group was split");
        } while (from != 0);
        assertEquals(300, shown.size());
        assertEquals(300, shown.stream().distinct().count());
        assertEquals(5, calls);
    }

    @Test
    void expired_showsCandidatesUntilForgotten() throws L2Exception {
        Map<Key, Rig.Value> changes = new HashMap<>();
        for (int i = 1; i <= 100; i++) {
            changes.put(Rig.key(1, "k" + i), new Rig.Value(ItemType.STRING, 1000 + i, new byte[3]));
        }
        changes.put(Rig.key(2, "k"), new Rig.Value(ItemType.STRING, 1000, new byte[3]));
        Rig.drain(l2, changes, Map.of());
        List<Long> times = new ArrayList<>();
        byte[] through = l2.expired(1, null, 1050, 20, (key, at) -> times.add(at));
        assertEquals(20, times.size());
        assertEquals(1001, times.get(0));
        assertEquals(1020, times.get(19));
        assertNotNull(through);
        try (Ingest ingest = l2.beginIngest()) {
            // A row that lies before the end of what is forgotten, and that nobody has looked at.
            ingest.add(Rig.key(1, "late"), Rig.item(ItemType.STRING, 1015, new byte[1]));
            ingest.forgetExpired(1, through);
            ingest.commit(Map.of());
        }
        times.clear();
        l2.expired(1, null, 1050, 1000, (key, at) -> times.add(at));
        assertTrue(times.contains(1015L));
        assertFalse(times.contains(1014L));
        assertEquals(1050, times.get(times.size() - 1));
        assertNull(l2.expired(1, null, 1000, 10, (key, at) -> times.add(at)));
        assertNotNull(l2.expired(2, null, Long.MAX_VALUE, 10, (key, at) -> times.add(at)));
        assertNull(l2.expired(3, null, Long.MAX_VALUE, 10, (key, at) -> times.add(at)));
    }

    @Test
    void dropSpace_givesDiskBack_andKeepsTheOthers() throws IOException {
        for (int round = 0; round < 3; round++) {
            Map<Key, Rig.Value> changes = new HashMap<>();
            for (int i = 0; i < 3000; i++) {
                changes.put(
                        Rig.key(1, "r" + round + "k" + i),
                        new Rig.Value(ItemType.STRING, 9_000_000_000_000L, bytes(2000, i)));
            }
            changes.put(Rig.key(1, "large"), new Rig.Value(ItemType.STRING, 0, bytes(6_000_000, round)));
            changes.put(Rig.key(2, "kept" + round), new Rig.Value(ItemType.STRING, 0, bytes(2_000_000, round)));
            Rig.drain(l2, changes, Map.of("m", new byte[] {7}));
        }
        long before = Rig.bytesUnder(dir);
        l2.dropSpace(1);
        long after = Rig.bytesUnder(dir);
        assertTrue(before > 20_000_000 && after < 7_000_000, before + " → " + after);
        assertEquals(0, l2.scan(1, 0, 10, (key, type, at) -> {
            throw new AssertionError("a key is left");
        }));
        for (int round = 0; round < 3; round++) {
            assertArrayEquals(
                    bytes(2_000_000, round),
                    Rig.get(l2, List.of(Rig.key(2, "kept" + round))).get(0).bytes());
        }
        assertNull(l2.expired(1, null, Long.MAX_VALUE, 10, (key, at) -> {}));
        assertArrayEquals(new byte[] {7}, l2.meta("m"));
    }

    @Test
    void dropSpace_cutShortByClose_hasDeletedAllOrNothing() throws Exception {
        Map<Key, Rig.Value> changes = new HashMap<>();
        for (int i = 0; i < 3000; i++) {
            changes.put(Rig.key(1, "k" + i), new Rig.Value(ItemType.STRING, 0, bytes(2000, i)));
        }
        Rig.drain(l2, changes, Map.of());
        CountDownLatch begun = new CountDownLatch(1);
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        Thread dropper = new Thread(() -> {
            try {
                begun.countDown();
                l2.dropSpace(1);
            } catch (L2ClosedException e) {
                // What this test is about.
            } catch (Throwable e) {
                failures.add(e);
            }
        });
        dropper.start();
        begun.await();
        l2.close();
        dropper.join();
        assertEquals(List.of(), failures);
        l2 = L2.open(L2Options.of(dir));
        int[] left = new int[1];
        l2.scan(1, 0, Integer.MAX_VALUE, (key, type, at) -> left[0]++);
        assertTrue(left[0] == 0 || left[0] == 3000, "left " + left[0]);
        l2.dropSpace(1);
        assertEquals(0, l2.scan(1, 0, 1, (key, type, at) -> {
            throw new AssertionError("a key is left");
        }));
    }

    /** Runs of keys that are there and of keys that are not, so that what is expected of the next ones is wrong each time. */
    @Test
    void exists_isExact_whateverWasThereBefore() throws L2Exception {
        List<Key> all = new ArrayList<>();
        Map<Key, Rig.Value> there = new HashMap<>();
        BitSet expected = new BitSet();
        for (int i = 0; i < 3_000; i++) {
            Key key = Rig.key(1, "key:" + i);
            all.add(key);
            if (i / 300 % 2 == 0 && i % 7 != 0) {
                there.put(key, new Rig.Value(ItemType.STRING, 0, bytes(20, i)));
                expected.set(i);
            }
        }
        Rig.drain(l2, there, Map.of());
        assertEquals(expected, l2.exists(all));
        assertEquals(expected.get(299, 902), l2.exists(all.subList(299, 902)));
        assertEquals(new BitSet(), l2.exists(List.of(Rig.key(2, "key:1"))));
    }

    @Test
    void checkpoint_opensWithTheSameContentAndSeed() throws L2Exception {
        Rig.put(l2, Rig.key(1, "a"), 0, bytes(100, 1));
        l2.putMeta(Map.of("x", new byte[] {5}));
        l2.checkpoint(temp.resolve("copy"));
        Rig.put(l2, Rig.key(1, "a"), 0, bytes(100, 2));
        try (L2 copy = L2.open(L2Options.of(temp.resolve("copy")))) {
            assertArrayEquals(
                    bytes(100, 1),
                    Rig.get(copy, List.of(Rig.key(1, "a"))).get(0).bytes());
            assertArrayEquals(new byte[] {5}, copy.meta("x"));
            assertEquals(l2.hashSeed(), copy.hashSeed());
        }
    }

    @Test
    void seedAndId_stayOverReopen_andDifferBetweenDirectories() throws L2Exception {
        long seed = l2.hashSeed();
        String id = l2.directoryId();
        reopen();
        assertEquals(seed, l2.hashSeed());
        assertEquals(id, l2.directoryId());
        try (L2 other = L2.open(L2Options.of(temp.resolve("other")))) {
            assertNotEquals(seed, other.hashSeed());
            assertNotEquals(id, other.directoryId());
        }
    }

    @Test
    void open_ofDirectoryThatIsOpen_isRefusedByName() {
        L2Exception e = assertThrows(L2Exception.class, () -> L2.open(L2Options.of(dir)));
        assertTrue(e.getMessage().contains(dir.toString()), e.getMessage());
    }

    @Test
    void open_inAnotherProcess_isRefusedByNameAndPid() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.library.path=" + System.getProperty("java.library.path"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        OpenMain.class.getName(),
                        dir.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(3, other.waitFor(), output);
        assertTrue(output.contains(dir.toString()), output);
        assertTrue(output.contains("pid " + ProcessHandle.current().pid()), output);
        // The other's look must not have cost us the lock.
        Rig.put(l2, Rig.key(1, "a"), 0, new byte[1]);
    }

    @Test
    void open_withoutCurrentOrManifestOrMarker_isRefusedByName() throws IOException {
        Rig.put(l2, Rig.key(1, "a"), 0, new byte[1]);
        l2.close();
        Path db = dir.resolve("db");
        String manifest = Files.readString(db.resolve("CURRENT")).strip();
        for (Path file : List.of(db.resolve("CURRENT"), db.resolve(manifest), dir.resolve("swytch.marker"))) {
            Files.move(file, temp.resolve("aside"));
            L2Exception e = assertThrows(L2Exception.class, () -> L2.open(L2Options.of(dir)));
            assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
            Files.move(temp.resolve("aside"), file);
        }
        l2 = L2.open(L2Options.of(dir));
        assertNotNull(Rig.get(l2, List.of(Rig.key(1, "a"))).get(0));
    }

    @Test
    void open_afterCrashInFirstStart_makesTheDirectory() throws IOException {
        l2.close();
        Path marker = dir.resolve("swytch.marker");
        String lines = Files.readString(marker).replaceAll("crc .*\n", "");
        Files.writeString(marker, DataDirectory.withChecksum(lines.replace("ready", "creating")));
        Files.delete(dir.resolve("db/CURRENT"));
        l2 = L2.open(L2Options.of(dir));
        assertTrue(Files.readString(marker).contains("ready"));
    }

    @Test
    void open_withAnyByteOfTheMarkerChanged_isRefusedByName() throws IOException {
        l2.close();
        Path marker = dir.resolve("swytch.marker");
        byte[] whole = Files.readAllBytes(marker);
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            Files.write(marker, changed);
            L2Exception e = assertThrows(L2Exception.class, () -> L2.open(L2Options.of(dir)), "byte " + at);
            assertTrue(e.getMessage().contains(marker.toString()), e.getMessage());
        }
        Files.write(marker, whole);
    }

    @Test
    void open_ofNewerFormat_isRefused() throws IOException {
        l2.close();
        Path marker = dir.resolve("swytch.marker");
        Files.writeString(marker, Files.readString(marker).replace("format 1", "format 2"));
        L2Exception e = assertThrows(L2Exception.class, () -> L2.open(L2Options.of(dir)));
        assertTrue(e.getMessage().contains("format 2"), e.getMessage());
        Files.writeString(marker, Files.readString(marker).replace("format 2", "format 1"));
    }

    @Test
    void read_ofDamagedFile_saysWhichFile() throws IOException {
        Map<Key, Rig.Value> changes = new HashMap<>();
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            keys.add(Rig.key(1, "k" + i));
            changes.put(keys.get(i), new Rig.Value(ItemType.STRING, 0, bytes(200, i)));
        }
        Rig.drain(l2, changes, Map.of());
        l2.close();
        Path sst;
        try (Stream<Path> files = Files.list(dir.resolve("db"))) {
            sst = files.filter(f -> f.toString().endsWith(".sst")).findAny().orElseThrow();
        }
        byte[] content = Files.readAllBytes(sst);
        for (int i = 0; i < content.length / 2; i += 1000) {
            content[i] ^= 1;
        }
        Files.write(sst, content);
        l2 = L2.open(L2Options.of(dir));
        L2Exception e = assertThrows(L2Exception.class, () -> Rig.get(l2, keys));
        assertTrue(e.getMessage().contains(sst.getFileName().toString()), e.getMessage());
    }

    @Test
    void files_areReadableByTheOwnerOnly() throws IOException {
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(dir)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("db"))));
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("swytch.marker"))));
    }

    @Test
    void stats_seeWhatIsThere() throws L2Exception {
        Rig.put(l2, Rig.key(1, "a"), 1, bytes(10_000, 1));
        L2Stats stats = l2.stats();
        assertTrue(stats.diskBytes() > 10_000);
        assertEquals(2, stats.fileCount());
        assertFalse(stats.writeStopped());
        assertEquals(0, stats.backgroundErrors());
    }

    @Test
    void calls_afterClose_areRefused() throws L2Exception {
        Ingest ingest = l2.beginIngest();
        ingest.add(Rig.key(1, "a"), Rig.item("x"));
        l2.close();
        l2.close();
        List<Key> keys = List.of(Rig.key(1, "a"));
        assertThrows(L2ClosedException.class, () -> l2.mayExist(keys.get(0)));
        assertThrows(L2ClosedException.class, () -> Rig.get(l2, keys));
        assertThrows(L2ClosedException.class, () -> l2.exists(keys));
        assertThrows(L2ClosedException.class, () -> l2.beginIngest());
        assertThrows(L2ClosedException.class, () -> ingest.commit(Map.of()));
        assertThrows(L2ClosedException.class, () -> l2.scan(1, 0, 1, (k, t, e) -> {}));
        assertThrows(L2ClosedException.class, () -> l2.stats());
    }

    @Test
    void close_whileOthersRead_waitsForThem() throws Exception {
        Map<Key, Rig.Value> changes = new HashMap<>();
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            keys.add(Rig.key(1, "k" + i));
            changes.put(keys.get(i), new Rig.Value(ItemType.STRING, 0, bytes(i * 200, i)));
        }
        Rig.drain(l2, changes, Map.of());
        for (int round = 0; round < 10; round++) {
            List<Thread> readers = new ArrayList<>();
            List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
            CountDownLatch warm = new CountDownLatch(4);
            L2 open = l2;
            for (int r = 0; r < 4; r++) {
                Thread reader = new Thread(() -> {
                    boolean first = true;
                    try {
                        while (true) {
                            Rig.get(open, keys);
                            open.mayExist(keys.get(3));
                            open.scan(1, 0, 50, (k, t, e) -> {});
                            open.exists(keys);
                            if (first) {
                                first = false;
                                warm.countDown();
                            }
                        }
                    } catch (L2ClosedException e) {
                        assertFalse(first);
                    } catch (Throwable e) {
                        failures.add(e);
                        warm.countDown();
                    }
                });
                reader.start();
                readers.add(reader);
            }
            warm.await();
            open.close();
            for (Thread reader : readers) {
                reader.join();
            }
            assertEquals(List.of(), failures);
            l2 = L2.open(L2Options.of(dir));
        }
    }

    @Test
    void found_ofLongValue_goesIntoMemoryOfTheVisitor() throws L2Exception {
        Key key = Rig.key(1, "big");
        byte[] value = bytes(2_500_000, 1);
        Rig.put(l2, key, 77, value);
        ByteBuffer[] mine = new ByteBuffer[3];
        for (int i = 0; i < 3; i++) {
            mine[i] = ByteBuffer.allocateDirect(1 << 20);
        }
        l2.get(List.of(key), new FetchVisitor() {
            @Override
            public void absent(int index) {
                throw new AssertionError();
            }

            @Override
            public void found(int index, Item item) {
                assertTrue(item.isLarge());
                assertEquals(77, item.expireAtMs());
                assertEquals(2_500_000, item.valueLength());
            }

            @Override
            public ByteBuffer[] chunksFor(int index, int valueLength) {
                return mine;
            }
        });
        byte[] read = new byte[value.length];
        for (int i = 0; i < 3; i++) {
            mine[i].get(0, read, i << 20, Math.min(1 << 20, value.length - (i << 20)));
        }
        assertArrayEquals(value, read);
    }
}
