package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Cuts the power: a server is killed, and what it had not forced is taken back from its directory, all of it or any pages. What was acknowledged before
 * the last forces began is there afterwards, with {@code --sync always} all that was acknowledged, each transaction whole. Needs gcc.
 *
 * <p>Prints how old the oldest byte was when a force ended, and how long forces took. -Dswytch.powercuts=50 is the long run, of some three minutes;
 * -Dswytch.powercuts.dir=DIR does it on another disk. The seed is printed; -Dswytch.crash.seed=N repeats it, as far as time can be repeated.
 */
class PowerCutIT {
    private static final int CUTS = Integer.getInteger("swytch.powercuts", 3);
    private static final Duration MOMENT_MAX = Duration.ofSeconds(2);
    private static final int WRITERS = 3;

    /** Forces before the last one that may have belonged to the same sync: of two segments and the folder. */
    private static final int FORCES_OF_A_SYNC = 3;

    /** Later than the time that a byte may wait, and than a machine with other things to do makes it. */
    private static final double LOST_MS_MAX = 250;

    private final long seed = Long.getLong("swytch.crash.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String parent = System.getProperty("swytch.powercuts.dir", "");
    private final Path room = parent.isEmpty()
            ? ServerProcess.temporaryDirectory("swytch-power")
            : ServerProcess.temporaryDirectory(Path.of(parent), "swytch-power");
    private final Path data = room.resolve("data");
    private final Path notes = room.resolve("notes");
    private final Path boot = room.resolve("boot-id");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<StepWriter> writers =
            Stream.iterate(0, db -> db + 2).limit(WRITERS).map(StepWriter::new).toList();
    private final List<PowerCut.Force> forces = new ArrayList<>();
    private Path library;
    private double lostMs;

    @BeforeEach
    void compile() throws IOException, InterruptedException {
        library = Preloaded.compile("power-cut", room);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private Child launch(int number, String sync, boolean isNoted) {
        Launch launch = Launch.in(room)
                .persistent()
                .flags("--maxmemory", "3mb", "--l2-write-buffer", "1mb", "--l2-cache-size", "1mb", "--sync", sync);
        if (isNoted) {
            launch.environment("LD_PRELOAD", library)
                    .environment("SWYTCH_CUT_DATA", data)
                    .environment("SWYTCH_CUT_NOTES", notes)
                    .environment("SWYTCH_CUT_BOOT", boot);
        }
        return launch.start("output-" + number + ".log");
    }

    @Test
    void cut_losesNothingThatWasForced() throws Exception {
        System.out.println("PowerCutIT seed " + seed);
        try (Child server = launch(0, "10ms", false).serving()) {
            assertEquals(0, server.stop());
        }
        long safeNanos = 0;
        long killedNanos = 0;
        String when = "";
        for (int cut = 0; cut <= CUTS; cut++) {
            // A machine that has lost its power is booted.
            Files.writeString(boot, UUID.randomUUID() + "\n");
            ServerProcess.delete(notes);
            Files.createDirectories(notes);
            String sync = cut % 2 == 0 ? "10ms" : "always";
            Map<Long, Path> journal = PowerCut.inodes(data.resolve("journal"));
            try (Child server = launch(cut + 1, sync, true).serving()) {
                for (StepWriter writer : writers) {
                    long lostNanos = writer.verify(server.port(), safeNanos, when);
                    if (lostNanos != Long.MAX_VALUE) {
                        lostMs = Math.max(lostMs, (killedNanos - lostNanos) / 1e6);
                    }
                }
                if (cut < CUTS) {
                    load(server);
                } else {
                    assertEquals(0, server.stop());
                }
            }
            if (cut < CUTS) {
                killedNanos = System.nanoTime();
                PowerCut power = new PowerCut(notes, journal);
                boolean takesAll = random.nextBoolean();
                power.apply(takesAll ? null : random);
                List<PowerCut.Force> all = power.forces();
                safeNanos = sync.equals("always")
                        ? Long.MAX_VALUE
                        : all.get(Math.max(0, all.size() - 1 - FORCES_OF_A_SYNC))
                                .beginNanos();
                when = "seed " + seed + ", cut " + cut + ", --sync " + sync + ", " + power.undone()
                        + (takesAll ? " changes undone, all" : " changes undone, some");
                if (sync.equals("10ms")) {
                    all.stream().filter(force -> force.oldestNanos() != 0).forEach(forces::add);
                }
            }
        }
        System.out.println("PowerCutIT: " + CUTS + " cuts; " + forces.size() + " forces; oldest byte at their end "
                + spread(forces.stream().mapToDouble(PowerCut.Force::ageMs)) + "; force took "
                + spread(forces.stream().mapToDouble(PowerCut.Force::tookMs))
                + "; oldest acknowledged step that was lost "
                + String.format(Locale.ROOT, "%.1f ms", lostMs));
        double slowest =
                forces.stream().mapToDouble(PowerCut.Force::tookMs).max().orElse(0);
        assertTrue(lostMs < LOST_MS_MAX + 2 * slowest, () -> "lost what was acknowledged " + lostMs + " ms before");
    }

    private static String spread(java.util.stream.DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        if (sorted.length == 0) {
            return "unknown";
        }
        return String.format(
                Locale.ROOT,
                "p50 %.1f, p99 %.1f, p99.9 %.1f, at most %.1f ms",
                sorted[sorted.length / 2],
                sorted[sorted.length * 99 / 100],
                sorted[sorted.length * 999 / 1000],
                sorted[sorted.length - 1]);
    }

    private void load(Child server) throws Exception {
        List<Future<?>> runs = new ArrayList<>();
        writers.forEach(writer -> runs.add(threads.submit(() -> writer.run(server.port()))));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300 + random.nextInt(1200)));
        if (random.nextBoolean()) {
            awaitDrain();
        }
        server.kill();
        for (Future<?> run : runs) {
            run.get();
        }
    }

    /** Waits until the files of a drain lie there that L2 has not taken in; not for long. */
    private void awaitDrain() {
        try {
            await().atMost(MOMENT_MAX)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> {
                        String[] names = data.resolve("ingest").toFile().list();
                        return names != null && Arrays.stream(names).anyMatch(name -> name.endsWith(".sst"));
                    });
        } catch (ConditionTimeoutException e) {
            // Then any moment does.
            return;
        }
    }
}
