package io.swytch.store.l2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a check of a closed directory tells of its SST files. */
class L2CheckTest {
    @TempDir
    Path dir;

    private final List<String> problems = new ArrayList<>();
    private final List<String> progress = new ArrayList<>();

    @BeforeEach
    void fill() throws L2Exception {
        try (L2 l2 = L2.open(L2Options.of(dir))) {
            Rig.put(l2, key(l2), 0, "value".getBytes(StandardCharsets.UTF_8));
        }
    }

    private static Key key(L2 l2) {
        return new Key().set(Slice.copyOf("key"), 1, new KeyHash(l2.hashSeed()));
    }

    private void check() throws L2Exception {
        try (L2Check check = L2Check.open(dir, problems::add, progress::add)) {
            check.run();
        }
    }

    @Test
    void file_ofAnInterruptedCompaction_isNoDamage() throws IOException {
        Path leftover = Files.createFile(dir.resolve("db/000999.sst"));
        check();
        assertEquals(List.of(), problems);
        assertTrue(progress.stream().anyMatch(line -> line.contains("half written") && line.contains("" + leftover)));
        try (L2 l2 = L2.open(L2Options.of(dir))) {
            assertTrue(l2.mayExist(key(l2)));
        }
        assertTrue(Files.notExists(leftover), "the next start removes it");
    }

    @Test
    void file_thatBelongsToTheDatabase_isNamed() throws IOException {
        Path table;
        try (Stream<Path> files = Files.list(dir.resolve("db"))) {
            table = files.filter(file -> file.toString().endsWith(".sst"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.write(table, new byte[0]);
        check();
        assertTrue(problems.stream().anyMatch(line -> line.contains("" + table)), problems::toString);
    }

    /** The row that says whose the files are cannot be read, which does not make them another's. */
    @Test
    void damagedFiles_areNotCalledAnothers() throws IOException {
        // A start moves the row from RocksDB's log to a file.
        L2.open(L2Options.of(dir)).close();
        try (Stream<Path> files = Files.list(dir.resolve("db"))) {
            for (Path table :
                    files.filter(file -> file.toString().endsWith(".sst")).toList()) {
                byte[] bytes = Files.readAllBytes(table);
                bytes[0] ^= 1;
                Files.write(table, bytes);
            }
        }
        check();
        assertTrue(problems.stream().anyMatch(line -> line.contains("or unreadable")), problems::toString);
        assertTrue(problems.stream().noneMatch(line -> line.contains("another")), problems::toString);
    }
}
