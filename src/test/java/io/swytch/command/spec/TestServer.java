package io.swytch.command.spec;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.clock.ManualClock;
import io.swytch.config.Settings;
import io.swytch.keyspace.MapKeyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.resp.Request;
import io.swytch.resp.RespText;
import io.swytch.stats.LoopStats;
import io.swytch.stats.Stats;
import io.swytch.stats.StoreFigures;
import java.util.ArrayList;
import java.util.List;

/**
 * A server without sockets or a store, for tests of handlers: finds commands, checks their arity, runs them over a {@link MapKeyspace}. What
 * handlers ask of the server beyond that is written down in public fields.
 *
 * <p>Threads: one at a time.
 */
public final class TestServer implements ServerContext, AdminPort {
    private static final long RUN_NANOS = 3000;

    public final ManualClock clock = new ManualClock(1_700_000_000_000L);
    public final Settings settings;
    public final StoreFigures figures = new StoreFigures();
    public final List<String> events = new ArrayList<>();
    public boolean isTiered;
    public boolean isSaving;
    private final Catalogue catalogue;
    private final Sessions sessions = new Sessions();
    private final Stats stats;
    private final LoopStats loop;
    private final MapKeyspace keyspace = new MapKeyspace(clock);
    private final Identity identity = Identity.begin("0.1", clock, "epoll");

    /** One connection. */
    public static final class Client implements Transport {
        public final Session session;
        public boolean isClosed;
        public Buffers buffers = Buffers.NONE;
        private final TestServer server;

        private Client(TestServer server) {
            this.server = server;
            long id = server.sessions.nextId();
            session = new Session(
                    id,
                    this,
                    server.clock.millis(),
                    server.settings.requirepass().length() == 0);
            server.sessions.add(session);
        }

        /** Runs a command and returns its reply, each byte as a Latin-1 character. */
        public String runWords(String... words) {
            return server.run(this, words);
        }

        /** As {@link #runWords}, of a line whose words have no blanks in them. */
        public String run(String line) {
            return server.run(this, line.split(" ", -1));
        }

        @Override
        public String remoteAddress() {
            return "127.0.0.1:" + (50_000 + session.id());
        }

        @Override
        public String localAddress() {
            return "127.0.0.1:6379";
        }

        @Override
        public int descriptor() {
            return 8;
        }

        @Override
        public void closeAfterReplies() {
            isClosed = true;
        }

        @Override
        public void kill() {
            isClosed = true;
        }

        @Override
        public Buffers buffers() {
            return buffers;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    }

    /** A server of these commands, with settings by name and value in turn. */
    public TestServer(List<CommandFamily> families, String... namesAndValues) {
        settings = Settings.of(namesAndValues);
        catalogue = new Catalogue(families);
        stats = new Stats(clock, into -> {
            into.isTiered = isTiered;
            into.usedBytes = figures.usedBytes;
            into.maxBytes = figures.maxBytes;
            into.entries = figures.entries;
            into.evictions = figures.evictions;
            into.keys = figures.keys;
            into.writeStallNanos = figures.writeStallNanos;
            into.fillTimes = figures.fillTimes;
        });
        loop = stats.newLoop();
    }

    public Client connect() {
        return new Client(this);
    }

    private String run(Client client, String... words) {
        RespText reply = new RespText(client.session.protocol);
        Request request = new Request();
        for (String word : words) {
            request.add().set(Slice.copyOf(word));
        }
        CommandSpec spec = catalogue.find(request.arg(0));
        if (spec != null && !spec.subcommands().isEmpty() && words.length > 1) {
            spec = catalogue.subcommand(spec, request.arg(1));
        }
        if (spec == null || !spec.arity().admits(words.length)) {
            throw new IllegalArgumentException("the dispatcher would refuse " + String.join(" ", words));
        }
        Call call = new Call(this, keyspace, spec, request, client.session);
        call.begin(spec, request, client.session);
        client.session.lastCommand = spec;
        try {
            CommandSpec.handlerOf(spec).run(call, reply);
        } catch (CommandError e) {
            reply.take();
            loop.recordError(spec.index(), e.code());
            reply.error(e.text());
        }
        loop.recordCommand(spec.index(), RUN_NANOS);
        SlowCalls.note(call, RUN_NANOS);
        return reply.take();
    }

    @Override
    public Settings settings() {
        return settings;
    }

    @Override
    public Catalogue catalogue() {
        return catalogue;
    }

    @Override
    public Sessions sessions() {
        return sessions;
    }

    @Override
    public Clock clock() {
        return clock;
    }

    @Override
    public Stats stats() {
        return stats;
    }

    @Override
    public AdminPort admin() {
        return this;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    @Override
    public void runQueued(Call call, ReplyWriter reply) {
        throw new UnsupportedOperationException("no transactions here");
    }

    @Override
    public void pauseClients(long untilMs, boolean all) {
        events.add("pause " + untilMs + " " + all);
    }

    @Override
    public void unpauseClients() {
        events.add("unpause");
    }

    @Override
    public boolean unblock(long id, boolean withError) {
        events.add("unblock " + id + " " + withError);
        return withError;
    }

    @Override
    public void shutdown(boolean drain) {
        events.add("shutdown " + drain);
    }

    @Override
    public boolean isTiered() {
        return isTiered;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public boolean save() {
        events.add("save");
        return !isSaving;
    }

    @Override
    public boolean startSave() {
        events.add("startSave");
        return !isSaving;
    }

    @Override
    public SaveStatus saveStatus() {
        return new SaveStatus(isSaving, clock.millis() / 1000, true, -1, -1, 0, 0);
    }

    @Override
    public void reload() {
        events.add("reload");
    }

    @Override
    public void setActiveExpire(boolean isOn) {
        events.add("activeExpire " + isOn);
    }

    @Override
    public void purgeMemory() {
        events.add("purge");
    }
}
