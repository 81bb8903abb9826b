package io.swytch.command.spec;

import org.jspecify.annotations.Nullable;

/** The group that COMMAND DOCS files a command under, and the ACL category that all of the group share. */
public enum Group {
    STRING("string", "@string"),
    BITMAP("bitmap", "@bitmap"),
    GENERIC("generic", "@keyspace"),
    TRANSACTIONS("transactions", "@transaction"),
    CONNECTION("connection", "@connection"),
    SERVER("server", null);

    private final String wireName;
    private final @Nullable String category;

    Group(String wireName, @Nullable String category) {
        this.wireName = wireName;
        this.category = category;
    }

    public String wireName() {
        return wireName;
    }

    /** The ACL category of every command in the group, or null. */
    public @Nullable String category() {
        return category;
    }
}
