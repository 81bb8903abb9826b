package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Directories that a server must not use: it says why, exits with 1, and touches nothing. */
class RefusedStartIT {
    private static final String PORT = Integer.toString(ServerProcess.freePort());

    private final Path room = ServerProcess.temporaryDirectory("swytch-refused");
    private final Path data = room.resolve("data");

    @BeforeEach
    void make() {
        try (Child server = Child.server(data, room.resolve("first.log")).serving();
                RespConnection connection = server.connect()) {
            connection.call(RespConnection.words("SET", "k", "v"));
            assertEquals(0, server.stop());
        }
    }

    /** Every file with what can be seen of it. */
    private static Map<String, String> picture(Path directory) throws IOException {
        Map<String, String> seen = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                String look = Files.getLastModifiedTime(file).toString();
                if (Files.isRegularFile(file)) {
                    look += " " + Files.size(file) + " " + Arrays.hashCode(Files.readAllBytes(file));
                }
                seen.put(directory.relativize(file).toString(), look);
            }
        }
        return seen;
    }

    /** What is refused leaves everything as it was; so does a check, whatever it says. */
    private void assertRefused(List<String> before, Path directory, String... reasons) throws IOException {
        Map<String, String> picture = picture(directory);
        Path log = room.resolve("refused.log");
        for (List<String> words : List.of(
                List.of("redis", "--port", PORT, "--persistent", "--data-dir", directory.toString()),
                List.of("check", "--data-dir", directory.toString()))) {
            if (words.get(0).equals("check") && !before.isEmpty()) {
                continue;
            }
            try (Child refused = Child.start(before, Map.of(), log, 0, words)) {
                assertEquals(1, refused.awaitEnd(), refused::output);
                assertTrue(refused.output().contains(directory.toString()), refused::output);
                for (String reason : reasons) {
                    assertTrue(refused.output().contains(reason), refused::output);
                }
                assertFalse(refused.output().contains("\tat "), refused::output);
            }
        }
        assertEquals(picture, picture(directory));
    }

    private void assertServes() {
        try (Child server = Child.server(data, room.resolve("again.log")).serving();
                RespConnection connection = server.connect()) {
            assertEquals(
                    "$1\r\nv\r\n",
                    connection.call(RespConnection.words("GET", "k")).raw().toString());
            assertEquals(0, server.stop());
        }
    }

    @Test
    void directoryInUse_isRefusedWithTheProcess_whichServesOn() throws IOException {
        try (Child server = Child.server(data, room.resolve("holder.log")).serving();
                RespConnection connection = server.connect()) {
            Path log = room.resolve("refused.log");
            for (List<String> words : List.of(
                    List.of("redis", "--port", PORT, "--persistent", "--data-dir", data.toString()),
                    List.of("check", "--data-dir", data.toString()))) {
                try (Child refused = Child.start(List.of(), Map.of(), log, 0, words)) {
                    assertEquals(1, refused.awaitEnd(), refused::output);
                    assertTrue(
                            refused.output()
                                    .contains("data directory " + data + " is in use by another process (pid "
                                            + server.pid() + ")"),
                            refused::output);
                }
            }
            assertEquals(
                    "$1\r\nv\r\n",
                    connection.call(RespConnection.words("GET", "k")).raw().toString());
            assertEquals(
                    "+OK\r\n",
                    connection
                            .call(RespConnection.words("SET", "k2", "v"))
                            .raw()
                            .toString());
            assertEquals(0, server.stop());
        }
        assertServes();
    }

    @Test
    void markerOfANewerFormat_isRefused() throws IOException {
        Path marker = data.resolve("swytch.marker");
        String lines = Files.readString(marker);
        Files.writeString(marker, lines.replace("format 1", "format 2"));
        assertRefused(List.of(), data, "names format 2; this program reads format 1");
        Files.writeString(marker, lines);
        assertServes();
    }

    @Test
    void journalOfANewerFormat_isRefused() throws IOException {
        Path segment;
        try (Stream<Path> files = Files.list(data.resolve("journal"))) {
            segment = files.filter(file -> file.getFileName().toString().matches("journal-[0-9a-f]{16}\\.log"))
                    .findFirst()
                    .orElseThrow();
        }
        byte[] content = Files.readAllBytes(segment);
        byte[] newer = content.clone();
        ByteBuffer header = ByteBuffer.wrap(newer).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(8, 2);
        CRC32C crc = new CRC32C();
        crc.update(newer, 0, 56);
        header.putInt(56, (int) crc.getValue());
        Files.write(segment, newer);
        assertRefused(List.of(), data, segment.toString(), "has format 2; this version reads format 1");
        Files.write(segment, content);
        assertServes();
    }

    @Test
    void directoryWithoutTheRightToWrite_isRefused() throws IOException {
        // Root may write everywhere, so that right is taken from the child.
        List<String> before = isRoot() ? List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all") : List.of();
        assumeTrue(before.isEmpty() || runs("setpriv", "--bounding-set=-all", "true"), "no setpriv, and this is root");
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("r-x------"));
        Files.setPosixFilePermissions(data.resolve("swytch.lock"), PosixFilePermissions.fromString("r--------"));
        assertRefused(before, data, "permission denied");
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(data.resolve("swytch.lock"), PosixFilePermissions.fromString("rw-------"));
        Path parent = Files.createDirectory(room.resolve("parent"));
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("r-x------"));
        Path log = room.resolve("new.log");
        List<String> words = List.of(
                "redis",
                "--port",
                PORT,
                "--persistent",
                "--data-dir",
                parent.resolve("d").toString());
        try (Child refused = Child.start(before, Map.of(), log, 0, words)) {
            assertEquals(1, refused.awaitEnd(), refused::output);
            assertTrue(refused.output().contains(parent.resolve("d") + " (permission denied)"), refused::output);
        }
        Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
        assertServes();
    }

    @Test
    void readOnlyFileSystem_isRefused() throws IOException {
        Path mounted = Files.createDirectory(room.resolve("mounted"));
        assumeTrue(
                runs("mount", "--bind", data.toString(), mounted.toString()), "needs the right to mount a file system");
        try {
            assumeTrue(runs("mount", "-o", "remount,ro,bind", mounted.toString()), "cannot mount read-only");
            Map<String, String> picture = picture(data);
            Path log = room.resolve("refused.log");
            List<String> words = List.of("redis", "--port", PORT, "--persistent", "--data-dir", mounted.toString());
            try (Child refused = Child.start(List.of(), Map.of(), log, 0, words)) {
                assertEquals(1, refused.awaitEnd(), refused::output);
                assertTrue(refused.output().contains(mounted.toString()), refused::output);
                assertTrue(refused.output().contains("Read-only file system"), refused::output);
            }
            // A check needs to write nowhere.
            try (Child check =
                    Child.start(List.of(), Map.of(), log, 0, List.of("check", "--data-dir", mounted.toString()))) {
                assertEquals(0, check.awaitEnd(), check::output);
            }
            assertEquals(picture, picture(data));
        } finally {
            runs("umount", mounted.toString());
        }
        assertServes();
    }

    private static boolean isRoot() throws IOException {
        return Files.readAttributes(Path.of("/proc/self"), "unix:uid")
                .get("uid")
                .equals(0);
    }

    private static boolean runs(String... command) throws IOException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
