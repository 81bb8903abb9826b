package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * Counters that several clients add to at once: each holds at least what was acknowledged, and at most what was sent.
 *
 * <p>Threads: {@link #add} by any number; the rest by one at a time, {@link #acked} also beside them.
 */
final class Tally implements CrashClient {
    private static final int BATCH_MAX = 24;
    private static final List<String> NAMES =
            IntStream.range(0, 8).mapToObj(i -> "tally:" + i).toList();

    private final int db;
    private final int clients;
    private final long seed;
    private final AtomicLongArray acked = new AtomicLongArray(NAMES.size());
    private final AtomicLongArray sent = new AtomicLongArray(NAMES.size());
    private final AtomicLongArray commands = new AtomicLongArray(1);

    /** What a copy that is verified next must hold at least. */
    private volatile List<Long> floor = values(new AtomicLongArray(NAMES.size()));

    /** @param clients how many add at once */
    Tally(int db, int clients, long seed) {
        this.db = db;
        this.clients = clients;
        this.seed = seed;
    }

    private static List<Long> values(AtomicLongArray array) {
        return IntStream.range(0, array.length()).mapToObj(array::get).toList();
    }

    /** What is acknowledged now, counter by counter. */
    List<Long> acked() {
        return values(acked);
    }

    /** A copy that was begun when these were acknowledged is verified next. */
    void expectAtLeast(List<Long> ackedBefore) {
        floor = ackedBefore;
    }

    @Override
    public long ackedCount() {
        return commands.get(0);
    }

    @Override
    public void run(int port) {
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < clients; i++) {
            int number = i;
            Thread other = new Thread(() -> add(port, number));
            other.start();
            others.add(other);
        }
        add(port, 0);
        for (Thread other : others) {
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void add(int port, int number) {
        Random random = new Random(seed + number + commands.get(0));
        try (RespConnection connection = new RespConnection(port, 2)) {
            CrashClient.call(connection, "SELECT", Integer.toString(db));
            while (true) {
                int[] which = random.ints(1 + random.nextInt(BATCH_MAX), 0, NAMES.size())
                        .toArray();
                int by = 1 + random.nextInt(9);
                for (int i : which) {
                    sent.addAndGet(i, by);
                    connection.send(RespConnection.words("INCRBY", NAMES.get(i), Integer.toString(by)));
                }
                for (int i : which) {
                    // Others add, too, and the server may have kept what was in flight: so no more is certain of the
                    // reply.
                    long least = acked.get(i) + by;
                    long reply = Long.parseLong(connection.read().payload().toString());
                    acked.addAndGet(i, by);
                    assertTrue(reply <= sent.get(i) && reply >= by, () -> reply + " though " + least + " at least");
                    commands.incrementAndGet(0);
                }
            }
        } catch (UncheckedIOException e) {
            // The server was killed: what is in flight may have been done or not.
        }
    }

    @Override
    public void verify(int port, String when) {
        List<Long> seen = seen(port);
        List<Long> least = values(acked);
        List<Long> most = values(sent);
        for (int i = 0; i < seen.size(); i++) {
            long value = seen.get(i);
            assertTrue(
                    value >= least.get(i) && value <= most.get(i),
                    () -> when + ": counters " + seen + " of " + least + " to " + most);
            acked.set(i, value);
            sent.set(i, value);
        }
    }

    @Override
    public void verifyCopy(int port, String when) {
        List<Long> seen = seen(port);
        for (int i = 0; i < seen.size(); i++) {
            long value = seen.get(i);
            assertTrue(
                    value >= floor.get(i) && value <= sent.get(i),
                    () -> when + ": counters " + seen + " of " + floor + " to " + values(sent));
        }
    }

    private List<Long> seen(int port) {
        try (RespConnection connection = new RespConnection(port, 2)) {
            CrashClient.call(connection, "SELECT", Integer.toString(db));
            return CrashClient.values(connection, NAMES).stream()
                    .map(value -> value.equals("nothing") ? 0 : Long.parseLong(value))
                    .toList();
        }
    }
}
