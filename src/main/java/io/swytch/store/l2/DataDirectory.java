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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data directory: its lock, and the marker file that says what lies there.
 *
 * <p>The marker is why an emptied directory is never served as if it had always been empty: once it says {@code ready}, RocksDB's own files
 * must be there, and once it says {@code journaled}, those of the journal. It says {@code creating} from before RocksDB makes its first file until that is
 * done, so a crash in between is no damage. It says which run of the journal was the last that could write, so that an older copy of the journal's newest file does
 * not pass for that. Its last line is a checksum: a seed that was changed would hash keys to where they are not. Threads: open and close are called once,
 * {@link #markJournaled} by one at a time; the rest does not change.
 */
final class DataDirectory implements AutoCloseable {
    /** Version of everything that L2 keeps on disk. */
    static final int FORMAT = 1;

    static final String MARKER = "swytch.marker";
    static final String LOCK = "swytch.lock";

    /** What may lie in a new directory without being somebody else's: what a file system begins with, and what we make ourselves. */
    private static final Set<String> EXPECTED = Set.of(
            "lost+found",
            LOCK,
            MARKER + ".new",
            "db",
            "journal",
            "backups",
            "hot-keys",
            "hot-keys.new",
            DiskReserve.FILE);

    /** Names of others' files that are logged. */
    private static final int NAMES_MAX = 5;

    private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

    /** Directories that this process holds. A second look at our own lock file would, by POSIX, give the lock away when it is closed. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path dir;
    private final Path real;
    private final @Nullable FileChannel channel;
    private final DiskReserve reserve;
    private State state = State.CREATING;
    private long seed;
    private String id = "";
    private long lastRun;

    /** What must be there; each has all that the ones before have. */
    private enum State {
        CREATING,
        READY,
        JOURNALED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static @Nullable State of(String word) {
            for (State state : values()) {
                if (state.word().equals(word)) {
                    return state;
                }
            }
            return null;
        }
    }

    private DataDirectory(Path dir, Path real, @Nullable FileChannel channel) {
        this.dir = dir;
        this.real = real;
        this.channel = channel;
        reserve = new DiskReserve(real);
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
                DataDirectory directory = new DataDirectory(dir, real, channel);
                directory.readMarker(true);
                directory.reserve.giveWhatAStartLacks();
                ByteBuffer pid = ascii(ProcessHandle.current().pid() + "\n");
                int length = pid.remaining();
                // In this order: on a full disk the block of the last pid would go to somebody else.
                channel.write(pid, 0);
                channel.truncate(length);
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

    /**
     * Opens a directory that is there to look at it, and changes nothing in it. Keeps writers away as long as it is open, where there is a lock file; a copy
     * of a directory may have none.
     */
    @SuppressWarnings("MustBeClosedChecker") // The lock lives as long as the channel, which close() closes.
    static DataDirectory openToLook(Path dir) throws L2Exception {
        try {
            Path real = dir.toRealPath();
            if (!HELD.add(real)) {
                throw new L2Exception("data directory " + dir + " is already open in this process");
            }
            FileChannel channel = null;
            try {
                Path lock = real.resolve(LOCK);
                if (Files.exists(lock)) {
                    channel = FileChannel.open(lock, StandardOpenOption.READ);
                    if (channel.tryLock(0, Long.MAX_VALUE, true) == null) {
                        throw new L2Exception("data directory " + dir + " is in use by another process"
                                + holder(channel) + ", which holds " + lock);
                    }
                }
                DataDirectory directory = new DataDirectory(dir, real, channel);
                directory.readMarker(false);
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

    /** Somebody may have named the wrong directory; that people keep their configuration or logs beside the data is no reason to refuse it. */
    private void warnOfOthers() throws IOException {
        List<String> others;
        try (Stream<Path> files = Files.list(real)) {
            others = files.map(file -> file.getFileName().toString())
                    .filter(name -> !EXPECTED.contains(name))
                    .sorted()
                    .toList();
        }
        if (!others.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("directory", real)
                    .addKeyValue("others", others.size())
                    .addKeyValue("first", others.subList(0, Math.min(NAMES_MAX, others.size())))
                    .log("new database in a directory that holds other files; is it the right one?");
        }
    }

    private void readMarker(boolean create) throws IOException {
        Path marker = real.resolve(MARKER);
        if (!Files.exists(marker)) {
            for (Path part : List.of(db(), journal())) {
                if (holdsFiles(part, "")) {
                    throw new L2Exception("marker file " + dir.resolve(MARKER) + " is missing, but " + part
                            + " holds files: not serving data of unknown format");
                }
            }
            if (!create) {
                throw new L2Exception(
                        "marker file " + dir.resolve(MARKER) + " is missing: " + dir + " is no data directory");
            }
            warnOfOthers();
            SecureRandom random = new SecureRandom();
            seed = random.nextLong();
            byte[] idBytes = new byte[16];
            random.nextBytes(idBytes);
            id = HexFormat.of().formatHex(idBytes);
            writeMarker(real, State.CREATING, 0);
            return;
        }
        Map<String, String> lines = new HashMap<>();
        String text = Files.readString(marker, StandardCharsets.ISO_8859_1);
        for (String line : text.lines().toList()) {
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
        int sealed = text.lastIndexOf("crc ");
        if (sealed < 0 || !text.substring(sealed).equals(checksum(text.substring(0, sealed)))) {
            throw new L2Exception("marker file " + dir.resolve(MARKER) + " is damaged: its checksum is wrong");
        }
        State found = State.of(lines.getOrDefault("state", "?"));
        try {
            seed = Long.parseUnsignedLong(lines.getOrDefault("seed", ""), 16);
        } catch (NumberFormatException e) {
            throw new L2Exception("marker file " + dir.resolve(MARKER) + " is damaged: no seed");
        }
        id = lines.getOrDefault("id", "");
        lastRun = run(lines.getOrDefault("run", "0"));
        if (id.length() != 32 || found == null || lastRun < 0) {
            throw new L2Exception("marker file " + dir.resolve(MARKER) + " is damaged");
        }
        state = found;
        if (isReady()) {
            checkCurrent();
        } else if (holdsFiles(db(), ".sst") || holdsFiles(db(), ".blob") || holdsFiles(journal(), ".log")) {
            // An unfinished first start is begun anew, over what it left: there must be no data.
            throw new L2Exception("marker file " + dir.resolve(MARKER)
                    + " says that the directory was never in use, but it holds data: is it another directory's?");
        }
    }

    /** Of a line of the marker; −1 if it is none. */
    private static long run(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static boolean holdsFiles(Path directory, String suffix) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> file.getFileName().toString().endsWith(suffix));
        }
    }

    /** What a marker file of these lines holds. */
    static String withChecksum(String lines) {
        return lines + checksum(lines);
    }

    private static String checksum(String text) {
        CRC32C crc = new CRC32C();
        crc.update(ascii(text));
        return "crc " + HexFormat.of().toHexDigits((int) crc.getValue()) + "\n";
    }

    /** Looks again, while the lock is held, whether all is there that must be. */
    void check() throws L2Exception {
        try {
            if (!Files.exists(real.resolve(MARKER))) {
                throw new L2Exception("marker file " + dir.resolve(MARKER) + " is missing");
            }
            readMarker(false);
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

    /** Writes the marker that says what must be there; whole or not at all. */
    private void writeMarker(Path target, State now, long run) throws IOException {
        String lines = "format " + FORMAT + "\nstate " + now.word() + "\nseed " + Long.toHexString(seed) + "\nid " + id
                + "\nrun " + run + "\n";
        String text = withChecksum(lines);
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
        return state != State.CREATING;
    }

    /** Whether the journal must have a file. */
    boolean isJournaled() {
        return state == State.JOURNALED;
    }

    /** The last run of the journal that could write; 0 if there was none. */
    long lastRun() {
        return lastRun;
    }

    /** RocksDB has made its files and synced them. */
    void markReady() throws L2Exception {
        mark(State.READY, 0);
    }

    /** The journal has the first file of that run, on disk under its name. */
    void markJournaled(long run) throws L2Exception {
        mark(State.JOURNALED, run);
    }

    private void mark(State now, long run) throws L2Exception {
        try {
            writeMarker(real, now, run);
            state = now;
            lastRun = run;
        } catch (IOException e) {
            throw new L2Exception("cannot write " + dir.resolve(MARKER), e);
        }
    }

    /** Makes {@code target}, which holds a copy of RocksDB's files, a data directory like this one. */
    void copyMarker(Path target) throws L2Exception {
        try {
            writeMarker(target, State.JOURNALED, lastRun);
        } catch (IOException e) {
            throw new L2Exception("cannot write " + target.resolve(MARKER), e);
        }
    }

    DiskReserve reserve() {
        return reserve;
    }

    Path db() {
        return real.resolve("db");
    }

    /** The journal's place; nothing of L2's is in it. */
    Path journal() {
        return real.resolve("journal");
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
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new L2Exception("cannot unlock " + dir.resolve(LOCK), e);
        } finally {
            HELD.remove(real);
        }
    }
}
