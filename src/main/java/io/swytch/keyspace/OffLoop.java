package io.swytch.keyspace;

import io.swytch.bytes.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Work on large values that would keep an event loop busy for too long. Its command gives up with {@link OffLoopNeeded}, the work is done on
 * another thread while no stripe is held, and the command runs again and finds the result, provided that the values are still the same.
 *
 * <p>Threads: the loop's, then that of {@link #run}, then the loop's again.
 */
public final class OffLoop {
    /** Work on so many bytes or more leaves the loop: a loop does less in some 2 ms. */
    public static final long BYTES_MIN = 8 << 20;

    /** Values up to this size are copied, and compared, instead of being pinned. */
    private static final int COPIED_BYTES_MAX = 2 << 20;

    private final Object what;
    private final List<Slice> sources = new ArrayList<>();
    private final Function<List<Slice>, ?> work;
    private @Nullable Object result;
    private @Nullable RuntimeException failure;

    /**
     * Work that is still to be done; the caller holds the stripes of the values.
     *
     * @param what tells apart different work on the same values, by {@code equals}
     * @param work reads the slices it is given, which stay as they are, and nothing else
     */
    OffLoop(Object what, List<Slice> values, Function<List<Slice>, ?> work) {
        this.what = what;
        this.work = work;
        for (Slice value : values) {
            if (value.pin() != null) {
                value.pin().retain();
                sources.add(new Slice().set(value));
            } else {
                sources.add(Slice.copyOf(value.toByteArray()));
            }
        }
    }

    /** Whether values can be kept as they are while no stripe is held. */
    static boolean canKeep(List<Slice> values) {
        return values.stream().allMatch(value -> value.pin() != null || value.length() <= COPIED_BYTES_MAX);
    }

    /** Does the work. Holds no stripe; may block. */
    public void run() {
        try {
            result = work.apply(sources);
        } catch (RuntimeException e) {
            // It is the command's failure, and thrown where the command asks for the result.
            failure = e;
        } catch (Error e) {
            // Want of memory above all, which the command that needs so much answers for.
            failure = new IllegalStateException(e);
        }
    }

    /** Whether this is the result of such work on such values. */
    boolean isFor(Object what, List<Slice> values) {
        if (!this.what.equals(what) || values.size() != sources.size()) {
            return false;
        }
        for (int i = 0; i < values.size(); i++) {
            Slice kept = sources.get(i);
            // What is pinned is never changed in place, so memory that is the same holds the same.
            if (kept.pin() != null ? !kept.isSameMemory(values.get(i)) : !kept.contentEquals(values.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** What came of it. */
    @Nullable
    Object result() {
        if (failure != null) {
            throw failure;
        }
        return result;
    }

    /** The command has run, or will not run again. */
    public void release() {
        for (Slice source : sources) {
            if (source.pin() != null) {
                source.pin().release();
            }
        }
        sources.clear();
        try {
            if (result instanceof AutoCloseable closeable) {
                closeable.close();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        result = null;
    }
}
