package io.swytch.command;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Flag;
import io.swytch.command.spec.KeyTurns;
import io.swytch.keyspace.Databases;
import io.swytch.keyspace.KeyClaim;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.ReadAhead;
import io.swytch.store.Store;
import io.swytch.store.StoreReadException;
import io.swytch.store.item.Key;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of a command with so many keys that holding all their stripes at a time, or reading them all before, would stop everybody: its handler goes
 * through the keys while each has its turn, holding one stripe for a moment, and a {@link KeyClaim} makes it one command for others all the same.
 *
 * <p>One that reads runs first without hindering anybody; if somebody has changed one of its keys meanwhile, it forgets what it has and runs
 * again while those who would change them wait. One that writes first looks which keys are nowhere, which is what takes long, and then runs
 * while all who want one of its keys wait; no drain is under way then, so that all that it does reaches the journal before any of it L2.
 *
 * <p>Threads: the one for such commands, one at a time.
 */
final class KeyByKey implements KeyTurns {
    /** Keys of one stripe in a row before it is let go of. */
    private static final int TURNS_MAX = 32;

    /** How long others who wait for a stripe are let by: a thread that is woken for a lock that is free for a moment only would never get it. */
    private static final long LET_BY_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long LOOK_AGAIN_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

    /** Runs of a command that reads, while those who would write wait. */
    private static final int HELD_READS_MAX = 4;

    private final Store store;
    private final Databases databases;
    private final CommandRunner runner;
    private final Call call;
    private final CommandSpec spec;
    private final @Nullable ReadAhead ahead;
    private final KeyClaim claim;
    private final BooleanSupplier isClosing;
    private final BitSet knownAbsent = new BitSet();
    private final Key next = new Key();
    private int aheadFrom;
    private int aheadTo;
    private boolean changes;
    private boolean holds;
    private long heldHash;
    private int heldStripe;
    private int turns;

    /** {@code call} is the runner's, and has begun. */
    KeyByKey(Store store, Databases databases, CommandRunner runner, Call call, BooleanSupplier isClosing) {
        this.isClosing = isClosing;
        this.store = store;
        this.databases = databases;
        this.runner = runner;
        this.call = call;
        spec = call.spec();
        ahead = store.isTiered() && !spec.isBlind(call)
                ? new ReadAhead(store, spec.keyByKey() == CommandSpec.KeyByKey.VALUE)
                : null;
        claim = new KeyClaim(call.allKeyCount(), spec.has(Flag.WRITE));
    }

    /**
     * Runs the command; {@code attempt} runs its handler once.
     *
     * @throws StoreReadException if keys could not be read, or the server stops, and nothing was done
     */
    void run(ReplyWriter reply, Runnable attempt) {
        for (int i = 0; i < call.allKeyCount(); i++) {
            claim.add(call.keyUnasked(i, next).hash());
        }
        databases.watch(claim);
        letOthersEnd();
        runner.keyspace().setReadAhead(ahead);
        try {
            if (claim.writes()) {
                write(attempt);
            } else {
                read(reply, attempt);
            }
        } finally {
            runner.keyspace().setReadAhead(null);
            if (ahead != null) {
                ahead.clear();
            }
            databases.end(claim);
        }
    }

    /**
     * Waits for a FLUSHALL or SWAPDB that may have begun without knowing of the watch, which is over when a stripe is free, and takes the keys from the
     * arguments again: they may have been of another database until then. One that comes from now on tells the claim.
     */
    private void letOthersEnd() {
        store.lock(0);
        store.unlock(0);
        call.begin(spec, call.request(), call.session());
    }

    private void read(ReplyWriter reply, Runnable attempt) {
        long mark = reply.mark();
        attempt.run();
        if (claim.isTouched()) {
            hold();
            // Nobody writes them now. Their time may still run out, which must not be seen of some only where it is the
            // same for all.
            for (int i = 0; i < HELD_READS_MAX && claim.isTouched(); i++) {
                claim.forgetTouched();
                reply.rollback(mark);
                aheadTo = 0;
                attempt.run();
            }
        }
    }

    /** Returns when nobody is in the middle of anything any more that began without knowing of the claim. */
    private void hold() {
        databases.hold(claim);
        store.lockAll();
        store.unlockAll();
    }

    private void write(Runnable attempt) {
        if (ahead != null) {
            // Before anything is changed, so that a disk that cannot be read stops the command as a whole.
            survey(ahead);
            ahead.setAlone();
            aheadTo = 0;
        }
        store.forbidDrain();
        try {
            hold();
            changes = true;
            attempt.run();
        } finally {
            store.allowDrain();
        }
    }

    /** Finds out which keys are nowhere. */
    private void survey(ReadAhead into) {
        for (int i = 0; i < call.allKeyCount(); i = aheadTo) {
            readAhead(into, i);
            for (int k = i; k < aheadTo; k++) {
                knownAbsent.set(k, into.isAbsent(k - i));
            }
        }
    }

    @Override
    public void take(int index, Key key) {
        if (ahead != null) {
            if (index < aheadFrom || index >= aheadTo) {
                letGo();
                readAhead(ahead, index);
            }
            ahead.turnTo(index - aheadFrom, key);
        }
        if (holds) {
            if (++turns < TURNS_MAX && store.stripe(key.hash()) == heldStripe) {
                return;
            }
            letGo();
        }
        store.lock(key.hash());
        holds = true;
        turns = 0;
        heldHash = key.hash();
        heldStripe = store.stripe(heldHash);
    }

    /** Lets go of the stripe that is held, if one is. */
    void letGo() {
        if (!holds) {
            return;
        }
        holds = false;
        store.unlock(heldHash);
        for (long waited = 0; waited < LET_BY_NANOS && store.isAwaited(heldHash); waited += LOOK_AGAIN_NANOS) {
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    private void readAhead(ReadAhead into, int from) {
        if (!changes && isClosing.getAsBoolean()) {
            // No client is left that would hear of it.
            throw StoreReadException.stopping();
        }
        aheadFrom = from;
        aheadTo = Math.min(call.allKeyCount(), from + into.size());
        into.clear();
        for (int i = from; i < aheadTo; i++) {
            Key key = call.keyUnasked(i, next);
            if (!isKnownAbsent(i, key)) {
                into.want(i - from, key);
            } else {
                into.setAbsent(i - from);
            }
        }
        into.read();
    }

    /** Others can write none of these keys any more when this is asked, but some may have been about to; so it is asked under the stripe. */
    private boolean isKnownAbsent(int index, Key key) {
        if (!knownAbsent.get(index)) {
            return false;
        }
        store.lock(key.hash());
        try {
            return !claim.isTouched(key.hash());
        } finally {
            store.unlock(key.hash());
        }
    }
}
