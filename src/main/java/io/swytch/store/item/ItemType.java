package io.swytch.store.item;

/** What an item is. The numbers reach disk and never change meaning; 0 is never used, so that zeroed memory is no item. */
public final class ItemType {
    public static final int STRING = 1;
    public static final int LIST = 2;
    public static final int SET = 3;
    public static final int ZSET = 4;
    public static final int HASH = 5;
    public static final int STREAM = 6;

    /** The key was deleted or has expired, and L2 may still hold an older item; never seen by a handler. */
    public static final int TOMBSTONE = 15;

    private ItemType() {}

    /** The name of a type, as TYPE replies it. */
    public static String nameOf(int type) {
        return switch (type) {
            case STRING -> "string";
            case LIST -> "list";
            case SET -> "set";
            case ZSET -> "zset";
            case HASH -> "hash";
            case STREAM -> "stream";
            default -> throw new IllegalStateException("no type " + type);
        };
    }
}
