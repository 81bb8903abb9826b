package io.swytch.keyspace;

/** The signal that a command needs {@link OffLoop} work done before it can run; nothing has been changed. Has no stack trace. */
public final class OffLoopNeeded extends RuntimeException {
    private static final long serialVersionUID = 1;

    // Without a stack trace it holds nothing of where it is thrown, so one instance serves all.
    @SuppressWarnings("StaticAssignmentOfThrowable")
    public static final OffLoopNeeded SIGNAL = new OffLoopNeeded();

    private OffLoopNeeded() {
        super("off-loop work needed", null, false, false);
    }
}
