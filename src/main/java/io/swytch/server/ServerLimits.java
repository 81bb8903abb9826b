package io.swytch.server;

import io.swytch.resp.BlockPool;
import io.swytch.resp.RespLimits;
import java.util.concurrent.atomic.AtomicLong;

/** What connections are allowed; may be changed at run time. Threads: any. */
public final class ServerLimits {
    /** What one request may be. */
    public final RespLimits resp = new RespLimits();

    /** Connections at one time. */
    public volatile int maxClients = 10_000;

    /** Seconds of silence after which a connection is closed; 0 = never. */
    public volatile int timeoutSeconds;

    /**
     * Seconds after which a client is closed that has half-closed its connection and reads nothing of the replies that it is owed. Redis closes at once, and cuts
     * what the system has not taken by then.
     */
    public volatile int halfClosedSecondsMax = 5;

    /** Seconds in which a request of many arguments has to come as a whole where there is little heap for those of others. */
    public volatile int unfinishedSecondsMax = 5;

    /** Seconds between two probes of a silent connection; 0 = none. Holds for connections accepted later. */
    public volatile int tcpKeepaliveSeconds = 300;

    /**
     * Bytes of replies that one connection may make us hold; 0 = no limit. What is sent straight from L1 does not count, as far as
     * {@link io.swytch.resp.OutBuffer} lets it be.
     */
    public volatile long outputHardBytes = 256L << 20;

    /** As {@link #outputHardBytes}, but for longer than {@link #outputSoftSeconds}; 0 = no limit. */
    public volatile long outputSoftBytes;

    public volatile int outputSoftSeconds;

    /**
     * Bytes of buffers that all connections together may hold, input and replies; who holds most is closed where it is more. Below what the Java
     * machine has of direct memory: where that ends each try to take some waits for half a second, and everybody with it.
     */
    public volatile long buffersBytesMax = Long.MAX_VALUE;

    /** Buffers of connections that are being closed for that; they are not counted again. */
    final AtomicLong leavingBytes = new AtomicLong();

    /** Whether clients from elsewhere are refused as long as there is no password. */
    public volatile boolean protectedMode = true;

    /** Whether the default user has a password. */
    public volatile boolean hasPassword;

    /** Whether connections hold more than {@link #buffersBytesMax}. */
    boolean isShortOfBuffers() {
        // The second look is at what other loops write all the time.
        return BlockPool.totalBytes() - leavingBytes.get() > buffersBytesMax
                && BlockPool.usedBytes() - leavingBytes.get() > buffersBytesMax;
    }
}
