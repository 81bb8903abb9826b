package io.swytch.resp;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * One parsed request: its arguments, the command's name first, as slices of the input; reused, not allocated.
 *
 * <p>Valid until the decoder parses the next one. Threads: one at a time.
 */
public final class Request {
    private static final int ARGS_KEPT_MAX = 1024;

    private Slice[] args = new Slice[16];
    private int count;

    public Request() {
        for (int i = 0; i < args.length; i++) {
            args[i] = new Slice();
        }
    }

    /** Forgets all arguments; lets go of what a huge request made it grow to. */
    public void clear() {
        if (args.length > ARGS_KEPT_MAX) {
            args = Arrays.copyOf(args, ARGS_KEPT_MAX);
        }
        count = 0;
    }

    /** Adds an argument; the caller positions the slice that is returned. */
    public Slice add() {
        if (count == args.length) {
            int old = args.length;
            args = Arrays.copyOf(args, old * 2);
            for (int i = old; i < args.length; i++) {
                args[i] = new Slice();
            }
        }
        return args[count++];
    }

    /** Arguments, the name counted. */
    public int argCount() {
        return count;
    }

    /** Argument {@code index}; 0 is the name. */
    public Slice arg(int index) {
        return args[index];
    }

    /**
     * A request with bytes of its own, which lives as long as it is held. Large arguments are shared: their memory is kept until {@link
     * #release}.
     */
    public Request copy() {
        int total = 0;
        for (int i = 0; i < count; i++) {
            total += args[i].isChunked() ? 0 : args[i].length();
        }
        ByteBuffer memory = ByteBuffer.allocateDirect(Math.max(8, total));
        Request copy = new Request();
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (args[i].isChunked()) {
                Pin pin = args[i].pin();
                if (pin != null) {
                    pin.retain();
                }
                copy.add().set(args[i]);
                continue;
            }
            args[i].copyTo(0, memory, at, args[i].length());
            copy.add().set(memory, at, args[i].length());
            at += args[i].length();
        }
        return copy;
    }

    /** Lets go of the large arguments that a copy shares; called once, by whom the copy belongs to. Nobody reads the arguments after it. */
    public void release() {
        for (int i = 0; i < count; i++) {
            Pin pin = args[i].pin();
            if (pin != null) {
                pin.release();
            }
        }
        count = 0;
    }
}
