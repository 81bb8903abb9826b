package io.swytch.store;

import io.swytch.clock.Clock;
import io.swytch.store.journal.Journal;
import io.swytch.store.l2.L2;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies of the whole store, each a data directory that a server starts from: L2's files, linked where the file system allows, and what the journal
 * has beyond them.
 *
 * <p>L2 alone would not do: a drain that meets writers may have taken half of a transaction, and the journal's record of it makes it whole. A
 * copy is made under a temporary name, forced, and renamed, so what has the final name is complete.
 *
 * <p>Threads: one at a time, while no drain runs.
 */
final class Backup {
    private static final Logger LOG = LoggerFactory.getLogger(Backup.class);
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern(
                    "'backup-'yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern FINISHED = Pattern.compile("backup-\\d{8}T\\d{6}\\.\\d{3}Z");
    private static final Pattern UNFINISHED = Pattern.compile(FINISHED + "\\.tmp");

    private final Path dir;
    private final int keep;

    /**
     * @param dir where backups lie, made if absent
     * @param keep how many are kept, the newest; 1 or more
     */
    Backup(Path dir, int keep) {
        this.dir = dir;
        this.keep = keep;
    }

    /** Makes a backup of what was drained and what has been appended since, then deletes those that are too many. Returns its directory. */
    Path make(L2 l2, Journal journal, Clock clock) throws IOException {
        Files.createDirectories(
                dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        for (Path unfinished : backups(UNFINISHED)) {
            delete(unfinished);
        }
        Path target = dir.resolve(NAME.format(Instant.ofEpochMilli(clock.millis())));
        Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
        boolean done = false;
        try {
            l2.checkpoint(temporary);
            Path journalDir = Files.createDirectory(
                    temporary.resolve(Tier.JOURNAL_DIR),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            journal.copyTo(journalDir);
            force(journalDir);
            force(temporary);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            force(dir);
            done = true;
        } finally {
            if (!done) {
                deleteIfPossible(temporary);
            }
        }
        // The new one stays, though by a clock that went back it may not be the newest.
        List<Path> others = new ArrayList<>(backups(FINISHED));
        others.remove(target);
        for (Path old : others.subList(0, Math.max(0, others.size() - keep + 1))) {
            deleteIfPossible(old);
        }
        return target;
    }

    /** What lies in the directory under such names, oldest first. */
    private List<Path> backups(Pattern names) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(
                            path -> names.matcher(path.getFileName().toString()).matches())
                    .sorted(Comparator.comparing(path -> path.getFileName().toString()))
                    .toList();
        }
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** What cannot be deleted now is in nobody's way; the next backup tries again. */
    private static void deleteIfPossible(Path directory) {
        try {
            delete(directory);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("dir", directory).setCause(e).log("cannot delete an old backup");
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
