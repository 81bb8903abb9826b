package io.swytch.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.swytch.bytes.Pin;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A piece of direct memory that a socket reads into or writes from: one of a {@link BlockPool}, or a view of pinned memory that is sent
 * without a copy.
 *
 * <p>Threads: one loop's, but for blocks of {@link BlockPool#detached()}, which are one thread's at a time.
 */
public final class Block {
    /** Bytes of heap that a piece of pinned memory costs while it waits to be sent, its place in an array that grows counted. */
    private static final int PIECE_HEAP_BYTES = 64;

    /** Pieces that the replies of all clients refer to may take this part of the heap; what comes then is copied. */
    private static final long PIECES_MAX = Runtime.getRuntime().maxMemory() / 4 / PIECE_HEAP_BYTES;

    private static final AtomicLong PIECES = new AtomicLong();

    private final ByteBuffer memory;
    private final int offset;
    private final @Nullable Pin pin;

    /** What the socket knows it by: of pinned memory only when it is sent, for a reply may wait in a million such pieces. */
    private @Nullable ByteBuf buf;

    /** Bytes that are to be sent, from index 0 on. */
    int length;

    /** Where in its stream of replies the block begins. */
    long start;

    Block(ByteBuf buf) {
        this.buf = buf;
        memory = buf.nioBuffer(0, buf.capacity());
        offset = 0;
        pin = null;
    }

    /** A view of {@code count} bytes of memory that {@code pin} keeps alive until this block is let go. */
    Block(ByteBuffer pinned, int offset, int count, Pin pin) {
        memory = pinned;
        this.offset = offset;
        this.pin = pin;
        length = count;
        PIECES.incrementAndGet();
        pin.retain();
    }

    /** Whether {@code more} pieces of pinned memory may wait to be sent. Threads: any. */
    static boolean mayPin(int more) {
        return PIECES.get() + more <= PIECES_MAX;
    }

    /** The memory, for absolute access; not of a view. */
    public ByteBuffer memory() {
        return memory;
    }

    public int capacity() {
        return buf().capacity();
    }

    /** The same memory as the socket wants it. Its indices are the user's to set. */
    public ByteBuf buf() {
        ByteBuf known = buf;
        if (known == null) {
            known = Unpooled.wrappedBuffer(memory.slice(offset, length));
            buf = known;
        }
        return known;
    }

    boolean isPinned() {
        return pin != null;
    }

    /** The bytes to send, with a reference that the socket lets go once they are sent. */
    public ByteBuf toSend() {
        return buf().setIndex(0, length).retain();
    }

    /** Whether no socket holds this block any more. */
    public boolean isSent() {
        return buf().refCnt() == 1;
    }

    /** Gives the memory back to the machine, or lets go of what is pinned. */
    void free() {
        if (buf != null) {
            buf.release();
        }
        if (pin != null) {
            PIECES.decrementAndGet();
            pin.release();
        }
    }
}
