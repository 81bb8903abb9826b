package io.swytch.store.l2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The data directory: its lock, and the marker file that says what lies there.
 *
 * <p>The marker is why an emptied directory is never served as if it had always been empty: once it says {@code ready}, RocksDB's own files
 * must be there. It says {@code creating} from before RocksDB makes its first file until that is done, so a crash in between is
 * no damage. Threads: open and close are called once; the rest does not change.
 */
final class DataDirectory implements AutoCloseable {
    /** Version of everything that L2 keeps on disk. */
    static final int FORMAT = 1;

    static final String MARKER = "swytch.marker";
    static final String LOCK = "swytch.lock";

    /** Directories that this process holds. A second look at our own lock file would, by POSIX, give the lock away when it is closed. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path dir;
    private final Path real;
    private final FileChannel channel;
    private boolean ready;
    private long seed;
    private String id = "";

    private DataDirectory(Path dir, Path real, FileChannel channel) {
        this.dir = dir;
        this.real = real;
        this.channel = channel;
    }

    /** Makes the directory if absent, locks it, and reads its marker or writes a first one. */
    @SuppressWarnings("MustBeClosedChecker") // The lock lives as long as the channel, which close() closes.
    static DataDirectory open(Path dir) throws L2Exception {
        try {
            createPrivate(dir);
            Path real = dir.toRealPath();
            if (!HELD.add(real)) {
                throw new L2Exception("data directory " + dir + " is already open in this process");
            }
            FileChannel channel = null;
            try {
                channel = FileChannel.open(
                        real.resolve(LOCK),
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                FileLock lock = channel.tryLock();
                if (lock == null) {
                    throw new L2Exception("data directory " + dir + " is in use by another process" + holder(channel)
                            + ", which holds " + real.resolve(LOCK));
                }
                channel.truncate(0);
                channel.write(ascii(ProcessHandle.current().pid() + "\n"), 0);
                DataDirectory directory = new DataDirectory(dir, real, channel);
                directory.readMarker();
                return directory;
            } catch (IOException | RuntimeException e) {
                if (channel != null) {
                    channel.close();
                }
                HELD.remove(real);
                throw e;
            }
        } catch (L2Exception e) {
            throw e;
        } catch (IOException e) {
            throw new L2Exception("cannot open data directory " + dir, e);
        }
    }

    static void createPrivate(Path dir) throws IOException {
        Files.createDirectories(
                dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer pid = ByteBuffer.allocate(20);
        channel.read(pid, 0);
        String text = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII).strip();
        return text.isEmpty() ? "" : " (pid " + text + ")";
    }

    private void readMarker() throws IOException {
        Path marker = real.resolve(MARKER);
        Path db = db();
        if (!Files.exists(marker)) {
            if (Files.isDirectory(db)) {
                try (Stream<Path> files = Files.list(db)) {
                    if (files.findAny().isPresent()) {
                        throw new L2Exception("marker file " + dir.resolve(MARKER) + " is missing, but " + db
                                + " holds files: not serving data of unknown format");
                    }
                }
            }
            SecureRandom random = new SecureRandom();
            seed = random.nextLong();
            byte[] idBytes = new byte[16];
            random.nextBytes(idBytes);
            id = HexFormat.of().formatHex(idBytes);
            writeMarker(real, false);
            return;
        }
        Map<String, String> lines = new HashMap<>();
        for (String line : Files.readAllLines(marker, StandardCharsets.US_ASCII)) {
            int space = line.indexOf(' ');
            if (space > 0) {
                lines.put(line.substring(0, space), line.substring(space + 1));
            }
        }
        String format = lines.getOrDefault("format", "?");
        if (!format.equals(Integer.toString(FORMAT))) {
            throw new L2Exception("marker file " + dir.resolve(MARKER) + " names format " + format
                    + "; this program reads format " + FORMAT);
        }
        String state = lines.getOrDefault("state", "?");
        try {
            seed = Long.parseUnsignedLong(lines.getOrDefault("seed", ""), 16);
        } catch (NumberFormatException e) {
            throw new L2Exception("marker file " + dir.resolve(MARKER) + " is damaged: no seed");
        }
        id = lines.getOrDefault("id", "");
        if (id.length() != 32 || !state.equals("ready") && !state.equals("creating")) {
            throw new L2Exception("marker file " + dir.resolve(MARKER) + " is damaged");
        }
        ready = state.equals("ready");
        if (ready) {
            checkCurrent();
        }
    }

    /** Looks again, while the lock is held, whether all is there that must be. */
    void check() throws L2Exception {
        try {
            if (!Files.exists(real.resolve(MARKER))) {
                throw new L2Exception("marker file " + dir.resolve(MARKER) + " is missing");
            }
            readMarker();
        } catch (L2Exception e) {
            throw e;
        } catch (IOException e) {
            throw new L2Exception("cannot open data directory " + dir, e);
        }
    }

    /** RocksDB would make an empty database where CURRENT is missing; here that is damage, and named. */
    private void checkCurrent() throws IOException {
        Path current = db().resolve("CURRENT");
        if (!Files.exists(current)) {
            throw new L2Exception("file " + current + " is missing: data directory " + dir + " is damaged");
        }
        String manifest = Files.readString(current, StandardCharsets.ISO_8859_1).strip();
        if (!manifest.matches("MANIFEST-\\d+")) {
            throw new L2Exception("file " + current + " is damaged: it does not name a manifest");
        }
        if (!Files.exists(db().resolve(manifest))) {
            throw new L2Exception("file " + db().resolve(manifest) + ", which " + current
                    + " names, is missing: data directory " + dir + " is damaged");
        }
    }

    /** Writes the marker that says whether RocksDB's files must be there; whole or not at all. */
    private void writeMarker(Path target, boolean ready) throws IOException {
        String text = "format " + FORMAT + "\nstate " + (ready ? "ready" : "creating") + "\nseed "
                + Long.toHexString(seed) + "\nid " + id + "\n";
        Path temporary = target.resolve(MARKER + ".new");
        Files.deleteIfExists(temporary);
        try (FileChannel out = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ascii(text);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        }
        Files.move(temporary, target.resolve(MARKER), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(target, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Whether RocksDB's files must be there. */
    boolean isReady() {
        return ready;
    }

    /** RocksDB has made its files and synced them. */
    void markReady() throws L2Exception {
        try {
            writeMarker(real, true);
            ready = true;
        } catch (IOException e) {
            throw new L2Exception("cannot write " + dir.resolve(MARKER), e);
        }
    }

    /** Makes {@code target}, which holds a copy of RocksDB's files, a data directory like this one. */
    void copyMarker(Path target) throws L2Exception {
        try {
            writeMarker(target, true);
        } catch (IOException e) {
            throw new L2Exception("cannot write " + target.resolve(MARKER), e);
        }
    }

    Path db() {
        return real.resolve("db");
    }

    /** Where files are written before RocksDB takes them; on the same file system, so that taking is a link. */
    Path ingest() {
        return real.resolve("ingest");
    }

    long seed() {
        return seed;
    }

    String id() {
        return id;
    }

    @Override
    public void close() throws L2Exception {
        try {
            channel.close();
        } catch (IOException e) {
            throw new L2Exception("cannot unlock " + dir.resolve(LOCK), e);
        } finally {
            HELD.remove(real);
        }
    }
}
