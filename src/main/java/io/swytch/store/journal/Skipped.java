package io.swytch.store.journal;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a reading that may skip what is damaged did without; each piece is told as it is found. The operator has asked for it: keys that the lost
 * changes were about keep the values they had before. Threads: one.
 */
public final class Skipped {
    private static final Logger log = LoggerFactory.getLogger(Journal.class);

    private final Consumer<String> listener;
    private int pieces;
    private long bytes;

    /** Each piece is a warning in the log. */
    Skipped() {
        this(log::warn);
    }

    Skipped(Consumer<String> listener) {
        this.listener = listener;
    }

    /** Whether nothing was skipped. */
    public boolean isEmpty() {
        return pieces == 0;
    }

    /** Damaged or missing pieces. */
    public int pieces() {
        return pieces;
    }

    /** Bytes of changes that are lost, as far as that can be known. */
    public long bytes() {
        return bytes;
    }

    private void tell(String what, long lost) {
        pieces++;
        bytes += lost;
        listener.accept("journal: " + what);
    }

    /** A run of changes could not be read. */
    void bytes(Path file, long offset, Path nextFile, long nextOffset, long lost) {
        String next = (nextFile.equals(file) ? "" : nextFile + " ") + "at byte " + nextOffset;
        tell(
                "skipped " + file + " from byte " + offset + " on; what can be read goes on " + next + "; " + lost
                        + " bytes of changes are lost",
                lost);
    }

    /** Part of a command's changes was lost, so the rest of them is not applied. */
    void unit(Path file, long offset, long lost) {
        tell(
                "skipped a change in the record of " + file + " at byte " + offset
                        + ", because another part of it is lost; " + lost + " bytes of it were there",
                lost);
    }

    /** The log ends there, and should not. */
    void end(Path file, long offset) {
        tell(file + " ends at byte " + offset + ", where there was more: later changes are lost", 0);
    }

    /** A file is of no use, or not there. */
    void file(Path file, String reason) {
        tell("skipped the file " + file + ": " + reason, 0);
    }
}
