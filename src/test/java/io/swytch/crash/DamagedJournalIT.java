package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A torn end of the journal is cut off and said; damage in the middle stops the start, and there are two ways on. */
class DamagedJournalIT {
    private static final int KEYS = 40;

    private final Path room = ServerProcess.temporaryDirectory("swytch-journal");
    private final Path data = room.resolve("data");

    /** Acknowledges one write after the other, so that each has a record of its own, and is killed. */
    @BeforeEach
    void write() {
        try (Child server = server("first.log").serving();
                RespConnection connection = server.connect()) {
            for (int i = 0; i < KEYS; i++) {
                assertEquals("+OK\r\n", connection.ask("SET", "key:" + i, value(i)));
            }
            server.kill();
        }
    }

    private Child server(String log, String... flags) {
        return Child.server(data, room.resolve(log), flags);
    }

    private static String value(int i) {
        return "value-" + i + "-".repeat(200);
    }

    /** The journal's file that holds the writes. */
    private Path segment() throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("journal"))) {
            return files.filter(file -> file.getFileName().toString().matches("journal-[0-9a-f]{16}\\.log"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static long find(Path file, String text) throws IOException {
        int at = Files.readString(file, StandardCharsets.ISO_8859_1).indexOf(text);
        assertTrue(at > 0, text);
        return at;
    }

    private static void overwrite(Path file, long at, byte[] bytes) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(at);
            f.write(bytes);
        }
    }

    @Test
    void tornRecordAtTheEnd_isCutOffWithALineInTheLog() throws IOException {
        // What the process was about to write when it was killed: the beginning of a record.
        byte[] content = Files.readAllBytes(segment());
        long end = content.length;
        while (content[(int) end - 1] == 0) {
            end--;
        }
        overwrite(segment(), (end + 7) / 8 * 8 + 8, "half of a record".getBytes(StandardCharsets.US_ASCII));
        overwrite(segment(), (end + 7L) / 8 * 8, new byte[] {100, 0, 0, 0, 1, 2, 3, 4});
        assertEquals(0, check("check.log"));
        try (Child server = server("second.log").serving();
                RespConnection connection = server.connect()) {
            assertTrue(server.output().contains("torn tail is cut off"), server::output);
            assertTrue(server.output().contains(segment().getParent().toString()), server::output);
            for (int i = 0; i < KEYS; i++) {
                assertEquals("$" + value(i).length() + "\r\n" + value(i) + "\r\n", connection.ask("GET", "key:" + i));
            }
            assertEquals(0, server.stop());
        }
    }

    @Test
    void badRecordInTheMiddle_stopsTheStart_andTwoWaysGoOn() throws IOException {
        int lost = KEYS / 2;
        Path file = segment();
        long at = find(file, value(lost));
        overwrite(file, at + 20, new byte[] {'#'});
        for (int attempt = 0; attempt < 2; attempt++) {
            try (Child refused = server("refused.log")) {
                assertFalse(refused.awaitServing());
                assertEquals(1, refused.awaitEnd());
                String output = refused.output();
                assertTrue(
                        output.matches("(?s).*" + file + " at byte \\d+: bad record, with good ones after it.*"),
                        output);
                assertTrue(output.contains("swytch check --data-dir " + data), output);
                assertTrue(output.contains("--recover skip-damaged"), output);
                assertFalse(output.contains("\tat "), output);
            }
        }
        assertEquals(1, check("check.log"));
        String found = Files.readString(room.resolve("check.log"));
        assertTrue(found.matches("(?s).*DAMAGED .*" + file + " at byte \\d+.*"), found);
        try (Child server = server("skipping.log", "--recover", "skip-damaged").serving();
                RespConnection connection = server.connect()) {
            String output = server.output();
            assertTrue(
                    output.matches("(?s).*skipped " + file + " from byte \\d+ on; .* bytes of changes are lost.*"),
                    output);
            assertOnlyLost(connection, lost);
            assertEquals("+OK\r\n", connection.ask("SET", "later", "v"));
            server.kill();
        }
        try (Child server = server("whole.log").serving();
                RespConnection connection = server.connect()) {
            assertOnlyLost(connection, lost);
            assertEquals("$1\r\nv\r\n", connection.ask("GET", "later"));
            assertEquals(0, server.stop());
        }
        assertTrue(Files.exists(file.resolveSibling("damaged-" + file.getFileName())), "the damaged file is kept");
        assertEquals(0, check("check.log"));
    }

    private static void assertOnlyLost(RespConnection connection, int lost) {
        for (int i = 0; i < KEYS; i++) {
            String expected = i == lost ? "$-1\r\n" : "$" + value(i).length() + "\r\n" + value(i) + "\r\n";
            assertEquals(expected, connection.ask("GET", "key:" + i), "key:" + i);
        }
    }

    private int check(String log) {
        List<String> words = List.of("check", "--data-dir", data.toString());
        try (Child check = Child.start(List.of(), Map.of(), room.resolve(log), 0, words)) {
            return check.awaitEnd();
        }
    }
}
