package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start refuses: each time a younger state that would be served without a word. */
class StartTest {
    private static final long MIB = 1 << 20;

    @TempDir
    Path dir;

    private Path data() {
        return dir.resolve("data");
    }

    private List<Path> segments() throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(data().resolve("journal"), "journal-*.log")) {
            for (Path file : found) {
                if (!file.getFileName().toString().contains("spare")) {
                    files.add(file);
                }
            }
        }
        files.sort(null);
        return files;
    }

    private void assertRefused(Path named) throws IOException {
        IOException refusal = assertThrows(IOException.class, () -> new StoreRig(data(), MIB));
        assertTrue(String.valueOf(refusal.getMessage()).contains(named.toString()), () -> "" + refusal);
        // Nothing was changed: the next start says the same.
        assertThrows(IOException.class, () -> new StoreRig(data(), MIB));
    }

    @Test
    void start_withoutTheJournalAfterADrain_isRefused() throws IOException {
        try (StoreRig rig = new StoreRig(data(), MIB)) {
            rig.set(0, "k", "v");
        }
        List<Path> segments = segments();
        Path only = segments.get(segments.size() - 1);
        for (Path each : segments) {
            Files.move(each, dir.resolve(each.getFileName()));
        }
        assertRefused(only);
        for (Path each : segments) {
            Files.move(dir.resolve(each.getFileName()), each);
        }
        try (StoreRig rig = new StoreRig(data(), MIB)) {
            assertEquals("v", rig.get(0, "k"));
        }
    }

    @Test
    void start_withAnOlderL2_isRefused() throws IOException {
        StoreRig first = new StoreRig(data(), MIB);
        first.set(0, "k", "old");
        Path copy = first.store.save(dir.resolve("backups"), 1);
        first.set(0, "k", "new");
        first.close();
        first = new StoreRig(data(), MIB);
        first.set(0, "k", "newest");
        first.close();
        Path oldest = segments().get(0);
        Files.move(data().resolve("db"), dir.resolve("db"));
        Files.move(copy.resolve("db"), data().resolve("db"));
        assertRefused(oldest);
    }

    @Test
    void start_withAnOlderJournal_isRefused() throws IOException {
        StoreRig rig = new StoreRig(data(), MIB);
        rig.set(0, "k", "old");
        Path copy = rig.store.save(dir.resolve("backups"), 1);
        rig.set(0, "k", "new");
        rig.close();
        for (Path each : segments()) {
            Files.delete(each);
        }
        Path older;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(copy.resolve("journal"))) {
            Path file = found.iterator().next();
            older = data().resolve("journal").resolve(file.getFileName());
            Files.move(file, older);
        }
        assertRefused(older);
    }

    @Test
    void replay_ofAKeyThatMemoryHasNoRoomFor_endsTheStartAndSaysWhy() throws IOException {
        String name = "k".repeat(30_000);
        StoreRig large = new StoreRig(data(), 256 * MIB);
        large.set(0, name, "v");
        large.stop();
        IOException refusal = assertThrows(IOException.class, () -> new StoreRig(data(), 1 << 16));
        assertTrue(String.valueOf(refusal.getMessage()).contains("larger maxmemory"), () -> "" + refusal);
        try (StoreRig again = new StoreRig(data(), 256 * MIB)) {
            assertEquals("v", again.get(0, name));
        }
    }
}
