package io.swytch.store.journal;

import java.io.IOException;

/** Writing or forcing the journal failed, and no later commit succeeds until {@link Journal#tryRecover()} does. */
public final class JournalFailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    JournalFailedException(IOException reason) {
        super("journal: " + reason.getMessage(), reason);
    }
}
