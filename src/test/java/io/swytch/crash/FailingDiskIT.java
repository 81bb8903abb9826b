package io.swytch.crash;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A disk that answers EIO: calls of the server's process fail in the C library, by a small library that is preloaded. Nothing that could not be written or
 * forced is acknowledged, reads go on, and each refusal says why. Needs gcc.
 */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class FailingDiskIT {
    private static final Duration RECOVERY_MAX = Duration.ofSeconds(10);

    private final Path room = ServerProcess.temporaryDirectory("swytch-eio");
    private final Path fault = room.resolve("fault");
    private Path library;

    /** Keys whose writes were acknowledged. */
    private final List<String> acked = new ArrayList<>();

    private int tried;

    @BeforeEach
    void compile() throws IOException, InterruptedException {
        library = Preloaded.compile("failing-disk", room);
    }

    private Child server(String log, String sync) {
        return Launch.in(room)
                .persistent()
                .flags("--maxmemory", "8mb", "--sync", sync)
                .environment("LD_PRELOAD", library)
                .environment("SWYTCH_FAULT", fault)
                .serving(log);
    }

    /** On a connection of its own, which the server closes where it cannot say whether the write is kept. Returns the reply, or nothing. */
    private String write(Child server) {
        String key = "key:" + tried++;
        try (RespConnection connection = server.connect()) {
            String reply = connection.ask("SET", key, "value of " + key);
            if (reply.equals("+OK\r\n")) {
                acked.add(key);
            }
            return reply;
        } catch (UncheckedIOException closed) {
            return "";
        }
    }

    /** Whether the journal's next file is ready. */
    private boolean hasSpare() {
        String[] names = room.resolve("data/journal")
                .toFile()
                .list((folder, name) -> name.startsWith("journal-spare-") && name.endsWith(".log"));
        return names != null && names.length > 0;
    }

    private void check(RespConnection connection) {
        for (String key : acked) {
            String value = "value of " + key;
            assertEquals("$" + value.length() + "\r\n" + value + "\r\n", connection.ask("GET", key), key);
        }
    }

    @ParameterizedTest
    @CsvSource({"fsync,10ms", "fsync,always", "write,10ms", "write,always"})
    void journalFails_nothingIsAcknowledgedUntilItWorksAgain(String call, String sync) throws IOException {
        try (Child server = server("failing.log", sync)) {
            for (int i = 0; i < 100; i++) {
                assertEquals("+OK\r\n", write(server));
            }
            Files.writeString(fault, call + " /journal/\n");
            int before = acked.size();
            // Until the next force, which is 10 ms away at most, a force that will fail has not failed yet.
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> write(server).startsWith("-MISCONF "));
            if (!call.equals("fsync") || sync.equals("always")) {
                assertEquals(before, acked.size(), "acknowledged though it could not be kept");
            }
            before = acked.size();
            try (RespConnection connection = server.connect()) {
                for (int i = 0; i < 200; i++) {
                    String refusal = write(server);
                    assertTrue(
                            refusal.startsWith("-MISCONF Errors writing to the AOF file: Input/output error"),
                            () -> refusal + server.output());
                    assertTrue(connection.ask("DEL", "key:0").startsWith("-MISCONF "));
                }
                assertEquals(before, acked.size());
                check(connection);
                assertTrue(connection.ask("INFO", "persistence").contains("aof_last_write_status:err"));
                assertTrue(server.output().contains("The journal cannot be written"), server::output);
            }
            Files.delete(fault);
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> write(server).equals("+OK\r\n"));
            for (int i = 0; i < 100; i++) {
                assertEquals("+OK\r\n", write(server));
            }
            Files.writeString(fault, call + " /journal/\n");
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> write(server).startsWith("-MISCONF "));
            server.kill();
        }
        Files.delete(fault);
        try (Child server = server("again.log", sync);
                RespConnection connection = server.connect()) {
            check(connection);
            assertEquals(0, server.stop());
        }
    }

    @ParameterizedTest
    @CsvSource({"fsync", "write"})
    void l2Fails_writesAreRefusedAndComeBack(String call) throws IOException {
        try (Child server = server("failing.log", "10ms");
                RespConnection connection = server.connect()) {
            for (int i = 0; i < 100; i++) {
                assertEquals("+OK\r\n", write(server));
            }
            Files.writeString(fault, call + " .sst\n");
            String refused = connection.ask("SAVE");
            assertTrue(refused.startsWith("-") && refused.contains("Input/output error"), refused);
            String refusal = write(server);
            assertTrue(refusal.startsWith("-MISCONF Errors writing to L2: "), refusal);
            assertTrue(refusal.contains("Input/output error"), refusal);
            check(connection);
            // Deletes need no room, and the journal has them.
            assertEquals(":1\r\n", connection.ask("DEL", acked.remove(0)));
            Files.delete(fault);
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> write(server).equals("+OK\r\n"));
            check(connection);
            server.kill();
        }
        try (Child server = server("again.log", "10ms");
                RespConnection connection = server.connect()) {
            assertFalse(acked.contains("key:0"));
            assertEquals("$-1\r\n", connection.ask("GET", "key:0"));
            check(connection);
            assertEquals(0, server.stop());
        }
    }

    @Test
    void journalFailsUnderAHugeCommand_itsClientIsNotToldThatItIsRefused() throws IOException {
        try (Child server = server("failing.log", "10ms");
                RespConnection other = server.connect()) {
            String[] mset = new String[1 + 2 * 2000];
            mset[0] = "MSET";
            for (int i = 1; i < mset.length; i += 2) {
                mset[i] = "key:" + i;
                mset[i + 1] = "v";
            }
            // What is still being written ahead would fail before the command, which would be refused as it should.
            await().atMost(RECOVERY_MAX).until(this::hasSpare);
            Files.writeString(fault, "write /journal/\n");
            try (RespConnection connection = server.connect()) {
                assertThrows(UncheckedIOException.class, () -> connection.ask(mset));
            }
            // Others see it, and the journal has it as soon as it can: an error would not have been true.
            assertEquals(":1\r\n", other.ask("EXISTS", "key:1"));
            assertTrue(write(server).startsWith("-MISCONF "));
            Files.delete(fault);
            await().atMost(RECOVERY_MAX)
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> write(server).equals("+OK\r\n"));
            server.kill();
        }
        try (Child server = server("again.log", "10ms");
                RespConnection connection = server.connect()) {
            assertEquals("$1\r\nv\r\n", connection.ask("GET", "key:3999"));
            check(connection);
        }
    }
}
