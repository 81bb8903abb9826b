package io.swytch.server;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Netty's epoll, with a way back for sockets that left it. Netty 4.2.14 to 4.2.18 take a descriptor that waits for nothing out of epoll, and
 * later change it as if it were in, which fails and closes the connection: a half-closed client with replies that one send does not take would
 * lose them. Here such a descriptor ends its registration, and begins a new one when it waits for something again.
 *
 * <p>Source: netty/netty pull request 16689. Threads: the loop's, but for {@link #wakeup}.
 */
final class EpollRejoining implements IoHandler {
    private final IoHandler epoll;

    private EpollRejoining(IoHandler epoll) {
        this.epoll = epoll;
    }

    static IoHandlerFactory factory(IoHandlerFactory epoll) {
        return executor -> new EpollRejoining(epoll.newHandler(executor));
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Registration(handle, epoll.register(handle));
    }

    @Override
    public void initialize() {
        epoll.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return epoll.run(context);
    }

    @Override
    public void prepareToDestroy() {
        epoll.prepareToDestroy();
    }

    @Override
    public void destroy() {
        epoll.destroy();
    }

    @Override
    public void wakeup() {
        epoll.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return epoll.isCompatible(handleType);
    }

    private final class Registration implements IoRegistration {
        private final IoHandle handle;
        private IoRegistration inEpoll;
        private boolean isIn;
        private boolean isCancelled;

        Registration(IoHandle handle, IoRegistration inEpoll) {
            this.handle = handle;
            this.inEpoll = inEpoll;
        }

        // The signature is Netty's.
        @SuppressWarnings("TypeParameterUnusedInFormals")
        @Override
        public <T> T attachment() {
            return inEpoll.attachment();
        }

        @Override
        public long submit(IoOps ops) {
            if (isCancelled) {
                return -1;
            }
            if (((EpollIoOps) ops).value() != 0) {
                if (!inEpoll.isValid()) {
                    inEpoll = again();
                }
                isIn = true;
            } else if (isIn) {
                isIn = false;
                inEpoll.cancel();
                return 0;
            }
            return inEpoll.submit(ops);
        }

        private IoRegistration again() {
            try {
                return epoll.register(handle);
            } catch (Exception e) {
                throw new IllegalStateException("a socket cannot return to epoll", e);
            }
        }

        @Override
        public boolean isValid() {
            return !isCancelled;
        }

        @Override
        public boolean cancel() {
            if (isCancelled) {
                return false;
            }
            isCancelled = true;
            inEpoll.cancel();
            return true;
        }
    }
}
