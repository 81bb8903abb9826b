package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's directory: names of segments, and files made or recycled ahead of need.
 *
 * <p>A thread of its own, {@code swytch-ahead}, keeps one file ready whose blocks are all allocated and whose header is on disk already, so
 * that beginning a segment is a rename, and forcing it later costs no metadata. Recycled files hold old records; their salt is new, so
 * none of them passes for a record of this use. While no file can be made, {@link #shortage()} says so before any commit fails.
 *
 * <p>Threads: any.
 */
final class SegmentFiles implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SegmentFiles.class);
    private static final Pattern SEGMENT = Pattern.compile("journal-([0-9a-f]{16})\\.log");
    private static final Pattern SPARE = Pattern.compile("journal-spare-(\\d+)\\.log");
    private static final Pattern UNFINISHED = Pattern.compile("journal-spare-\\d+\\.tmp");

    /** Files kept for reuse, the ready one included: as many as a trim sets free under load, because zeroing a new one costs as much as filling it. */
    private static final int SPARES_MAX = 4;

    /**
     * Bytes zeroed by one write, a page: the kernel caches a file in pieces as large as the writes that made it, and a commit of one byte makes all of its
     * piece dirty. With pieces of 1 MiB, each commit counted as 1 MiB written, and forcing it walked all of that.
     */
    private static final int ZEROS_BYTES = 4 << 10;

    /**
     * Zeros that are forced at once: the disk's queue takes a whole segment of them gladly, and each force of the journal waited behind that, 50 to 120 ms where 64 MiB
     * took 150.
     */
    private static final int UNFORCED_BYTES_MAX = 1 << 20;

    /** A new file leaves a quarter of its length free: what drains and compactions need to give disk back. */
    private static final int RESERVE_SHARE = 4;

    private static final long RETRY_NANOS = 1_000_000_000;

    private final Path directory;
    private final long segmentBytes;
    private final Disk disk;
    private final SecureRandom random = new SecureRandom();
    private final UUID boot = bootId();
    private final Thread ahead = new Thread(this::keepAhead, "swytch-ahead");

    /** Why the next file cannot be made; null while it can. */
    private volatile @Nullable IOException shortage;

    private volatile boolean closed;
    private long directoryId;
    private long lastRun;
    private long run;
    private final Map<Path, String> unreadable = new TreeMap<>();

    @GuardedBy("this")
    private @Nullable Segment ready;

    /** Files to be used again, oldest use first, their headers not yet renewed. */
    @GuardedBy("this")
    private final ArrayDeque<Path> raw = new ArrayDeque<>();

    @GuardedBy("this")
    private int spareNumber;

    /** Files that lose their names while they are open: the thread ahead closes them, which is when 64 MiB of blocks are given back; no start waits those 20 ms. */
    @GuardedBy("this")
    private final ArrayDeque<Segment> nameless = new ArrayDeque<>();

    SegmentFiles(Path directory, long segmentBytes, Disk disk) {
        this.directory = directory;
        this.segmentBytes = segmentBytes;
        this.disk = disk;
        ahead.setDaemon(true);
    }

    /**
     * Opens the segments that are there, oldest first; files that were only kept for reuse are kept or deleted. The run that begins with this has a greater
     * number than any of theirs, and than {@code lastRun}.
     */
    synchronized List<Segment> openAll(@Nullable Long expectedDirectoryId, long lastRun, boolean skipDamaged)
            throws IOException {
        ArrayList<Segment> segments = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "journal-*")) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                Matcher segment = SEGMENT.matcher(name);
                Matcher spare = SPARE.matcher(name);
                if (segment.matches()) {
                    open(file, Long.parseUnsignedLong(segment.group(1), 16), skipDamaged, segments);
                } else if (spare.matches()) {
                    spareNumber = Math.max(spareNumber, Integer.parseInt(spare.group(1)));
                    if (Files.size(file) == segmentBytes && raw.size() < SPARES_MAX) {
                        raw.add(file);
                    } else {
                        Files.delete(file);
                    }
                } else if (UNFINISHED.matcher(name).matches()) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            for (Segment segment : segments) {
                segment.close();
            }
            throw e;
        }
        segments.sort(Comparator.comparingLong(Segment::first));
        this.lastRun = lastRun;
        run = lastRun;
        for (Segment segment : segments) {
            run = Math.max(run, segment.id().run());
        }
        run++;
        if (expectedDirectoryId != null) {
            directoryId = expectedDirectoryId;
        } else {
            directoryId = segments.isEmpty()
                    ? random.nextLong()
                    : segments.get(0).id().directory();
        }
        for (Segment segment : segments) {
            if (segment.id().directory() != directoryId) {
                throw new JournalDamagedException(segment.path(), 16, "the segment belongs to another data directory");
            }
        }
        return segments;
    }

    private void open(Path file, long first, boolean skipDamaged, List<Segment> segments) throws IOException {
        try {
            segments.add(Segment.open(disk, file, first));
        } catch (JournalDamagedException e) {
            if (!skipDamaged) {
                throw e;
            }
            unreadable.put(file, String.valueOf(e.getMessage()));
        }
    }

    /** Segments whose headers are damaged, so that nothing in them can be read, and why; only where these are passed over. */
    Map<Path, String> unreadable() {
        return unreadable;
    }

    /** The log has been trimmed: what could be read of it is in L2. */
    void setUnreadableAside() throws IOException {
        for (Path file : List.copyOf(unreadable.keySet())) {
            setAside(file);
            unreadable.remove(file);
        }
    }

    /** One of these whose name the next segment takes: it would be overwritten, and the segment set aside in its place. */
    private void setUnreadableAside(long first) throws IOException {
        Path file = path(first);
        if (unreadable.containsKey(file)) {
            setAside(file);
            unreadable.remove(file);
        }
    }

    /** As {@link Journal#checkFormat}. */
    static void checkFormat(Path directory) throws IOException {
        for (Path file : named(directory).values()) {
            Segment.checkFormat(file);
        }
    }

    /** The segments' files by the position that each is named after; empty if there is no such directory. */
    static SortedMap<Long, Path> named(Path directory) throws IOException {
        TreeMap<Long, Path> found = new TreeMap<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "journal-*")) {
                for (Path file : files) {
                    Matcher name = SEGMENT.matcher(file.getFileName().toString());
                    if (name.matches()) {
                        found.put(Long.parseUnsignedLong(name.group(1), 16), file);
                    }
                }
            }
        }
        return found;
    }

    /** The number of the run that began with {@link #openAll}. */
    synchronized long run() {
        return run;
    }

    /**
     * Whether the newest segment cannot be the newest that there was: the last run that could write had one of its own. The first segment of a run has its name on
     * disk before the data directory knows of the run.
     */
    static boolean isOutdated(List<Segment> segments, long lastRun) {
        return !segments.isEmpty() && segments.get(segments.size() - 1).id().run() < lastRun;
    }

    synchronized long lastRun() {
        return lastRun;
    }

    /** The same directory, not yet looked into. */
    SegmentFiles again() {
        return new SegmentFiles(directory, segmentBytes, disk);
    }

    synchronized long directoryId() {
        return directoryId;
    }

    /** A header for a file that is used from now on. */
    synchronized Segment.Id newId() {
        return new Segment.Id(
                random.nextInt(), directoryId, run, boot.getMostSignificantBits(), boot.getLeastSignificantBits());
    }

    /** The header of a run that writes nothing: it has this boot's id. */
    static Segment.Id here() {
        UUID boot = bootId();
        return new Segment.Id(0, 0, 0, boot.getMostSignificantBits(), boot.getLeastSignificantBits());
    }

    void startAhead() {
        ahead.start();
    }

    @Nullable
    IOException shortage() {
        return shortage;
    }

    /** Whether a file with all its blocks allocated waits to become a segment. */
    synchronized boolean isReady() {
        return ready != null;
    }

    /** Begins the segment whose first payload byte is at {@code first}. The caller forces the directory later. */
    Segment begin(long first) throws IOException {
        Segment segment;
        synchronized (this) {
            segment = ready;
            ready = null;
        }
        if (segment == null) {
            segment = makeInline();
        }
        Path path = path(first);
        try {
            setUnreadableAside(first);
            Files.move(segment.path(), path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            putBack(segment);
            throw e;
        }
        segment.renamed(path, first);
        LockSupport.unpark(ahead);
        return segment;
    }

    /** The file of the segment whose first payload byte is at {@code first}. */
    Path path(long first) {
        return directory.resolve(String.format(Locale.ROOT, "journal-%016x.log", first));
    }

    private synchronized void putBack(Segment segment) throws IOException {
        if (ready == null) {
            ready = segment;
        } else {
            segment.close();
        }
    }

    /** Recycles or deletes the file of a segment that nobody needs any more; may be called again if it failed. */
    void retire(Segment segment) throws IOException {
        segment.close();
        if (segment.isEvidence) {
            setAside(segment.path());
            return;
        }
        boolean isWhole =
                !segment.isSparse() && Files.exists(segment.path()) && Files.size(segment.path()) == segmentBytes;
        Path spare = isWhole ? spareName() : null;
        if (spare == null) {
            Files.deleteIfExists(segment.path());
        } else {
            Files.move(segment.path(), spare, StandardCopyOption.ATOMIC_MOVE);
        }
        // Until the new name is on disk, a power loss could bring the old name back over new content.
        forceDirectory();
        if (spare != null) {
            synchronized (this) {
                raw.add(spare);
            }
            LockSupport.unpark(ahead);
        }
    }

    /** Renames a damaged file, for whoever wants to look into it: the log has gone on without it. */
    void setAside(Path path) throws IOException {
        Path aside = path.resolveSibling("damaged-" + path.getFileName());
        Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE);
        forceDirectory();
        log.atWarn().addKeyValue("file", aside).log("The damaged journal file has been set aside");
    }

    private synchronized @Nullable Path spareName() {
        return raw.size() + (ready == null ? 0 : 1) < SPARES_MAX ? nextSpare(".log") : null;
    }

    @GuardedBy("this")
    private Path nextSpare(String suffix) {
        spareNumber++;
        return directory.resolve("journal-spare-" + spareNumber + suffix);
    }

    void forceDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            disk.force(channel);
        }
    }

    /** The segment is empty, and another one is about to take its name. */
    synchronized void letGo(Segment segment) {
        nameless.add(segment);
    }

    private void closeNameless() {
        Segment segment;
        do {
            synchronized (this) {
                segment = nameless.poll();
            }
            try {
                if (segment != null) {
                    segment.close();
                }
            } catch (IOException e) {
                log.atDebug().addKeyValue("reason", e.toString()).log("A file without a name could not be closed");
            }
        } while (segment != null);
    }

    private void keepAhead() {
        while (!closed) {
            closeNameless();
            boolean wanted;
            synchronized (this) {
                wanted = ready == null;
            }
            if (!wanted) {
                LockSupport.park(this);
                continue;
            }
            try {
                Segment made = renewed();
                if (made == null) {
                    made = makeAhead();
                }
                if (made != null) {
                    putReady(made);
                }
                shortage = null;
            } catch (IOException e) {
                if (shortage == null && !closed) {
                    // Whoever asks for the shortage refuses writes, and says why.
                    log.atDebug()
                            .addKeyValue("reason", e.toString())
                            .log("The journal's next segment cannot be made; trying again every second");
                }
                shortage = e;
                LockSupport.parkNanos(this, RETRY_NANOS);
            }
        }
    }

    private synchronized void putReady(Segment made) throws IOException {
        if (closed) {
            made.close();
        } else {
            ready = made;
        }
    }

    /** A file of an earlier use with a new header, or null if there is none. */
    private @Nullable Segment renewed() throws IOException {
        Path path;
        synchronized (this) {
            path = raw.poll();
        }
        if (path == null) {
            return null;
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            // Somebody tidied up; a new file does as well.
            return null;
        }
        return withHeader(channel, path, false);
    }

    private Segment withHeader(FileChannel channel, Path path, boolean sparse) throws IOException {
        Segment segment = new Segment(disk, channel, path, newId());
        try {
            segment.writeHeader(segmentBytes, sparse);
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(path);
            throw e;
        }
        return segment;
    }

    private static FileChannel create(Path path) throws IOException {
        return FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** A file on the spot, where none was ready: it has its length, but its blocks come as it is written, so forcing it costs more. */
    private Segment makeInline() throws IOException {
        Segment again = renewed();
        if (again != null) {
            return again;
        }
        Path path;
        synchronized (this) {
            path = nextSpare(".log");
        }
        FileChannel channel = create(path);
        try {
            disk.write(channel, ByteBuffer.allocate(1), segmentBytes - 1);
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(path);
            throw e;
        }
        return withHeader(channel, path, true);
    }

    /**
     * Throws where a new file would take the last of the disk. Without this look the file is written until nothing is left, and deleted, every second: a drain that
     * would give disk back fails if it meets that.
     */
    private void requireRoom() throws IOException {
        // By the path: a file store of Files is looked for in a list of mounts, which a chroot or a container need not
        // have.
        long free = directory.toFile().getUsableSpace();
        long reserve = segmentBytes / RESERVE_SHARE;
        // 0 is also what some file systems say that do not know: the first write will tell.
        if (free > 0 && free < segmentBytes + reserve) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "No space left on device: the journal's next file needs %d MiB and leaves %d free, %d are",
                    segmentBytes >> 20,
                    reserve >> 20,
                    free >> 20));
        }
    }

    /** A new file, zeroed to its full length and forced; null if the journal closed meanwhile. */
    private @Nullable Segment makeAhead() throws IOException {
        requireRoom();
        Path unfinished;
        Path path;
        synchronized (this) {
            path = nextSpare(".log");
            unfinished = directory.resolve("journal-spare-" + spareNumber + ".tmp");
        }
        FileChannel channel = create(unfinished);
        Segment segment = new Segment(disk, channel, unfinished, newId());
        try {
            ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
            for (long at = 0; at < segmentBytes; at += ZEROS_BYTES) {
                if (closed) {
                    channel.close();
                    Files.deleteIfExists(unfinished);
                    return null;
                }
                segment.write(zeros, (int) Math.min(ZEROS_BYTES, segmentBytes - at), at);
                if ((at + ZEROS_BYTES) % UNFORCED_BYTES_MAX == 0) {
                    channel.force(false);
                }
            }
            channel.force(true);
            segment.writeHeader(segmentBytes, false);
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
            segment.renamed(path, 0);
            return segment;
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(unfinished);
            throw e;
        }
    }

    /** The kernel's id of this boot, or zeros where it has none to give. */
    private static UUID bootId() {
        try {
            return UUID.fromString(
                    Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip());
        } catch (IOException | IllegalArgumentException e) {
            return new UUID(0, 0);
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        LockSupport.unpark(ahead);
        boolean interrupted = false;
        while (ahead.isAlive()) {
            try {
                ahead.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        closeNameless();
        synchronized (this) {
            if (ready != null) {
                ready.close();
                ready = null;
            }
        }
    }
}
