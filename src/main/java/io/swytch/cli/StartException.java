package io.swytch.cli;

/** A start that cannot be: an address in use, a directory of another process. The message is all that the user sees. */
public final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    public StartException(String message) {
        super(message);
    }

    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
