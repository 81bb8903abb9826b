package io.swytch.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;

/** Makes a connection's socket read into the memory that its {@link Connection} names. Threads: its loop. */
final class SharedReads extends DefaultMaxMessagesRecvByteBufAllocator {
    /** Reads of one connection before the loop looks at the next one. */
    private static final int READS_IN_A_ROW = 4;

    private final Connection connection;

    SharedReads(Connection connection) {
        super(READS_IN_A_ROW);
        this.connection = connection;
    }

    // Netty names this type in the method that is overridden.
    @SuppressWarnings("deprecation")
    @Override
    public RecvByteBufAllocator.Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public ByteBuf allocate(ByteBufAllocator unused) {
                return connection.readTarget();
            }

            @Override
            public int guess() {
                return connection.readTargetBytes();
            }
        };
    }
}
