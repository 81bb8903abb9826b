package io.swytch.config;

/** A setting that does not exist, cannot be set now, or was given a value that is not one of its own. */
public final class SettingException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final String reason;

    SettingException(String name, String reason) {
        super(name + ": " + reason);
        this.name = name;
        this.reason = reason;
    }

    private SettingException(String where, SettingException cause) {
        // A flag's place is its name already.
        super(where + ": " + (where.equals("--" + cause.name) ? cause.reason : cause.getMessage()), cause);
        name = cause.name;
        reason = cause.reason;
    }

    /** The same failure, with the place (file and line, variable, flag) in front of the message. */
    SettingException at(String where) {
        return new SettingException(where, this);
    }

    /** The name as it was given. */
    public String name() {
        return name;
    }

    /** What is wrong, in the words of Redis's CONFIG SET where it has any. */
    public String reason() {
        return reason;
    }
}
