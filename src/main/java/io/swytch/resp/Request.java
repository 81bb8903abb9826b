package io.swytch.resp;

import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One parsed request: its arguments, the command's name first, as slices of the input; reused, not allocated.
 *
 * <p>Valid until the decoder parses the next one. Threads: one at a time.
 */
public final class Request {
    /** Slices that are kept for the next request: those of ten thousand clients are a tenth of the smallest heap. */
    private static final int ARGS_KEPT_MAX = 64;

    /** Arguments that have a slice each. Those behind are shown in slices that are used in turn: see {@link #arg}. */
    private static final int SLICES_MAX = 1 << 14;

    /** Slices that a request has once it has an argument: enough for GET and SET, and most clients send nothing longer. */
    private static final int ARGS_MIN = 4;

    private static final Slice[] NONE = {};

    /** Made with the first argument: of ten thousand clients most may never say anything. */
    private Slice[] args = NONE;

    private int count;
    private @Nullable ArgTail tail;

    public Request() {}

    private Request(int capacity) {
        growTo(capacity);
    }

    private void growTo(int capacity) {
        int old = args.length;
        args = Arrays.copyOf(args, capacity);
        for (int i = old; i < args.length; i++) {
            args[i] = new Slice();
        }
    }

    /** Forgets all arguments; lets go of what a huge request made it grow to. */
    public void clear() {
        if (args.length > ARGS_KEPT_MAX) {
            args = Arrays.copyOf(args, ARGS_KEPT_MAX);
        }
        count = 0;
        tail = null;
    }

    /** Adds an argument that lies in contiguous memory. */
    void add(ByteBuffer memory, int offset, int length) {
        if (count < SLICES_MAX) {
            add().set(memory, offset, length);
        } else {
            tail().add(memory, offset, length);
            count++;
        }
    }

    private ArgTail tail() {
        ArgTail behind = tail;
        if (behind == null) {
            behind = new ArgTail();
            tail = behind;
        }
        return behind;
    }

    /** Adds an argument; the caller positions the slice that is returned. */
    public Slice add() {
        if (count >= SLICES_MAX) {
            count++;
            return tail().addApart();
        }
        if (count == args.length) {
            growTo(Math.max(ARGS_MIN, count * 2));
        }
        return args[count++];
    }

    /** Arguments, the name counted. */
    public int argCount() {
        return count;
    }

    /** Argument {@code index}; 0 is the name. Behind the first sixteen thousand a slice shows another argument after a thousand more looks. */
    public Slice arg(int index) {
        return index < SLICES_MAX ? args[index] : tail().get(index - SLICES_MAX);
    }

    /** The bytes of {@code old} from {@code from} on now lie {@code delta} further back in {@code target}. */
    // Which memory it is matters, not what it holds.
    @SuppressWarnings("ReferenceEquality")
    void moved(ByteBuffer old, int from, ByteBuffer target, int delta) {
        for (int i = 0; i < headCount(); i++) {
            Slice arg = args[i];
            if (!arg.isChunked() && arg.buffer() == old && arg.offset() >= from) {
                arg.set(target, arg.offset() + delta, arg.length());
            }
        }
        ArgTail behind = tail;
        if (behind != null) {
            behind.moved(old, from, target, delta);
        }
    }

    private int headCount() {
        return Math.min(count, SLICES_MAX);
    }

    /**
     * A request with bytes of its own, which lives as long as it is held. Large arguments are shared: their memory is kept until {@link
     * #release}.
     */
    public Request copy() {
        int total = 0;
        for (int i = 0; i < headCount(); i++) {
            total += args[i].isChunked() ? 0 : args[i].length();
        }
        ByteBuffer memory = ByteBuffer.allocateDirect(Math.max(8, total));
        Request copy = new Request(Math.max(1, headCount()));
        int at = 0;
        for (int i = 0; i < headCount(); i++) {
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
        ArgTail behind = tail;
        if (behind != null) {
            copy.tail = behind.copy();
            copy.count = count;
        }
        return copy;
    }

    /** Lets go of the large arguments that a copy shares; called once, by whom the copy belongs to. Nobody reads the arguments after it. */
    public void release() {
        for (int i = 0; i < headCount(); i++) {
            Pin pin = args[i].pin();
            if (pin != null) {
                pin.release();
            }
        }
        ArgTail behind = tail;
        if (behind != null) {
            behind.release();
            tail = null;
        }
        count = 0;
    }
}
