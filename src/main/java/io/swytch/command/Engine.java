package io.swytch.command;

import io.swytch.clock.Clock;
import io.swytch.command.spec.Catalogue;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Flag;
import io.swytch.command.spec.Identity;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.Sessions;
import io.swytch.config.Settings;
import io.swytch.config.SyncMode;
import io.swytch.keyspace.Databases;
import io.swytch.resp.BlockPool;
import io.swytch.resp.Request;
import io.swytch.resp.WireReplyWriter;
import io.swytch.stats.LatencyEvents;
import io.swytch.stats.LoopStats;
import io.swytch.stats.MemoryAccount;
import io.swytch.stats.NativeHeap;
import io.swytch.stats.Stats;
import io.swytch.store.Store;
import io.swytch.store.Tier;
import io.swytch.store.journal.Journal;
import io.swytch.store.journal.JournalFailedException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the dispatchers of all loops share: the catalogue, the store, who is connected, what is paused, and the threads for commands in the
 * background.
 *
 * <p>Threads: any.
 */
public final class Engine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    /** Threads for commands that leave the event loops. */
    private static final int BACKGROUND_THREADS = 2;

    /** A command that writes waits no longer for a disk that is far behind: its client would take the server for dead. */
    private static final long WRITE_WAIT_NANOS_MAX = 5_000_000_000L;

    /** How often rates and peaks are looked at, as Redis does. */
    private static final long SAMPLE_MILLIS = 100;

    /** When that begins: the first look loads what the Java machine tells of itself by, which no start should wait for. */
    private static final long FIRST_SAMPLE_MILLIS = 1000;

    /** How much of what the process holds may be unaccounted for before the native heap is trimmed, and how seldom that is done. */
    private static final double UNACCOUNTED_SHARE_MAX = 0.08;

    private static final long TRIM_PAUSE_NANOS = 10_000_000_000L;

    /** Buffers of connections that were freed since the last trim, in bytes, from which on another is worth it. */
    private static final long BUFFERS_LEFT_BYTES = 64L << 20;

    private final Store store;
    private final Settings settings;
    private final Catalogue catalogue;
    private final Clock clock;
    private final Stats stats;
    private final Sessions sessions = new Sessions();
    private final Databases databases;
    private final Admission admission;
    private final ServerPort port;
    private final Session nobody;

    private final ExecutorService background;

    /** For commands that go through very many keys: one at a time, because each may have to wait for all that use its keys. */
    private final ExecutorService keyByKey;

    private volatile boolean isClosing;

    private final ScheduledExecutorService timer;
    private final ThreadLocal<CommandRunner> backgroundRunner;
    private final Pause pause;
    private final List<LoopHandle> loops = new CopyOnWriteArrayList<>();
    private final boolean syncsAlways;
    /** The most that connections held since the last trim. */
    private long buffersPeakBytes;

    private long lastTrimNanos = Long.MIN_VALUE / 2;

    /**
     * The engine of one server.
     *
     * @param lifecycle what SHUTDOWN and the like ask of the process
     */
    public Engine(Settings settings, Store store, Clock clock, Stats stats, Identity identity, Lifecycle lifecycle) {
        this.settings = settings;
        this.store = store;
        this.clock = clock;
        this.stats = stats;
        catalogue = new Catalogue(Families.ALL);
        databases = new Databases(store);
        admission = new Admission(catalogue, store);
        pause = new Pause(clock);
        port = new ServerPort(this, identity, lifecycle);
        syncsAlways = settings.sync() == SyncMode.ALWAYS && store.isTiered();
        nobody = new Session(0, NoTransport.INSTANCE, clock.millis(), true);
        AtomicInteger number = new AtomicInteger();
        background = Executors.newFixedThreadPool(
                BACKGROUND_THREADS, task -> humble(daemon(task, "swytch-work-" + number.incrementAndGet())));
        keyByKey = Executors.newSingleThreadExecutor(task -> humble(daemon(task, "swytch-keys")));
        timer = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "swytch-timer"));
        stats.setNetworkMemory(
                () -> new MemoryAccount.NetworkMemory(BlockPool.totalBytes(), BlockPool.uncountedBytes()));
        ScheduledFuture<?> unused =
                timer.scheduleAtFixedRate(this::sample, FIRST_SAMPLE_MILLIS, SAMPLE_MILLIS, TimeUnit.MILLISECONDS);
        backgroundRunner = ThreadLocal.withInitial(() -> newRunner(stats.newLoop(), true));
        Tier tier = store.tier();
        if (syncsAlways && tier != null) {
            tier.onSynced(this::synced);
        }
        if (tier != null) {
            LatencyEvents events = stats.latencyEvents();
            tier.onSyncTook(nanos -> events.record(LatencyEvents.JOURNAL_SYNC, nanos));
            tier.fillLatency().onRecord(nanos -> events.record(LatencyEvents.FILL, nanos));
            tier.drain().latency().onRecord(nanos -> events.record(LatencyEvents.DRAIN, nanos));
        }
        stats.latencyEvents().setThresholdMillis(settings.latencyMonitorThresholdMillis());
        settings.onChange(
                "latency-monitor-threshold",
                value -> stats.latencyEvents().setThresholdMillis(settings.latencyMonitorThresholdMillis()));
    }

    /** Makes the tables of commands, which takes a while at the first time; a start may do it early. Any thread. */
    public static void prepare() {
        if (Families.ALL.isEmpty()) {
            throw new IllegalStateException("no commands");
        }
    }

    private void sample() {
        stats.sample();
        long now = clock.nanos();
        // Every reader and compaction of RocksDB leaves holes in the C library's heap: what it holds beyond the account
        // goes back when it is worth it.
        boolean isTorn = store.isTiered() && stats.unaccountedShare() > UNACCOUNTED_SHARE_MAX;
        // So do the buffers of a crowd of clients that has left, in memory mode, too.
        long buffers = BlockPool.totalBytes();
        buffersPeakBytes = Math.max(buffersPeakBytes, buffers);
        boolean haveLeft = buffersPeakBytes - buffers >= BUFFERS_LEFT_BYTES;
        if ((isTorn || haveLeft) && now - lastTrimNanos > TRIM_PAUSE_NANOS) {
            lastTrimNanos = now;
            buffersPeakBytes = buffers;
            background.execute(NativeHeap::trim);
        }
    }

    /** Lets event loops go first, by what the launcher makes of this priority; nothing is right or wrong by it. */
    @SuppressWarnings("ThreadPriorityCheck")
    private static Thread humble(Thread thread) {
        thread.setPriority(Thread.MIN_PRIORITY);
        return thread;
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** What one event loop runs commands with. */
    public CommandLoop newLoop(LoopHandle loop) {
        loops.add(loop);
        stats.add(loop.stats());
        return new Dispatcher(this, loop.stats());
    }

    CommandRunner newRunner(LoopStats loop, boolean mayBlock) {
        return new CommandRunner(store, databases, port, loop, catalogue.all().get(0), nobody, mayBlock);
    }

    Store store() {
        return store;
    }

    Databases databases() {
        return databases;
    }

    Settings settings() {
        return settings;
    }

    public Catalogue catalogue() {
        return catalogue;
    }

    public Sessions sessions() {
        return sessions;
    }

    Clock clock() {
        return clock;
    }

    Stats stats() {
        return stats;
    }

    Admission admission() {
        return admission;
    }

    Pause pause() {
        return pause;
    }

    /** What commands see of the server. */
    public ServerPort port() {
        return port;
    }

    boolean isPasswordRequired() {
        return settings.requirepass().length() > 0;
    }

    /**
     * Writes what the journal's buffer holds; then the replies of this iteration may leave.
     *
     * @return as {@link CommandLoop#tick}: with {@code --sync always}, the position that must be synced first
     */
    long commit() {
        Tier tier = store.tier();
        if (tier == null) {
            return CommandLoop.MAY_LEAVE;
        }
        Journal journal = tier.journal();
        if (journal.hasPending()) {
            journal.commit();
        }
        if (!syncsAlways) {
            return CommandLoop.MAY_LEAVE;
        }
        if (journal.failure() != null) {
            // Who wrote in this iteration must not be told so; replies of others go on, as nothing is forced until
            // further notice.
            dropHeld();
            journal.requireWell();
        }
        long position = journal.committedPosition();
        return position > journal.syncedPosition() ? position : CommandLoop.MAY_LEAVE;
    }

    /** With {@code --sync always}: what has been synced may be told. */
    private void synced() {
        Tier tier = store.tier();
        if (tier != null) {
            long position = tier.journal().syncedPosition();
            loops.forEach(loop -> loop.flushable(position));
            if (tier.journal().failure() != null) {
                dropHeld();
            }
        }
    }

    /** What these replies say was not forced, and nobody knows whether it will be: as where a commit fails, a connection that ends says just that. */
    private void dropHeld() {
        loops.forEach(LoopHandle::dropHeld);
    }

    /** How long a command that writes should wait. */
    long writeDelayMillis() {
        Tier tier = store.tier();
        return tier == null ? 0 : tier.writeDelayMillis();
    }

    /** Parks a connection until {@link Pause} lets it go. */
    void parkUntilUnpaused(Session session) {
        ClientConnection connection = connection(session);
        session.blocked = true;
        stats.blockedClients.incrementAndGet();
        boolean waits = pause.await(session, () -> {
            unblocked(session);
            connection.execute(connection::resume);
        });
        if (!waits) {
            unblocked(session);
            connection.execute(connection::resume);
        }
    }

    /** Forgets that a session waits for the end of a pause, if it does. Returns whether it did. */
    boolean endPauseOf(Session session) {
        boolean waited = pause.forget(session);
        if (waited) {
            unblocked(session);
        }
        return waited;
    }

    private void unblocked(Session session) {
        session.blocked = false;
        stats.blockedClients.decrementAndGet();
    }

    /** CLIENT UNBLOCK. Only pauses hold clients back here, and those have no reply for a time that ran out. */
    boolean unblock(long id, boolean withError) {
        Session session = sessions.find(id);
        if (session == null || !withError || !endPauseOf(session)) {
            return false;
        }
        ClientConnection connection = connection(session);
        connection.execute(() -> {
            if (session.replyMode() == Session.ReplyMode.ON) {
                connection.reply().error(Errors.UNBLOCKED.text());
            } else {
                Dispatcher.skipped(session);
            }
            connection.resumeNext();
        });
        return true;
    }

    /** Parks the connection of a command that writes for as long as {@link #writeDelayMillis} said, and on while there is no room at all. */
    void parkFor(Session session, long millis) {
        Parking.park(session);
        waitOn(connection(session), clock.nanos(), millis);
    }

    private void waitOn(ClientConnection connection, long began, long millis) {
        Runnable goOn = () -> {
            long waited = clock.nanos() - began;
            Tier tier = store.tier();
            if (tier != null) {
                if (!isClosing && waited < WRITE_WAIT_NANOS_MAX && tier.isFull()) {
                    waitOn(connection, began, millis);
                    return;
                }
                tier.writeWaited(waited);
            }
            connection.resume();
        };
        ScheduledFuture<?> unused = timer.schedule(() -> connection.execute(goOn), millis, TimeUnit.MILLISECONDS);
    }

    static ClientConnection connection(Session session) {
        return (ClientConnection) session.transport();
    }

    /** Whether a pause holds this command back. */
    boolean isPaused(CommandSpec spec, Session session) {
        return pause.isOn() && pause.holdsBack(spec, session);
    }

    /** Runs something that may take long. */
    void inBackground(Runnable task) {
        background.execute(task);
    }

    /** Runs a command on a thread that may wait for the disk; its connection, which is parked, goes on after. */
    void runInBackground(CommandSpec spec, Request request, Session session, int protocol) {
        runOn(
                background,
                spec,
                request,
                session,
                protocol,
                (runner, own, reply) -> runner.run(spec, own, session, clock.millis(), reply, null));
    }

    /** As {@link #runInBackground}, a command that goes through its keys one by one. */
    void runKeyByKey(CommandSpec spec, Request request, Session session, int protocol) {
        runOn(
                keyByKey,
                spec,
                request,
                session,
                protocol,
                (runner, own, reply) ->
                        runner.runKeyByKey(spec, own, session, reply, () -> isClosing || isInVain(spec, session)));
    }

    /** Whether nobody will hear what it finds: thousands of clients that asked for much and left would keep those busy who stay. */
    private static boolean isInVain(CommandSpec spec, Session session) {
        return session.hasLeft && spec.has(Flag.READONLY);
    }

    private interface Run {
        void with(CommandRunner runner, Request own, WireReplyWriter reply);
    }

    private void runOn(
            ExecutorService executor, CommandSpec spec, Request request, Session session, int protocol, Run run) {
        // The connection may close while the command runs, and its memory with it.
        Request own = request.copy();
        ClientConnection connection = connection(session);
        long memoryMax = connection.reply().out().memoryMax();
        executor.execute(() -> {
            if (isClosing) {
                // No connection is left that would hear of it, and the store is about to be closed.
                own.release();
                return;
            }
            if (isInVain(spec, session)) {
                own.release();
                connection.execute(() -> Parking.cameBack(session));
                return;
            }
            endOnLoop(session, connection, () -> runAside(spec, own, session, connection, protocol, memoryMax, run));
        });
    }

    /** Runs a command on this thread, to an error reply if it fails. Returns what its loop has to do then. */
    private Runnable runAside(
            CommandSpec spec,
            Request own,
            Session session,
            ClientConnection connection,
            int protocol,
            long memoryMax,
            Run run) {
        try {
            WireReplyWriter reply = WireReplyWriter.detached(protocol, memoryMax);
            CommandRunner runner = backgroundRunner.get();
            long start = clock.nanos();
            long mark = reply.mark();
            try {
                run.with(runner, own, reply);
                runner.await(spec);
                if (runner.hasWritten()) {
                    commit(connection, reply, mark);
                }
                long nanos = clock.nanos() - start;
                runner.stats().recordCommand(spec.index(), nanos);
                runner.noteSlow(nanos);
            } catch (RuntimeException | Error e) {
                LOG.error("command failed, command={}", spec.fullName(), e);
                reply.rollback(mark);
                reply.error(Errors.INTERNAL.text());
            } finally {
                runner.trim();
            }
            return () -> finish(session, connection, reply);
        } finally {
            own.release();
        }
    }

    /**
     * Does work for a connection that waits for it, and has its loop do what comes of that. Where there is not even an error reply, as where memory is out for that,
     * too, the connection ends: it would wait for ever.
     */
    static void endOnLoop(Session session, ClientConnection connection, Supplier<Runnable> work) {
        Runnable end = () -> {
            Parking.cameBack(session);
            connection.kill();
        };
        try {
            end = work.get();
        } catch (RuntimeException | Error e) {
            // The task's outermost frame.
            LOG.error("closing a connection whose command failed without a reply", e);
        } finally {
            connection.execute(end);
        }
    }

    /**
     * Commits what a command in the background wrote. Where that fails its client's connection ends, as it does where the loop's commit
     * fails: others see the change, and the journal writes it as soon as it can, so it is not refused, and not kept yet either.
     */
    private void commit(ClientConnection connection, WireReplyWriter reply, long mark) {
        try {
            commit();
        } catch (JournalFailedException e) {
            reply.rollback(mark);
            connection.kill();
        }
    }

    private static void finish(Session session, ClientConnection connection, WireReplyWriter reply) {
        Parking.cameBack(session);
        if (session.replyMode() == Session.ReplyMode.ON) {
            connection.reply().setProtocol(reply.protocol());
            connection.reply().out().append(reply.out());
        } else {
            reply.out().close();
            Dispatcher.skipped(session);
        }
        if (session.closing) {
            connection.closeAfterReplies();
        }
        connection.resumeNext();
    }

    /** Whether it is a command that writes, or an EXEC of some. */
    static boolean writes(CommandSpec spec, Session session) {
        return spec.has(Flag.WRITE) || (spec.lockScope() == CommandSpec.LockScope.QUEUED && hasWrites(session));
    }

    /** Commands that write, of a transaction's queue. */
    static boolean hasWrites(Session session) {
        List<Session.Queued> queue = session.queue();
        return queue != null && queue.stream().anyMatch(queued -> queued.spec().has(Flag.WRITE));
    }

    /** Stops the threads; whatever still runs is waited for a moment. */
    @Override
    public void close() {
        isClosing = true;
        timer.shutdownNow();
        background.shutdown();
        keyByKey.shutdown();
        try {
            // One that writes keeps the last drain waiting until it is done, so that is what takes the time, not this.
            if (!background.awaitTermination(2, TimeUnit.SECONDS) || !keyByKey.awaitTermination(2, TimeUnit.SECONDS)) {
                LOG.warn("commands in the background still run at stop");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
