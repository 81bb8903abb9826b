package io.swytch.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.internal.PlatformDependent;
import io.swytch.command.CommandLoop;
import io.swytch.stats.LoopStats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The server's sockets and event loops. Threads: started and stopped by one thread, the rest by any.
 *
 * <p>Connections are dealt to the loops in turn, and stay on theirs.
 */
public final class Server {
    /** Connections that a loop takes in before it looks after those that it has: each takes as long as ten commands. */
    private static final int ACCEPTS_IN_A_ROW = 4;

    private final ServerOptions options;
    private final Native sockets;
    private final MultiThreadIoEventLoopGroup group;
    private final IdentityHashMap<EventLoop, Loop> loops = new IdentityHashMap<>();
    private final List<Loop> loopList = new ArrayList<>();
    private final List<Channel> listeners = new ArrayList<>();
    private final AtomicInteger clients = new AtomicInteger();
    /** Accepted, and neither admitted yet nor, where they are refused, closed. */
    private final AtomicInteger arriving = new AtomicInteger();

    private @Nullable Path boundUnixSocket;

    private Server(ServerOptions options) throws IOException {
        this.options = options;
        sockets = Native.choose(options.ioUring());
        int threads =
                options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
        AtomicInteger number = new AtomicInteger();
        ThreadFactory factory = task -> new FastThreadLocalThread(task, "swytch-io-" + number.getAndIncrement());
        group = new MultiThreadIoEventLoopGroup(threads, factory, sockets.handlers());
    }

    /**
     * Starts the loops, then listens.
     *
     * @throws IOException an address cannot be bound; its message names the address and the reason. Nothing is left running
     */
    public static Server start(ServerOptions options, CommandLoop.Factory factory) throws IOException {
        Server server = new Server(options);
        boolean started = false;
        try {
            server.startLoops(factory);
            server.listen();
            started = true;
            return server;
        } finally {
            if (!started) {
                server.stop(Duration.ZERO);
            }
        }
    }

    /** Loads what sockets need, which takes a while at the first time; a start may do it early. Any thread. */
    public static void prepare() {
        try {
            Native.choose(false).prepare();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startLoops(CommandLoop.Factory factory) throws IOException {
        try {
            for (EventExecutor executor : group) {
                EventLoop eventLoop = (EventLoop) executor;
                Loop loop = eventLoop
                        .submit(() -> new Loop(
                                loopList.size(),
                                group.executorCount(),
                                eventLoop,
                                options.limits(),
                                options.clock(),
                                factory))
                        .get();
                loops.put(eventLoop, loop);
                loopList.add(loop);
            }
        } catch (ExecutionException e) {
            throw new IOException("an event loop did not start", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting", e);
        }
    }

    private void listen() throws IOException {
        int port = options.port();
        for (String bind : options.binds()) {
            if (bind.isEmpty()) {
                continue;
            }
            boolean mayBeMissing = bind.startsWith("-");
            String host = mayBeMissing ? bind.substring(1) : bind;
            try {
                InetAddress address = address(host);
                ServerBootstrap bootstrap = bootstrap().option(ChannelOption.SO_REUSEADDR, true);
                sockets.setTcp(bootstrap, address);
                Channel listener = listen(bootstrap, new InetSocketAddress(address, port));
                listeners.add(listener);
                // With port 0 the other addresses get the port that the first one was given.
                port = ((InetSocketAddress) listener.localAddress()).getPort();
            } catch (IOException e) {
                if (!mayBeMissing) {
                    throw new IOException("cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
                }
            }
        }
        Path path = options.unixSocket();
        if (path != null) {
            listenUnix(path);
        }
        if (listeners.isEmpty()) {
            // Each of the addresses might be missing, and all are.
            throw new IOException("Configured to not listen anywhere, exiting.");
        }
    }

    private static InetAddress address(String host) throws UnknownHostException {
        return switch (host) {
            case "*" -> InetAddress.getByName("0.0.0.0");
            case "::*" -> InetAddress.getByName("::");
            default -> InetAddress.getByName(host);
        };
    }

    private void listenUnix(Path path) throws IOException {
        try {
            // What an earlier run left; a file of another kind is not ours to delete.
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                Object isOther = Files.getAttribute(path, "basic:isOther", LinkOption.NOFOLLOW_LINKS);
                if (!Boolean.TRUE.equals(isOther)) {
                    throw new IOException("there is a file that is not a socket");
                }
                Files.delete(path);
            }
            listeners.add(listen(bootstrap().channel(sockets.unix()), sockets.address(path)));
            boundUnixSocket = path;
            if (options.unixSocketPerm() != 0) {
                Files.setPosixFilePermissions(path, permissions(options.unixSocketPerm()));
            }
        } catch (IOException e) {
            throw new IOException("cannot listen on unix socket " + path + ": " + e.getMessage(), e);
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        // The enum's order is the order of the bits, owner's read first.
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int i = 0; i < all.length; i++) {
            if ((mode & 0400 >>> i) != 0) {
                permissions.add(all[i]);
            }
        }
        return permissions;
    }

    private ServerBootstrap bootstrap() {
        return new ServerBootstrap()
                .group(group)
                .option(ChannelOption.SO_BACKLOG, options.backlog())
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(ACCEPTS_IN_A_ROW))
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .handler(new Listening(loops, arriving, options.clock()))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                });
    }

    private static Channel listen(ServerBootstrap bootstrap, SocketAddress address) throws IOException {
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw cause instanceof IOException e ? e : new IOException(cause);
        }
        return bound.channel();
    }

    private void accept(Channel channel) {
        Loop loop = loops.get(channel.eventLoop());
        if (loop == null) {
            throw new IllegalStateException("a connection on a loop that is not ours");
        }
        ServerLimits limits = options.limits();
        loop.stats().connectionsTotal++;
        if (clients.incrementAndGet() > limits.maxClients) {
            clients.decrementAndGet();
            loop.stats().connectionsRejected++;
            channel.closeFuture().addListener(closed -> arriving.decrementAndGet());
            Refusal.TOO_MANY.refuse(channel);
            return;
        }
        arriving.decrementAndGet();
        channel.closeFuture().addListener(closed -> clients.decrementAndGet());
        Connection connection = new Connection(loop, channel);
        if (limits.protectedMode && !limits.hasPassword && connection.isFromElsewhere()) {
            loop.stats().connectionsRejected++;
            Refusal.PROTECTED_MODE.refuse(channel);
            return;
        }
        if (channel.remoteAddress() instanceof InetSocketAddress) {
            channel.config().setOption(ChannelOption.TCP_NODELAY, true);
            if (limits.tcpKeepaliveSeconds > 0) {
                sockets.keepAlive(channel, limits.tcpKeepaliveSeconds);
            }
        }
        if (sockets.readsAtOnce()) {
            channel.config().setRecvByteBufAllocator(new SharedReads(connection));
        }
        channel.pipeline().addLast(connection);
    }

    /** The TCP port, or −1 where there is none. */
    public int port() {
        for (Channel listener : listeners) {
            if (listener.localAddress() instanceof InetSocketAddress address) {
                return address.getPort();
            }
        }
        return -1;
    }

    /** The addresses that are listened on, for people. */
    public List<String> addresses() {
        List<String> texts = new ArrayList<>();
        for (Channel listener : listeners) {
            SocketAddress address = listener.localAddress();
            texts.add(
                    address instanceof InetSocketAddress inet
                            ? Addresses.text(inet)
                            : address instanceof DomainSocketAddress unix ? unix.path() : address.toString());
        }
        return texts;
    }

    /**
     * What the event loops of a server will wait with: {@code epoll}, {@code nio} or {@code io_uring}.
     *
     * @throws IOException io_uring is asked for, and this machine does not have it
     */
    public static String transport(boolean ioUring) throws IOException {
        return Native.choose(ioUring).name().toLowerCase(Locale.ROOT);
    }

    /** Bytes of direct memory that the Java machine may take. */
    public static long directMemoryMax() {
        return PlatformDependent.estimateMaxDirectMemory();
    }

    /** Connections that are open, over all loops. */
    public int clientCount() {
        return clients.get();
    }

    /** What each loop counts. */
    public List<LoopStats> stats() {
        return loopList.stream().map(Loop::stats).toList();
    }

    /**
     * Ordered stop: accepts no more, finishes what was read, sends the replies, closes. What is not done when {@code limit} is over is cut. A
     * second call does nothing.
     */
    public void stop(Duration limit) {
        if (group.isShuttingDown()) {
            return;
        }
        long deadline = options.clock().nanos() + limit.toNanos();
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        if (boundUnixSocket != null) {
            try {
                Files.deleteIfExists(boundUnixSocket);
            } catch (IOException e) {
                // It is only litter: the next start deletes it.
            }
        }
        for (Loop loop : loopList) {
            loop.execute(() -> List.copyOf(loop.connections()).forEach(Connection::finish));
        }
        // Closing is quick or waits for a client; so a look now and then does.
        while (clients.get() > 0 && options.clock().nanos() < deadline) {
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        for (Loop loop : loopList) {
            loop.eventLoop().execute(() -> {
                List.copyOf(loop.connections()).forEach(Connection::kill);
                loop.eventLoop().execute(loop::close);
            });
        }
        group.shutdownGracefully(0, Math.max(1000, limit.toMillis()), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly();
    }
}
