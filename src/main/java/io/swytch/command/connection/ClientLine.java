package io.swytch.command.connection;

import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.Transport;
import java.util.List;

/** One client's line in CLIENT LIST. Another thread's client is read without a lock: each field is true on its own. */
final class ClientLine {
    private ClientLine() {}

    static void append(Session session, long nowMs, StringBuilder line) {
        Transport transport = session.transport();
        List<Session.Queued> queue = session.queue();
        CommandSpec command = session.lastCommand;
        long outputBytes = transport.outputBytes();
        line.append("id=").append(session.id());
        line.append(" addr=").append(transport.remoteAddress());
        line.append(" laddr=").append(transport.localAddress());
        line.append(" fd=").append(transport.descriptor());
        line.append(" name=").append(session.name);
        line.append(" age=").append(Math.max(0, nowMs - session.createdMs()) / 1000);
        line.append(" idle=").append(Math.max(0, nowMs - session.lastCommandMs) / 1000);
        line.append(" flags=").append(flags(session, queue != null));
        line.append(" db=").append(session.db);
        line.append(" sub=0 psub=0 ssub=0");
        line.append(" multi=").append(queue == null ? -1 : queue.size());
        line.append(" qbuf=").append(transport.inputBytes());
        line.append(" qbuf-free=0 argv-mem=0");
        line.append(" multi-mem=").append(session.queuedBytes());
        line.append(" rbs=").append(outputBytes).append(" rbp=").append(outputBytes);
        line.append(" obl=0 oll=0");
        line.append(" omem=").append(outputBytes);
        line.append(" tot-mem=").append(transport.memoryBytes() + session.queuedBytes());
        line.append(" events=").append(outputBytes > 0 ? "rw" : "r");
        line.append(" cmd=").append(command == null ? "NULL" : command.fullName());
        line.append(" user=").append(session.user);
        line.append(" redir=-1 resp=").append(session.protocol);
        line.append(" lib-name=").append(session.libName);
        line.append(" lib-ver=").append(session.libVersion);
        line.append('\n');
    }

    private static String flags(Session session, boolean inMulti) {
        StringBuilder flags = new StringBuilder();
        if (inMulti) {
            flags.append('x');
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
