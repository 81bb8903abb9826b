package io.swytch.store;

/**
 * The signal that a key is not in L1 and may be in L2: the command must be run again once it has been fetched. Has no stack trace: it is thrown on
 * the way of every cold read.
 */
public final class FillNeeded extends RuntimeException {
    private static final long serialVersionUID = 1;

    // Without a stack trace it holds nothing of where it is thrown, so one instance serves all.
    @SuppressWarnings("StaticAssignmentOfThrowable")
    public static final FillNeeded SIGNAL = new FillNeeded();

    private FillNeeded() {
        super("fill needed", null, false, false);
    }
}
