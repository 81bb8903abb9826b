package io.swytch.store;

import io.swytch.store.journal.Journal;
import io.swytch.store.l1.ReadyChunks;
import org.jspecify.annotations.Nullable;

/**
 * A large value that was made ready off the event loop: its bytes are in the journal, and for an edit they are laid out as chunks. What is left to do
 * under the key's stripe is to link it, and to journal that it counts.
 *
 * <p>Threads: one at a time.
 */
public final class Staged implements AutoCloseable {
    private final @Nullable Journal journal;
    private final long id;
    private final @Nullable ReadyChunks chunks;
    private boolean isTaken;

    Staged(@Nullable Journal journal, long id, @Nullable ReadyChunks chunks) {
        this.journal = journal;
        this.id = id;
        this.chunks = chunks;
    }

    /**
     * Claims the bytes for an effect in this journal; false if an effect has named them already, since a replay hands them over once, or if they are in a
     * journal that has been closed by a reload.
     */
    // Which journal it is matters.
    @SuppressWarnings("ReferenceEquality")
    boolean take(@Nullable Journal current) {
        boolean wasTaken = isTaken;
        isTaken = true;
        return !wasTaken && journal == current;
    }

    /** What the journal knows the bytes by. */
    public long id() {
        return id;
    }

    /** The bytes as chunks; null for a whole value. */
    public @Nullable ReadyChunks chunks() {
        return chunks;
    }

    /** The value is linked and journaled, or nobody wants it any more. */
    @Override
    public void close() {
        if (chunks != null) {
            chunks.giveBack();
        }
        if (journal != null) {
            journal.endStage(id);
        }
    }
}
