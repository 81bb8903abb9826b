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

    private SettingException(String what, SettingException cause) {
        super(what + ": " + cause.reason, cause);
        name = cause.name;
        reason = cause.reason;
    }

    /** The same failure, told of what was written: file, line and name, or a variable, or a flag. */
    SettingException of(String what) {
        return new SettingException(what, this);
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
