package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Kills a server with SIGKILL over and over on one directory, at moments that hurt: every acknowledged command is there afterwards, and each that was
 * in flight was done as a whole or not at all. The copy that a BGSAVE made meanwhile is held to the same, and {@code swytch check} finds all whole.
 *
 * <p>-Dswytch.kills=200 is the long run, of some ten minutes; otherwise it is a few. The seed is printed; -Dswytch.crash.seed=N repeats its commands
 * and its moments, as far as time can be repeated.
 */
class CrashRunIT {
    private static final int KILLS = Integer.getInteger("swytch.kills", 6);
    private static final int CHECK_EVERY = KILLS <= 10 ? 3 : 10;
    private static final Duration MOMENT_MAX = Duration.ofSeconds(2);
    private static final List<String> SYNC_MODES = List.of("10ms", "10ms", "always", "os");

    /** When the server is killed. */
    private enum Moment {
        /** While it opens L2 or replays the journal. */
        START,
        /** Just when it begins to serve. */
        SERVING,
        /** Some time into the load. */
        LOAD,
        /** While the files of a drain lie there that L2 has not taken in. */
        DRAIN,
        /** While RocksDB rewrites files. */
        COMPACTION,
        /** While a BGSAVE is under way. */
        BACKUP,
        /** Some time after SIGTERM. */
        STOP
    }

    private final long seed = Long.getLong("swytch.crash.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Path room = ServerProcess.temporaryDirectory("swytch-crash-run");
    private final Path data = room.resolve("data");
    private final Path backups = room.resolve("backups");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Child> started = new ArrayList<>();

    private final Tally tally = new Tally(5, 3, seed);
    private final List<CrashClient> clients = List.of(
            new Writer(0, 0, random.nextLong()),
            new Writer(1, 0, random.nextLong()),
            new Writer(2, 1, random.nextLong()),
            new WholeWriter(2, random.nextLong()),
            tally);

    /** Of the copies that this server was told to make: what was acknowledged before, and which copies there were. */
    private record Told(List<Long> acked, List<Path> before) {}

    private List<Told> told = List.of();
    private int copiesVerified;
    private int checks;
    private long slowestStartMs;
    private final Map<Moment, Integer> hit = new EnumMap<>(Moment.class);

    @AfterEach
    void stop() {
        started.forEach(Child::close);
        threads.shutdownNow();
    }

    private Child launch(Path dataDir) {
        return launch(dataDir, SYNC_MODES.get(random.nextInt(SYNC_MODES.size())));
    }

    private Child launch(Path dataDir, String sync) {
        Child server = Child.server(
                dataDir,
                room.resolve("output-" + started.size() + ".log"),
                "--maxmemory",
                "3mb",
                "--l2-write-buffer",
                "1mb",
                "--l2-cache-size",
                "1mb",
                "--backup-dir",
                backups.toString(),
                "--sync",
                sync);
        started.add(server);
        return server;
    }

    @Test
    void kill_atMomentsThatHurt_leavesWhatWasAcknowledged() throws Exception {
        System.out.println("CrashRunIT seed " + seed);
        long startMs = 1000;
        for (int kills = 0; kills < KILLS; kills++) {
            Moment moment = Moment.values()[(kills + random.nextInt(2)) % Moment.values().length];
            String when = "seed " + seed + ", kill " + kills + " at " + moment;
            if (moment == Moment.START) {
                killAfter(launch(data), random.nextInt((int) startMs), when);
                hit.merge(moment, 1, Integer::sum);
                continue;
            }
            long beganNanos = System.nanoTime();
            Child server = launch(data).serving();
            startMs = Math.max(100, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos));
            slowestStartMs = Math.max(slowestStartMs, startMs);
            for (CrashClient client : clients) {
                client.verify(server.port(), when + ", before");
            }
            round(server, moment, when);
            if (kills % CHECK_EVERY == CHECK_EVERY - 1) {
                check(when);
                verifyCopy(when);
                System.out.println("CrashRunIT: " + (kills + 1) + " kills, " + acked() + " commands acknowledged");
            }
        }
        Child server = launch(data).serving();
        for (CrashClient client : clients) {
            client.verify(server.port(), "seed " + seed + ", at the end");
        }
        // The kills may all have come before a copy was finished.
        makeOneCopy(server);
        assertEquals(0, server.stop());
        verifyCopy("seed " + seed + ", at the end");
        System.out.println("CrashRunIT: kills " + hit + ", " + acked() + " commands acknowledged, slowest start "
                + slowestStartMs + " ms, " + copiesVerified + " copies and " + checks + " checks");
        assertTrue(acked() > 1000, "clients wrote");
        assertTrue(copiesVerified > 0, "no copy was made");
    }

    private long acked() {
        return clients.stream().mapToLong(CrashClient::ackedCount).sum();
    }

    /** Loads the server, and kills it. */
    private void round(Child server, Moment moment, String when) throws InterruptedException, ExecutionException {
        List<Future<?>> runs = new ArrayList<>();
        clients.forEach(client -> runs.add(threads.submit(() -> client.run(server.port()))));
        told = new ArrayList<>();
        runs.add(threads.submit(() -> makeCopies(server)));
        boolean isHit = true;
        switch (moment) {
            case SERVING -> {}
            case DRAIN -> isHit = seen(() -> !files(data.resolve("ingest")).isEmpty());
            case COMPACTION -> isHit = seen(() -> isCompacting(server));
            case BACKUP ->
                isHit = seen(() ->
                        files(backups).stream().anyMatch(path -> path.toString().endsWith(".tmp")));
            default -> LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(2000)));
        }
        if (moment == Moment.STOP) {
            server.terminate();
            killAfter(server, random.nextInt(400), when);
        } else {
            killAfter(server, 0, when);
        }
        for (Future<?> run : runs) {
            run.get();
        }
        if (isHit) {
            hit.merge(moment, 1, Integer::sum);
        }
    }

    /** Waits for something that comes and goes, first of all for some load. Returns whether it was seen. */
    private boolean seen(Callable<Boolean> condition) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(300)));
        try {
            await().atMost(MOMENT_MAX)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(1))
                    .until(condition);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    private static List<Path> files(Path dir) {
        try (Stream<Path> files = Files.list(dir)) {
            return files.toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Whether the process has a table of L2 open for writing: only compactions write them there. */
    private boolean isCompacting(Child server) {
        Path process = Path.of("/proc", Long.toString(server.pid()));
        for (Path descriptor : files(process.resolve("fd"))) {
            try {
                Path target = Files.readSymbolicLink(descriptor);
                if (target.startsWith(data.resolve("db")) && target.toString().endsWith(".sst")) {
                    String info = Files.readString(process.resolve("fdinfo").resolve(descriptor.getFileName()));
                    // "flags:" is octal, and its last digit says how the file may be accessed: 0 is reading only.
                    if (!info.lines().anyMatch(line -> line.startsWith("flags:") && line.endsWith("0"))) {
                        return true;
                    }
                }
            } catch (IOException e) {
                // Closed meanwhile.
            }
        }
        return false;
    }

    private void killAfter(Child server, long millis, String when) throws InterruptedException {
        boolean ended = server.endsWithin(millis);
        if (ended && !when.endsWith("STOP")) {
            throw new AssertionError(when + ": the server ended by itself: " + server.output());
        }
        server.kill();
        assertFalse(server.output().contains("ERROR"), () -> when + ": " + server.output());
    }

    /** Tells the server to make one copy after another until it is gone. */
    private void makeCopies(Child server) {
        try (RespConnection connection = server.connect()) {
            while (true) {
                makeCopy(connection);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
        } catch (UncheckedIOException e) {
            // The server was killed.
        }
    }

    private void makeOneCopy(Child server) {
        told = new ArrayList<>();
        try (RespConnection connection = server.connect()) {
            makeCopy(connection);
        }
    }

    /** Tells the server to make a copy, and waits for it. */
    private void makeCopy(RespConnection connection) {
        told.add(new Told(tally.acked(), finishedCopies()));
        CrashClient.call(connection, "BGSAVE");
        while (CrashClient.call(connection, "INFO", "persistence")
                .payload()
                .toString()
                .contains("rdb_bgsave_in_progress:1")) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private List<Path> finishedCopies() {
        return files(backups).stream()
                .filter(path -> !path.toString().endsWith(".tmp"))
                .sorted(Comparator.comparing(Path::toString))
                .toList();
    }

    /** Starts a server from a copy of the newest copy: all that was acknowledged before the BGSAVE is there, and nothing by half. */
    private void verifyCopy(String when) throws IOException {
        List<Path> copies = finishedCopies();
        if (copies.isEmpty()) {
            return;
        }
        Path newest = copies.get(copies.size() - 1);
        // The first that was told to make one when this was not there has made it; of an earlier run's nobody knows.
        tally.expectAtLeast(told.stream()
                .filter(one -> !one.before.contains(newest))
                .map(Told::acked)
                .findFirst()
                .orElse(tally.acked().stream().map(any -> 0L).toList()));
        Path copy = room.resolve("copy");
        copy(newest, copy);
        Child server = launch(copy, "os").serving();
        for (CrashClient client : clients) {
            client.verifyCopy(server.port(), when + ", copy " + newest.getFileName());
        }
        assertEquals(0, server.stop());
        ServerProcess.delete(copy);
        copiesVerified++;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private void check(String when) {
        Child check = Child.start(
                List.of(), Map.of(), room.resolve("check.log"), 0, List.of("check", "--data-dir", data.toString()));
        int status = check.awaitEnd();
        assertEquals(0, status, () -> when + ": " + check.output());
        checks++;
    }
}
