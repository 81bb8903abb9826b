package io.swytch.store.l1;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Replays access traces against an L1 of a tenth of their footprint and prints the hit ratios of the reads; run by hand. The files are gzip'd CSV
 * with a header line that names its columns out of key, size, op. {@code -Dtraces=folder}, {@code -Donly=part of a name}.
 */
public final class HitRatios {
    private static final double[] U = {
        0, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .98, .99, .995, .998, .999, .9995, 1
    };
    private static final double[] BYTES = {
        16, 32, 63, 95, 127, 191, 223, 255, 319, 383, 511, 959, 1343, 2271, 3295, 4479, 9503, 34911, 65536
    };

    private HitRatios() {}

    /** Prints a line for each trace. */
    public static void main(String[] args) throws IOException {
        String only = System.getProperty("only", "");
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("traces")))) {
            for (Path each : files.filter(file -> file.toString().endsWith(".csv.gz"))
                    .sorted()
                    .toList()) {
                if (each.getFileName().toString().contains(only)) {
                    replay(each);
                }
            }
        }
    }

    private static void replay(Path file) throws IOException {
        String name = file.getFileName().toString().replace(".csv.gz", "");
        int copies =
                name.equals("lirs-loop") ? 4 : name.equals("lirs-sprite") ? 5 : name.equals("lirs-multi2") ? 20 : 1;
        int divisor = name.startsWith("tencent") ? 16 : 1;
        int[] ids = new int[1 << 16];
        int[] sizes = new int[1 << 16];
        int n = 0;
        Map<String, Integer> known = new HashMap<>();
        Map<Integer, Integer> last = new HashMap<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file), 1 << 16), StandardCharsets.UTF_8))) {
            List<String> columns = List.of(in.readLine().split(",", -1));
            int sizeAt = columns.indexOf("size");
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] cells = line.split(",", -1);
                if (n == ids.length) {
                    ids = Arrays.copyOf(ids, n * 2);
                    sizes = Arrays.copyOf(sizes, n * 2);
                }
                int next = known.size();
                int id = known.computeIfAbsent(cells[0], each -> next);
                ids[n] = id;
                sizes[n] = sizeAt < 0 ? madeUp(id) : Math.max(1, Integer.parseInt(cells[sizeAt]) / divisor);
                last.put(id, sizes[n]);
                n++;
            }
        }
        long footprint = 0;
        for (var each : last.entrySet()) {
            footprint += each.getValue() + Integer.toString(each.getKey()).length() + (copies > 1 ? 3 : 0);
        }
        footprint *= copies;
        KeyHash hash = new KeyHash(42);
        L1 l1 = new L1(new L1Options(footprint / 10, 0, 2, EvictionMode.ALL, hash));
        ByteBuffer keys = ByteBuffer.allocateDirect(64);
        ByteBuffer values = ByteBuffer.allocateDirect(64 << 20);
        Slice value = new Slice();
        Key key = new Key();
        Item item = new Item();
        long hits = 0;
        long worst = 0;
        long began = System.nanoTime();
        for (int i = 0; i < n; i++) {
            for (int copy = 0; copy < copies; copy++) {
                byte[] text = (copies > 1 ? (char) ('a' + copy) + ":k" + ids[i] : "" + ids[i])
                        .getBytes(StandardCharsets.US_ASCII);
                keys.put(0, text);
                key.set(value.set(keys, 0, text.length), 1, hash);
                Shard shard = l1.lock(key.hash());
                if (shard.find(key, item, true)) {
                    hits++;
                } else {
                    long before = System.nanoTime();
                    shard.put(key, ItemType.STRING, 0, 0, value.set(values, 0, sizes[i]), false, 0);
                    worst = Math.max(worst, System.nanoTime() - before);
                }
                shard.unlock();
            }
        }
        long requests = (long) n * copies;
        System.out.printf(
                "%-24s ratio %.4f  %4d ns/request  worst put %d us  %d of %d bytes (entries %d in %d, index %d, ghosts %d, large %d), %d shards%n",
                name,
                (double) hits / requests,
                (System.nanoTime() - began) / requests,
                worst / 1000,
                l1.usedBytes(),
                footprint / 10,
                l1.entryBytes(),
                l1.segmentBytes(),
                l1.indexBytes(),
                l1.ghostBytes(),
                l1.largeBytes(),
                l1.shardCount());
    }

    /** The size of a key in a trace without sizes; see the traces' README. */
    private static int madeUp(int id) {
        long z = id + 0x51ed270b0a1fL;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        z = z ^ z >>> 31;
        double u = (z >>> 11) / (double) (1L << 53);
        int i = 0;
        while (i < U.length - 2 && u >= U[i + 1]) {
            i++;
        }
        return (int) (BYTES[i] + (BYTES[i + 1] - BYTES[i]) * (u - U[i]) / (U[i + 1] - U[i]));
    }
}
