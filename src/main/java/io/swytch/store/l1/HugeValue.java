package io.swytch.store.l1;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Pin;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A large value of {@link HugeAccount#VALUE_BYTES_MIN} or more, in chunks of 1 MiB that belong to no shard.
 *
 * <p>A chunk is its own; or one of memory that it shares with whoever made it, a request or a fetch or another value, and that is copied
 * before it is written to unless nobody else is left; or the chunk of zeros that all share, so that a bit set at the end of 512 MB costs 1 MiB.
 *
 * <p>Threads: under its shard's lock, but for {@link #retain} and {@link #release}, whose last caller leaves the memory to the upkeep.
 */
final class HugeValue extends LargeValue {
    private static final byte ZERO = 0;
    private static final byte OWN = 1;
    private static final byte SHARED = 2;

    /** Readers, and one for as long as an entry names it. */
    private final AtomicInteger references = new AtomicInteger(1);

    private byte[] kinds = new byte[0];

    /** Keeps the shared chunks alive. */
    private @Nullable Pin source;

    /** Chunks of its own that were replaced while somebody read them. */
    private final List<ByteBuffer> unlinked = new ArrayList<>();

    /** Chunks that are not the one of zeros. */
    private int held;

    HugeValue(LargeValues owner, int id) {
        super(owner, id);
    }

    /** Takes the chunks of a slice for its own instead of copying them. */
    void share(Slice value) {
        Pin pin = value.pin();
        if (pin == null) {
            throw new IllegalArgumentException("nothing keeps this memory alive");
        }
        pin.retain();
        source = pin;
        pieceCount = Chunks.count(value.length());
        chunks = new ByteBuffer[pieceCount];
        kinds = new byte[pieceCount];
        for (int i = 0; i < pieceCount; i++) {
            chunks[i] = value.runBuffer(i);
            boolean isZero = isZero(chunks[i]);
            kinds[i] = isZero ? ZERO : SHARED;
            held += isZero ? 0 : 1;
        }
        length = value.length();
    }

    // Which buffer it is matters, not what it holds.
    @SuppressWarnings("ReferenceEquality")
    private static boolean isZero(ByteBuffer chunk) {
        return chunk == Chunks.zeros();
    }

    /** Bytes of its chunks; what the zeros would take is not counted. */
    long heldBytes() {
        return (long) held << Chunks.SHIFT;
    }

    /** Grows to a length, by zeros. */
    void grow(int newLength) {
        int wanted = Chunks.count(newLength);
        if (wanted > pieceCount) {
            if (chunks.length < wanted || isPinned()) {
                chunks = Arrays.copyOf(chunks, wanted);
                kinds = Arrays.copyOf(kinds, wanted);
            }
            Arrays.fill(chunks, pieceCount, wanted, Chunks.zeros());
            Arrays.fill(kinds, pieceCount, wanted, ZERO);
            pieceCount = wanted;
        }
        length = newLength;
    }

    /** Copies bytes to {@code at}, or takes their chunks; the value is long enough. */
    void write(int at, Slice bytes, @Nullable ReadyChunks ready) {
        boolean isReady = ready != null && ready.suits(at);
        for (int done = 0; done < bytes.length(); ) {
            int i = at + done >>> Chunks.SHIFT;
            int from = at + done & Chunks.BYTES - 1;
            int n = Math.min(bytes.length() - done, Chunks.BYTES - from);
            boolean isWhole = n == Chunks.BYTES;
            ByteBuffer chunk = isReady && isWhole ? ready.take(done) : null;
            if (chunk != null) {
                replace(i, chunk);
            } else {
                bytes.copyTo(done, writable(i, isWhole), from, n);
            }
            done += n;
        }
    }

    /** Clears {@code count} bytes from {@code at} on. */
    void zero(int at, int count) {
        for (int done = 0; done < count; ) {
            int i = at + done >>> Chunks.SHIFT;
            int from = at + done & Chunks.BYTES - 1;
            int n = Math.min(count - done, Chunks.BYTES - from);
            if (kinds[i] != ZERO) {
                writable(i, false).put(from, Chunks.zeros(), 0, n);
            }
            done += n;
        }
    }

    private boolean isWritable(int i) {
        return switch (kinds[i]) {
            case OWN -> !isPinned();
            case SHARED ->
                !isPinned() && source != null && source.isExclusive() && chunks[i].capacity() == Chunks.BYTES;
            default -> false;
        };
    }

    private ByteBuffer writable(int i, boolean wholly) {
        if (!isWritable(i)) {
            ByteBuffer fresh = Chunks.takeOne();
            if (!wholly) {
                fresh.put(0, chunks[i], 0, Math.min(Chunks.BYTES, chunks[i].capacity()));
            }
            replace(i, fresh);
        }
        return chunks[i];
    }

    private void replace(int i, ByteBuffer fresh) {
        if (kinds[i] == OWN && isPinned()) {
            unlinked.add(chunks[i]);
        } else if (kinds[i] == OWN) {
            Chunks.giveOne(chunks[i]);
        }
        if (isPinned()) {
            chunks = chunks.clone();
        }
        chunks[i] = fresh;
        held += kinds[i] == ZERO ? 1 : 0;
        kinds[i] = OWN;
    }

    /** Gives back what was replaced, once nobody reads any more. */
    void settle() {
        if (!unlinked.isEmpty() && !isPinned()) {
            unlinked.forEach(Chunks::giveOne);
            unlinked.clear();
        }
    }

    /** No entry names it any more. */
    void unname() {
        dead = true;
        release();
    }

    @Override
    boolean isPinned() {
        return references.get() > (dead ? 0 : 1);
    }

    @Override
    public boolean isExclusive() {
        return dead && references.get() == 1 && (source == null || source.isExclusive());
    }

    @Override
    public void retain() {
        references.incrementAndGet();
    }

    @Override
    public void release() {
        if (references.decrementAndGet() == 0) {
            owner.huge.discard(this);
        }
    }

    /** Gives the memory back, which takes a while; nobody looks at this value any more. */
    void free() {
        for (int i = 0; i < pieceCount; i++) {
            if (kinds[i] == OWN) {
                Chunks.giveOne(chunks[i]);
            }
        }
        unlinked.forEach(Chunks::giveOne);
        unlinked.clear();
        if (source != null) {
            source.release();
        }
        // Views that threads keep of what they looked at last must not keep the memory.
        Arrays.fill(chunks, null);
    }
}
