package io.swytch.store;

import java.io.IOException;

/** The store was closed to be opened again, and could not be: nothing can be read or written any more, and the process should stop. */
public final class StoreLostException extends IOException {
    private static final long serialVersionUID = 1L;

    StoreLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
