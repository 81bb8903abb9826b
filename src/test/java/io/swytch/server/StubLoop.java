package io.swytch.server;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.ClientConnection;
import io.swytch.command.CommandLoop;
import io.swytch.command.Lookahead;
import io.swytch.command.LoopHandle;
import io.swytch.command.spec.Session;
import io.swytch.resp.Request;
import io.swytch.resp.WireReplyWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A handful of commands over a plain off-heap table, so that the server can be tested and measured without the rest. */
final class StubLoop implements CommandLoop {
    private static final int SLOT_BYTES = 64;
    private static final int SLOTS = 1 << 20;

    static final AtomicLong LAST_ID = new AtomicLong();

    private final LoopHandle loop;
    private final ByteBuffer table;
    private final IdentityHashMap<Session, ClientConnection> connections = new IdentityHashMap<>();
    private final Slice value = new Slice();

    /** The request that is parked, by the command PARK, and how often it has been run. */
    @Nullable
    ClientConnection parked;

    final List<String> lookedAhead = new ArrayList<>();

    /** The names of the commands that have run, but for GET and SET. */
    final List<String> ran = new CopyOnWriteArrayList<>();

    long position;
    boolean holds;
    private int runs;

    StubLoop(LoopHandle loop, ByteBuffer table) {
        this.loop = loop;
        this.table = table;
    }

    static ByteBuffer table(int slots) {
        return ByteBuffer.allocateDirect(slots * SLOT_BYTES);
    }

    static ByteBuffer table() {
        return table(SLOTS);
    }

    LoopHandle loop() {
        return loop;
    }

    @Override
    public Session opened(ClientConnection connection) {
        Session session = new Session(LAST_ID.incrementAndGet(), connection, 0, true);
        connections.put(session, connection);
        return session;
    }

    @Override
    public void closed(Session session) {
        connections.remove(session);
    }

    @Override
    public Outcome execute(Session session, Request request, WireReplyWriter reply, Lookahead following) {
        loop.stats().commands++;
        Slice name = request.arg(0);
        if (name.equalsIgnoreCase("GET") && request.argCount() == 2) {
            int slot = slot(request.arg(1));
            int length = table.getInt(slot);
            if (length == 0) {
                reply.nullBulk();
            } else {
                reply.bulk(value.set(table, slot + 8, length));
            }
            return Outcome.RUN;
        }
        if (name.equalsIgnoreCase("SET") && request.argCount() >= 3) {
            int slot = slot(request.arg(1));
            Slice bytes = request.arg(2);
            int length = Math.min(bytes.length(), SLOT_BYTES - 8);
            table.putInt(slot, length);
            bytes.copyTo(0, table, slot + 8, length);
            reply.ok();
            return Outcome.RUN;
        }
        return other(session, request, reply, following);
    }

    private Outcome other(Session session, Request request, WireReplyWriter reply, Lookahead following) {
        ran.add(request.arg(0).toString());
        switch (request.arg(0).toString()) {
            case "PING" -> reply.simple("PONG");
            case "ECHO" -> reply.bulk(request.arg(1));
            case "LENGTH" -> reply.integer(request.arg(1).length());
            case "REPEAT" -> {
                byte[] bytes = new byte[(int) Numbers.toLong(request.arg(1))];
                reply.bulk(bytes);
            }
            case "PARK" -> {
                if (parked == null) {
                    parked = connections.get(session);
                    for (Request next = following.next(); next != null; next = following.next()) {
                        lookedAhead.add(next.arg(0).toString());
                    }
                    return Outcome.PARKED;
                }
                parked = null;
                reply.simple("run " + ++runs + " with " + request.arg(1));
            }
            case "QUIT" -> {
                reply.ok();
                return Outcome.CLOSE;
            }
            default -> reply.error("ERR unknown command");
        }
        return Outcome.RUN;
    }

    private int slot(Slice key) {
        long hash = 0;
        int n = key.length();
        int i = 0;
        for (; i + 8 <= n; i += 8) {
            hash = (hash ^ (long) Slice.LONG.get(key.buffer(), key.offset() + i)) * 0x9E3779B97F4A7C15L;
        }
        for (; i < n; i++) {
            hash = (hash ^ key.byteAt(i)) * 0x9E3779B97F4A7C15L;
        }
        return (int) (hash >>> 40 & table.capacity() / SLOT_BYTES - 1) * SLOT_BYTES;
    }

    @Override
    public void protocolError(Session session, String text, WireReplyWriter reply) {
        reply.error(text);
    }

    @Override
    public long tick() {
        return holds ? ++position : MAY_LEAVE;
    }

    @Override
    public int prefetch(ByteBuffer memory, int from, int end) {
        return end;
    }
}
