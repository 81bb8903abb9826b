package io.swytch.server;

import io.swytch.clock.Clock;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Server} is started with.
 *
 * @param binds addresses, as in Redis's configuration: {@code *} is all of IPv4, one that begins with a minus may be missing; empty:
 *     no TCP
 * @param port TCP port; 0 takes a free one
 * @param unixSocket path of a unix socket, or null
 * @param unixSocketPerm its permissions as in {@code chmod}, such as 0700; 0 leaves what the umask gives
 * @param backlog connections that may wait to be accepted; the system has a bound of its own
 * @param threads event loops; 0 is one for each processor
 * @param ioUring whether to use io_uring instead of epoll
 */
public record ServerOptions(
        List<String> binds,
        int port,
        @Nullable Path unixSocket,
        int unixSocketPerm,
        int backlog,
        int threads,
        boolean ioUring,
        ServerLimits limits,
        Clock clock) {}
