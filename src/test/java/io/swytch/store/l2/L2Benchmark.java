package io.swytch.store.l2;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What L2's calls cost, run by hand: {@code java … L2Benchmark DIR}. Prints, per key, wall time and CPU time of the calling thread, in
 * microseconds; on a busy machine only the latter means something.
 */
final class L2Benchmark {
    private static final int DRAINS = 8;
    private static final int KEYS = 100_000;
    private static final int VALUE_BYTES = 200;

    /** Keeps the JIT from dropping reads. */
    private static int seen;

    private L2Benchmark() {}

    public static void main(String[] args) throws Exception {
        Path dir = Path.of(args[0]);
        L2Options options = L2Options.of(dir);
        long blind = 0;
        List<Key> present = new ArrayList<>();
        try (L2 l2 = L2.open(options)) {
            for (int d = 0; d < DRAINS; d++) {
                List<Key> keys = keys("d" + d + ":", KEYS);
                present.addAll(keys);
                Item item = Rig.item(1, d % 2 == 0 ? 0 : 9_000_000_000_000L, value(d));
                keys.sort(Rig.ORDER);
                measure("ingest " + (d % 2 == 0 ? "plain" : "with TTL"), KEYS, () -> {
                    try (Ingest ingest = l2.beginIngest()) {
                        for (Key key : keys) {
                            ingest.add(key, item);
                        }
                        ingest.commit(Map.of("position", new byte[8]));
                    }
                });
            }
            System.out.println(l2.stats());
            reads(l2, present);
            System.out.println(l2.stats());
            if (Boolean.getBoolean("quick")) {
                return;
            }
            // The longest values there are, from and to chunks.
            ByteBuffer[] chunks = new ByteBuffer[512];
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = ByteBuffer.allocateDirect(1 << 20);
                chunks[i].put(0, value(i));
            }
            Item head = Rig.item(1, 0, new byte[0]);
            Item large = new Item().wrapLarge(head.buffer(), 0, chunks, 20, 512 << 20, null);
            Key key = Rig.key(1, "large");
            measure("ingest 512 MB", 1, () -> {
                try (Ingest ingest = l2.beginIngest()) {
                    ingest.add(key, large);
                    ingest.commit(Map.of());
                }
            });
            rss("before get of 512 MB");
            measure(
                    "get 512 MB",
                    1,
                    () -> l2.get(List.of(key), new FetchVisitor() {
                        @Override
                        public void absent(int index) {
                            throw new AssertionError("absent");
                        }

                        @Override
                        public void found(int index, Item item) {
                            seen += item.valueLength();
                        }

                        @Override
                        public ByteBuffer[] chunksFor(int index, int valueLength) {
                            return chunks;
                        }
                    }));
            rss("after get of 512 MB");
            blind = l2.stats().diskBytes();
        }
        System.out.println("disk " + (blind >> 20) + " MiB; reopened:");
        measure("open", 1, () -> L2.open(options).close());
        try (L2 l2 = L2.open(options.withBlockCacheBytes(8 << 20))) {
            Collections.shuffle(present, new Random(1));
            measure("get, cache of 8 MiB, batches of 32", 20_000, () -> get(l2, present.subList(0, 20_000), 32));
            measure("get, cache of 8 MiB, one by one", 5_000, () -> get(l2, present.subList(30_000, 35_000), 1));
            measure("drop", 1, () -> l2.dropSpace(1));
            System.out.println(l2.stats());
        }
        try (Stream<Path> files = Files.walk(dir)) {
            files.sorted(Collections.reverseOrder()).forEach(p -> p.toFile().delete());
        }
        System.out.println(seen);
    }

    private static void reads(L2 l2, List<Key> present) throws Exception {
        List<Key> some = new ArrayList<>(present);
        Collections.shuffle(some, new Random(1));
        List<Key> hot = some.subList(0, 10_000);
        List<Key> absent = keys("absent", 50_000);
        measure("mayExist absent, first", 50_000, () -> mayExist(l2, absent));
        measure("get first time, batches of 32", 10_000, () -> get(l2, hot, 32));
        for (int round = 0; round < 3; round++) {
            measure("get cached, batches of 32", 10_000, () -> get(l2, hot, 32));
            measure("get cached, one by one", 10_000, () -> get(l2, hot, 1));
            measure("mayExist present", 10_000, () -> mayExist(l2, hot));
            measure("mayExist absent", 50_000, () -> mayExist(l2, absent));
            measure("exists absent, batches of 1000", 50_000, () -> exists(l2, absent));
            measure("exists present, batches of 1000", 10_000, () -> exists(l2, hot));
        }
        long[] from = new long[1];
        measure("scan", 100_000, () -> {
            for (int i = 0; i < 100; i++) {
                from[0] = l2.scan(1, from[0], 1000, (key, type, at) -> seen++);
            }
        });
    }

    private static List<Key> keys(String prefix, int count) {
        ByteBuffer names = ByteBuffer.allocateDirect(count * 20);
        List<Key> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] name = String.format("%-10s%06d", prefix, i).getBytes(StandardCharsets.US_ASCII);
            names.put(i * 20, name);
            keys.add(new Key().set(new Slice(names, i * 20, name.length), 1, Rig.HASH));
        }
        return keys;
    }

    private static byte[] value(int seed) {
        byte[] value = new byte[VALUE_BYTES];
        new Random(seed).nextBytes(value);
        return value;
    }

    private static void mayExist(L2 l2, List<Key> keys) {
        for (Key key : keys) {
            seen += l2.mayExist(key) ? 1 : 0;
        }
    }

    private static void exists(L2 l2, List<Key> keys) throws L2Exception {
        for (int i = 0; i < keys.size(); i += 1000) {
            seen += l2.exists(keys.subList(i, i + 1000)).cardinality();
        }
    }

    private static void get(L2 l2, List<Key> keys, int batch) throws L2Exception {
        FetchVisitor visitor = new FetchVisitor() {
            @Override
            public void absent(int index) {
                throw new AssertionError("absent");
            }

            @Override
            public void found(int index, Item item) {
                seen += item.valueLength();
            }
        };
        for (int i = 0; i < keys.size(); i += batch) {
            l2.get(keys.subList(i, Math.min(keys.size(), i + batch)), visitor);
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static void measure(String what, int count, Work work) throws Exception {
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long wall = System.nanoTime();
        work.run();
        cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
        wall = System.nanoTime() - wall;
        System.out.printf("%-40s %10.2f µs wall %10.2f µs CPU%n", what, wall / 1e3 / count, cpu / 1e3 / count);
    }

    private static void rss(String when) throws Exception {
        Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(l -> l.startsWith("VmRSS") || l.startsWith("VmHWM"))
                .forEach(l -> System.out.println(when + ": " + l));
    }
}
