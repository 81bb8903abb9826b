package io.swytch.command;

import java.io.IOException;

/** What commands ask of the process that the server runs in. Threads: any. */
public interface Lifecycle {
    /** Begins an ordered stop; {@code drain} false leaves what is dirty to the journal. */
    void shutdown(boolean drain);

    /** Closes the store and opens it again while clients wait: DEBUG RELOAD. */
    void reload() throws IOException;
}
