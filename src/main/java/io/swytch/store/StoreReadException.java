package io.swytch.store;

/** L2 could not be read. The message is for the client, without a code. */
public final class StoreReadException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StoreReadException(String message) {
        super(message, null, false, false);
    }
}
