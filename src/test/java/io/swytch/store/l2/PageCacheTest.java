package io.swytch.store.l2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageCacheTest {
    private static final int KEYS = 2_000;
    private static final int VALUE_BYTES = 4_000;

    @TempDir
    Path temp;

    /** What this thread had the disk read; on a file system in memory there is nothing to count, and this is always 0. */
    private static long diskBytesRead() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/thread-self/io"))) {
            return lines.filter(line -> line.startsWith("read_bytes: "))
                    .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                    .sum();
        }
    }

    /** What is drained has just left memory, or is about to: its first reader need not wait for the disk. */
    @Test
    void rowsThatWereJustDrained_areReadWithoutTheDisk() throws IOException {
        Random random = new Random(1);
        Map<Key, Rig.Value> changes = new HashMap<>();
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < KEYS; i++) {
            byte[] value = new byte[VALUE_BYTES];
            random.nextBytes(value);
            keys.add(Rig.key(1, "k" + i));
            changes.put(keys.get(i), new Rig.Value(ItemType.STRING, 0, value));
        }
        try (L2 l2 = L2.open(L2Options.of(temp.resolve("data")))) {
            Rig.drain(l2, changes, Map.of());
            long before = diskBytesRead();
            List<Rig.Value> found = Rig.get(l2, keys);
            long read = diskBytesRead() - before;
            assertEquals(VALUE_BYTES, found.get(KEYS - 1).bytes().length);
            assertTrue(read < KEYS * VALUE_BYTES / 10, () -> read + " bytes from the disk");
        }
    }
}
