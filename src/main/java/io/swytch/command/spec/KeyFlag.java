package io.swytch.command.spec;

import java.util.Locale;

/** What a command does with the keys of one key spec; the names are those of COMMAND INFO. */
public enum KeyFlag {
    RO,
    RW,
    OW,
    RM,
    ACCESS,
    UPDATE,
    INSERT,
    DELETE,
    NOT_KEY,
    INCOMPLETE,
    VARIABLE_FLAGS;

    /** The name in COMMAND INFO: the first four in capitals. */
    public String wireName() {
        return ordinal() <= RM.ordinal() ? name() : name().toLowerCase(Locale.ROOT);
    }
}
