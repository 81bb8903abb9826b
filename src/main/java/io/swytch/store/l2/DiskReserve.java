package io.swytch.store.l2;

import io.swytch.clock.Clock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file in the data directory that takes room and holds nothing: a start on a full disk gives up as much of it as RocksDB and the journal need to open, so that
 * reads and deletes go on. It is made again, a piece at a time, when there is room.
 *
 * <p>Threads: the one that opens the directory, then the one that drains; {@link #bytes} by any.
 */
public final class DiskReserve {
    static final String FILE = "swytch.reserve";

    /** What it comes to: enough for two starts, of which the first may have left the disk as full as it was. */
    private static final long BYTES = 16L << 20;

    /** What a start should have: RocksDB writes its MANIFEST and OPTIONS anew, and deletes have to be written down, too. */
    private static final long START_BYTES = 8L << 20;

    /** It grows only where this much stays free: the journal's next file and what that leaves to others come first. */
    private static final long FREE_BYTES_MIN = 96L << 20;

    /** Written and forced at a time: the journal's own forces wait in the same queue of the disk. */
    private static final int PIECE_BYTES = 1 << 20;

    /** A start has better things to do; and what could not be done is tried again after this. */
    private static final long PAUSE_NANOS = 2_000_000_000L;

    /** How often it is looked at whether the file is still there: on a full disk somebody may delete it to have its room. */
    private static final long LOOK_NANOS = 60_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(DiskReserve.class);

    private final Path dir;
    private final Path file;
    private volatile long bytes;
    private long pauseBeganNanos;
    private boolean pauses;
    private long lookedNanos;
    private boolean hasLooked;

    /** Whether the log says last that the file cannot be made. */
    private boolean fails;

    DiskReserve(Path dir) {
        this.dir = dir;
        file = dir.resolve(FILE);
    }

    /** Bytes that it takes now. */
    public long bytes() {
        return bytes;
    }

    /**
     * What is free; 0 also where nobody can tell. Asked of the system by the path, for the file store of {@link Files} is looked for in a list of mounts, which a
     * chroot or a container need not have.
     */
    private long usableBytes() {
        return dir.toFile().getUsableSpace();
    }

    /** Bytes that the file has. Throws where its name is taken by something else, a link above all: what that points to is not ours to write to. */
    private long fileBytes() throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return 0;
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(file + " is no file");
        }
        return Files.size(file);
    }

    /** Gives up what a start lacks, as far as there is a reserve. Called while the directory's lock is held. */
    void giveWhatAStartLacks() {
        try {
            bytes = fileBytes();
            long free = usableBytes();
            if (bytes == 0 || free >= START_BYTES) {
                return;
            }
            // Whole pieces, since room comes in blocks.
            long pieces = (START_BYTES - free + PIECE_BYTES - 1) / PIECE_BYTES;
            long left = Math.max(0, bytes - pieces * PIECE_BYTES);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                channel.truncate(left);
            }
            LOG.atWarn()
                    .addKeyValue("givenBytes", bytes - left)
                    .addKeyValue("leftBytes", left)
                    .log("the disk is full: a part of the reserve file is given up for this start");
            bytes = left;
        } catch (IOException e) {
            // The start may do without: if not, it says what it lacks.
            LOG.atWarn().addKeyValue("reason", e.toString()).log("the reserve file cannot be given up");
        }
    }

    /** Makes it a piece longer if it is too short and there is room. May be called often. {@code @Blocking}. */
    public void tend(Clock clock) {
        long now = clock.nanos();
        try {
            lookAgain(now);
            if (bytes >= BYTES) {
                return;
            }
            if (!pauses) {
                pauses = true;
                pauseBeganNanos = now;
            }
            if (now - pauseBeganNanos < PAUSE_NANOS) {
                return;
            }
            if (usableBytes() >= FREE_BYTES_MIN + PIECE_BYTES) {
                grow();
                fails = false;
            } else {
                pauseBeganNanos = now;
            }
        } catch (IOException e) {
            if (!fails) {
                LOG.atWarn().addKeyValue("reason", e.toString()).log("the reserve file cannot be made; trying again");
            }
            fails = true;
            pauseBeganNanos = now;
        }
    }

    private void lookAgain(long now) throws IOException {
        if (!hasLooked) {
            hasLooked = true;
            lookedNanos = now;
        } else if (now - lookedNanos >= LOOK_NANOS) {
            lookedNanos = now;
            bytes = fileBytes();
        }
    }

    private void grow() throws IOException {
        // It may be gone: what is written behind a hole takes no more room than it has bytes itself.
        long before = Math.min(bytes, fileBytes());
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            // Not zeros: a file system that compresses would keep nothing for them.
            byte[] noise = new byte[PIECE_BYTES];
            new Random(before).nextBytes(noise);
            ByteBuffer piece = ByteBuffer.wrap(noise);
            while (piece.hasRemaining()) {
                channel.write(piece, before + piece.position());
            }
            channel.force(true);
        }
        bytes = before + PIECE_BYTES;
        pauses = bytes < BYTES;
    }
}
