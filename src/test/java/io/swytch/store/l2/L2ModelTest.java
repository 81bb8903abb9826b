package io.swytch.store.l2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random drains, reads, scans, drops and reopens against a plain map. */
class L2ModelTest {
    @TempDir
    Path temp;

    private final TreeMap<String, Rig.Value> model = new TreeMap<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomOperations_matchTheModel(long seed) throws L2Exception {
        Random random = new Random(seed);
        L2 l2 = L2.open(L2Options.of(temp));
        int drains = 0;
        try {
            for (int step = 0; step < 60; step++) {
                String context = "seed " + seed + " step " + step;
                int dice = random.nextInt(20);
                if (dice < 9) {
                    drain(l2, random, ++drains);
                } else if (dice < 14) {
                    read(l2, random, context);
                } else if (dice < 17) {
                    scan(l2, 1 + random.nextInt(3), random, context);
                } else if (dice == 17) {
                    int space = 1 + random.nextInt(3);
                    l2.dropSpace(space);
                    model.keySet().removeIf(k -> k.startsWith(space + "/"));
                } else {
                    l2.close();
                    l2 = L2.open(L2Options.of(temp));
                    byte[] meta = l2.meta("drains");
                    assertEquals(
                            drains, meta == null ? 0 : ByteBuffer.wrap(meta).getInt(), context);
                }
            }
            for (int space = 1; space <= 3; space++) {
                scan(l2, space, random, "seed " + seed + " at the end");
            }
        } finally {
            l2.close();
        }
    }

    private static Key key(String name) {
        return Rig.key(name.charAt(0) - '0', name.substring(2));
    }

    private static String randomName(Random random) {
        return (1 + random.nextInt(3)) + "/key" + random.nextInt(400);
    }

    private void drain(L2 l2, Random random, int number) throws L2Exception {
        Map<String, Rig.Value> changes = new HashMap<>();
        int count = random.nextInt(200);
        for (int i = 0; i < count; i++) {
            Rig.Value value = null;
            if (random.nextInt(4) > 0) {
                int dice = random.nextInt(100);
                int length =
                        dice < 90 ? random.nextInt(500) : dice < 99 ? random.nextInt(40_000) : random.nextInt(3 << 20);
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                value = new Rig.Value(1 + random.nextInt(6), random.nextInt(3) * 1_000_000L, bytes);
            }
            changes.put(randomName(random), value);
        }
        Map<Key, Rig.Value> byKey = new HashMap<>();
        changes.forEach((name, value) -> byKey.put(key(name), value));
        Rig.drain(
                l2,
                byKey,
                Map.of("drains", ByteBuffer.allocate(4).putInt(number).array()));
        changes.forEach((name, value) -> {
            if (value == null) {
                model.remove(name);
            } else {
                model.put(name, value);
            }
        });
    }

    private void read(L2 l2, Random random, String context) throws L2Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            names.add(randomName(random));
        }
        List<Key> keys = names.stream().map(L2ModelTest::key).toList();
        List<Rig.Value> found = Rig.get(l2, keys);
        BitSet exists = l2.exists(keys);
        for (int i = 0; i < names.size(); i++) {
            Rig.Value expected = model.get(names.get(i));
            assertEquals(expected != null, exists.get(i), context);
            if (expected == null) {
                assertNull(found.get(i), context);
            } else {
                assertTrue(l2.mayExist(keys.get(i)), context);
                assertEquals(expected.type(), found.get(i).type(), context);
                assertEquals(expected.expireAtMs(), found.get(i).expireAtMs(), context);
                assertArrayEquals(expected.bytes(), found.get(i).bytes(), context);
            }
        }
    }

    private void scan(L2 l2, int space, Random random, String context) throws L2Exception {
        List<String> shown = new ArrayList<>();
        long from = 0;
        do {
            from = l2.scan(space, from, 1 + random.nextInt(50), (key, type, expireAtMs) -> {
                String name = space + "/" + key.bytes();
                assertEquals(Rig.HASH.of(key.bytes()), key.hash(), context);
                assertEquals(model.get(name).type(), type, context);
                assertEquals(model.get(name).expireAtMs(), expireAtMs, context);
                shown.add(name);
            });
        } while (from != 0);
        List<String> expected = model.keySet().stream()
                .filter(k -> k.startsWith(space + "/"))
                .sorted((a, b) -> Long.compareUnsigned(key(a).hash(), key(b).hash()))
                .toList();
        assertEquals(expected, shown, context);
    }
}
