package io.swytch.resp;

import io.netty.buffer.ByteBuf;
import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Parses RESP arrays and inline commands out of a window of input memory, into a {@link Request} whose arguments view that memory; on the
 * way of GET and SET, so nothing is allocated or copied.
 *
 * <p>The input may be cut at any byte: what has been parsed is kept, and parsing goes on where it stopped. Only bulks above {@link
 * #BULK_IN_WINDOW_MAX} leave the window: they are gathered in chunks as their bytes arrive. Who owns the decoder keeps the window's
 * memory from {@link #start} on until the request has been run, and says {@link #moved} where it moves.
 *
 * <p>Threads: one at a time, a loop's.
 */
public final class RequestDecoder {
    /** What parsing came to. */
    public enum Status {
        /** The window ends before a request does. */
        NEED_MORE,
        /** A request is complete. */
        REQUEST,
        /** The client does not speak RESP; {@link RequestDecoder#error} says how. Nothing more is parsed. */
        ERROR,
        /** A web browser was made to talk to us ({@code POST} or {@code Host:}): hang up without a word. */
        ATTACK
    }

    /** A bulk of more bytes is gathered in chunks. */
    public static final int BULK_IN_WINDOW_MAX = 1 << 20;

    private static final int CHUNK_SHIFT = 20;
    private static final int CHUNK_BYTES = 1 << CHUNK_SHIFT;
    /** A large bulk gets its first chunk when this many of its bytes are there: an announcement alone costs nothing. */
    private static final int GATHER_FROM_BYTES = 128 << 10;

    private static final int NEGATIVE = -1;
    private static final int INCOMPLETE = -2;
    private static final int MALFORMED = -3;
    private static final int ENDLESS = -4;

    private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

    private final RespLimits limits;
    private final @Nullable BlockPool pool;
    private final Request request = new Request();
    private final Slice scratch = new Slice();

    private ByteBuffer memory = NONE;
    private int pos;
    private int end;
    private int start;

    /** Arguments that are still to come; 0 between two requests. */
    private int argsLeft;
    /** Length of the argument whose body is awaited; −1 where its header is. */
    private int bulkLength = -1;
    /** Bytes from {@link #pos} on in which no line ends. */
    private int scanned;
    /** Index behind the line that {@link #length} read. */
    private int lineEnd;

    private boolean complete;
    private boolean authenticated = true;
    private @Nullable Gathering gathering;
    private boolean hasGathered;
    private String error = "";

    /** @param pool where chunks for large bulks come from; null for a decoder that only looks ahead and stops at a large bulk and an inline command */
    public RequestDecoder(RespLimits limits, @Nullable BlockPool pool) {
        this.limits = limits;
        this.pool = pool;
    }

    /** Whether the client has said AUTH, or need not; the limits are tight before. */
    public void setAuthenticated(boolean authenticated) {
        this.authenticated = authenticated;
    }

    /** Makes {@code memory[from, to)} the window: the next bytes to parse. Only where {@link #hasPartial} is false. */
    public void window(ByteBuffer memory, int from, int to) {
        this.memory = memory;
        pos = from;
        start = from;
        end = to;
        scanned = 0;
    }

    /** More bytes have come behind those of the window. */
    public void extend(int to) {
        end = to;
    }

    /**
     * The bytes from {@code from} on now lie in {@code target}, {@code delta} further back than they did. Arguments that lie before {@code
     * from} stay where they are.
     */
    public void moved(ByteBuffer target, int from, int delta, int to) {
        request.moved(memory, from, target, delta);
        memory = target;
        pos += delta;
        start = Math.max(start, from) + delta;
        end = to;
    }

    /** Forgets everything; the decoder parses a new stream. */
    public void reset() {
        begin();
        argsLeft = 0;
        bulkLength = -1;
        scanned = 0;
        if (gathering != null) {
            gathering.abandon();
            gathering = null;
        }
        window(NONE, 0, 0);
    }

    /** The request; complete where {@link #next} said so, and valid until it is called again. */
    public Request request() {
        return request;
    }

    /** Why parsing failed, as an error reply's text. */
    public String error() {
        return error;
    }

    /** Where the bytes begin that have not been parsed. */
    public int position() {
        return pos;
    }

    /** Where the window ends. */
    public int end() {
        return end;
    }

    /** Where the bytes of the window begin that the current request, complete or not, lies in. */
    public int start() {
        return start;
    }

    public ByteBuffer memory() {
        return memory;
    }

    /** Whether the current request has arguments that view the window. */
    public boolean holdsWindow() {
        return request.argCount() > 0 && pos > start;
    }

    /** Whether the request is complete and has not been let go of. */
    public boolean isComplete() {
        return complete;
    }

    /** Whether a request has begun and is not complete, or its bytes are waited for. */
    public boolean hasPartial() {
        return argsLeft > 0 || pos < end;
    }

    /** Bytes of large arguments that have been gathered outside of the window. */
    public long gatheredBytes() {
        Gathering now = gathering;
        return now == null ? 0 : now.bytes();
    }

    /** Room in a chunk that the socket should read into, a reference that the caller lets go; null where the window is next. */
    public @Nullable ByteBuf gatheringTarget() {
        return gathering == null || pos < end ? null : gathering.target();
    }

    /** {@code n} bytes have been read into {@link #gatheringTarget}. */
    public void gathered(int n) {
        if (gathering != null) {
            gathering.add(n);
        }
    }

    /** Lets the request go, so that its memory may be reused; the next call of {@link #next} does it by itself. */
    public void finish() {
        if (complete) {
            begin();
        }
    }

    private void begin() {
        if (hasGathered) {
            request.release();
            hasGathered = false;
        }
        request.clear();
        complete = false;
        start = pos;
    }

    /** Parses on, to the end of a request or of the window. */
    public Status next() {
        if (complete) {
            begin();
        }
        while (argsLeft == 0) {
            if (pos >= end) {
                start = pos;
                return Status.NEED_MORE;
            }
            start = pos;
            if (memory.get(pos) != '*') {
                if (pool == null) {
                    // An inline command is parsed in place, which can be done only once.
                    return Status.NEED_MORE;
                }
                Status inline = inline();
                if (inline != Status.REQUEST || request.argCount() > 0) {
                    return inline;
                }
                continue;
            }
            long count = length();
            if (count == INCOMPLETE) {
                return Status.NEED_MORE;
            }
            if (count == ENDLESS) {
                return fail("too big mbulk count string");
            }
            if (count == MALFORMED || count > Integer.MAX_VALUE) {
                return fail("invalid multibulk length");
            }
            if (!authenticated && count > RespLimits.UNAUTHENTICATED_ARGS_MAX) {
                return fail("unauthenticated multibulk length");
            }
            if (count > RespLimits.ARGS_MAX) {
                return fail("invalid multibulk length");
            }
            pos = lineEnd;
            scanned = 0;
            argsLeft = (int) Math.max(0, count);
        }
        return args();
    }

    private Status args() {
        while (argsLeft > 0) {
            if (bulkLength < 0) {
                if (pos >= end) {
                    return Status.NEED_MORE;
                }
                byte type = memory.get(pos);
                long length = type == '$' ? length() : lengthSlow();
                if (length == INCOMPLETE) {
                    return Status.NEED_MORE;
                }
                if (length == ENDLESS) {
                    return fail("too big bulk count string");
                }
                if (type != '$') {
                    return fail("expected '$', got '" + (char) (type & 0xff) + "'");
                }
                if (length < 0 || length > limits.protoMaxBulkLen) {
                    return fail("invalid bulk length");
                }
                if (!authenticated && length > RespLimits.UNAUTHENTICATED_BULK_BYTES_MAX) {
                    return fail("unauthenticated bulk length");
                }
                pos = lineEnd;
                scanned = 0;
                bulkLength = (int) length;
            }
            if (bulkLength > BULK_IN_WINDOW_MAX) {
                if (!gather()) {
                    return Status.NEED_MORE;
                }
            } else if (end - pos < bulkLength + 2) {
                return Status.NEED_MORE;
            } else {
                // Redis does not look at the two bytes behind a bulk either.
                request.add(memory, pos, bulkLength);
                pos += bulkLength + 2;
            }
            bulkLength = -1;
            argsLeft--;
        }
        complete = true;
        return isAttack() ? Status.ATTACK : Status.REQUEST;
    }

    private boolean isAttack() {
        Slice name = request.arg(0);
        int n = name.length();
        if (n != 4 && n != 5 || name.isChunked()) {
            return false;
        }
        return n == 4 ? name.equalsIgnoreCase("POST") : name.equalsIgnoreCase("HOST:");
    }

    /**
     * Reads the line {@code *N} or {@code $N} at {@link #pos}. Returns the number, or what is wrong with the line; {@link #lineEnd} is set
     * where it is complete.
     */
    private long length() {
        int i = pos + 1;
        ByteBuffer memory = this.memory;
        int end = this.end;
        if (i < end) {
            int first = memory.get(i) - '0';
            if (first > 0 && first <= 9) {
                long n = first;
                int stop = Math.min(end, i + 17);
                for (i++; i < stop; i++) {
                    int digit = memory.get(i) - '0';
                    if (digit < 0 || digit > 9) {
                        break;
                    }
                    n = n * 10 + digit;
                }
                if (i + 1 < end && memory.get(i) == '\r') {
                    lineEnd = i + 2;
                    return n;
                }
            }
        }
        return lengthSlow();
    }

    private long lengthSlow() {
        int cr = find('\r');
        if (cr < 0) {
            return end - pos > RespLimits.INLINE_BYTES_MAX ? ENDLESS : INCOMPLETE;
        }
        if (cr + 1 >= end) {
            return INCOMPLETE;
        }
        lineEnd = cr + 2;
        scratch.set(memory, pos + 1, cr - pos - 1);
        if (!Numbers.isLong(scratch)) {
            return MALFORMED;
        }
        long n = Numbers.toLong(scratch);
        return n < 0 ? NEGATIVE : n;
    }

    /** The index of the first {@code wanted} from {@link #pos} on, or −1. As in Redis, a zero byte hides what is behind it. */
    private int find(char wanted) {
        int i = pos + scanned;
        while (i < end) {
            byte b = memory.get(i);
            if (b == wanted) {
                scanned = i - pos;
                return i;
            }
            if (b == 0) {
                break;
            }
            i++;
        }
        scanned = i - pos;
        return -1;
    }

    private Status inline() {
        int newline = find('\n');
        if (newline < 0) {
            return end - pos > RespLimits.INLINE_BYTES_MAX ? fail("too big inline request") : Status.NEED_MORE;
        }
        int stop = newline > pos && memory.get(newline - 1) == '\r' ? newline - 1 : newline;
        boolean balanced = InlineParser.parse(memory, pos, stop, request);
        pos = newline + 1;
        scanned = 0;
        if (!balanced) {
            return fail("unbalanced quotes in request");
        }
        if (request.argCount() == 0) {
            return Status.REQUEST;
        }
        complete = true;
        return isAttack() ? Status.ATTACK : Status.REQUEST;
    }

    private Status fail(String text) {
        error = "ERR Protocol error: " + text;
        return Status.ERROR;
    }

    /** Takes what the window has of a large bulk. Returns whether the argument is complete. */
    private boolean gather() {
        if (pool == null) {
            return false;
        }
        if (gathering == null) {
            if (end - pos < GATHER_FROM_BYTES) {
                return false;
            }
            gathering = new Gathering(pool, bulkLength);
        }
        while (pos < end && gathering.left() > 0) {
            pos += gathering.copy(memory, pos, end - pos);
        }
        if (gathering.left() > 0 || end - pos < 2) {
            return false;
        }
        pos += 2;
        gathering.position(request.add());
        gathering = null;
        hasGathered = true;
        return true;
    }

    /** Bytes of a chunk. */
    static int chunkBytes() {
        return CHUNK_BYTES;
    }

    static int chunkShift() {
        return CHUNK_SHIFT;
    }
}
