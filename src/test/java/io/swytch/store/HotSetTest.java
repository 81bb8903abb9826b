package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 1_800_000_000_000L)) {
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
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 0)) {
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
        try (HotSetWriter writer = new HotSetWriter(dir, ID, 0)) {
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
