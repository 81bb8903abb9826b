package io.swytch.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.unix.UnixChannel;
import io.swytch.command.ClientConnection;
import io.swytch.command.CommandLoop;
import io.swytch.command.spec.Buffers;
import io.swytch.command.spec.Session;
import io.swytch.resp.BlockPool;
import io.swytch.resp.InputBuffer;
import io.swytch.resp.OutBuffer;
import io.swytch.resp.RequestDecoder;
import io.swytch.resp.WireReplyWriter;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's socket: parses what comes, has it run, and sends the replies after the tick; on the way of GET and SET, so nothing is
 * allocated for them.
 *
 * <p>Requests of a connection run in their order, one at a time. While one is parked, or while the client does not read its replies, the
 * next ones wait, and the socket is not read beyond a bound: so a client can make us hold only so much.
 *
 * <p>Threads: its loop, unless {@link io.swytch.command.spec.Transport} says otherwise.
 */
final class Connection extends ChannelInboundHandlerAdapter implements ClientConnection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** A connection with more unsent replies runs no more requests until they are sent. */
    private static final int UNSENT_BYTES_MAX = 1 << 20;

    /** A request of so many arguments may ask for much; so does a client whose replies since the last tick were so many bytes. */
    private static final int ARGS_MANY = 32;

    private static final int REPLIED_BYTES_MANY = 256 << 10;

    /** A connection whose requests wait is not read beyond this. */
    private static final int WAITING_BYTES_MAX = 64 << 10;

    /** Blocks that Netty is given at a time: each costs it three hundred bytes of heap, and a reply of gigabytes has a million. */
    private static final int IN_FLIGHT_MAX = 1024;

    private final Loop loop;
    private final Channel channel;
    private final Addresses addresses;
    private final InputBuffer input;
    private final OutBuffer out;
    private final WireReplyWriter writer;
    private @Nullable Session session;

    /** Whether the loop's next tick will look at this connection. */
    boolean dirty;

    /** Where it stands in the loop's list. */
    int place;

    private boolean parked;
    private boolean runAgain;

    /** Whether it lets others go first, with a complete request that is to run next. */
    private boolean waitsForTurn;

    /** Whether it asks for much, as its last replies tell. */
    private boolean wantsMuch;

    private boolean running;
    private boolean closing;
    private boolean closed;
    private boolean leaves;
    private boolean inputEnded;
    private boolean drainIsAwaited;
    private boolean isStalled;
    private long heldAt;
    private int lastReadSeconds;
    private final SlowReading slow = new SlowReading();

    private final UnfinishedRequest unfinished = new UnfinishedRequest();

    /** What it held when it was closed for holding most. */
    private long leavingBytes;

    Connection(Loop loop, Channel channel) {
        this.loop = loop;
        this.channel = channel;
        addresses = new Addresses(channel);
        input = new InputBuffer(loop.pool(), loop.limits().resp);
        out = new OutBuffer(loop.pool());
        writer = new WireReplyWriter(out);
        lastReadSeconds = loop.seconds();
    }

    RequestDecoder decoder() {
        return input.decoder();
    }

    boolean isFromElsewhere() {
        return addresses.isFromElsewhere();
    }

    ByteBuf readTarget() {
        return input.target(loop.shared());
    }

    int readTargetBytes() {
        return loop.shared().capacity();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        session = loop.commands().opened(this);
        loop.add(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (closed) {
            return;
        }
        closed = true;
        loop.remove(this);
        loop.limits().leavingBytes.addAndGet(-leavingBytes);
        if (session != null) {
            loop.commands().closed(session);
        }
        input.close();
        unfinished.close();
        out.close();
        loop.requestTick();
    }

    // It is this very buffer, not one with the same bytes.
    @SuppressWarnings("ReferenceEquality")
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            int n = bytes.readableBytes();
            loop.stats().bytesRead += n;
            loop.stats().reads++;
            lastReadSeconds = loop.seconds();
            if (closing || closed || n == 0) {
                return;
            }
            if (bytes == loop.shared()) {
                input.arrived(loop.sharedMemory(), bytes.writerIndex());
            } else {
                input.arrived(bytes);
            }
            process();
        } finally {
            bytes.release();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            if (session != null && session.blocked) {
                // As in Redis, who waits for others and says no more is taken to have gone: it could be for ever.
                // Not from within Netty's look at the socket, which goes on with it after this.
                leave();
            } else {
                process();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (!Native.isOfTheSocket(cause)) {
            LOG.error("closing a connection after an unexpected failure", cause);
        }
        kill();
    }

    private void process() {
        process(false);
    }

    /**
     * Runs the requests that are complete, until something stops them.
     *
     * @param isTurn whether others have gone first
     */
    private void process(boolean isTurn) {
        if (running || closed || session == null) {
            return;
        }
        running = true;
        out.setMemoryMax(replyMemoryMax());
        boolean starved = false;
        boolean ran = false;
        long before = out.mark();
        long memoryBefore = out.memoryBytes();
        int prefetched = 0;
        while (!isStopped()) {
            RequestDecoder.Status status;
            if (runAgain) {
                runAgain = false;
                status = RequestDecoder.Status.REQUEST;
            } else {
                input.decoder().setAuthenticated(session.isAuthenticated());
                status = input.decoder().next();
            }
            if (status == RequestDecoder.Status.NEED_MORE) {
                starved = true;
                break;
            }
            RequestDecoder decoder = input.decoder();
            if (!isTurn
                    && status == RequestDecoder.Status.REQUEST
                    && mayWait(decoder)
                    && loop.turns().mustWait()) {
                waitsForTurn = true;
                runAgain = true;
                loop.turns().later(this);
                break;
            }
            ran = true;
            if (decoder.position() > prefetched && decoder.position() < decoder.end()) {
                prefetched = loop.commands().prefetch(decoder.memory(), decoder.start(), decoder.end());
            }
            run(session, status);
        }
        running = false;
        if (ran) {
            // Neither what is only referred to nor the rest of a block.
            long replied = Math.min(out.mark() - before, out.memoryBytes() - memoryBefore);
            loop.turns().ran(replied);
            wantsMuch = replied >= REPLIED_BYTES_MANY;
        }
        isStalled = !starved && !parked && !waitsForTurn && !closing;
        if (closing) {
            input.close();
        } else {
            if (!parked && !waitsForTurn) {
                input.decoder().finish();
            }
            input.keep();
            if (starved && inputEnded) {
                closing = true;
            }
        }
        checkBounds(ran);
        if (ran || closing || !out.isEmpty()) {
            loop.touch(this);
        }
    }

    private void run(Session session, RequestDecoder.Status status) {
        switch (status) {
            case REQUEST -> {
                CommandLoop.Outcome outcome =
                        loop.commands().execute(session, input.decoder().request(), writer, loop.lookahead(this));
                switch (outcome) {
                    case RUN -> {}
                    case PARKED -> parked = true;
                    case CLOSE -> closing = true;
                }
            }
            case ERROR -> {
                loop.commands().protocolError(session, input.decoder().error(), writer);
                closing = true;
            }
            case ATTACK -> {
                LOG.atWarn()
                        .addKeyValue("client", addresses.remote())
                        .log(
                                "Possible SECURITY ATTACK detected: POST or Host: was sent, as by a web browser that was made to. Connection closed.");
                closing = true;
            }
            case NEED_MORE -> {}
        }
    }

    /** Whether the request is one that lets others go first where the loop has written much. */
    private boolean mayWait(RequestDecoder decoder) {
        return wantsMuch || decoder.request().argCount() >= ARGS_MANY;
    }

    /** Others have gone first. */
    void takeTurn() {
        waitsForTurn = false;
        process(true);
    }

    private boolean isStopped() {
        return parked || waitsForTurn || closing || closed || isThrottled();
    }

    private boolean isThrottled() {
        return out.size() > UNSENT_BYTES_MAX || out.isOverflowed();
    }

    /** What replies may take, which is not more than all connections together may, though enough for an ordinary one. */
    private long replyMemoryMax() {
        long hard = loop.limits().outputHardBytes;
        long left = loop.limits().buffersBytesMax - BlockPool.totalBytes();
        if (left < UNSENT_BYTES_MAX) {
            left = Math.max(UNSENT_BYTES_MAX, loop.limits().buffersBytesMax - BlockPool.usedBytes());
        }
        // The sum may be beyond what a long holds.
        long max = left > Long.MAX_VALUE - out.memoryBytes() ? Long.MAX_VALUE : out.memoryBytes() + left;
        return hard > 0 ? Math.min(hard, max) : max;
    }

    /** Bytes of the buffers that it holds, and that a transaction of its holds. */
    long heldBytes() {
        return input.memoryBytes() + out.memoryBytes() + (session == null ? 0 : session.queuedBytes());
    }

    /** Bytes of the heap that a request of many arguments takes which has been coming for too long; one that is complete, and waits, does not count. */
    long overdueBytes(int now) {
        return parked || waitsForTurn ? 0 : unfinished.overdueBytes(now, loop.limits());
    }

    /** Whether it may be closed so that others have memory; CLIENT NO-EVICT says that it may not. */
    boolean mayBeClosedForMemory() {
        return !closed && leavingBytes == 0 && session != null && !session.noEvict;
    }

    /** Closes it because it holds most of what connections hold. */
    void closeForMemory() {
        leavingBytes = heldBytes();
        loop.limits().leavingBytes.addAndGet(leavingBytes);
        unfinished.close();
        evict();
    }

    /** Stops reading, or closes, where the client makes us hold too much; reads again where it does not. */
    private void checkBounds(boolean hasRun) {
        ServerLimits limits = loop.limits();
        if (!unfinished.set(closing ? 0 : input.decoder().request().argCount(), hasRun, loop.seconds())) {
            loop.stats().connectionsEvicted++;
            overLimit(
                    "Closing client whose request has more arguments than there is memory for, and is unfinished or waits");
            return;
        }
        if (input.memoryBytes() > limits.resp.clientQueryBufferLimit) {
            loop.stats().connectionsOverQueryLimit++;
            overLimit("Closing client that reached max query buffer length");
            return;
        }
        long hard = limits.outputHardBytes;
        boolean isOwnLimit = hard > 0 && out.memoryMax() >= hard;
        if (out.isOverflowed() && !isOwnLimit) {
            evict();
            return;
        }
        if (out.isOverflowed() || hard > 0 && out.memoryBytes() > hard) {
            overOutputLimit();
            return;
        }
        if (limits.isShortOfBuffers()) {
            loop.relieveSometimes();
        }
        boolean read =
                !closing && (!parked && !waitsForTurn && !isThrottled() || input.waitingBytes() <= WAITING_BYTES_MAX);
        // Of one that a failed write has closed the descriptor may be another connection's by now.
        if (channel.isOpen() && channel.config().isAutoRead() != read) {
            channel.config().setAutoRead(read);
        }
    }

    private void evict() {
        loop.stats().connectionsEvicted++;
        overLimit("Closing client that holds most of the memory for clients, of which there is too little");
    }

    private void overOutputLimit() {
        loop.stats().connectionsOverOutputLimit++;
        overLimit("Client closed for overcoming of output buffer limits");
    }

    private void overLimit(String what) {
        LOG.atWarn().addKeyValue("client", addresses.remote()).log(what);
        kill();
    }

    /** Looks after the connection once a second. */
    void watch(int now) {
        ServerLimits limits = loop.limits();
        int timeout = limits.timeoutSeconds;
        if (timeout > 0 && !parked && now - lastReadSeconds > timeout) {
            loop.stats().connectionsTimedOut++;
            kill();
            return;
        }
        if (slow.isOverSoftLimit(now, out.memoryBytes(), limits)) {
            overOutputLimit();
        } else if (inputEnded && drainIsAwaited && slow.isNone(now, takenBytes(), limits)) {
            loop.stats().connectionsTimedOut++;
            kill();
        }
    }

    /** Bytes of replies that the system has taken. */
    private long takenBytes() {
        ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
        return out.mark() - out.size() + (unsent == null ? 0 : unsent.currentProgress());
    }

    /** The journal has what was run; sends the replies, or holds them until {@code position} may leave. */
    void afterTick(long position) {
        if (closed || heldAt > 0) {
            return;
        }
        if (position == CommandLoop.MAY_LEAVE || loop.isFlushable(position)) {
            send();
        } else if (!out.isEmpty() || closing) {
            out.seal();
            heldAt = position;
            loop.hold(this);
        }
    }

    /** Where in the journal that is which the sealed replies wait for. */
    long heldAt() {
        return heldAt;
    }

    /** The sealed replies may leave; holds what has come since. */
    void release() {
        heldAt = 0;
        sendSealed();
        // Where something has run since the last tick, the next one is what its replies wait for.
        if (!closed && !dirty) {
            afterTick(loop.lastTick());
        }
    }

    private void send() {
        // What is gathered behind a send that is not done stays together, in as few blocks as it needs.
        if (!drainIsAwaited) {
            out.seal();
        }
        sendSealed();
    }

    private void sendSealed() {
        if (drainIsAwaited) {
            return;
        }
        while (out.toSend() > 0) {
            Channel.Unsafe unsafe = channel.unsafe();
            for (int i = 0; i < IN_FLIGHT_MAX && out.toSend() > 0; i++) {
                unsafe.write(out.send().toSend(), channel.voidPromise());
            }
            unsafe.flush();
            loop.stats().writes++;
            loop.stats().bytesWritten += out.releaseSent();
            if (closed) {
                return;
            }
            if (out.inFlight() > 0) {
                drainIsAwaited = true;
                var unused = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> drained());
                return;
            }
        }
        sent();
    }

    private void drained() {
        drainIsAwaited = false;
        if (closed) {
            return;
        }
        loop.stats().bytesWritten += out.releaseSent();
        sent();
        if (!closed && !out.isEmpty()) {
            loop.touch(this);
        }
    }

    /** What was given to the socket has left. */
    private void sent() {
        if (closing && out.isEmpty() && !parked) {
            leave();
        } else if (isStalled && !isStopped()) {
            // Not at once, so that a client with a long pipeline does not keep the loop from the others.
            isStalled = false;
            waitsForTurn = true;
            loop.turns().later(this);
        }
    }

    @Override
    public WireReplyWriter reply() {
        return writer;
    }

    @Override
    public void resume() {
        if (parked && !closed) {
            parked = false;
            runAgain = true;
            process();
        }
    }

    @Override
    public void resumeNext() {
        if (parked && !closed) {
            parked = false;
            input.decoder().finish();
            process();
        }
    }

    @Override
    public void execute(Runnable task) {
        try {
            channel.eventLoop().execute(() -> inLoop(task));
        } catch (RejectedExecutionException e) {
            // The server has stopped, and the connection with it.
            LOG.debug("a command ended after its loop", e);
        }
    }

    private void inLoop(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            // The loop would log it and go on, and this connection would wait for ever for what was not done.
            LOG.error("closing a connection after an unexpected failure", e);
            kill();
        } finally {
            if (closed) {
                out.close();
            } else if (!out.isEmpty() || closing) {
                loop.touch(this);
            }
            loop.requestTick();
        }
    }

    @Override
    public void closeAfterReplies() {
        closing = true;
        loop.touch(this);
    }

    /** Ordered stop: what has been read is finished, then the connection closes. */
    void finish() {
        inputEnded = true;
        process();
    }

    /** Closes it soon; the last that it does. */
    private void leave() {
        if (!leaves) {
            leaves = true;
            loop.turns().leave(this);
        }
    }

    @Override
    public void kill() {
        // The close future has listeners of its own; there is nothing to learn from this one.
        var unused = channel.close();
    }

    @Override
    public String remoteAddress() {
        return addresses.remote();
    }

    @Override
    public String localAddress() {
        return addresses.local();
    }

    @Override
    public int descriptor() {
        return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
    }

    @Override
    public Buffers buffers() {
        return new Buffers(
                input.waitingBytes(),
                input.memoryBytes(),
                out.size(),
                out.blockCount(),
                out.memoryBytes(),
                channel.config().isAutoRead(),
                drainIsAwaited,
                Math.max(0, loop.seconds() - lastReadSeconds));
    }
}
