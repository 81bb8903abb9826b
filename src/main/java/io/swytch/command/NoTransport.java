package io.swytch.command;

import io.swytch.command.spec.Buffers;
import io.swytch.command.spec.Transport;

/** The socket of nobody, for calls before the first client. */
enum NoTransport implements Transport {
    INSTANCE;

    @Override
    public String remoteAddress() {
        return "";
    }

    @Override
    public String localAddress() {
        return "";
    }

    @Override
    public int descriptor() {
        return -1;
    }

    @Override
    public void closeAfterReplies() {}

    @Override
    public void kill() {}

    @Override
    public Buffers buffers() {
        return Buffers.NONE;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }
}
