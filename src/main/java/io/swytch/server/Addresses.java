package io.swytch.server;

import io.netty.channel.Channel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** The two ends of a connection as Redis writes them: {@code 127.0.0.1:6379}, {@code [::1]:6379}, {@code /path:0}. Threads: any. */
final class Addresses {
    private final String remote;
    private final String local;
    private final boolean fromElsewhere;

    Addresses(Channel channel) {
        local = text(channel.localAddress(), "");
        // The peer of a unix socket has no name: Redis shows the path at both ends.
        remote = text(channel.remoteAddress(), local);
        fromElsewhere = channel.remoteAddress() instanceof InetSocketAddress address
                && !address.getAddress().isLoopbackAddress();
    }

    private static String text(SocketAddress address, String otherwise) {
        if (address instanceof InetSocketAddress inet) {
            String host = inet.getAddress().getHostAddress();
            int zone = host.indexOf('%');
            host = zone < 0 ? host : host.substring(0, zone);
            return (inet.getAddress() instanceof Inet6Address ? "[" + host + "]" : host) + ":" + inet.getPort();
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
        return remote;
    }

    String local() {
        return local;
    }

    /** Whether the peer is on another machine. */
    boolean isFromElsewhere() {
        return fromElsewhere;
    }
}
