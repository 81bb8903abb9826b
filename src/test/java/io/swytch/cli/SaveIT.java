package io.swytch.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.config.Settings;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SAVE and BGSAVE: what they leave behind is a data directory of its own. */
@Timeout(60)
class SaveIT {
    private static final int PAIRS = 300;

    @TempDir
    Path dir;

    private final List<RedisServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(RedisServer::stop);
    }

    private RedisServer start(Path data) throws StartException {
        RedisServer server = RedisServer.start(Settings.of(
                "port",
                Integer.toString(ServerProcess.freePort()),
                "maxmemory",
                "3mb",
                "l2-cache-size",
                "4mb",
                "persistent",
                "yes",
                "data-dir",
                data.toString(),
                "backup-dir",
                dir.resolve("backups").toString()));
        servers.add(server);
        return server;
    }

    private List<Path> backups() throws IOException {
        try (Stream<Path> files = Files.list(dir.resolve("backups"))) {
            return files.sorted().toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private static String info(Client client, String name) {
        String info = client.call("INFO persistence");
        int at = info.indexOf("\r\n" + name + ":") + name.length() + 3;
        return info.substring(at, info.indexOf('\r', at));
    }

    @Test
    void bgsave_makesACopyThatAServerStartsFrom() throws Exception {
        int port = start(dir.resolve("data")).port();
        try (Client client = new Client(port)) {
            long beganSec = Long.parseLong(client.call("LASTSAVE").substring(1));
            for (int i = 0; i < 1000; i++) {
                client.call("SET key:" + i + " before");
            }
            client.call("SET leaving v PX 100000000");
            client.call("DEL key:7");
            assertEquals("1002", info(client, "rdb_changes_since_last_save"));
            client.send("BGSAVE");
            client.send("BGSAVE");
            assertEquals("+Background saving started", client.read());
            assertEquals("-ERR Background save already in progress", client.read());
            await().until(() -> info(client, "rdb_bgsave_in_progress").equals("0"));
            assertEquals("1", info(client, "rdb_saves"));
            assertEquals("ok", info(client, "rdb_last_bgsave_status"));
            assertEquals("0", info(client, "rdb_changes_since_last_save"));
            assertTrue(Long.parseLong(client.call("LASTSAVE").substring(1)) >= beganSec);
            assertEquals(client.call("LASTSAVE"), ":" + info(client, "rdb_last_save_time"));
            for (int i = 0; i < 1000; i++) {
                client.call("SET key:" + i + " after");
            }
            client.call("SET later v");
        }
        assertEquals(1, backups().size());
        copy(backups().get(0), dir.resolve("copy"));
        try (Client client = new Client(start(dir.resolve("copy")).port())) {
            assertEquals(":1000", client.call("DBSIZE"));
            assertEquals("$-1", client.call("GET key:7"));
            for (int i = 0; i < 1000; i += 3) {
                assertEquals(i == 7 ? "$-1" : "$before", client.call("GET key:" + i));
            }
            assertEquals("$-1", client.call("GET later"));
            assertTrue(Long.parseLong(client.call("PTTL leaving").substring(1)) > 90_000_000);
        }
        try (Client client = new Client(port)) {
            assertEquals("$after", client.call("GET key:8"));
        }
    }

    @Test
    void save_whileTransactionsRun_copiesWholeOnes() throws Exception {
        int port = start(dir.resolve("data")).port();
        AtomicBoolean enough = new AtomicBoolean();
        ExecutorService writer = Executors.newSingleThreadExecutor();
        Future<?> writing = writer.submit(() -> {
            try (Client client = new Client(port)) {
                for (int n = 0; !enough.get(); n++) {
                    client.send("MULTI");
                    for (int i = 0; i < PAIRS; i++) {
                        client.send("SET pair:" + i + " " + n);
                    }
                    client.send("EXEC");
                    for (int i = 0; i < PAIRS + 2; i++) {
                        client.read();
                    }
                }
            }
        });
        try (Client client = new Client(port)) {
            for (int i = 0; i < 5; i++) {
                assertEquals("+OK", client.call("SAVE"));
                assertEquals(1, backups().size(), "one is kept");
                Path copy = dir.resolve("copy" + i);
                copy(backups().get(0), copy);
                try (Client other = new Client(start(copy).port())) {
                    String first = other.call("GET pair:0");
                    for (int pair = 1; pair < PAIRS; pair++) {
                        assertEquals(first, other.call("GET pair:" + pair));
                    }
                }
            }
        } finally {
            enough.set(true);
            writer.shutdown();
        }
        writing.get(10, TimeUnit.SECONDS);
    }

    @Test
    void save_thatFails_saysSo() throws Exception {
        int port = start(dir.resolve("data")).port();
        Files.writeString(dir.resolve("backups"), "in the way");
        try (Client client = new Client(port)) {
            assertTrue(client.call("SAVE").startsWith("-ERR"));
            assertEquals("err", info(client, "rdb_last_bgsave_status"));
            Files.delete(dir.resolve("backups"));
            assertEquals("+OK", client.call("SAVE"));
            assertEquals("ok", info(client, "rdb_last_bgsave_status"));
        }
    }
}
