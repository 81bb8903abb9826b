package io.swytch.server;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Tells a client why it may not come in, and hangs up. The texts are Redis's. Threads: any loop's. */
@ChannelHandler.Sharable
final class Refusal extends ChannelInboundHandlerAdapter {
    static final Refusal TOO_MANY = new Refusal("-ERR max number of clients reached\r\n");

    static final Refusal PROTECTED_MODE = new Refusal(
            "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user."
                    + " In this mode connections are only accepted from the loopback interface. If you want to connect from external"
                    + " computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the"
                    + " command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host"
                    + " the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use"
                    + " CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by"
                    + " editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the"
                    + " server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no'"
                    + " option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the"
                    + " above things in order for the server to start accepting connections from the outside.\r\n");

    /** Direct memory, as sockets want it: Netty's allocator would copy it, and takes a tenth of a second of its loop to be set up for the first one. */
    private final ByteBuffer text;

    private Refusal(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        this.text = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    void refuse(Channel channel) {
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(this);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.writeAndFlush(Unpooled.wrappedBuffer(text.duplicate())).addListener(ChannelFutureListener.CLOSE);
    }
}
