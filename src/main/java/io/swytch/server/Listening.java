package io.swytch.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.swytch.clock.Clock;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches a listener: goes on after an accept that failed, and accepts no faster than those are turned away who are too many.
 *
 * <p>Who is refused has a descriptor until the text is sent. Without a bound a rush of clients would take, for that moment, those that the disk needs.
 * Threads: the listeners' loops.
 */
@ChannelHandler.Sharable
final class Listening extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Listening.class);

    /** Connections that may be on their way in, or out again; with more, none is accepted for a moment. The others wait in the system's queue. */
    private static final int ARRIVING_MAX = 32;

    private static final int PAUSE_MS = 2;

    /** An accept that failed, for want of descriptors or memory, would fail again at once. */
    private static final int PAUSE_AFTER_FAILURE_MS = 200;

    /** Failures are logged no more often than this. */
    private static final long LOG_PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Map<EventLoop, Loop> loops;
    private final AtomicInteger arriving;
    private final Clock clock;
    private final AtomicLong loggedAtNanos;

    /** @param arriving where connections are counted that have been accepted and neither admitted yet nor, where they are refused, closed */
    Listening(Map<EventLoop, Loop> loops, AtomicInteger arriving, Clock clock) {
        this.loops = loops;
        this.arriving = arriving;
        this.clock = clock;
        loggedAtNanos = new AtomicLong(clock.nanos() - LOG_PERIOD_NANOS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object connection) {
        arriving.incrementAndGet();
        context.fireChannelRead(connection);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (arriving.get() > ARRIVING_MAX) {
            pause(context, PAUSE_MS);
        }
        context.fireChannelReadComplete();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Loop loop = loops.get(context.channel().eventLoop());
        if (loop != null) {
            loop.stats().acceptsFailed++;
            long now = clock.nanos();
            long last = loggedAtNanos.get();
            if (now - last >= LOG_PERIOD_NANOS && loggedAtNanos.compareAndSet(last, now)) {
                LOG.atWarn()
                        .addKeyValue("reason", cause.getMessage())
                        .log("connections cannot be accepted; those that wait are tried again and again");
            }
        }
        pause(context, PAUSE_AFTER_FAILURE_MS);
    }

    private static void pause(ChannelHandlerContext context, int ms) {
        Channel listener = context.channel();
        if (!listener.config().isAutoRead()) {
            return;
        }
        listener.config().setAutoRead(false);
        var unused =
                listener.eventLoop().schedule(() -> listener.config().setAutoRead(true), ms, TimeUnit.MILLISECONDS);
    }
}
