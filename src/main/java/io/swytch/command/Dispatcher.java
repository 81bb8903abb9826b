package io.swytch.command;

import io.swytch.clock.Clock;
import io.swytch.command.spec.ClientHeap;
import io.swytch.command.spec.CommandError;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Flag;
import io.swytch.command.spec.Session;
import io.swytch.command.spec.Session.ReplyMode;
import io.swytch.keyspace.KeyClaim;
import io.swytch.keyspace.OffLoop;
import io.swytch.keyspace.WatchToken;
import io.swytch.resp.ReplyWriter;
import io.swytch.resp.Request;
import io.swytch.resp.WireReplyWriter;
import io.swytch.stats.LatencyEvents;
import io.swytch.stats.LoopStats;
import io.swytch.stats.Slowlog;
import io.swytch.store.Fetch;
import io.swytch.store.FetchBatch;
import io.swytch.store.journal.JournalFailedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop does with requests: finds the command, admits or refuses it, queues it, runs it, or parks its connection until what
 * it needs is there. On the way of GET and SET.
 *
 * <p>Threads: its loop's only.
 */
final class Dispatcher implements CommandLoop {
    /** The loop has waited for clients, which is no part of the next command's time. */
    private static final long WAITED = Long.MIN_VALUE;

    /** How long wall time is taken to stand still. */
    private static final long WALL_NANOS_MAX = 100_000;

    private static final long WRITES = Flag.WRITE.bit();

    /** A command with more arguments leaves the loop if it can, in memory mode and where each key may cost a look at L2's filters. */
    private static final int ARGS_IN_MEMORY_MAX = 4096;

    private static final int ARGS_TIERED_MAX = 1024;

    /** Commands behind a parked one whose keys are fetched with its own. */
    private static final int AHEAD_MAX = 1024;

    private final Engine engine;
    private final Admission admission;
    private final CommandRunner runner;
    private final LoopStats stats;
    private final Slowlog slowlog;
    private final LatencyEvents events;
    private final Clock clock;
    private final boolean tiered;
    private final int argsOnLoopMax;

    /** When the command before ended, which is when this one begins: one look at the clock a command; {@link #WAITED} after a tick. */
    private long lastNanos = WAITED;

    /** Wall time, and {@link #lastNanos} when it was looked at. */
    private long wallMs;

    private long wallNanos = Long.MIN_VALUE;

    private final KeyPrefetcher prefetcher;

    /** What this iteration's commands miss. */
    private final FetchBatch fetches = new FetchBatch();

    /** Whose writes the journal has not got yet: if it cannot take them, their replies must not leave. */
    private final List<Session> wrote = new ArrayList<>();

    Dispatcher(Engine engine, LoopStats stats) {
        this.engine = engine;
        this.stats = stats;
        clock = engine.clock();
        admission = engine.admission();
        slowlog = engine.stats().slowlog();
        events = engine.stats().latencyEvents();
        tiered = engine.store().isTiered();
        argsOnLoopMax = tiered ? ARGS_TIERED_MAX : ARGS_IN_MEMORY_MAX;
        runner = engine.newRunner(stats, false);
        prefetcher = new KeyPrefetcher(engine.store());
    }

    @Override
    public Session opened(ClientConnection connection) {
        Session session =
                new Session(engine.sessions().nextId(), connection, clock.millis(), !engine.isPasswordRequired());
        engine.sessions().add(session);
        return session;
    }

    @Override
    public void closed(Session session) {
        session.hasLeft = true;
        engine.sessions().remove(session);
        engine.endPauseOf(session);
        // An EXEC that another thread is in the middle of is done to its end, as if the client had left a moment later.
        Parking.whenBack(session, () -> forget(session));
    }

    private void forget(Session session) {
        Parking parking = Parking.of(session);
        if (parking != null) {
            session.attachment = null;
            parking.abandon();
        }
        for (WatchToken token : session.watches()) {
            runner.keyspace().unwatch(token);
        }
        session.clearWatches();
        session.endMulti();
    }

    @Override
    public Outcome execute(Session session, Request request, WireReplyWriter reply, Lookahead following) {
        if (lastNanos == WAITED) {
            lastNanos = clock.nanos();
        }
        long mark = reply.mark();
        CommandSpec spec = admission.find(request);
        if (spec == null) {
            session.lastCommand = admission.named(request);
            refuse(session, request, reply);
            return after(session, null, reply, mark);
        }
        // A write to a volatile field costs more than looking whether it is needed.
        if (session.lastCommand != spec) {
            session.lastCommand = spec;
        }
        CommandError refusal = admission.refusal(spec, session);
        if (refusal != null && spec.lockScope() == CommandSpec.LockScope.QUEUED) {
            refusal = runner.discard(session, refusal);
        }
        if (refusal != null) {
            Parking parked = Parking.of(session);
            if (parked != null) {
                // What it was parked for is of no use any more.
                parked.commandDone(session);
            }
            refuse(session, spec, refusal, reply);
            return after(session, null, reply, mark);
        }
        if (session.inMulti() && !spec.isImmediateInMulti()) {
            if (session.enqueue(spec, request, bytes(request))) {
                reply.simple("QUEUED");
            } else {
                refuse(session, spec, Errors.CLIENT_HEAP, reply);
            }
            return after(session, null, reply, mark);
        }
        Parking parking = Parking.of(session);
        if (engine.isPaused(spec, session)) {
            if (!ClientHeap.hasRoomForRequest(request)) {
                return refuseToWait(session, spec, parking, Errors.WAITING_REQUESTS, reply, mark);
            }
            engine.parkUntilUnpaused(session);
            return Outcome.PARKED;
        }
        if (tiered && parking == null && (spec.hasAny(WRITES) || session.inMulti() && Engine.writes(spec, session))) {
            long delayMs = engine.writeDelayMillis();
            if (delayMs > 0) {
                if (!ClientHeap.hasRoomForRequest(request)) {
                    return refuseToWait(session, spec, null, Errors.WAITING_REQUESTS, reply, mark);
                }
                engine.parkFor(session, delayMs);
                return Outcome.PARKED;
            }
        }
        if (request.argCount() > argsOnLoopMax && spec.keyByKey() != CommandSpec.KeyByKey.NO) {
            long heapBytes = ClientHeap.waitingBytes(request.argCount(), 0);
            if (!ClientHeap.hasRoom(heapBytes + ClientHeap.unfinishedBytes(request.argCount()))
                    || !ClientHeap.take(heapBytes)) {
                return refuseToWait(session, spec, parking, Errors.WAITING_TOO_MUCH, reply, mark);
            }
            Parking.parkForOther(session, heapBytes);
            engine.runKeyByKey(spec, request, session, reply.protocol());
            return Outcome.PARKED;
        }
        if ((spec.mayRunInBackground() || session.inMulti()) && runner.goesToBackground(spec, request, session)) {
            Parking.parkForOther(session, 0);
            engine.runInBackground(spec, request, session, reply.protocol());
            return Outcome.PARKED;
        }
        if (parking != null && parking.isDenied() && parking.isForOne()) {
            parking.commandDone(session);
            CommandError why = Errors.FETCHED_TOO_MUCH;
            refuse(session, spec, session.inMulti() ? runner.discard(session, why) : why, reply);
            return after(session, null, reply, mark);
        }
        if (!runner.run(spec, request, session, nowMs(), reply, parking)) {
            KeyClaim claim = runner.takeClaim();
            if (claim != null) {
                return await(session, claim);
            }
            OffLoop work = runner.takeOffLoop();
            if (work != null) {
                return leave(session, work);
            }
            // What was too much for commands that were fetched for together may do for each of them.
            boolean isAlone = parking != null && parking.isDenied();
            return park(session, request, parking, isAlone ? () -> null : following);
        }
        if (parking != null) {
            parking.commandDone(session);
        }
        if (tiered && runner.hasWritten() && (wrote.isEmpty() || wrote.get(wrote.size() - 1) != session)) {
            wrote.add(session);
        }
        return after(session, spec, reply, mark);
    }

    private Outcome refuseToWait(
            Session session,
            CommandSpec spec,
            @Nullable Parking parking,
            CommandError why,
            WireReplyWriter reply,
            long mark) {
        if (parking != null) {
            parking.commandDone(session);
        }
        refuse(session, spec, why, reply);
        return after(session, null, reply, mark);
    }

    /** Wall time, looked at every tenth of a millisecond: looking costs a twentieth of a pipelined command. */
    private long nowMs() {
        if (wallNanos == Long.MIN_VALUE || lastNanos - wallNanos >= WALL_NANOS_MAX) {
            wallMs = clock.millis();
            wallNanos = lastNanos;
        }
        return wallMs;
    }

    private static long bytes(Request request) {
        long bytes = 0;
        for (int i = 0; i < request.argCount(); i++) {
            bytes += request.arg(i).length();
        }
        return bytes;
    }

    /** Starts the fetch that the runner gave up for, together with the keys of the reads that follow. */
    private Outcome park(Session session, Request request, @Nullable Parking before, Lookahead following) {
        Fetch fetch = runner.takeFetch();
        int commands = 1;
        if (!session.inMulti()) {
            for (Request next = following.next(); next != null && commands < AHEAD_MAX; next = following.next()) {
                CommandSpec spec = admission.find(next);
                if (spec == null
                        || !spec.has(Flag.READONLY)
                        || spec.lockScope() != CommandSpec.LockScope.KEYS
                        || !ClientHeap.hasRoom(ClientHeap.waitingBytes(next.argCount(), fetch.size()))
                        || !runner.fetchAhead(fetch, spec, next, session)) {
                    break;
                }
                commands++;
            }
        }
        long heapBytes = ClientHeap.waitingBytes(request.argCount(), fetch.size());
        ClientHeap.takeInAnyCase(heapBytes);
        Parking.park(session, fetch, commands, heapBytes);
        if (before != null) {
            before.abandon();
        }
        ClientConnection connection = Engine.connection(session);
        fetches.add(fetch, () -> connection.execute(connection::resume));
        return Outcome.PARKED;
    }

    /** Lets the command run again when a claim is over. */
    private static Outcome await(Session session, KeyClaim claim) {
        if (Parking.of(session) == null) {
            Parking.park(session);
        }
        ClientConnection connection = Engine.connection(session);
        claim.whenOver(() -> connection.execute(connection::resume));
        return Outcome.PARKED;
    }

    /** Has work done on another thread; the command runs again after. */
    private Outcome leave(Session session, OffLoop work) {
        if (Parking.of(session) == null) {
            Parking.park(session);
        }
        Parking parking = Parking.of(session);
        ClientConnection connection = Engine.connection(session);
        engine.inBackground(() -> {
            work.run();
            connection.execute(() -> {
                if (parking == null || Parking.of(session) != parking) {
                    work.release();
                } else {
                    parking.done().add(work);
                    connection.resume();
                }
            });
        });
        return Outcome.PARKED;
    }

    /** Refuses what is no command, or has the wrong arity. */
    private void refuse(Session session, Request request, ReplyWriter reply) {
        CommandError why = admission.refusal(request);
        refuse(
                session,
                admission.named(request),
                admission.endsTransaction(request) ? runner.discard(session, why) : why,
                reply);
    }

    private void refuse(Session session, @Nullable CommandSpec spec, CommandError why, ReplyWriter reply) {
        session.failQueue();
        stats.recordRejected(spec == null ? -1 : spec.index(), why.code());
        reply.error(why.text());
    }

    /** What is done after each command: its time is counted, its reply dropped where the client wants none. */
    private Outcome after(Session session, @Nullable CommandSpec spec, ReplyWriter reply, long mark) {
        long now = clock.nanos();
        if (spec != null) {
            long nanos = now - lastNanos;
            stats.recordCommand(spec.index(), nanos);
            if (nanos >= slowlog.thresholdNanos() || nanos >= events.thresholdNanos()) {
                runner.noteSlow(nanos);
            }
        }
        lastNanos = now;
        prefetcher.ran(now);
        if (session.replyMode() != ReplyMode.ON) {
            reply.rollback(mark);
            skipped(session);
        }
        return session.closing ? Outcome.CLOSE : Outcome.RUN;
    }

    /** A reply was not sent. */
    static void skipped(Session session) {
        if (session.replyMode() == ReplyMode.SKIP) {
            session.setReplyMode(ReplyMode.ON);
        } else if (session.replyMode() == ReplyMode.SKIP_NEXT) {
            session.setReplyMode(ReplyMode.SKIP);
        }
    }

    @Override
    public int prefetch(ByteBuffer memory, int from, int end) {
        lastNanos = clock.nanos();
        return prefetcher.prefetch(memory, from, end, lastNanos);
    }

    @Override
    public void protocolError(Session session, String text, WireReplyWriter reply) {
        stats.recordError(-1, "ERR");
        if (session.replyMode() == ReplyMode.ON) {
            reply.error(text);
        }
    }

    @Override
    public long tick() {
        runner.trim();
        prefetcher.endMeasure();
        if (!tiered) {
            lastNanos = WAITED;
            return MAY_LEAVE;
        }
        fetches.start(engine.store());
        try {
            return engine.commit();
        } catch (JournalFailedException e) {
            // What these clients wrote is in memory and nowhere else: they must not be told that it is kept. Nor that
            // it is refused: others see
            // it already, and the journal writes it as soon as it can, so a client that tried its INCR again after an
            // error would count twice. A connection that ends says what is true, that nobody knows.
            wrote.forEach(session -> session.transport().kill());
            return MAY_LEAVE;
        } finally {
            wrote.clear();
            lastNanos = WAITED;
        }
    }
}
