package io.swytch.keyspace;

/** A key holds another kind of value than the command works on. Has no stack trace; the dispatcher words the reply. */
public final class WrongTypeException extends RuntimeException {
    private static final long serialVersionUID = 1;

    // Without a stack trace it holds nothing of where it is thrown, so one instance serves all.
    @SuppressWarnings("StaticAssignmentOfThrowable")
    static final WrongTypeException INSTANCE = new WrongTypeException();

    private WrongTypeException() {
        super("wrong type", null, false, false);
    }
}
