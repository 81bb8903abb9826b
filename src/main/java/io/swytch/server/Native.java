package io.swytch.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/** How the machine does sockets: epoll where it is, io_uring on request, else NIO. Threads: any. */
enum Native {
    EPOLL(EpollServerSocketChannel.class, EpollServerDomainSocketChannel.class),
    NIO(NioServerSocketChannel.class, NioServerDomainSocketChannel.class),
    IO_URING(IoUringServerSocketChannel.class, IoUringServerDomainSocketChannel.class);

    private static final int KEEPALIVE_PROBES = 3;

    /** Sockets that a loop serves before the tick that sends their replies: of Netty's four thousand the first would wait for the last. */
    private static final int EVENTS_MAX = 128;

    /** Of Linux's {@code netinet/in.h}; Netty has no name for it. */
    private static final ChannelOption<Integer> IPV6_V6ONLY = new IntegerUnixChannelOption("IPV6_V6ONLY", 41, 26);

    private final Class<? extends ServerChannel> tcp;
    private final Class<? extends ServerChannel> unix;

    Native(Class<? extends ServerChannel> tcp, Class<? extends ServerChannel> unix) {
        this.tcp = tcp;
        this.unix = unix;
    }

    /** @throws IOException io_uring is asked for, and this machine does not have it */
    static Native choose(boolean ioUring) throws IOException {
        if (ioUring && !IoUring.isAvailable()) {
            Throwable cause = IoUring.unavailabilityCause();
            throw new IOException("io_uring is not available: " + cause.getMessage(), cause);
        }
        if (ioUring) {
            return IO_URING;
        }
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    /** Makes a listener that listens nowhere, and closes it: with the first one, Netty looks into the handlers of a channel by reflection. */
    void prepare() {
        Channel channel = new ReflectiveChannelFactory<>(tcp).newChannel();
        channel.unsafe().closeForcibly();
    }

    /**
     * A listener for this address, of its family alone: {@code 0.0.0.0} and {@code ::} are two addresses, and may both be listened on. Netty's own choice is a socket of both
     * families, and there is no other with io_uring: there {@code 0.0.0.0} takes IPv6 as well.
     */
    void setTcp(ServerBootstrap listener, InetAddress address) {
        boolean isIpv6 = address instanceof Inet6Address;
        switch (this) {
            case EPOLL ->
                listener.channelFactory(() ->
                        new EpollServerSocketChannel(isIpv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET));
            case NIO ->
                listener.channelFactory(() -> new NioServerSocketChannel(
                        SelectorProvider.provider(), isIpv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET));
            case IO_URING -> listener.channel(tcp);
        }
        if (isIpv6 && this != NIO) {
            listener.option(IPV6_V6ONLY, 1);
        }
    }

    Class<? extends ServerChannel> unix() {
        return unix;
    }

    IoHandlerFactory handlers() {
        return switch (this) {
            case EPOLL ->
                EpollRejoining.factory(EpollIoHandler.newFactory(EVENTS_MAX, DefaultSelectStrategyFactory.INSTANCE));
            case NIO -> NioIoHandler.newFactory();
            case IO_URING -> IoUringIoHandler.newFactory();
        };
    }

    SocketAddress address(Path path) {
        return this == NIO ? UnixDomainSocketAddress.of(path) : new DomainSocketAddress(path.toFile());
    }

    /** Whether a read fills its buffer at once; with io_uring it may be filled any time later, so connections cannot share one. */
    boolean readsAtOnce() {
        return this != IO_URING;
    }

    /** Probes a silent TCP connection as Redis does: first after {@code seconds}, then three times in a third of that. */
    void keepAlive(Channel channel, int seconds) {
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, true);
        int interval = Math.max(1, seconds / KEEPALIVE_PROBES);
        Map<ChannelOption<Integer>, Integer> options = switch (this) {
            case EPOLL ->
                Map.of(
                        EpollChannelOption.TCP_KEEPIDLE, seconds,
                        EpollChannelOption.TCP_KEEPINTVL, interval,
                        EpollChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
            case NIO ->
                Map.of(
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), seconds,
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), interval,
                        NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEPALIVE_PROBES);
            case IO_URING ->
                Map.of(
                        IoUringChannelOption.TCP_KEEPIDLE, seconds,
                        IoUringChannelOption.TCP_KEEPINTVL, interval,
                        IoUringChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
        };
        options.forEach((option, value) -> channel.config().setOption(option, value));
    }

    /** Whether a failure says only that the socket is no more, as where the client resets it: Netty wraps what epoll says of it. */
    static boolean isOfTheSocket(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof ChannelException
                || cause instanceof UncheckedIOException
                || cause.getCause() instanceof IOException;
    }
}
