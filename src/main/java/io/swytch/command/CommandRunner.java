package io.swytch.command;

import io.swytch.clock.Clock;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandError;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.CommandSpec.LockScope;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Flag;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.ServerContext;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.SlowCalls;
import io.swytch.keyspace.Databases;
import io.swytch.keyspace.KeyClaim;
import io.swytch.keyspace.NoRoomException;
import io.swytch.keyspace.OffLoop;
import io.swytch.keyspace.OffLoopNeeded;
import io.swytch.keyspace.StoreKeyspace;
import io.swytch.keyspace.WatchToken;
import io.swytch.keyspace.WrongTypeException;
import io.swytch.resp.ReplyWriter;
import io.swytch.resp.Request;
import io.swytch.stats.LoopStats;
import io.swytch.store.Fetch;
import io.swytch.store.FillNeeded;
import io.swytch.store.Store;
import io.swytch.store.StoreReadException;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs commands on one thread: takes the stripes, makes sure that the keys are there, calls the handler, gives its effects to the journal,
 * lets go of the stripes. On the way of GET and SET: nothing is allocated, a single key takes one lock and one look.
 *
 * <p>Threads: its owner only: an event loop, or a disk thread for commands in the background.
 */
final class CommandRunner {
    private static final Logger LOG = LoggerFactory.getLogger(CommandRunner.class);

    private static final ThreadLocal<@Nullable CommandRunner> CURRENT = new ThreadLocal<>();

    /** How often a command gives up for work off the loop: values that change all the while are worked on at once then. */
    private static final int OFF_LOOP_ROUNDS_MAX = 8;

    /** How often a huge value asks other shards for room: another writer may take what was made. */
    private static final int HUGE_TRIES_MAX = 8;

    /** More than an entry takes besides its key and its value. */
    private static final int ENTRY_BYTES = 64;

    private final Store store;
    private final Databases databases;
    private final Clock clock;
    private final LoopStats stats;
    private final StoreKeyspace keyspace;
    private final StripeLocks locks;
    private final Call call;

    /** The calls of queued commands; EXEC itself is in {@link #call}. */
    private final Call queuedCall;

    private final boolean tiered;
    private final boolean mayBlock;
    // Made once: each would be made anew for every command with several keys.
    private final Consumer<Call> wantMissing;
    private final Runnable wantStripes = this::wantStripes;

    /** How the command that runs goes through its keys; null where it holds the stripes of all. */
    private @Nullable KeyByKey keyByKey;

    /** The claim that the last run gave up for; null if it did not. */
    private @Nullable KeyClaim heldBackBy;

    /** What the last run gave up for; empty if it did not. */
    private final MissingKeys missing;

    private boolean written;

    /** Room for huge values that the last run lacked, and that may be made now that no stripe is held; 0 if that is not why it ended. */
    private long hugeBytesWanted;

    /**
     * A runner for one thread.
     *
     * @param mayBlock whether the thread may read the disk in the middle of a command
     */
    CommandRunner(
            Store store,
            Databases databases,
            ServerContext server,
            LoopStats stats,
            CommandSpec any,
            Session nobody,
            boolean mayBlock) {
        this.store = store;
        this.databases = databases;
        this.stats = stats;
        this.mayBlock = mayBlock;
        clock = server.clock();
        tiered = store.isTiered();
        keyspace = new StoreKeyspace(store, databases, stats);
        keyspace.setMayBlock(mayBlock);
        locks = new StripeLocks(store);
        missing = new MissingKeys(store, stats);
        wantMissing = missing::want;
        call = new Call(server, keyspace, any, new Request(), nobody);
        queuedCall = new Call(server, keyspace, any, new Request(), nobody);
    }

    StoreKeyspace keyspace() {
        return keyspace;
    }

    LoopStats stats() {
        return stats;
    }

    /** The fetch that the last run gave up for, not started yet. */
    Fetch takeFetch() {
        return missing.take();
    }

    /** The claim whose end the last run gave up for; null if it gave up for something else. */
    @Nullable
    KeyClaim takeClaim() {
        KeyClaim taken = heldBackBy;
        heldBackBy = null;
        return taken;
    }

    /** The work that the last run gave up for; null if it gave up for a fetch. */
    @Nullable
    OffLoop takeOffLoop() {
        return keyspace.takeWanted();
    }

    /** Adds to a fetch the keys that a read behind the one that gave up will miss. Returns false if that cannot be said yet. */
    boolean fetchAhead(Fetch into, CommandSpec spec, Request request, Session session) {
        queuedCall.begin(spec, request, session);
        return missing.addTo(into, queuedCall);
    }

    /** Whether this call must leave the event loop. */
    boolean goesToBackground(CommandSpec spec, Request request, Session session) {
        call.begin(spec, request, session);
        return spec.runsInBackground(call, tiered)
                || (tiered && spec.lockScope() == LockScope.QUEUED && hasUnsettledKeys(session));
    }

    /**
     * Whether a transaction has commands whose keys cannot be told before it runs: those that choose or change databases, or walk them. It
     * must be able to read the disk in the middle.
     */
    private static boolean hasUnsettledKeys(Session session) {
        List<Session.Queued> queue = session.queue();
        return queue != null
                && queue.stream()
                        .map(Session.Queued::spec)
                        .anyMatch(queued -> queued.lockScope() == LockScope.ALL
                                || queued.mayRunInBackground()
                                || queued.group() == Group.CONNECTION);
    }

    /** Waits for what the last call says must be over before it is answered. Holds no stripe. */
    void await(CommandSpec spec) {
        Consumer<Call> awaits = spec.awaits();
        if (awaits != null) {
            awaits.accept(call);
        }
    }

    /** Whether the last run changed anything. */
    boolean hasWritten() {
        return written;
    }

    /** Notes the last run where it was slow. */
    void noteSlow(long nanos) {
        SlowCalls.note(call, nanos);
    }

    /** The runner whose handler the current thread is in. */
    static CommandRunner current() {
        CommandRunner runner = CURRENT.get();
        if (runner == null) {
            throw new IllegalStateException("no command runs on this thread");
        }
        return runner;
    }

    /**
     * Runs one command, whose arity and permissions have been checked, and writes its reply.
     *
     * @param nowMs the time that it sees
     * @param parking what is kept for it where it was run before, or had to wait; null if it comes for the first time
     * @return false if keys have to be fetched first, or work done, or a claim waited for: nothing was written or changed. {@link #takeClaim} has the
     *     claim, or {@link #takeOffLoop} the work, or else {@link #takeFetch} the keys
     */
    boolean run(
            CommandSpec spec,
            Request request,
            Session session,
            long nowMs,
            ReplyWriter reply,
            @Nullable Parking parking) {
        for (int tries = 1; ; tries++) {
            hugeBytesWanted = 0;
            boolean isAnswered = runOnce(spec, request, session, nowMs, reply, parking);
            if (hugeBytesWanted == 0) {
                return isAnswered;
            }
            if (tries == HUGE_TRIES_MAX || !store.makeHugeRoom(hugeBytesWanted)) {
                fail(spec, Errors.OUT_OF_MEMORY.text(), "OOM", reply);
                return true;
            }
        }
    }

    private boolean runOnce(
            CommandSpec spec,
            Request request,
            Session session,
            long nowMs,
            ReplyWriter reply,
            @Nullable Parking parking) {
        List<OffLoop> done = parking == null ? List.of() : parking.done();
        int databaseChanges = store.spaces().changes();
        call.begin(spec, request, session);
        keyspace.begin(nowMs);
        keyspace.setOffLoop(!mayBlock && spec.lockScope() == LockScope.KEYS && done.size() < OFF_LOOP_ROUNDS_MAX, done);
        keyspace.setRerun(parking != null && parking.hasFetched());
        missing.begin(parking == null ? 0 : parking.heapBytes());
        keyspace.setCountsUse(!session.noTouch);
        long mark = reply.mark();
        written = false;
        LockScope scope = spec.lockScope();
        if (scope == LockScope.QUEUED) {
            if (!mayBlock && done.size() < OFF_LOOP_ROUNDS_MAX && mustStage(session)) {
                return false;
            }
            CURRENT.set(this);
        }
        boolean isSingle = scope == LockScope.KEYS && call.allKeyCount() == 1;
        if (keyByKey != null) {
            call.setTurns(keyByKey);
        } else if (!lock(scope, isSingle, session)) {
            return false;
        } else if (store.spaces().changes() != databaseChanges) {
            // A FLUSHALL or SWAPDB came between: some keys may be of the database before it. Their stripes are the
            // same.
            call.begin(spec, request, session);
        }
        try {
            // A handler finds its one key before it changes anything, so its first look decides. Of several keys one
            // could be found missing after another was changed: all are looked at first.
            if (tiered && !mayBlock && !isSingle && scope != LockScope.NONE && !allThere(session)) {
                return false;
            }
            if (!isSingle && keyByKey == null) {
                if (!hasRoom(call)) {
                    throw Errors.OUT_OF_MEMORY;
                }
                hugeBytesWanted = hugeBytesLacking(call);
                if (hugeBytesWanted > 0) {
                    return true;
                }
            }
            CommandSpec.handlerOf(spec).run(call, reply);
        } catch (FillNeeded needed) {
            reply.rollback(mark);
            forEachCall(session, missing::wantAbsent);
            if (missing.mayWaitFor(request)) {
                return false;
            }
            CommandError why = ending(session, Errors.WAITING_TOO_MUCH);
            fail(spec, why.text(), why.code(), reply);
        } catch (OffLoopNeeded needed) {
            reply.rollback(mark);
            return false;
        } catch (CommandError e) {
            reply.rollback(mark);
            fail(spec, e.text(), e.code(), reply);
        } catch (WrongTypeException e) {
            reply.rollback(mark);
            fail(spec, Errors.WRONG_TYPE.text(), "WRONGTYPE", reply);
        } catch (NoRoomException e) {
            reply.rollback(mark);
            // A command of one key has changed nothing then, and may run again once other shards have made room.
            hugeBytesWanted = isSingle ? store.takeHugeBytesWanted(call.key()) : 0;
            if (hugeBytesWanted == 0) {
                fail(spec, Errors.OUT_OF_MEMORY.text(), "OOM", reply);
            }
        } catch (StoreReadException e) {
            reply.rollback(mark);
            CommandError why = ending(session, Errors.of("ERR " + e.getMessage()));
            fail(spec, why.text(), why.code(), reply);
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            // The thread's outermost loop for this command: one error reply, one line, and the connection goes on.
            LOG.error("command failed, command={}", spec.fullName(), e);
            reply.rollback(mark);
            if (scope == LockScope.QUEUED) {
                // What was done of it is done: run once more, it would be done twice.
                session.endMulti();
            }
            fail(spec, Errors.INTERNAL.text(), "ERR", reply);
        } finally {
            try {
                if (tiered && !keyspace.effects().isEmpty()) {
                    written = true;
                    store.publish(keyspace.effects());
                }
            } finally {
                // Whatever went wrong: a stripe that stayed taken would stop everyone.
                locks.unlock();
                if (keyByKey != null) {
                    keyByKey.letGo();
                }
            }
        }
        return true;
    }

    /**
     * Runs a command that goes through its keys one by one, on a thread that may block; see {@link KeyByKey}.
     *
     * @param spec one for which {@link CommandSpec#keyByKey()} says so
     * @param isClosing whether the server stops, so that a command that has changed nothing yet is given up
     */
    void runKeyByKey(CommandSpec spec, Request request, Session session, ReplyWriter reply, BooleanSupplier isClosing) {
        call.begin(spec, request, session);
        written = false;
        KeyByKey through = new KeyByKey(store, databases, this, call, isClosing);
        try {
            through.run(reply, () -> {
                keyByKey = through;
                try {
                    run(spec, request, session, clock.millis(), reply, null);
                } finally {
                    keyByKey = null;
                }
            });
        } catch (StoreReadException e) {
            fail(spec, "ERR " + e.getMessage(), "ERR", reply);
        }
    }

    /** Takes the stripes that a command needs. Returns false, with none taken, if it has to wait for a claim. */
    private boolean lock(LockScope scope, boolean isSingle, Session session) {
        while (true) {
            if (isSingle) {
                locks.lockOne(call.key().hash());
            } else if (scope != LockScope.NONE) {
                lockMany(scope, session);
            }
            KeyClaim claim = databases.held();
            if (claim == null || !isHeldBack(claim, session)) {
                return true;
            }
            locks.unlock();
            if (!mayBlock) {
                heldBackBy = claim;
                return false;
            }
            claim.await();
        }
    }

    /** Whether the command looks at something that a claim's command is about to change, or is about to change something that that looks at. */
    private boolean isHeldBack(KeyClaim claim, Session session) {
        boolean[] isBack = {isHeldBack(claim, call.spec(), call)};
        if (call.spec().lockScope() == LockScope.QUEUED) {
            forEachCall(session, queued -> isBack[0] |= isHeldBack(claim, queued.spec(), queued));
        }
        return isBack[0];
    }

    private static boolean isHeldBack(KeyClaim claim, CommandSpec spec, Call of) {
        switch (spec.lockScope()) {
            case ALL -> {
                return true;
            }
            // Those that walk keys, or count them.
            case NONE -> {
                return claim.writes() && spec.mayRunInBackground();
            }
            default -> {
                boolean matters = claim.writes() || spec.has(Flag.WRITE);
                for (int i = 0; matters && i < of.allKeyCount(); i++) {
                    if (claim.contains(of.key(i).hash())) {
                        return true;
                    }
                }
                return false;
            }
        }
    }

    private void fail(CommandSpec spec, String text, String code, ReplyWriter reply) {
        stats.recordError(spec.index(), code);
        reply.error(text);
    }

    /** Whether a value that a transaction is to write is so large that it goes into the journal before the transaction runs. */
    private boolean mustStage(Session session) {
        List<Session.Queued> queue = session.queue();
        if (queue == null || session.queueFailed()) {
            return false;
        }
        for (Session.Queued queued : queue) {
            Request request = queued.request();
            for (int i = 0; queued.spec().has(Flag.WRITE) && i < request.argCount(); i++) {
                if (keyspace.mustStage(request.arg(i))) {
                    return true;
                }
            }
        }
        return false;
    }

    private void wantStripes() {
        locks.want(call);
    }

    private void lockMany(LockScope scope, Session session) {
        if (scope == LockScope.ALL) {
            locks.lockAll();
            return;
        }
        if (scope == LockScope.KEYS) {
            locks.lockWanted(wantStripes);
            return;
        }
        List<Session.Queued> queue = session.queue();
        if (queue == null || session.queueFailed()) {
            return;
        }
        boolean takesAll = false;
        for (Session.Queued queued : queue) {
            if (queued.spec().mayRunInBackground()) {
                // It walks the stripes by itself, or waits for a drain, and would meet another that holds what it
                // wants.
                locks.lockAlone();
                return;
            }
            takesAll |= queued.spec().lockScope() == LockScope.ALL;
        }
        if (takesAll) {
            locks.lockAll();
            return;
        }
        locks.lockWanted(() -> {
            for (Session.Queued queued : queue) {
                queuedCall.begin(queued.spec(), queued.request(), session);
                locks.want(queuedCall);
            }
            session.watches().forEach(token -> locks.want(keyspace.hashOf(token)));
        });
    }

    /** Whether every key that the command will look at is in L1 or known to be nowhere; if not, {@link #missing} has those that are not. */
    private boolean allThere(Session session) {
        try {
            forEachCall(session, wantMissing);
        } catch (StoreReadException e) {
            // Its client is told that one key could not be read. The others would count as being read, by nobody,
            // and whoever came for them would wait for ever.
            missing.cancel();
            throw e;
        }
        if (missing.isEmpty()) {
            return true;
        }
        if (!missing.mayWaitFor(call.request())) {
            throw ending(session, Errors.WAITING_TOO_MUCH);
        }
        // The fetch before ends when this one begins, and with it what it kept: this one keeps that, or two keys that
        // do not stay in L1 would be
        // fetched in turn for ever.
        forEachCall(session, missing::wantFetched);
        return false;
    }

    /** What a client is told whose command ends by {@code why}; an EXEC ends its transaction. */
    private CommandError ending(Session session, CommandError why) {
        return call.spec().lockScope() == LockScope.QUEUED ? discard(session, why) : why;
    }

    /** An EXEC that is refused ends its transaction, if there is one. */
    CommandError discard(Session session, CommandError why) {
        session.endMulti();
        session.watches().forEach(keyspace::unwatch);
        session.clearWatches();
        // Redis leaves out the commonest code only.
        return Errors.of("EXECABORT Transaction discarded because of: "
                + (why.code().equals("ERR") ? why.message() : why.text()));
    }

    /**
     * Whether a command of several keys, whose stripes are held, comes to its end where memory may be at its limit: else it would leave some of them
     * changed. So each stripe must have room for all that it brings: {@link Store#roomFor}.
     */
    private boolean hasRoom(Call of) {
        int keys = of.allKeyCount();
        if (keys < 2 || !store.isBounded() || !of.spec().has(Flag.DENYOOM)) {
            return true;
        }
        long bytes = (long) keys * ENTRY_BYTES;
        for (int i = 0; i < of.request().argCount(); i++) {
            bytes += store.roomFor(of.request().arg(i).length());
        }
        for (int i = 0; i < keys; i++) {
            if (!store.hasRoomFor(of.key(i), bytes)) {
                return false;
            }
        }
        return true;
    }

    /** Room for huge values that a command of several keys lacks and that others can make; asked before it begins, so that it is done whole or not at all. */
    private long hugeBytesLacking(Call of) {
        if (of.allKeyCount() < 2 || !of.spec().has(Flag.DENYOOM)) {
            return 0;
        }
        long bytes = 0;
        for (int i = 0; i < of.request().argCount(); i++) {
            bytes += store.hugeBytes(of.request().arg(i).length());
        }
        return bytes == 0 || store.hasHugeRoom(bytes) ? 0 : bytes;
    }

    private void forEachCall(Session session, Consumer<Call> action) {
        List<Session.Queued> queue = session.queue();
        if (call.spec().lockScope() == LockScope.QUEUED && queue != null) {
            for (Session.Queued queued : queue) {
                queuedCall.begin(queued.spec(), queued.request(), session);
                action.accept(queuedCall);
            }
        } else {
            action.accept(call);
        }
    }

    /** Runs the queue of {@code exec}'s session, whose stripes are held; an error of one command does not stop the next. */
    void runQueued(Call exec, ReplyWriter reply) {
        Session session = exec.session();
        List<Session.Queued> queue = session.queue();
        if (queue == null) {
            throw new IllegalStateException("EXEC without MULTI");
        }
        boolean untouched = true;
        for (WatchToken token : session.watches()) {
            untouched &= keyspace.isUntouched(token);
            keyspace.unwatch(token);
        }
        session.clearWatches();
        if (!untouched) {
            session.endMulti();
            reply.nullArray();
            return;
        }
        reply.array(queue.size());
        for (Session.Queued queued : queue) {
            queuedCall.begin(queued.spec(), queued.request(), session);
            long mark = reply.mark();
            long start = clock.nanos();
            try {
                if (queued.spec().has(Flag.DENYOOM) && (store.isFull() || !hasRoom(queuedCall))) {
                    throw Errors.OUT_OF_MEMORY;
                }
                CommandSpec.handlerOf(queued.spec()).run(queuedCall, reply);
            } catch (CommandError e) {
                reply.rollback(mark);
                fail(queued.spec(), e.text(), e.code(), reply);
            } catch (WrongTypeException e) {
                reply.rollback(mark);
                fail(queued.spec(), Errors.WRONG_TYPE.text(), "WRONGTYPE", reply);
            } catch (NoRoomException e) {
                reply.rollback(mark);
                fail(queued.spec(), Errors.OUT_OF_MEMORY.text(), "OOM", reply);
            } catch (StoreReadException e) {
                reply.rollback(mark);
                fail(queued.spec(), "ERR " + e.getMessage(), "ERR", reply);
            }
            long nanos = clock.nanos() - start;
            stats.recordCommand(queued.spec().index(), nanos);
            SlowCalls.note(queuedCall, nanos);
        }
        session.endMulti();
    }

    /** Lets go of memory that a huge command made this grow to. */
    void trim() {
        call.trim();
        queuedCall.trim();
    }
}
