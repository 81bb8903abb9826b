package io.swytch.store.l2;

/** L2 was called after {@link L2#close}. */
public final class L2ClosedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    L2ClosedException() {
        super("L2 is closed");
    }
}
