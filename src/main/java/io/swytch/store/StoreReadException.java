package io.swytch.store;

/** L2 could not be read. The message is for the client, without a code. */
public final class StoreReadException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StoreReadException(String message) {
        super(message, null, false, false);
    }

    /** L2 answered with {@code e}, or is closed. */
    static StoreReadException of(Exception e) {
        return new StoreReadException("Errors trying to read from disk: " + e.getMessage());
    }

    /** The server stops, and what would take long is not begun. */
    public static StoreReadException stopping() {
        return new StoreReadException("Errors trying to read from disk: the server is stopping");
    }
}
