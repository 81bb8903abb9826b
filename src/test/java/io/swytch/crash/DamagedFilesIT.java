package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Damages each file of a data directory in each way: the server refuses to start and names the file or the directory, or it serves, and every
 * reply is right or an error. It never serves a wrong value, nor an empty or older database. What {@code swytch check} calls whole, it serves
 * without an error.
 *
 * <p>All cases take some minutes, with -Dswytch.damage=all; otherwise some are picked. The seed is printed; -Dswytch.damage.seed=N repeats the
 * choice, and -Dswytch.damage=TEXT runs the cases whose names contain the text.
 */
class DamagedFilesIT {
    private static final int CASES = 12;
    private static final int KEYS = 1500;
    private static final int FLIPS = 4;

    /** Runs of the server: the last is killed, and the ones before stopped. */
    private static final int GENERATIONS = 3;

    private final long seed = Long.getLong("swytch.damage.seed", System.nanoTime() >>> 8);
    private final String wanted = System.getProperty("swytch.damage", "");
    private final Random random = new Random(seed);
    private final Path room = roomInMemory("swytch-damage");

    /** Where copies cost least. */
    private static Path roomInMemory(String prefix) {
        return Files.isWritable(Path.of("/dev/shm"))
                ? ServerProcess.temporaryDirectory(Path.of("/dev/shm"), prefix)
                : ServerProcess.temporaryDirectory(prefix);
    }

    /** Something that is done to a directory. */
    @FunctionalInterface
    private interface Fault {
        void strike(Path directory) throws IOException;
    }

    @Test
    void damagedFile_isNamedOrDoesNoHarm() throws IOException, InterruptedException {
        System.out.println("DamagedFilesIT seed " + seed);
        KnownData data = new KnownData(seed);
        Path whole = make("whole", data);
        Path other = make("other", new KnownData(seed + 1));
        Map<String, Fault> cases = cases(whole, other);
        List<String> names = new ArrayList<>(cases.keySet());
        if (wanted.isEmpty()) {
            Collections.shuffle(names, random);
            names = names.subList(0, Math.min(CASES, names.size()));
        } else if (!wanted.equals("all")) {
            names.removeIf(name -> !name.contains(wanted));
        }
        names.add(0, "nothing");
        cases.put("nothing", directory -> {});
        List<String> failures = new ArrayList<>();
        for (String name : names) {
            Path copy = room.resolve("copy");
            copy(whole, copy);
            cases.get(name).strike(copy);
            failures.addAll(outcome(name, copy, data));
            ServerProcess.delete(copy);
        }
        System.out.println("DamagedFilesIT: " + names.size() + " of " + cases.size() + " cases");
        assertEquals(List.of(), failures, "seed " + seed);
    }

    /**
     * A directory with files of several drains, and changes that are in the journal alone, as a crash leaves it. All of them were forced: a last record that was
     * not may pass for a torn one.
     */
    private Path make(String name, KnownData data) throws IOException, InterruptedException {
        Path directory = room.resolve(name);
        for (int generation = 0; generation < GENERATIONS; generation++) {
            try (Child server = Child.server(directory, room.resolve(name + ".log"), "--sync", "always")
                            .serving();
                    RespConnection connection = server.connect()) {
                data.write(connection, generation, KEYS);
                if (generation < GENERATIONS - 1) {
                    assertEquals(0, server.stop(), server::output);
                } else {
                    server.kill();
                }
            }
            if (generation < GENERATIONS - 1) {
                copy(directory, earlier(directory, generation));
            }
        }
        return directory;
    }

    /** A copy of the directory as it was when the server of that generation had stopped. */
    private static Path earlier(Path directory, int generation) {
        return directory.resolveSibling(directory.getFileName() + "-after-" + generation);
    }

    private static void copy(Path from, Path to) throws IOException, InterruptedException {
        Process copying = new ProcessBuilder("cp", "-a", "--sparse=always", from.toString(), to.toString())
                .inheritIO()
                .start();
        assertEquals(0, copying.waitFor());
    }

    private Map<String, Fault> cases(Path whole, Path other) throws IOException {
        Map<String, Fault> cases = new LinkedHashMap<>();
        List<Path> files;
        try (Stream<Path> all = Files.walk(whole)) {
            files = all.filter(Files::isRegularFile)
                    .map(whole::relativize)
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String name = file.toString();
            long size = usedBytes(whole.resolve(file));
            for (int i = 0; i < FLIPS && size > 0; i++) {
                long at = i == 0 ? 0 : i == 1 ? size - 1 : (long) (random.nextDouble() * size);
                int mask = 1 << random.nextInt(8);
                cases.put(name + " flipped at " + at, directory -> flip(directory.resolve(file), at, mask));
            }
            if (size > 0) {
                long half = (long) (random.nextDouble() * size);
                cases.put(name + " cut at " + half, directory -> cut(directory.resolve(file), half));
                cases.put(name + " cut by 1", directory -> cut(directory.resolve(file), size - 1));
                cases.put(name + " emptied", directory -> cut(directory.resolve(file), 0));
                cases.put(name + " zeroed", directory -> zero(directory.resolve(file), 0, size));
                // What follows a journal's end is zeros.
                if (!name.startsWith("journal")) {
                    cases.put(name + " zeroed from " + half, directory -> zero(directory.resolve(file), half, size));
                }
            }
            cases.put(name + " deleted", directory -> Files.delete(directory.resolve(file)));
            if (Files.exists(other.resolve(file))) {
                cases.put(name + " of another directory", directory -> put(other, directory, file));
            }
            for (int generation = 0; generation < GENERATIONS - 1; generation++) {
                Path then = earlier(whole, generation);
                if (Files.exists(then.resolve(file)) && Files.mismatch(then.resolve(file), whole.resolve(file)) >= 0) {
                    cases.put(name + " as after run " + generation, directory -> put(then, directory, file));
                }
            }
            for (Path twin : files) {
                if (twin.compareTo(file) > 0 && kind(twin).equals(kind(file))) {
                    cases.put(name + " swapped with " + twin, directory -> swap(directory, file, twin));
                }
            }
        }
        for (String part : List.of("db", "journal")) {
            cases.put(part + " deleted", directory -> ServerProcess.delete(directory.resolve(part)));
            cases.put(part + " emptied", directory -> {
                ServerProcess.delete(directory.resolve(part));
                Files.createDirectory(directory.resolve(part));
            });
            cases.put(part + " of another directory", directory -> putAll(other, directory, part));
            for (int generation = 0; generation < GENERATIONS - 1; generation++) {
                Path then = earlier(whole, generation);
                cases.put(part + " as after run " + generation, directory -> putAll(then, directory, part));
            }
        }
        cases.put("marker and db deleted", directory -> {
            ServerProcess.delete(directory.resolve("db"));
            Files.delete(directory.resolve("swytch.marker"));
        });
        cases.put("marker and journal deleted", directory -> {
            ServerProcess.delete(directory.resolve("journal"));
            Files.delete(directory.resolve("swytch.marker"));
        });
        return cases;
    }

    private void putAll(Path from, Path to, String part) throws IOException {
        ServerProcess.delete(to.resolve(part));
        Files.move(copied(from, part), to.resolve(part));
    }

    private Path copied(Path from, String part) throws IOException {
        Path to = room.resolve("part-" + part);
        try {
            copy(from.resolve(part), to);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return to;
    }

    private static String kind(Path file) {
        String name = file.toString();
        return name.replaceAll("[0-9a-f]{16}", "#").replaceAll("[0-9]{6}", "#").replaceAll("spare-\\d+", "spare-#");
    }

    /** Where the content ends: journal files are longer. */
    private static long usedBytes(Path file) throws IOException {
        if (!file.toString().contains("journal-")) {
            return Files.size(file);
        }
        byte[] bytes = Files.readAllBytes(file);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return end;
    }

    private static void flip(Path file, long at, int mask) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(at);
            int old = f.read();
            f.seek(at);
            f.write(old ^ mask);
        }
    }

    private static void cut(Path file, long length) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.setLength(length);
        }
    }

    private static void zero(Path file, long from, long to) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(from);
            f.write(new byte[(int) (to - from)]);
        }
    }

    private static void put(Path from, Path to, Path file) throws IOException {
        Files.copy(from.resolve(file), to.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }

    private static void swap(Path directory, Path a, Path b) throws IOException {
        Path aside = directory.resolve("aside");
        Files.move(directory.resolve(a), aside);
        Files.move(directory.resolve(b), directory.resolve(a));
        Files.move(aside, directory.resolve(b));
    }

    /** What {@code swytch check} says; it names what is damaged. */
    private boolean isCalledWhole(String name, Path directory, List<String> failures) {
        Path log = room.resolve("check.log");
        List<String> words = List.of("check", "--data-dir", directory.toString());
        try (Child check = Child.start(List.of(), Map.of(), log, 0, words)) {
            int status = check.awaitEnd();
            String output = check.output();
            if (status == 0) {
                if (name.contains(".sst ")) {
                    failures.add(name + ": the check found nothing: " + output);
                }
                return true;
            }
            if (status != 1 || !output.contains(directory.toString()) || output.contains("\tat ")) {
                failures.add(name + ": the check ended with " + status + ": " + output);
            }
            return false;
        }
    }

    /** Starts a server on the damaged directory. Returns what should not have happened. */
    private List<String> outcome(String name, Path directory, KnownData data) {
        List<String> failures = new ArrayList<>();
        Path log = room.resolve("damaged.log");
        boolean isWhole = isCalledWhole(name, directory, failures);
        try (Child server = Child.server(directory, log)) {
            if (server.awaitServing()) {
                KnownData.Seen seen;
                try (RespConnection connection = server.connect()) {
                    seen = data.check(connection);
                }
                if (!seen.wrong.isEmpty()) {
                    failures.add(name + ": served, " + seen.wrong.size() + " wrong, as "
                            + seen.wrong.subList(0, Math.min(3, seen.wrong.size())) + " after " + server.output());
                }
                if (name.equals("nothing")) {
                    assertTrue(seen.errors.isEmpty(), () -> "" + seen.errors);
                }
                if (isWhole && !seen.errors.isEmpty()) {
                    failures.add(name + ": called whole by the check, but " + seen.errors);
                }
                for (String error : seen.errors) {
                    if (!error.contains(directory.toString())) {
                        failures.add(name + ": an error that names no file: " + error);
                    }
                }
                System.out.println(name + ": served, " + seen.right + " right, " + seen.errors);
                int status = server.stop();
                // The drain of a stop may meet the damage; then it must say so, and the next start must be right again.
                if (status != 0) {
                    failures.add(name + ": stopped with status " + status);
                }
            } else {
                String output = server.output();
                System.out.println(name + ": refused, " + output.strip());
                int status = server.awaitEnd();
                if (isWhole) {
                    failures.add(name + ": called whole by the check, but refused");
                }
                if (status != 1) {
                    failures.add(name + ": exit status " + status);
                }
                if (!output.contains(directory.toString()) || output.contains("\tat ")) {
                    failures.add(name + ": a refusal that names no file, or with a stack: " + output);
                }
            }
        } catch (RuntimeException e) {
            failures.add(name + ": " + e);
        }
        return failures;
    }
}
