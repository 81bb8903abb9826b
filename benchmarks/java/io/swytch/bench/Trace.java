package io.swytch.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;

/** The requests of a trace in memory: keys numbered in order of first use, a size for each request, and which are writes. */
final class Trace {
    /** Sizes of a production cache (graph_cache_leader_fbobj of CacheLib): the share of keys that are not larger, and bytes. */
    private static final double[] SHARES = {
        0, .05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .98, .99, .995, .998, .999, .9995, 1
    };

    private static final int[] BYTES = {
        16, 32, 63, 95, 127, 191, 223, 255, 319, 383, 511, 959, 1343, 2271, 3295, 4479, 9503, 34911, 65536
    };
    private static final long SIZE_SEED = 0x51ED270B0A1FL;
    private static final int SYNTHETIC_REQUESTS = 2_000_000;
    private static final int SYNTHETIC_KEYS = 200_000;

    private int[] keys = new int[1 << 16];
    private int[] sizes = new int[1 << 16];
    private boolean[] writes = new boolean[1 << 16];
    private int count;
    private int keyCount;

    private Trace() {}

    /**
     * Reads CSV, gzip'd where the name ends in .gz, whose header names the columns: key, and perhaps size (bytes) and op (G or S).
     *
     * @param limit requests to read at most
     * @param sizeDivisor sizes of the file are divided by it
     */
    static Trace read(Path file, int limit, int sizeDivisor) throws IOException {
        Trace trace = new Trace();
        Map<String, Integer> numbers = new HashMap<>();
        InputStream raw = Files.newInputStream(file);
        try (raw;
                InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : raw;
                BufferedReader lines =
                        new BufferedReader(new InputStreamReader(plain, StandardCharsets.US_ASCII), 1 << 16)) {
            String header = lines.readLine();
            List<String> columns = Arrays.asList(header == null ? new String[0] : header.split(",", -1));
            int keyAt = columns.indexOf("key");
            int sizeAt = columns.indexOf("size");
            int opAt = columns.indexOf("op");
            if (keyAt < 0) {
                throw new IOException(file + " has no column 'key' in its first line");
            }
            for (String line = lines.readLine(); line != null && trace.count < limit; line = lines.readLine()) {
                String[] fields = line.split(",", -1);
                Integer key = numbers.computeIfAbsent(fields[keyAt], name -> numbers.size());
                int size = sizeAt < 0 ? madeUpSize(key) : Math.max(1, Integer.parseInt(fields[sizeAt]) / sizeDivisor);
                trace.add(key, size, opAt >= 0 && fields[opAt].equals("S"));
            }
        }
        trace.keyCount = numbers.size();
        return trace;
    }

    /**
     * A trace that nobody recorded, of reads only.
     *
     * @param name {@code zipf} skew 0.9; {@code zipf-scan} the same, and a quarter of the requests walk over keys that are never read again;
     *     {@code loop} round and round; {@code shift} Zipf whose frequent keys are others every tenth of the time
     */
    static Trace synthetic(String name, int limit) {
        Trace trace = new Trace();
        SplittableRandom random = new SplittableRandom(7);
        Zipf zipf = new Zipf(SYNTHETIC_KEYS, 0.9);
        int requests = Math.min(limit, SYNTHETIC_REQUESTS);
        int scanned = SYNTHETIC_KEYS;
        for (int i = 0; i < requests; i++) {
            int key = switch (name) {
                case "zipf" -> (int) zipf.next(random);
                case "zipf-scan" -> random.nextInt(4) == 0 ? scanned++ : (int) zipf.next(random);
                case "loop" -> i % SYNTHETIC_KEYS;
                case "shift" -> (int) ((zipf.next(random) + (long) i * 10 / requests * 7919) % SYNTHETIC_KEYS);
                default ->
                    throw new IllegalArgumentException(
                            "--made-up '" + name + "' is none of zipf, zipf-scan, loop, shift");
            };
            trace.add(key, madeUpSize(key), false);
        }
        trace.keyCount = scanned;
        return trace;
    }

    private static int madeUpSize(int key) {
        double share = (Values.mix(key + SIZE_SEED) >>> 11) / (double) (1L << 53);
        int i = 1;
        while (SHARES[i] < share) {
            i++;
        }
        double along = (share - SHARES[i - 1]) / (SHARES[i] - SHARES[i - 1]);
        return (int) (BYTES[i - 1] + along * (BYTES[i] - BYTES[i - 1]));
    }

    private void add(int key, int size, boolean write) {
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, count * 2);
            sizes = Arrays.copyOf(sizes, count * 2);
            writes = Arrays.copyOf(writes, count * 2);
        }
        keys[count] = key;
        sizes[count] = size;
        writes[count] = write;
        count++;
    }

    int count() {
        return count;
    }

    int keyCount() {
        return keyCount;
    }

    int key(int request) {
        return keys[request];
    }

    int size(int request) {
        return sizes[request];
    }

    boolean isWrite(int request) {
        return writes[request];
    }

    /** Key and value bytes of all its keys, each at its last size. */
    long footprintBytes() {
        int[] last = new int[keyCount];
        for (int i = 0; i < count; i++) {
            last[keys[i]] = sizes[i];
        }
        long bytes = 0;
        for (int key = 0; key < keyCount; key++) {
            if (last[key] > 0) {
                bytes += last[key] + (long) Replay.key(0, key).length;
            }
        }
        return bytes;
    }
}
