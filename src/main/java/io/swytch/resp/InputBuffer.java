package io.swytch.resp;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The input of one connection: decides which memory the socket reads into, and keeps what has been read and not yet run.
 *
 * <p>All connections of a loop read into one shared buffer, whose bytes are parsed where they lie; so an idle connection holds no
 * memory, and the buffer stays in the processor's cache. Only what is left over when a read has been parsed is copied to a block of the
 * connection's own, and, if it is short, put before the next bytes in the shared buffer.
 *
 * <p>Threads: one loop's.
 */
// Which memory it is matters, not what it holds.
@SuppressWarnings("ReferenceEquality")
public final class InputBuffer {
    /** Room before the shared buffer's bytes, for a remainder of the read before. */
    public static final int HEADROOM = 4 << 10;

    private static final int READ_BYTES_MIN = 2 << 10;

    /** A larger block is not kept for a short remainder. */
    private static final int OWN_BYTES_KEPT_MAX = 64 << 10;

    /** What blocks grow to; with twice that there is always room behind the largest bulk that stays in the window. */
    private static final int GROWN_BYTES_MAX = 2 << 20;

    private final BlockPool pool;
    private final RequestDecoder decoder;
    private @Nullable Block own;
    /** Blocks that are full, in which arguments of the current request lie. */
    private @Nullable List<Block> retired;

    private long retiredBytes;
    private @Nullable ByteBuf target;

    public InputBuffer(BlockPool pool, RespLimits limits) {
        this.pool = pool;
        decoder = new RequestDecoder(limits, pool);
    }

    public RequestDecoder decoder() {
        return decoder;
    }

    /**
     * Where the socket should read its next bytes, a reference that the caller lets go of.
     *
     * @param shared the loop's buffer, whose bytes are read from index {@link #HEADROOM} on
     */
    public ByteBuf target(ByteBuf shared) {
        dropFinished();
        target = decoder.gatheringTarget();
        if (target != null) {
            return target;
        }
        int rest = decoder.end() - decoder.start();
        if (own == null || rest <= HEADROOM && retired == null && !decoder.isComplete()) {
            return shared.setIndex(HEADROOM, HEADROOM).retain();
        }
        makeRoom(READ_BYTES_MIN);
        target = own.buf();
        target.setIndex(decoder.end(), decoder.end());
        return target.retain();
    }

    /** {@code bytes} has been filled by the socket; it need not be the target. Its bytes are parsed where they are, until {@link #keep}. */
    public void arrived(ByteBuf bytes) {
        int from = bytes.readerIndex();
        int to = bytes.writerIndex();
        if (bytes == target) {
            if (own != null && bytes == own.buf()) {
                decoder.extend(to);
            } else {
                decoder.gathered(to - from);
            }
            target = null;
            return;
        }
        // A heap buffer does not come from any of our transports.
        ByteBuffer memory = bytes.nioBuffer(0, bytes.capacity());
        accept(memory, from, to);
    }

    /** The same for the loop's shared buffer, whose memory is at hand. */
    public void arrived(ByteBuffer shared, int to) {
        accept(shared, HEADROOM, to);
    }

    private void accept(ByteBuffer memory, int from, int to) {
        int rest = decoder.end() - decoder.start();
        if (own == null && !decoder.hasPartial() && !decoder.isComplete()) {
            decoder.window(memory, from, to);
        } else if (rest <= from && rest <= HEADROOM && !decoder.isComplete()) {
            int start = decoder.start();
            memory.put(from - rest, decoder.memory(), start, rest);
            decoder.moved(memory, start, from - rest - start, to);
            dropOwn();
        } else {
            int n = to - from;
            while (n > 0) {
                makeRoom(Math.min(n, BlockPool.SIZE_MIN));
                int part = Math.min(n, own.capacity() - decoder.end());
                own.memory().put(decoder.end(), memory, from, part);
                decoder.extend(decoder.end() + part);
                from += part;
                n -= part;
            }
        }
    }

    /** Copies what has not been run out of memory that is not the connection's own. Called when a read has been parsed. */
    public void keep() {
        dropFinished();
        int rest = decoder.end() - decoder.start();
        Block old = own;
        if (old != null
                && decoder.memory() == old.memory()
                && (rest > BlockPool.SIZE_MIN || old.capacity() <= OWN_BYTES_KEPT_MAX)) {
            return;
        }
        if (rest == 0) {
            return;
        }
        int start = decoder.start();
        Block block = pool.take(rest);
        block.memory().put(0, decoder.memory(), start, rest);
        decoder.moved(block.memory(), start, -start, rest);
        own = block;
        if (old != null) {
            pool.give(old);
        }
    }

    /** Gives back the blocks that nothing is waiting in. */
    private void dropFinished() {
        if (retired != null && decoder.request().argCount() == 0) {
            retired.forEach(pool::give);
            retired = null;
            retiredBytes = 0;
        }
        if (own != null && decoder.position() == decoder.end() && decoder.start() == decoder.end()) {
            dropOwn();
        }
    }

    private void dropOwn() {
        if (own != null) {
            if (decoder.memory() == own.memory()) {
                decoder.window(own.memory(), 0, 0);
            }
            pool.give(own);
            own = null;
        }
    }

    /** Makes room for {@code n} bytes behind the window, in a block of the connection's own. */
    private void makeRoom(int n) {
        int end = decoder.end();
        if (own != null && own.capacity() - end >= n) {
            return;
        }
        boolean held = decoder.holdsWindow();
        int from = held ? decoder.position() : decoder.start();
        int rest = end - from;
        if (own != null && !held && rest <= own.capacity() / 2 && own.capacity() - rest >= n) {
            own.memory().put(0, own.memory(), from, rest);
            decoder.moved(own.memory(), from, -from, rest);
            return;
        }
        // Blocks grow with what has come, never with what is announced.
        long grown = Math.min(Math.max(retiredBytes, 2L * rest), GROWN_BYTES_MAX);
        Block block = pool.take((int) Math.max(rest + n, grown));
        Block old = own;
        block.memory().put(0, decoder.memory(), from, rest);
        decoder.moved(block.memory(), from, -from, rest);
        own = block;
        if (old == null) {
            return;
        }
        if (held) {
            if (retired == null) {
                retired = new ArrayList<>();
            }
            retired.add(old);
            retiredBytes += old.capacity();
        } else {
            pool.give(old);
        }
    }

    /** Bytes that wait to be parsed or run. */
    public long waitingBytes() {
        return decoder.end() - decoder.position() + retiredBytes + decoder.gatheredBytes();
    }

    /** Bytes of memory held. CLIENT LIST asks from other threads, so each field is read once. */
    public long memoryBytes() {
        Block block = own;
        return (block == null ? 0 : block.capacity()) + retiredBytes + decoder.gatheredBytes();
    }

    /** Lets go of everything. */
    public void close() {
        decoder.reset();
        if (retired != null) {
            retired.forEach(pool::give);
            retired = null;
        }
        if (own != null) {
            pool.give(own);
            own = null;
        }
    }
}
