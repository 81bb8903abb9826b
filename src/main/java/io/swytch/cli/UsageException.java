package io.swytch.cli;

/** A command line or a setting that is wrong; the message says what is meant to be done about it. */
final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
