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

    /** The damaged segment. */
    public Path file() {
        return file;
    }

    /** Where in the file the first bad byte run begins. */
    public long offset() {
        return offset;
    }
}
