package io.swytch.store.l2;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Keys, items and drains for tests of L2. */
final class Rig {
    static final KeyHash HASH = new KeyHash(42);

    /** What is put under a key; null bytes delete it. */
    @SuppressWarnings("ArrayRecordComponent") // Tests compare the bytes one by one, never two records.
    record Value(int type, long expireAtMs, byte[] bytes) {}

    private Rig() {}

    static Key key(int space, String name) {
        return new Key().set(Slice.copyOf(name), space, HASH);
    }

    static Item item(int type, long expireAtMs, byte[] value) {
        long header = ItemHeader.of(type, 0, expireAtMs != 0, 0, value.length);
        ByteBuffer buffer = ByteBuffer.allocateDirect(32 + value.length);
        Slice.LONG.set(buffer, 0, header);
        int at = 8;
        if (expireAtMs != 0) {
            Slice.LONG.set(buffer, at, expireAtMs);
            at += 8;
        }
        if (ItemHeader.isWide(header)) {
            Slice.INT.set(buffer, at, 0);
            Slice.INT.set(buffer, at + 4, value.length);
            at += 8;
        }
        buffer.put(at, value);
        return new Item().wrap(buffer, 0);
    }

    static Item item(String value) {
        return item(ItemType.STRING, 0, value.getBytes(StandardCharsets.UTF_8));
    }

    static final Comparator<Key> ORDER =
            Comparator.comparingInt(Key::space).thenComparing(Key::hash, Long::compareUnsigned);

    /** Puts these in one ingest; a null value deletes. */
    static void drain(L2 l2, Map<Key, Value> changes, Map<String, byte[]> meta) throws L2Exception {
        List<Key> keys = new ArrayList<>(changes.keySet());
        keys.sort(ORDER);
        try (Ingest ingest = l2.beginIngest()) {
            for (Key key : keys) {
                Value value = changes.get(key);
                if (value == null) {
                    ingest.delete(key);
                } else {
                    ingest.add(key, item(value.type, value.expireAtMs, value.bytes));
                }
            }
            ingest.commit(meta);
        }
    }

    static void put(L2 l2, Key key, long expireAtMs, byte[] value) throws L2Exception {
        Map<Key, Value> one = new HashMap<>();
        one.put(key, new Value(ItemType.STRING, expireAtMs, value));
        drain(l2, one, Map.of());
    }

    static void delete(L2 l2, Key key) throws L2Exception {
        Map<Key, Value> one = new HashMap<>();
        one.put(key, null);
        drain(l2, one, Map.of());
    }

    /** What L2 has for these keys, null where it has nothing. */
    static List<Value> get(L2 l2, List<Key> keys) throws L2Exception {
        Value[] found = new Value[keys.size()];
        int[] seen = new int[1];
        l2.get(keys, new FetchVisitor() {
            @Override
            public void absent(int index) {
                seen[0]++;
            }

            @Override
            public void found(int index, Item item) {
                seen[0]++;
                found[index] = new Value(
                        item.type(), item.expireAtMs(), item.value(new Slice()).toByteArray());
            }
        });
        if (seen[0] != keys.size()) {
            throw new AssertionError("visited " + seen[0] + " of " + keys.size());
        }
        return Arrays.asList(found);
    }

    static long bytesUnder(Path dir) throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(p -> p.toFile().length())
                    .sum();
        }
    }
}
