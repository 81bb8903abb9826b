package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HotSetTest {
    private static final String ID = "0123456789abcdef0123456789abcdef";

    @TempDir
    private Path dir;

    private Path file() {
        return dir.resolve(HotSet.FILE);
    }

    /** Saves keys of random hashes. Returns the prefixes by space and heat. */
    private Map<List<Integer>, List<Long>> save(int keys, long seed) throws IOException {
        Random random = new Random(seed);
        long[] hashes = random.longs(keys).toArray();
        Long[] ordered = Arrays.stream(hashes).boxed().toArray(Long[]::new);
        Arrays.sort(ordered, Long::compareUnsigned);
        Map<List<Integer>, List<Long>> saved = new HashMap<>();
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 1_800_000_000_000L, 3 << 20)) {
            for (long hash : ordered) {
                int space = random.nextInt(10) == 0 ? 77 : 1;
                int heat = random.nextInt(HotSet.HEATS);
                writer.add(space, hash, heat);
                saved.computeIfAbsent(List.of(space, heat), k -> new ArrayList<>())
                        .add(hash >>> HotSet.PREFIX_SHIFT);
            }
            assertEquals(keys, writer.finish());
        }
        return saved;
    }

    @Test
    void reader_givesBackWhatWasSaved_theHottestFirst() throws IOException {
        Map<List<Integer>, List<Long>> saved = save(200_000, 1);
        Map<List<Integer>, List<Long>> read = new HashMap<>();
        List<Integer> ranks = new ArrayList<>();
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            assertEquals(200_000, reader.keys());
            assertEquals(1_800_000_000_000L, reader.savedAtMs());
            assertEquals(3 << 20, reader.limitBytes());
            for (HotSetReader.Block block : reader.blocks()) {
                long[] prefixes = new long[block.keys()];
                byte[] heats = new byte[block.keys()];
                reader.read(block, prefixes, heats);
                for (int i = 0; i < prefixes.length; i++) {
                    assertEquals(block.rank(), HotSet.rank(heats[i]));
                    read.computeIfAbsent(List.of(block.space(), (int) heats[i]), k -> new ArrayList<>())
                            .add(prefixes[i]);
                }
                ranks.add(block.rank());
            }
        }
        assertEquals(saved, read);
        assertEquals(ranks.stream().sorted().toList(), ranks);
        assertEquals(0, HotSet.rank(HotSet.heat(true, 3)));
        assertEquals(HotSet.RANKS - 1, HotSet.rank(HotSet.heat(false, 0)));
        assertTrue(Files.size(file()) < 200_000 * 5, "five bytes a key, far apart as they are");
    }

    /** One sweep a rank, or all but the coldest in one, in L2's order. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sweeps_haveAllKeysOnce_inTheOrderOfL2(boolean together) throws IOException {
        Map<List<Integer>, List<Long>> saved = save(100_000, 5);
        Map<List<Integer>, List<Long>> read = new HashMap<>();
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            List<HotSweep> sweeps = HotSweep.plan(reader, together);
            assertEquals(together ? 2 : HotSet.RANKS, sweeps.size());
            for (int i = 0; i < sweeps.size(); i++) {
                HotSweep sweep = sweeps.get(i);
                assertEquals(together ? i == 0 : i < HotSet.COOLER_RANK, sweep.isHot());
                int space = 0;
                long prefix = -1;
                while (sweep.next()) {
                    int rank = HotSet.rank(sweep.heat());
                    int least = together && rank < HotSet.COLD_RANK ? 0 : rank;
                    assertEquals(together && i == 1 ? HotSet.COLD_RANK : i, least);
                    assertTrue(sweep.space() > space || sweep.space() == space && sweep.prefix() > prefix);
                    space = sweep.space();
                    prefix = sweep.prefix();
                    read.computeIfAbsent(List.of(space, sweep.heat()), k -> new ArrayList<>())
                            .add(prefix);
                }
            }
        }
        assertEquals(saved, read);
    }

    @Test
    void prefixInTwoRanks_isOneKeyOfASweep() throws IOException {
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 0, 0)) {
            for (int space = 1; space <= 2; space++) {
                writer.add(space, 5L << HotSet.PREFIX_SHIFT, HotSet.heat(true, 3));
                writer.add(space, (5L << HotSet.PREFIX_SHIFT) + 1, HotSet.heat(true, 0));
            }
            assertEquals(4, writer.finish());
        }
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            HotSweep sweep = HotSweep.plan(reader, true).get(0);
            for (int space = 1; space <= 2; space++) {
                assertTrue(sweep.next());
                assertEquals(space, sweep.space());
                assertEquals(5, sweep.prefix());
                assertEquals(HotSet.heat(true, 3), sweep.heat());
            }
            assertFalse(sweep.next());
        }
    }

    /** Of version 1, which did not tell L1's limit. */
    @Test
    void olderFile_isReadToo() throws IOException {
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 7, 99)) {
            writer.add(1, 5L << HotSet.PREFIX_SHIFT, 7);
            assertEquals(1, writer.finish());
        }
        byte[] whole = Files.readAllBytes(file());
        ByteBuffer older = ByteBuffer.allocate(whole.length - HotSet.LIMIT_BYTES);
        older.putLong(HotSet.MAGIC_1).put(whole, Long.BYTES, HotSet.HEAD_BYTES - Long.BYTES);
        int rest = HotSet.HEAD_BYTES + HotSet.LIMIT_BYTES;
        older.put(whole, rest, whole.length - rest - Integer.BYTES);
        CRC32C crc = new CRC32C();
        crc.update(older.array(), 0, older.position());
        older.putInt((int) crc.getValue());
        Files.write(file(), older.array());
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            assertEquals(1, reader.keys());
            assertEquals(7, reader.savedAtMs());
            assertEquals(Long.MAX_VALUE, reader.limitBytes());
            assertTrue(HotSweep.plan(reader, true).get(0).next());
        }
    }

    @Test
    void heat_isBothQueueAndUses() {
        for (int uses = 0; uses <= 3; uses++) {
            for (boolean isMain : new boolean[] {false, true}) {
                int heat = HotSet.heat(isMain, uses);
                assertEquals(isMain, HotSet.isMain(heat));
                assertEquals(uses, HotSet.uses(heat));
            }
        }
    }

    @Test
    void hashesOfOnePrefix_areOneKey() throws IOException {
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 0, 0)) {
            writer.add(1, 5L << HotSet.PREFIX_SHIFT, 7);
            writer.add(1, (5L << HotSet.PREFIX_SHIFT) + 1, 7);
            writer.add(1, -1, 7);
            assertEquals(2, writer.finish());
        }
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            long[] prefixes = new long[2];
            reader.read(reader.blocks().get(0), prefixes, new byte[2]);
            assertArrayEquals(new long[] {5, -1L >>> HotSet.PREFIX_SHIFT}, prefixes);
        }
    }

    @Test
    void nothingHot_isAFileTooAndOnlyTheOwnerReadsIt() throws IOException {
        save(0, 1);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            assertEquals(List.of(), reader.blocks());
        }
    }

    @Test
    void unfinishedSave_leavesTheOneBefore() throws IOException {
        save(100, 1);
        byte[] before = Files.readAllBytes(file());
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 0, 0)) {
            writer.add(1, 1, 1);
            assertTrue(Files.exists(dir.resolve(HotSet.TEMPORARY)));
        }
        assertFalse(Files.exists(dir.resolve(HotSet.TEMPORARY)));
        assertArrayEquals(before, Files.readAllBytes(file()));
        // A crash leaves the temporary file; the next save begins it anew.
        Files.write(dir.resolve(HotSet.TEMPORARY), new byte[100]);
        save(200, 2);
        try (HotSetReader reader = new HotSetReader(dir, ID)) {
            assertEquals(200, reader.keys());
        }
    }

    @Test
    void missingAndForeignFiles_areTold() throws IOException {
        assertThrows(NoSuchFileException.class, () -> new HotSetReader(dir, ID));
        save(10, 1);
        assertThrows(HotSet.DamagedException.class, () -> new HotSetReader(dir, "f".repeat(32)), "another directory's");
    }

    @Test
    @Timeout(20)
    void pipe_isToldAndNotWaitedFor() throws Exception {
        Process made = new ProcessBuilder("mkfifo", dir.resolve(HotSet.FILE).toString()).start();
        assertEquals(0, made.waitFor());
        assertThrows(HotSet.DamagedException.class, () -> new HotSetReader(dir, ID));
    }

    @Test
    void anyDamage_isTold() throws IOException {
        save(3_000, 3);
        byte[] whole = Files.readAllBytes(file());
        Random random = new Random(4);
        for (int i = 0; i < 3_000; i++) {
            byte[] damaged = whole.clone();
            switch (i % 3) {
                case 0 -> {
                    // The first bytes are lengths and counts, more than elsewhere.
                    int at = i < 600 ? i / 3 : random.nextInt(damaged.length);
                    damaged[at] ^= (byte) (1 << random.nextInt(8));
                }
                case 1 -> damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
                default -> damaged = Arrays.copyOf(whole, whole.length + 1 + random.nextInt(100));
            }
            Files.write(file(), damaged);
            assertThrows(HotSet.DamagedException.class, () -> new HotSetReader(dir, ID).close(), "case " + i);
        }
    }
}
