package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * One file of the journal. Layout: {@link RecordFormat}.
 *
 * <p>Threads: under the journal's commit lock, but for {@link #force}.
 */
final class Segment {
    private final Disk disk;
    private final FileChannel channel;
    private final Id id;
    private Path path;

    /** Position of the first payload byte. */
    private long first;

    /** Where the next record goes. */
    long offset = RecordFormat.SEGMENT_HEADER_BYTES;

    /** What was forced when last asked: everything before this byte. */
    long syncedOffset = RecordFormat.SEGMENT_HEADER_BYTES;

    /** Whether the first payload byte is in the middle of a unit. */
    boolean continues;

    /** Whether the file's name is on the disk: no power loss takes it away. */
    boolean isNamed;

    /** Whether the mark that {@link RecordFormat#SEALS} has been written. */
    boolean isSealed;

    /** Set aside when nobody needs it any more, rather than used again: there is damage in it. */
    boolean isEvidence;

    /** The length that the file was made with; 0 where it may have become shorter, or where that is not known. */
    private long madeBytes;

    /** Whether its blocks were allocated as they were written. */
    private boolean isSparse;

    /**
     * What a segment's header says.
     *
     * @param salt random, one per use of a file: a record of an earlier use does not pass for one of this use
     * @param directory random, one per data directory: a file from elsewhere is refused
     * @param run counts the runs of the journal: the next one has a greater number
     * @param bootHigh with {@code bootLow} the machine's boot id, 0 if unknown
     */
    record Id(int salt, long directory, long run, long bootHigh, long bootLow) {
        boolean isSameBoot(Id other) {
            return bootHigh == other.bootHigh && bootLow == other.bootLow && (bootHigh | bootLow) != 0;
        }
    }

    Segment(Disk disk, FileChannel channel, Path path, Id id) {
        this.disk = disk;
        this.channel = channel;
        this.path = path;
        this.id = id;
    }

    /** Opens a segment that an earlier run left, and reads its header. */
    static Segment open(Disk disk, Path path, long first) throws IOException {
        return open(disk, path, first, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /** As {@link #open}; nothing can be written. */
    static Segment openToLook(Path path, long first) throws IOException {
        return open(Disk.REAL, path, first, Set.of(StandardOpenOption.READ));
    }

    private static Segment open(Disk disk, Path path, long first, Set<StandardOpenOption> options) throws IOException {
        FileChannel channel = FileChannel.open(path, options);
        try {
            ByteBuffer header = header(channel, path);
            Segment segment = new Segment(disk, channel, path, id(header, path));
            long made = (long) Slice.LONG.get(header, 48);
            segment.madeBytes = made & ~RecordFormat.SPARSE;
            segment.isSparse = made < 0;
            segment.isNamed = true;
            segment.first = first;
            return segment;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Looks whether the file is of a format that this program knows, if it can be seen what it is of. */
    static void checkFormat(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            id(header(channel, path), path);
        } catch (JournalDamagedException | NoSuchFileException e) {
            // Whoever opens it will say what is wrong with it.
            return;
        }
    }

    private static ByteBuffer header(FileChannel channel, Path path) throws IOException {
        ByteBuffer header = ByteBuffer.allocateDirect(RecordFormat.SEGMENT_HEADER_BYTES);
        while (header.hasRemaining() && channel.read(header, header.position()) > 0) {}
        if (header.hasRemaining()) {
            throw new JournalDamagedException(path, header.position(), "the file ends within its header");
        }
        return header.clear();
    }

    private static Id id(ByteBuffer header, Path path) throws IOException {
        if ((long) Slice.LONG.get(header, 0) != RecordFormat.MAGIC) {
            throw new JournalDamagedException(path, 0, "not a journal segment");
        }
        if ((int) Slice.INT.get(header, 56) != RecordFormat.crc(new CRC32C(), header, 0, 56)) {
            throw new JournalDamagedException(path, 0, "the header's checksum is wrong");
        }
        int format = (int) Slice.INT.get(header, 8);
        if (format != RecordFormat.FORMAT) {
            throw new IOException("journal segment " + path + " has format " + format + "; this version reads format "
                    + RecordFormat.FORMAT);
        }
        return new Id(
                (int) Slice.INT.get(header, 12),
                (long) Slice.LONG.get(header, 16),
                (long) Slice.LONG.get(header, 24),
                (long) Slice.LONG.get(header, 32),
                (long) Slice.LONG.get(header, 40));
    }

    /**
     * Writes the header of a file that is about to be used, and a terminator over what an earlier use left behind it.
     *
     * @param length how long the file has been made; a shorter one is damage from now on
     */
    void writeHeader(long length, boolean sparse) throws IOException {
        madeBytes = length;
        isSparse = sparse;
        writeHeader(RecordFormat.SEGMENT_HEADER_BYTES + RecordFormat.TERMINATOR_BYTES);
    }

    private void writeHeader(int count) throws IOException {
        ByteBuffer header =
                ByteBuffer.allocateDirect(RecordFormat.SEGMENT_HEADER_BYTES + RecordFormat.TERMINATOR_BYTES);
        Slice.LONG.set(header, 0, RecordFormat.MAGIC);
        Slice.INT.set(header, 8, RecordFormat.FORMAT);
        Slice.INT.set(header, 12, id.salt());
        Slice.LONG.set(header, 16, id.directory());
        Slice.LONG.set(header, 24, id.run());
        Slice.LONG.set(header, 32, id.bootHigh());
        Slice.LONG.set(header, 40, id.bootLow());
        Slice.LONG.set(header, 48, isSparse ? madeBytes | RecordFormat.SPARSE : madeBytes);
        Slice.INT.set(header, 56, RecordFormat.crc(new CRC32C(), header, 0, 56));
        write(header, count, 0);
        force();
    }

    /** Whether the file is shorter than it was made. No crash does that: its length is on disk before its name is. */
    boolean isCut() throws IOException {
        return fileBytes() < madeBytes;
    }

    long madeBytes() {
        return madeBytes;
    }

    boolean isSparse() {
        return isSparse;
    }

    /** Writes the first {@code count} bytes of {@code bytes}, whose position and limit are used and then cleared. */
    void write(ByteBuffer bytes, int count, long at) throws IOException {
        bytes.limit(count).position(0);
        try {
            while (bytes.hasRemaining()) {
                disk.write(channel, bytes, at + bytes.position());
            }
        } finally {
            bytes.clear();
        }
    }

    /** Writes all records after {@link #syncedOffset} over themselves, so that their pages count as changed again. */
    void writeAgain(CRC32C crc) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(4 * Chunk.BYTES);
        for (long at = syncedOffset; at < offset; ) {
            int count = (int) Math.min(read(bytes, at), offset - at);
            int whole = 0;
            while (count - whole >= RecordFormat.HEADER_BYTES) {
                int payloadBytes = RecordFormat.payloadBytes(bytes, whole);
                if (payloadBytes < 0 || RecordFormat.recordBytes(payloadBytes) > count - whole) {
                    break;
                }
                if (!RecordFormat.isIntact(bytes, whole, payloadBytes, crc, id.salt())) {
                    throw new JournalDamagedException(path, at + whole, "the record did not survive the failed sync");
                }
                whole += RecordFormat.recordBytes(payloadBytes);
            }
            if (whole == 0) {
                throw new JournalDamagedException(path, at, "the record did not survive the failed sync");
            }
            write(bytes, whole, at);
            at += whole;
        }
    }

    /** Fills {@code target} from its index 0 with the file's bytes from {@code at} on. Returns how many there were. */
    int read(ByteBuffer target, long at) throws IOException {
        target.clear();
        while (target.hasRemaining() && channel.read(target, at + target.position()) > 0) {}
        int count = target.position();
        target.clear();
        return count;
    }

    void force() throws IOException {
        disk.force(channel);
    }

    /** Writes the first {@code bytes} bytes to a file of the same name in {@code directory}, and forces it. */
    void copyTo(Path directory, long bytes) throws IOException {
        Path copy = directory.resolve(path.getFileName());
        try (FileChannel out = FileChannel.open(
                copy,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            for (long at = 0; at < bytes; ) {
                at += channel.transferTo(at, bytes - at, out);
            }
            if (bytes < madeBytes) {
                out.write(ByteBuffer.allocate(1), madeBytes - 1);
            }
            out.force(true);
        }
    }

    /** Cuts the file, so that what lay behind is gone, and its disk free. */
    void truncate(long length) throws IOException {
        if (madeBytes != 0) {
            // On disk before the length is: a crash in between leaves a file that is longer than it need be.
            madeBytes = 0;
            writeHeader(RecordFormat.SEGMENT_HEADER_BYTES);
        }
        channel.truncate(length);
    }

    long fileBytes() throws IOException {
        return channel.size();
    }

    void close() throws IOException {
        channel.close();
    }

    Id id() {
        return id;
    }

    long first() {
        return first;
    }

    Path path() {
        return path;
    }

    /** The file has become the segment that begins at {@code position}. */
    void renamed(Path newPath, long position) {
        path = newPath;
        first = position;
    }
}
