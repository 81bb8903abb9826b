package io.swytch.config;

/** A text that is no value of its kind. The reason is worded as Redis's CONFIG SET words it; the hint names what may have been meant. */
final class BadValueException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String hint;

    BadValueException(String reason) {
        this(reason, "");
    }

    BadValueException(String reason, String hint) {
        super(reason, null, false, false);
        this.hint = hint;
    }

    /** Reason and hint, for a person who starts the server. */
    String explained() {
        return hint.isEmpty() ? getMessage() : getMessage() + "; " + hint;
    }

    /** The reason alone, byte for byte Redis's. */
    String reason() {
        return getMessage();
    }

    @Override
    public String getMessage() {
        String message = super.getMessage();
        return message == null ? "" : message;
    }
}
