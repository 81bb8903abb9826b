package io.swytch.keyspace;

/** Memory is at its limit and nothing may be evicted, or the value is larger than all of it. Has no stack trace; the dispatcher words the reply. */
public final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    // Without a stack trace it holds nothing of where it is thrown, so one instance serves all.
    @SuppressWarnings("StaticAssignmentOfThrowable")
    static final NoRoomException INSTANCE = new NoRoomException();

    private NoRoomException() {
        super("no room", null, false, false);
    }
}
