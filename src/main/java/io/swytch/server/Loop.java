package io.swytch.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.SingleThreadEventLoop;
import io.swytch.clock.Clock;
import io.swytch.command.CommandLoop;
import io.swytch.command.Lookahead;
import io.swytch.command.LoopHandle;
import io.swytch.command.spec.ClientHeap;
import io.swytch.resp.BlockPool;
import io.swytch.resp.InputBuffer;
import io.swytch.resp.Request;
import io.swytch.resp.RequestDecoder;
import io.swytch.stats.LoopStats;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop: the buffer that its connections read into, its spare blocks, its counters, and the tick at the end of each iteration;
 * on the way of GET and SET, so nothing is allocated for them.
 *
 * <p>Threads: the loop's, unless {@link LoopHandle} says otherwise.
 */
final class Loop implements LoopHandle, Lookahead {
    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);
    private static final int SHARED_BYTES = 64 << 10;
    private static final int WATCH_PERIOD_MS = 1000;

    /** Who holds most is looked for again when all hold a 64th of their limit more. */
    private static final int RELIEF_PARTS = 64;

    private final int index;
    private final int loops;
    private final EventLoop eventLoop;
    private final ServerLimits limits;
    private final CommandLoop commands;
    private final BlockPool pool = BlockPool.ofCurrentThread();
    private final LoopStats stats = new LoopStats();
    private final ByteBuffer sharedMemory = ByteBuffer.allocateDirect(InputBuffer.HEADROOM + SHARED_BYTES);
    private final ByteBuf shared = Unpooled.wrappedBuffer(sharedMemory);
    private final RequestDecoder ahead;
    private final Turns turns;
    private final List<Connection> connections = new ArrayList<>();

    /** Connections that have something to send, or that the tick has to look at for another reason. */
    private Connection[] dirty = new Connection[64];

    private int dirtyCount;
    private final List<Connection> held = new ArrayList<>();
    private boolean tickIsDue;
    private final Runnable tickTask = this::endIteration;
    private long lastTick;
    private long flushable;
    private int seconds;

    /** What all connections hold when this loop next looks for those who hold most; 0 = at once. */
    private long relieveAgainBytes;

    private @Nullable Connection running;

    /** Called on the loop's own thread. */
    Loop(int index, int loops, EventLoop eventLoop, ServerLimits limits, Clock clock, CommandLoop.Factory factory) {
        this.index = index;
        this.loops = loops;
        this.eventLoop = eventLoop;
        this.limits = limits;
        ahead = new RequestDecoder(limits.resp, null);
        turns = new Turns(this, clock);
        commands = factory.create(this);
        // It ends with the loop.
        var unused =
                eventLoop.scheduleAtFixedRate(this::watch, WATCH_PERIOD_MS, WATCH_PERIOD_MS, TimeUnit.MILLISECONDS);
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public LoopStats stats() {
        return stats;
    }

    @Override
    public boolean isCurrent() {
        return eventLoop.inEventLoop();
    }

    @Override
    public void execute(Runnable task) {
        eventLoop.execute(() -> {
            try {
                task.run();
            } finally {
                requestTick();
            }
        });
    }

    EventLoop eventLoop() {
        return eventLoop;
    }

    CommandLoop commands() {
        return commands;
    }

    Turns turns() {
        return turns;
    }

    ServerLimits limits() {
        return limits;
    }

    BlockPool pool() {
        return pool;
    }

    ByteBuf shared() {
        return shared;
    }

    ByteBuffer sharedMemory() {
        return sharedMemory;
    }

    /** Seconds since the loop began, for what need not be exact. */
    int seconds() {
        return seconds;
    }

    List<Connection> connections() {
        return connections;
    }

    void add(Connection connection) {
        connection.place = connections.size();
        connections.add(connection);
        stats.connectionsCurrent++;
    }

    void remove(Connection connection) {
        Connection last = connections.remove(connections.size() - 1);
        if (last != connection) {
            connections.set(connection.place, last);
            last.place = connection.place;
        }
        held.remove(connection);
        stats.connectionsCurrent--;
    }

    /** Lets the coming tick send what {@code connection} has. */
    void touch(Connection connection) {
        if (!connection.dirty) {
            connection.dirty = true;
            if (dirtyCount == dirty.length) {
                dirty = Arrays.copyOf(dirty, dirtyCount * 2);
            }
            dirty[dirtyCount++] = connection;
        }
        requestTick();
    }

    /** Lets a tick follow at the end of this iteration. */
    void requestTick() {
        if (!tickIsDue) {
            tickIsDue = true;
            ((SingleThreadEventLoop) eventLoop).executeAfterEventLoopIteration(tickTask);
        }
    }

    private void endIteration() {
        tickIsDue = false;
        tick();
        turns.endIteration();
    }

    /** Sends the replies that are there before an iteration's end, and somebody who asks for much is served. */
    void tickEarly() {
        if (dirtyCount > 0) {
            tick();
        }
    }

    private void tick() {
        stats.ticks++;
        lastTick = commands.tick();
        int n = dirtyCount;
        Connection[] now = dirty;
        for (int i = 0; i < n; i++) {
            Connection connection = now[i];
            connection.dirty = false;
            connection.afterTick(lastTick);
        }
        // Sending may have touched connections again; they come behind those that are done.
        dirtyCount -= n;
        System.arraycopy(dirty, n, dirty, 0, dirtyCount);
        Arrays.fill(dirty, dirtyCount, dirtyCount + n, null);
    }

    /** What {@link CommandLoop#tick} said last. */
    long lastTick() {
        return lastTick;
    }

    boolean isFlushable(long position) {
        return position <= flushable;
    }

    void hold(Connection connection) {
        held.add(connection);
    }

    @Override
    public void flushable(long position) {
        if (eventLoop.inEventLoop()) {
            releaseHeld(position);
        } else {
            tell(() -> releaseHeld(position));
        }
    }

    @Override
    public void dropHeld() {
        // After what this thread has under way: a tick that took its position before the journal failed holds its
        // replies by then.
        tell(() -> List.copyOf(held).forEach(Connection::kill));
    }

    /** Has the loop do something about replies that wait. Once it has ended none do: a stop syncs the journal after that, and must not fail for it. */
    private void tell(Runnable task) {
        try {
            eventLoop.execute(task);
        } catch (RejectedExecutionException e) {
            if (!eventLoop.isShuttingDown()) {
                throw e;
            }
        }
    }

    private void releaseHeld(long position) {
        flushable = Math.max(flushable, position);
        List<Connection> ready = new ArrayList<>();
        held.removeIf(connection -> connection.heldAt() <= flushable && ready.add(connection));
        ready.forEach(Connection::release);
    }

    /** Points {@link #next} behind the request that {@code connection} is about to run. */
    Lookahead lookahead(Connection connection) {
        running = connection;
        return this;
    }

    @Override
    public @Nullable Request next() {
        if (running != null) {
            RequestDecoder decoder = running.decoder();
            ahead.reset();
            ahead.window(decoder.memory(), decoder.position(), decoder.end());
            running = null;
        }
        return ahead.next() == RequestDecoder.Status.REQUEST ? ahead.request() : null;
    }

    /**
     * As {@link #relieve}, at most once a second and once for so much more memory: it looks at every connection, and each read asks for it as long as
     * those that hold most are on another loop.
     */
    void relieveSometimes() {
        if (BlockPool.totalBytes() >= relieveAgainBytes) {
            relieve();
            relieveAgainBytes = BlockPool.totalBytes() + limits.buffersBytesMax / RELIEF_PARTS;
        }
    }

    /**
     * Closes the connections of this loop that hold most until there is enough for the others; none where this loop has no more than its share, for
     * then those are on another one, which looks once a second.
     */
    private void relieve() {
        long sum = 0;
        for (int i = 0; i < connections.size(); i++) {
            sum += connections.get(i).heldBytes();
        }
        while (limits.isShortOfBuffers() && sum > limits.buffersBytesMax / loops) {
            Connection most = null;
            long mostBytes = 0;
            for (int i = 0; i < connections.size(); i++) {
                Connection connection = connections.get(i);
                if (connection.mayBeClosedForMemory() && connection.heldBytes() > mostBytes) {
                    most = connection;
                    mostBytes = connection.heldBytes();
                }
            }
            if (most == null) {
                return;
            }
            most.closeForMemory();
            sum -= mostBytes;
        }
    }

    /** Closes the connections of this loop whose requests take long to come, and most of the heap, until there is enough for others. */
    private void relieveHeap() {
        while (ClientHeap.isShort()) {
            Connection most = null;
            long mostBytes = 0;
            for (int i = 0; i < connections.size(); i++) {
                Connection connection = connections.get(i);
                long bytes = connection.mayBeClosedForMemory() ? connection.overdueBytes(seconds) : 0;
                if (bytes > mostBytes) {
                    most = connection;
                    mostBytes = bytes;
                }
            }
            if (most == null) {
                return;
            }
            most.closeForMemory();
        }
    }

    /** Closes connections that are silent, or read too slowly, for too long. */
    private void watch() {
        seconds++;
        // Backwards: a connection that is closed leaves the list.
        for (int i = connections.size() - 1; i >= 0; i--) {
            if (i < connections.size()) {
                connections.get(i).watch(seconds);
            }
        }
        relieveHeap();
        relieveAgainBytes = 0;
        if (limits.isShortOfBuffers()) {
            relieveSometimes();
        }
    }

    void close() {
        if (!connections.isEmpty()) {
            LOG.warn("connections are left at the end");
        }
        pool.close();
    }
}
