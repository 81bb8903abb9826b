package io.swytch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Many connections that read and write keys of a server, and how long each operation took. */
final class Load {
    static final String HELP = """
            load --port N (--ops N | --seconds S) [options]      prints one JSON object

            --host H          (127.0.0.1)
            --wire NAME       resp or memcached (resp)
            --clients N       connections (50)
            --threads N       threads that drive them (1)
            --pipeline N      requests sent at once on each connection (1); the time of each counts from then
            --rate N          operations a second of all together, begun on time whether or not the earlier ones were
                              answered fast; their time counts from when they should have begun. 0 = as fast as replies come (0)
            --warm S          seconds that are not counted (0)
            --keys N          key numbers 0 to N - 1 (1000000)
            --prefix S        what stands before the 12 digits of a key (key:)
            --order NAME      sequential, uniform, zipf:SKEW (uniform)
            --get SHARE       share of reads, 0 to 1 (1)
            --fill-misses     a read that misses is followed by a SET of its key
            --value BYTES     of each value, or FROM-TO (32)
            --lengths WHICH   with FROM-TO: 'key', each key keeps one length, or 'write', every write takes a new one (key)
            --ttl SECONDS     of each SET (0 = none)
            --seed N          (1)
            A reply that is an error, or the value of another key, ends it with status 1.
            """;

    /** How long replies may stay out before the load gives up. */
    private static final long SILENCE_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    private final LoadPlan plan;
    private final int clients;
    private final long operations;
    private final long durationNanos;
    private final long warmNanos;
    private final double gapNanos;
    private final long seed;
    private Counts counts = new Counts();
    private long countedFrom;
    private long endedAt;

    private Load(
            LoadPlan plan, int clients, long operations, long durationNanos, long warmNanos, double rate, long seed) {
        this.plan = plan;
        this.clients = clients;
        this.operations = operations;
        this.durationNanos = durationNanos;
        this.warmNanos = warmNanos;
        // Between two batches of one connection.
        gapNanos = rate == 0 ? 0 : 1e9 * clients * plan.pipeline() / rate;
        this.seed = seed;
    }

    static void run(Options options) throws IOException {
        int threads = (int) options.number("threads", 1);
        int clients = (int) options.number("clients", 50);
        long operations = options.number("ops", 0);
        double seconds = options.real("seconds", 0);
        double warm = options.real("warm", 0);
        double rate = options.real("rate", 0);
        long seed = options.number("seed", 1);
        LoadPlan plan = new LoadPlan(
                options.text("host", "127.0.0.1"),
                options.port(),
                options.text("wire", "resp"),
                options.text("prefix", "key:"),
                KeyOrder.of(options.text("order", "uniform"), options.number("keys", 1_000_000)),
                new Values(options.text("value", "32"), lengthsAnew(options.text("lengths", "key"))),
                options.real("get", 1),
                options.has("fill-misses"),
                options.number("ttl", 0),
                (int) options.number("pipeline", 1));
        options.end();
        if (operations > 0 == seconds > 0) {
            throw new IllegalArgumentException("one of --ops and --seconds");
        }
        if (threads < 1 || clients < threads || plan.pipeline() < 1) {
            throw new IllegalArgumentException(
                    "--threads, --clients and --pipeline are 1 or more, and no thread is without a client");
        }
        Wire.of(plan.wire());
        List<Load> loads = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int mine = clients / threads + (i < clients % threads ? 1 : 0);
            long share = operations / threads + (i < operations % threads ? 1 : 0);
            loads.add(new Load(
                    plan, mine, share, (long) (seconds * 1e9), (long) (warm * 1e9), rate / threads, seed * 1000 + i));
        }
        runAll(loads);
        Counts all = new Counts();
        long from = Long.MAX_VALUE;
        long until = Long.MIN_VALUE;
        for (Load load : loads) {
            all.addAll(load.counts);
            from = Math.min(from, load.countedFrom);
            until = Math.max(until, load.endedAt);
        }
        System.out.println(all.json((until - from) / 1e9));
        if (all.errors + all.wrong > 0) {
            Main.fail(1, all.errors + " errors, " + all.wrong + " wrong values; " + all.firstError);
        }
    }

    private static boolean lengthsAnew(String which) {
        if (!which.equals("key") && !which.equals("write")) {
            throw new IllegalArgumentException("--lengths '" + which + "' is neither key nor write");
        }
        return which.equals("write");
    }

    private static void runAll(List<Load> loads) throws IOException {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (Load load : loads) {
            Thread thread = new Thread(load::loop);
            thread.setUncaughtExceptionHandler((of, failure) -> {
                synchronized (failures) {
                    failures.add(failure);
                }
            });
            thread.start();
            threads.add(thread);
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
        if (!failures.isEmpty()) {
            throw new IOException(failures.get(0));
        }
    }

    private void loop() {
        SplittableRandom random = new SplittableRandom(seed);
        try (Selector selector = Selector.open()) {
            List<LoadClient> all = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                all.add(new LoadClient(plan, selector, random.split()));
            }
            long start = System.nanoTime();
            countedFrom = start;
            if (gapNanos > 0) {
                paced(selector, all, start);
            } else {
                closed(selector, all, start);
            }
            endedAt = System.nanoTime();
            for (LoadClient client : all) {
                client.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each connection sends its next batch when it has all replies to the last. */
    private void closed(Selector selector, List<LoadClient> all, long start) throws IOException {
        Budget budget = new Budget(start);
        int busy = 0;
        for (LoadClient client : all) {
            busy += begin(client, budget, System.nanoTime()) ? 1 : 0;
        }
        while (busy > 0) {
            select(selector, SILENCE_NANOS_MAX);
            for (SelectionKey key : selector.selectedKeys()) {
                LoadClient client = (LoadClient) key.attachment();
                boolean was = client.isIdle();
                serve(client, key);
                if (!was && client.isIdle() && !begin(client, budget, System.nanoTime())) {
                    busy--;
                }
            }
            selector.selectedKeys().clear();
            endWarmUp(start);
        }
    }

    /** Each connection has a time table; one that is late sends as soon as it can, and its lateness counts. */
    private void paced(Selector selector, List<LoadClient> all, long start) throws IOException {
        Budget budget = new Budget(start);
        double[] due = new double[all.size()];
        for (int i = 0; i < due.length; i++) {
            due[i] = start + gapNanos * i / due.length;
        }
        boolean open = true;
        while (true) {
            long now = System.nanoTime();
            double next = Double.MAX_VALUE;
            int busy = 0;
            for (int i = 0; i < due.length; i++) {
                LoadClient client = all.get(i);
                if (client.isIdle() && due[i] <= now && open) {
                    open = begin(client, budget, (long) due[i]);
                    due[i] += gapNanos;
                }
                if (client.isIdle()) {
                    next = Math.min(next, due[i]);
                } else {
                    busy++;
                }
            }
            if (!open && busy == 0) {
                return;
            }
            select(selector, open ? (long) Math.min((double) SILENCE_NANOS_MAX, next - now) : SILENCE_NANOS_MAX);
            for (SelectionKey key : selector.selectedKeys()) {
                serve((LoadClient) key.attachment(), key);
            }
            selector.selectedKeys().clear();
            endWarmUp(start);
        }
    }

    private static void select(Selector selector, long nanos) throws IOException {
        // The selector knows milliseconds only: what is due sooner is looked for again and again.
        long millis = nanos / 1_000_000;
        int ready = millis <= 0 ? selector.selectNow() : selector.select(millis);
        if (ready == 0 && nanos == SILENCE_NANOS_MAX) {
            throw new IOException("no reply for a minute");
        }
    }

    private void serve(LoadClient client, SelectionKey key) throws IOException {
        if (key.isWritable()) {
            client.flush();
        }
        if (key.isReadable()) {
            client.receive(counts);
        }
    }

    private boolean begin(LoadClient client, Budget budget, long at) throws IOException {
        int allowed = budget.take(plan.pipeline());
        if (allowed == 0) {
            return false;
        }
        client.send(allowed, at);
        return true;
    }

    private void endWarmUp(long start) {
        if (countedFrom == start && warmNanos > 0) {
            long now = System.nanoTime();
            if (now - start >= warmNanos) {
                countedFrom = now;
                counts = new Counts();
            }
        }
    }

    /** How much may still be sent: until a number of operations, or until a time. */
    private final class Budget {
        private final long until;
        private long left = operations;

        Budget(long start) {
            until = start + warmNanos + durationNanos;
        }

        int take(int wanted) {
            if (operations == 0) {
                return System.nanoTime() < until ? wanted : 0;
            }
            int taken = (int) Math.min(left, wanted);
            left -= taken;
            return taken;
        }
    }
}
