package io.swytch.store.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;

/**
 * What has been appended and not been taken to be written; on the way of SET.
 *
 * <p>A small unit is copied into the last piece of memory, a large one brings its own pieces. Threads: any; the lock is held for a copy of at
 * most 256 KiB.
 */
final class PendingEffects {
    /** Where effects go: at least one piece. */
    @GuardedBy("this")
    private List<Chunk> chunks = new ArrayList<>();

    @GuardedBy("this")
    private Chunk tail = Chunk.take();

    /** Where the last unit ends; written under the lock. */
    private volatile long position;

    private final JournalStats stats;

    PendingEffects(JournalStats stats) {
        this.stats = stats;
        chunks.add(tail);
    }

    /** The log, still empty of new effects, goes on at {@code start}. */
    synchronized void beginAt(long start) {
        position = start;
    }

    /** Takes the effects as one unit and empties the buffer, also where it fails for want of memory. Returns the position where the unit ends. */
    long append(EffectBuffer effects) {
        if (effects.isEmpty()) {
            return position;
        }
        try {
            return take(effects);
        } catch (OutOfMemoryError e) {
            // Left there, they would be published with the loop's next command, behind what others have done to the
            // keys since.
            effects.clear();
            throw e;
        }
    }

    private long take(EffectBuffer effects) {
        long bytes = RecordFormat.UNIT_HEADER_BYTES + effects.bytes();
        Chunk first = effects.sealed();
        synchronized (this) {
            if (effects.isOneChunk()) {
                int count = (int) bytes;
                if (tail.room() < count) {
                    tail = Chunk.take();
                    chunks.add(tail);
                }
                tail.buffer.put(tail.fill, first.buffer, RecordFormat.HEADER_BYTES, count);
                tail.fill += count;
                effects.clear();
            } else {
                effects.handOver(chunks);
                tail = chunks.get(chunks.size() - 1);
            }
            stats.units++;
            long end = position + bytes;
            position = end;
            return end;
        }
    }

    /** Takes all pieces, and leaves {@code empty}, a list of one empty piece, in their place. */
    synchronized List<Chunk> swap(List<Chunk> empty) {
        List<Chunk> taken = chunks;
        chunks = empty;
        tail = empty.get(0);
        return taken;
    }

    long position() {
        return position;
    }
}
