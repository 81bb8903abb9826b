package io.swytch.command.connection;

import io.swytch.command.spec.Buffers;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.Transport;
import java.util.List;

/** One client's line in CLIENT LIST. Another thread's client is read without a lock: each field is true on its own. */
final class ClientLine {
    private ClientLine() {}

    static void append(Session session, Call call, StringBuilder line) {
        Transport transport = session.transport();
        Buffers buffers = transport.buffers();
        List<Session.Queued> queue = session.queue();
        CommandSpec command = session.lastCommand;
        // Replies lie in a chain of blocks; one that fits the first is what Redis has in its fixed buffer.
        boolean isChain = buffers.outputBlocks() > 1;
        long chainBytes = Math.max(buffers.outputMemoryBytes(), buffers.outputBytes());
        long argumentBytes = session == call.session() ? argumentBytes(call) : 0;
        line.append("id=").append(session.id());
        line.append(" addr=").append(transport.remoteAddress());
        line.append(" laddr=").append(transport.localAddress());
        line.append(" fd=").append(transport.descriptor());
        line.append(" name=").append(session.name);
        line.append(" age=").append(Math.max(0, call.nowMs() - session.createdMs()) / 1000);
        line.append(" idle=").append(buffers.idleSeconds());
        line.append(" flags=").append(flags(session, queue != null));
        line.append(" db=").append(session.db);
        line.append(" sub=0 psub=0 ssub=0");
        line.append(" multi=").append(queue == null ? -1 : queue.size());
        line.append(" qbuf=").append(buffers.inputBytes());
        line.append(" qbuf-free=").append(Math.max(0, buffers.inputMemoryBytes() - buffers.inputBytes()));
        line.append(" argv-mem=").append(argumentBytes);
        line.append(" multi-mem=").append(session.queuedBytes());
        line.append(" rbs=").append(isChain ? 0 : buffers.outputMemoryBytes());
        line.append(" rbp=").append(isChain ? 0 : buffers.outputBytes());
        line.append(" obl=").append(isChain ? 0 : buffers.outputBytes());
        line.append(" oll=").append(isChain ? buffers.outputBlocks() : 0);
        line.append(" omem=").append(isChain ? chainBytes : 0);
        line.append(" tot-mem=").append(buffers.memoryBytes() + session.queuedBytes());
        line.append(" events=").append(buffers.isReading() ? "r" : "").append(buffers.isWriting() ? "w" : "");
        line.append(" cmd=").append(command == null ? "NULL" : command.fullName());
        line.append(" user=").append(session.user);
        line.append(" redir=-1 resp=").append(session.protocol);
        line.append(" lib-name=").append(session.libName);
        line.append(" lib-ver=").append(session.libVersion);
        line.append('\n');
    }

    private static long argumentBytes(Call call) {
        long bytes = 0;
        for (int i = 0; i < call.argCount(); i++) {
            bytes += call.arg(i).length();
        }
        return bytes;
    }

    private static String flags(Session session, boolean inMulti) {
        StringBuilder flags = new StringBuilder();
        if (inMulti) {
            flags.append('x');
        }
        if (session.blocked) {
            flags.append('b');
        }
        if (session.closing) {
            flags.append('A');
        }
        // A unix socket's address is its path and port 0.
        if (session.transport().remoteAddress().startsWith("/")) {
            flags.append('U');
        }
        if (session.noEvict) {
            flags.append('e');
        }
        if (session.noTouch) {
            flags.append('T');
        }
        return flags.length() == 0 ? "N" : flags.toString();
    }
}
