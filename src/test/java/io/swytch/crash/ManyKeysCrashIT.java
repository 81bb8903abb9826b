package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that ends, by SIGTERM or SIGKILL, in the middle of commands on tens of thousands of keys: each was done as a whole or not at all. */
class ManyKeysCrashIT {
    private static final int KEYS = 30_000;
    private static final int ROUNDS = 5;
    private static final int RUN_MAX_MS = 400;

    /** How often a command names each key, so that it takes longer than a stop waits. */
    private static final int COLD_TIMES = 30;

    private final long seed = Long.getLong("swytch.crash.seed", System.nanoTime());
    private final Path room = ServerProcess.temporaryDirectory("swytch-many-keys");

    private static List<byte[]> command(String name, String value) {
        List<String> words = new ArrayList<>(List.of(name));
        for (int i = 0; i < KEYS; i++) {
            words.add("key:" + i);
            if (!value.isEmpty()) {
                words.add(value);
            }
        }
        return RespConnection.words(words.toArray(new String[0]));
    }

    /** Sets and deletes all keys until the server is gone. */
    private static void change(Child server, int round, CountDownLatch begun) {
        try (RespConnection connection = server.connect()) {
            for (int i = 0; ; i++) {
                assertEquals(
                        '+', connection.call(command("MSET", round + "." + i)).type());
                begun.countDown();
                if (i % 3 == 2) {
                    assertEquals(':', connection.call(command("DEL", "")).type());
                }
            }
        } catch (UncheckedIOException e) {
            // The server has ended, as it should.
            begun.countDown();
        }
    }

    private void assertWhole(Child server, String when) {
        try (RespConnection connection = server.connect()) {
            Set<String> different = new HashSet<>();
            for (Reply value : connection.call(command("MGET", "")).elements()) {
                different.add(value.raw().toString());
            }
            assertEquals(1, different.size(), () -> when + ": " + different);
            long keys = Long.parseLong(
                    connection.call(RespConnection.words("DBSIZE")).payload().toString());
            assertTrue(keys == 0 || keys == KEYS, () -> when + ": DBSIZE " + keys);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void end_inTheMiddleOfCommands_leavesThemWhole(boolean kills) throws InterruptedException {
        System.out.println("ManyKeysCrashIT seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round <= ROUNDS; round++) {
            String when = "seed " + seed + ", round " + round;
            try (Child server = Child.server(room.resolve("data"), room.resolve("log." + round))
                    .serving()) {
                if (round > 0) {
                    assertWhole(server, when);
                }
                CountDownLatch begun = new CountDownLatch(1);
                int number = round;
                Thread changing = new Thread(() -> change(server, number, begun));
                changing.start();
                begun.await();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(RUN_MAX_MS)));
                if (kills) {
                    server.kill();
                } else {
                    server.stop();
                }
                changing.join();
            }
        }
    }

    @Test
    void stop_besideCommandsOnColdKeys_givesThemUpQuietly() throws InterruptedException {
        try (Child server =
                Child.server(room.resolve("cold"), room.resolve("log.cold")).serving()) {
            try (RespConnection connection = server.connect()) {
                assertEquals(
                        '+', connection.call(command("MSET", "v".repeat(1000))).type());
            }
            List<byte[]> read = new ArrayList<>();
            List<byte[]> once = command("MGET", "");
            for (int i = 0; i < COLD_TIMES; i++) {
                read.addAll(i == 0 ? once : once.subList(1, once.size()));
            }
            List<byte[]> delete = new ArrayList<>(read);
            delete.set(0, RespConnection.words("UNLINK").get(0));
            CountDownLatch sent = new CountDownLatch(2);
            List<Thread> clients = new ArrayList<>();
            for (List<byte[]> command : List.of(read, delete)) {
                Thread client = new Thread(() -> {
                    try (RespConnection connection = server.connect()) {
                        connection.send(command);
                        sent.countDown();
                        connection.read();
                    } catch (UncheckedIOException e) {
                        sent.countDown();
                    }
                });
                client.start();
                clients.add(client);
            }
            sent.await();
            server.stop();
            for (Thread client : clients) {
                client.join();
            }
            assertFalse(server.output().contains("ERROR"), server::output);
        }
        try (Child server =
                Child.server(room.resolve("cold"), room.resolve("log.again")).serving()) {
            assertWhole(server, "after the stop");
        }
    }
}
