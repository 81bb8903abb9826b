package io.swytch.keyspace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The keys of a command that has so many that it goes through them in pieces, holding the stripe of one at a time.
 *
 * <p>What makes it one command for everybody else: while the claim is only watched, it learns what others write to its keys, so that a command
 * that reads knows whether all that it saw was there at one moment. While it is held, commands that touch one of its keys wait for its end: those that
 * write, or, where it is held for a command that writes, all. Nobody else waits.
 *
 * <p>Keys are told apart by their hash alone: who has another key of the same hash waits for nothing now and then. Threads: any.
 */
public final class KeyClaim {
    /** Hashes of written keys that are remembered one by one; where there are more, all keys count as written. */
    private static final int TOUCHED_MAX = 1 << 12;

    private static final int CHUNK_SHIFT = Chunks.SHIFT - 3;
    private static final int CHUNK_MASK = (1 << CHUNK_SHIFT) - 1;

    /** What stands for the hash 0, which marks a free place. */
    private static final long ZERO = 1;

    /** Open addressing; a power of two, at most half full. Not in the heap, where the collector would copy it while everybody waits. */
    private final Chunks memory;

    private final ByteBuffer[] hashes;
    private final int mask;

    private final boolean writes;
    private final Thread owner = Thread.currentThread();
    private final Set<Long> touched = ConcurrentHashMap.newKeySet();
    private volatile boolean allTouched;

    @GuardedBy("this")
    private boolean isOver;

    @GuardedBy("this")
    private final List<Runnable> waiting = new ArrayList<>();

    /**
     * A claim of the current thread, for so many keys at most.
     *
     * @param writes whether its command writes
     */
    public KeyClaim(int keys, boolean writes) {
        this.writes = writes;
        int size = Integer.highestOneBit(Math.max(1, keys)) * 4;
        mask = size - 1;
        memory = Chunks.take(size * Long.BYTES);
        // One's own array: that of the chunks is emptied when they go, and somebody may ask just then.
        hashes = memory.buffers().clone();
        for (int at = 0; at < size; at++) {
            set(at, 0);
        }
    }

    private long get(int at) {
        return (long) Slice.LONG.get(hashes[at >>> CHUNK_SHIFT], (at & CHUNK_MASK) << 3);
    }

    private void set(int at, long hash) {
        Slice.LONG.set(hashes[at >>> CHUNK_SHIFT], (at & CHUNK_MASK) << 3, hash);
    }

    /** Adds a key by its hash. Only before the claim is watched or held. */
    public void add(long hash) {
        set(place(hash), hash == 0 ? ZERO : hash);
    }

    /** Where a hash is or may be entered. Who asks when the claim is over, and sees other things in its memory, gets some place. */
    private int place(long hash) {
        long wanted = hash == 0 ? ZERO : hash;
        int at = (int) wanted & mask;
        for (int i = 0; i < mask; i++) {
            long there = get(at);
            if (there == 0 || there == wanted) {
                break;
            }
            at = at + 1 & mask;
        }
        return at;
    }

    /** Whether a key is one of its. */
    public boolean contains(long hash) {
        return get(place(hash)) != 0;
    }

    /** Whether its command writes: then others may not even read its keys while it is held. */
    public boolean writes() {
        return writes;
    }

    /** Somebody has changed a key. Holds its stripe. */
    void touch(long hash) {
        if (Thread.currentThread() != owner && !allTouched && contains(hash)) {
            touched.add(hash);
            allTouched |= touched.size() > TOUCHED_MAX;
        }
    }

    /** Somebody has changed more than single keys. */
    void touchAll() {
        allTouched = true;
    }

    /** Whether somebody else has changed any of its keys since it has been watched. */
    public boolean isTouched() {
        return allTouched || !touched.isEmpty();
    }

    /** Begins anew to take note of changes. */
    public void forgetTouched() {
        touched.clear();
        allTouched = false;
    }

    /** Whether somebody else may have changed this one of its keys since it has been watched. Holds its stripe. */
    public boolean isTouched(long hash) {
        return allTouched || touched.contains(hash);
    }

    /** Runs {@code goOn} when the claim is over, at once if it is. */
    public void whenOver(Runnable goOn) {
        synchronized (this) {
            if (!isOver) {
                waiting.add(goOn);
                return;
            }
        }
        goOn.run();
    }

    /** Waits for the end. Holds no stripe; not on an event loop. */
    public synchronized void await() {
        try {
            while (!isOver) {
                wait();
            }
        } catch (InterruptedException e) {
            // The server stops; what comes of the command no longer matters.
            Thread.currentThread().interrupt();
        }
    }

    /** Lets all go on who wait; nobody finds the claim any more. */
    void end() {
        memory.release();
        List<Runnable> ready;
        synchronized (this) {
            isOver = true;
            ready = List.copyOf(waiting);
            waiting.clear();
            notifyAll();
        }
        ready.forEach(Runnable::run);
    }
}
