package io.swytch.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.config.Settings;
import io.swytch.differential.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** DEBUG RELOAD, and what else must not meet a drain, while clients are at work. */
@Timeout(60)
class ReloadIT {
    private static final int CLIENTS = 3;
    private static final int KEYS = 4_000;

    @TempDir
    Path dir;

    private final ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    private RedisServer server;

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.stop();
    }

    private void start(String... more) throws StartException {
        List<String> settings = new ArrayList<>(List.of(
                "port",
                Integer.toString(ServerProcess.freePort()),
                "maxmemory",
                "3mb",
                "enable-debug-command",
                "local"));
        settings.addAll(List.of(more));
        server = RedisServer.start(Settings.of(settings.toArray(new String[0])));
    }

    private void startPersistent() throws StartException {
        String data = dir.resolve("data").toString();
        start("persistent", "yes", "data-dir", data, "l2-write-buffer", "1mb", "l2-cache-size", "4mb");
    }

    @Test
    void debugReload_whileClientsWriteAndReadColdKeys_losesNothingAndNobody() throws Exception {
        startPersistent();
        AtomicBoolean enough = new AtomicBoolean();
        List<Future<Integer>> rounds = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            int client = i;
            rounds.add(threads.submit(() -> writeAndRead(client, enough)));
        }
        try (Client admin = new Client(server.port())) {
            assertEquals("+OK", admin.call("SET expiring v PX 100000000"));
            for (int i = 0; i < 8; i++) {
                assertEquals("+OK", admin.call("DEBUG RELOAD"));
                assertTrue(admin.call("PTTL expiring").compareTo(":99000000") > 0);
            }
            enough.set(true);
            int written = 0;
            for (Future<Integer> each : rounds) {
                written += each.get(20, TimeUnit.SECONDS);
            }
            assertTrue(written > 100, "clients got on: " + written);
            assertEquals(":" + (1 + CLIENTS * KEYS), admin.call("DBSIZE"));
        }
    }

    /** Writes all keys once, then writes and reads some at random until told to stop; each connection lives all the time. */
    private int writeAndRead(int client, AtomicBoolean enough) {
        int[] versions = new int[KEYS];
        String filler = "x".repeat(400);
        int done = 0;
        try (Client connection = new Client(server.port())) {
            for (int i = 0; i < KEYS || !enough.get(); i++) {
                int key = (int) (i * 2_654_435_761L % KEYS & Integer.MAX_VALUE) % KEYS;
                String name = "c" + client + ":" + (i < KEYS ? i : key);
                int at = i < KEYS ? i : key;
                if (i >= KEYS) {
                    assertEquals("$" + versions[at] + filler, connection.call("GET " + name), name);
                }
                assertEquals("+OK", connection.call("SET " + name + " " + ++versions[at] + filler));
                done++;
            }
            for (int i = 0; i < KEYS; i++) {
                String name = "c" + client + ":" + i;
                assertEquals("$" + versions[i] + filler, connection.call("GET " + name), name);
            }
        }
        return done;
    }

    @Test
    void debugReload_inMemoryMode_keepsTheData() throws Exception {
        start();
        try (Client client = new Client(server.port())) {
            client.call("SET k v");
            assertEquals("+OK", client.call("DEBUG RELOAD"));
            assertEquals("$v", client.call("GET k"));
        }
    }

    @Test
    void transactionThatCounts_whileDrainsRun_doesNotWaitForEver() throws Exception {
        startPersistent();
        AtomicBoolean enough = new AtomicBoolean();
        Future<?> drains = threads.submit(() -> {
            while (!enough.get()) {
                server.chill();
            }
            return null;
        });
        try (Client client = new Client(server.port())) {
            for (int i = 0; i < 300; i++) {
                client.call("MULTI");
                for (int k = 0; k < 20; k++) {
                    client.call("SET key:" + i + ":" + k + " v");
                }
                client.call("DBSIZE");
                client.call("SCAN 0");
                assertTrue(client.call("EXEC").contains(":" + 20 * (i + 1)));
            }
        } finally {
            enough.set(true);
        }
        drains.get(10, TimeUnit.SECONDS);
    }
}
