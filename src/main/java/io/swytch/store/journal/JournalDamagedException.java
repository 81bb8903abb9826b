package io.swytch.store.journal;

import java.io.IOException;
import java.nio.file.Path;

/** A journal that cannot be what this program wrote: something before its end was changed or lost. Nothing is skipped silently. */
public final class JournalDamagedException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Path file;
    private final long offset;

    JournalDamagedException(Path file, long offset, String reason) {
        super("journal damaged: " + file + " at byte " + offset + ": " + reason);
        this.file = file;
        this.offset = offset;
    }

    private JournalDamagedException(Path file, String message) {
        super(message);
        this.file = file;
        offset = 0;
    }

    /** A file is missing, perhaps with others after it. */
    static JournalDamagedException missing(Path file, String reason) {
        return new JournalDamagedException(
                file,
                "journal incomplete: " + file + ", or a file before it that reached so far, is missing: " + reason);
    }

    /** The newest file is older than the newest that there was. */
    static JournalDamagedException outdated(Path file, String reason) {
        return new JournalDamagedException(
                file, "journal outdated: " + file + " is an older copy, or newer files are missing: " + reason);
    }

    /** The damaged segment, or the one that is missing. */
    public Path file() {
        return file;
    }

    /** Where in the file the first bad byte run begins. */
    public long offset() {
        return offset;
    }
}
