package io.swytch.server;

import io.netty.channel.Channel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/** The two ends of a connection as Redis writes them: {@code 127.0.0.1:6379}, {@code [::1]:6379}, {@code /path:0}. Threads: any. */
final class Addresses {
    // Kept as they are, for a channel that is closed forgets them; written when they are asked for, which most never
    // are.
    private final @Nullable SocketAddress remote;
    private final @Nullable SocketAddress local;

    Addresses(Channel channel) {
        local = channel.localAddress();
        remote = channel.remoteAddress();
    }

    static String text(InetSocketAddress address) {
        String host = NetUtil.toAddressString(address.getAddress());
        int zone = host.indexOf('%');
        host = zone < 0 ? host : host.substring(0, zone);
        return (address.getAddress() instanceof Inet6Address ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private static String text(@Nullable SocketAddress address, String otherwise) {
        if (address instanceof InetSocketAddress inet) {
            return text(inet);
        }
        String path = "";
        if (address instanceof DomainSocketAddress unix) {
            path = unix.path();
        } else if (address instanceof UnixDomainSocketAddress unix) {
            path = unix.getPath().toString();
        }
        return path.isEmpty() ? otherwise : path + ":0";
    }

    String remote() {
        // The peer of a unix socket has no name: Redis shows the path at both ends.
        return text(remote, local());
    }

    String local() {
        return text(local, "");
    }

    /** Whether the peer is on another machine. */
    boolean isFromElsewhere() {
        return remote instanceof InetSocketAddress address
                && !address.getAddress().isLoopbackAddress();
    }
}
