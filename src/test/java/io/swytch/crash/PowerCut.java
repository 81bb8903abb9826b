package io.swytch.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a data directory what a power cut at the moment of the kill could have left, from the notes that power-cut.c took: what was not forced is
 * undone. A file's bytes count as forced by a force of the file, a name by a force of its folder, each of which began after the change.
 *
 * <p>Threads: one.
 */
final class PowerCut {
    private static final int PAGE_BYTES = 4096;

    /** A write that is no longer than this is a mark, which tells of a force that is done and needs none. */
    private static final int MARK_BYTES_MAX = 48;

    private record Change(long nanos, char kind, long inode, List<String> words) {
        long number(int i) {
            return Long.parseLong(words.get(i));
        }

        Path path(int i) {
            return Path.of(words.get(i));
        }
    }

    /**
     * A force of a journal file that ended well.
     *
     * @param oldestNanos when the oldest byte that it was for was written; 0 for none
     */
    record Force(long beginNanos, long endNanos, long oldestNanos) {
        double tookMs() {
            return (endNanos - beginNanos) / 1e6;
        }

        double ageMs() {
            return (endNanos - oldestNanos) / 1e6;
        }
    }

    private final Path notes;
    private final List<Change> changes = new ArrayList<>();

    /** Where in the list the last force that ended well began, by inode. */
    private final Map<Long, Integer> secured = new HashMap<>();

    private final List<Force> forces = new ArrayList<>();
    private final Map<Path, Long> folders = new HashMap<>();
    private final Map<String, Integer> pageCuts = new HashMap<>();
    private int undone;

    /**
     * @param notes the folder that power-cut.c wrote to
     * @param journal the journal's files when the server began, by inode
     */
    PowerCut(Path notes, Map<Long, Path> journal) throws IOException {
        this.notes = notes;
        read(new HashMap<>(journal));
    }

    /** Files of a folder by inode. */
    static Map<Long, Path> inodes(Path folder) throws IOException {
        Map<Long, Path> found = new HashMap<>();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                found.put((Long) Files.getAttribute(file, "unix:ino"), file);
            }
        }
        return found;
    }

    private void read(Map<Long, Path> names) throws IOException {
        Map<Long, Integer> begun = new HashMap<>();
        Map<Long, Long> oldest = new HashMap<>();
        Map<Long, Long> taken = new HashMap<>();
        for (String line : Files.readAllLines(notes.resolve("notes"))) {
            List<String> words = List.of(line.split(" "));
            Change change = new Change(
                    Long.parseLong(words.get(0)), words.get(1).charAt(0), Long.parseLong(words.get(2)), words);
            long inode = change.inode;
            switch (change.kind) {
                case 'C' -> names.put(inode, change.path(3));
                case 'R' -> names.put(inode, change.path(4));
                case 'W' -> {
                    if (isSegment(names.get(inode)) && change.number(4) > MARK_BYTES_MAX) {
                        oldest.putIfAbsent(inode, change.nanos);
                    }
                }
                case 'B' -> {
                    begun.put(change.number(3), changes.size());
                    Long first = oldest.remove(inode);
                    taken.put(change.number(3), first == null ? 0 : first);
                }
                case 'E' -> {
                    int at = begun.get(change.number(3));
                    if (change.number(4) == 0) {
                        secured.merge(inode, at, Math::max);
                        if (isSegment(names.get(inode))) {
                            forces.add(new Force(changes.get(at).nanos, change.nanos, taken.get(change.number(3))));
                        }
                    }
                }
                default -> {}
            }
            changes.add(change);
        }
    }

    private static boolean isSegment(@Nullable Path file) {
        return file != null && file.getFileName().toString().matches("journal-[0-9a-f]{16}\\.log");
    }

    /** The forces of the journal, in the order of their ends. */
    List<Force> forces() {
        return forces;
    }

    /** Writes and changes of names that {@link #apply} has undone. */
    int undone() {
        return undone;
    }

    /**
     * Undoes what was not forced.
     *
     * @param random says of each page and of names what reached the disk by itself; null: nothing did
     */
    void apply(@Nullable Random random) throws IOException {
        int namesCut = random == null ? 0 : random.nextInt(changes.size() + 1);
        for (int i = changes.size() - 1; i >= 0; i--) {
            Change change = changes.get(i);
            switch (change.kind) {
                case 'W' -> undoWrite(i, change, random);
                case 'T' -> {
                    if (i >= secured.getOrDefault(change.inode, 0)) {
                        undone++;
                        restore(change, 0, Long.MAX_VALUE);
                        resize(change.inode, change.number(5));
                    }
                }
                case 'C', 'L', 'U' -> {
                    if (i >= Math.max(namesCut, securedNames(change.path(3)))) {
                        undone++;
                        undoName(change);
                    }
                }
                case 'R' -> {
                    if (change.inode != 0 && i >= Math.max(namesCut, securedNames(change.path(4)))) {
                        undone++;
                        undoRename(change);
                    }
                }
                default -> {}
            }
        }
    }

    private int securedNames(Path path) throws IOException {
        Path folder = path.getParent();
        Long inode = folders.get(folder);
        if (inode == null) {
            inode = Files.isDirectory(folder) ? (Long) Files.getAttribute(folder, "unix:ino") : 0L;
            folders.put(folder, inode);
        }
        return secured.getOrDefault(inode, 0);
    }

    private void undoWrite(int i, Change change, @Nullable Random random) throws IOException {
        int from = secured.getOrDefault(change.inode, 0);
        if (i < from) {
            return;
        }
        long offset = change.number(3);
        long end = offset + change.number(4);
        boolean isWhole = true;
        for (long page = offset / PAGE_BYTES; page * PAGE_BYTES < end; page++) {
            int cut = random == null
                    ? from
                    : pageCuts.computeIfAbsent(change.inode + ":" + page, any -> switch (random.nextInt(3)) {
                        case 0 -> from;
                        case 1 -> changes.size();
                        default -> from + random.nextInt(changes.size() - from + 1);
                    });
            if (i >= cut) {
                undone++;
                restore(change, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
            } else {
                isWhole = false;
            }
        }
        long sizeBefore = change.number(5);
        if (isWhole && end > sizeBefore && size(change.inode) == end) {
            resize(change.inode, sizeBefore);
        }
    }

    private Path file(long inode) {
        return notes.resolve(Long.toString(inode));
    }

    private long size(long inode) throws IOException {
        return Files.exists(file(inode)) ? Files.size(file(inode)) : -1;
    }

    private void resize(long inode, long bytes) throws IOException {
        try (FileChannel out = FileChannel.open(file(inode), StandardOpenOption.WRITE)) {
            if (out.size() > bytes) {
                out.truncate(bytes);
            } else if (out.size() < bytes) {
                out.write(ByteBuffer.allocate(1), bytes - 1);
            }
        } catch (NoSuchFileException e) {
            // A file that was opened before the notes began, and has not been named since: nothing to be done for it.
            throw new AssertionError("changed but not kept: " + inode, e);
        }
    }

    /** Puts back what lay between two offsets before the change: zeros where there was nothing. */
    private void restore(Change change, long from, long to) throws IOException {
        long offset = change.number(3);
        long saved = change.number(7);
        long begin = Math.max(from, offset);
        long end = Math.min(to, offset + (change.kind == 'T' ? saved : change.number(4)));
        if (begin >= end) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) (end - begin));
        try (FileChannel before = FileChannel.open(notes.resolve("before"), StandardOpenOption.READ);
                FileChannel out = FileChannel.open(file(change.inode), StandardOpenOption.WRITE)) {
            long there = Math.min(end, offset + saved) - begin;
            if (there > 0) {
                bytes.limit((int) there);
                while (bytes.hasRemaining()
                        && before.read(bytes, change.number(6) + begin - offset + bytes.position()) > 0) {}
            }
            bytes.limit(bytes.capacity()).position(0);
            out.write(bytes, begin);
        }
    }

    private void undoName(Change change) throws IOException {
        Path path = change.path(3);
        if (change.kind != 'U') {
            Files.deleteIfExists(path);
        } else if (change.inode != 0 && !Files.exists(path) && Files.isDirectory(path.getParent())) {
            Files.createLink(path, file(change.inode));
        }
    }

    private void undoRename(Change change) throws IOException {
        Path to = change.path(4);
        Files.deleteIfExists(to);
        if (!Files.exists(change.path(3))) {
            Files.createLink(change.path(3), file(change.inode));
        }
        long overwritten = change.number(5);
        if (overwritten != 0) {
            Files.createLink(to, file(overwritten));
        }
    }
}
