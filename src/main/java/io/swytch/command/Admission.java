package io.swytch.command;

import io.swytch.bytes.Slice;
import io.swytch.command.spec.Catalogue;
import io.swytch.command.spec.CommandError;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Flag;
import io.swytch.command.spec.Session;
import io.swytch.resp.Request;
import io.swytch.store.Store;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the command that a request names, and says why it may not run: unknown, wrong arity, not authenticated, no memory, no disk. In
 * the order in which Redis looks, so that the first error is Redis's.
 *
 * <p>Threads: any.
 */
final class Admission {
    /** How much of a request an error text repeats, as in Redis. */
    private static final int ECHO_BYTES_MAX = 128;

    private final Catalogue catalogue;
    private final Store store;
    private final boolean tiered;

    Admission(Catalogue catalogue, Store store) {
        this.catalogue = catalogue;
        this.store = store;
        tiered = store.isTiered();
    }

    /** The command of a request, or null if there is none of that name and arity; then {@link #refusal} says why. */
    @Nullable
    CommandSpec find(Request request) {
        CommandSpec spec = catalogue.find(request.arg(0));
        if (spec == null) {
            return null;
        }
        if (!spec.subcommands().isEmpty() && request.argCount() > 1) {
            spec = catalogue.subcommand(spec, request.arg(1));
            if (spec == null) {
                return null;
            }
        }
        return spec.arity().admits(request.argCount()) && (spec.handler() != null) ? spec : null;
    }

    /** The command that the request names, whatever its arity; null if there is none. */
    @Nullable
    CommandSpec named(Request request) {
        CommandSpec spec = catalogue.find(request.arg(0));
        return spec == null || spec.subcommands().isEmpty() || request.argCount() == 1
                ? spec
                : catalogue.subcommand(spec, request.arg(1));
    }

    /** Whether the request names the command that runs a transaction's queue. */
    boolean endsTransaction(Request request) {
        CommandSpec spec = catalogue.find(request.arg(0));
        return spec != null && spec.lockScope() == CommandSpec.LockScope.QUEUED;
    }

    /** Why {@link #find} found nothing. */
    CommandError refusal(Request request) {
        Slice name = request.arg(0);
        CommandSpec spec = catalogue.find(name);
        if (spec == null) {
            return Errors.of(unknown(request));
        }
        if (!spec.subcommands().isEmpty() && request.argCount() > 1) {
            CommandSpec sub = catalogue.subcommand(spec, request.arg(1));
            if (sub == null) {
                return Errors.of("ERR unknown subcommand '" + head(request.arg(1), ECHO_BYTES_MAX) + "'. Try "
                        + spec.name() + " HELP.");
            }
            spec = sub;
        }
        return Errors.wrongArgCount(spec.fullName());
    }

    private static String unknown(Request request) {
        StringBuilder args = new StringBuilder();
        for (int i = 1; i < request.argCount() && args.length() < ECHO_BYTES_MAX; i++) {
            String head = head(request.arg(i), ECHO_BYTES_MAX - args.length());
            args.append('\'').append(head).append("' ");
        }
        return "ERR unknown command '" + head(request.arg(0), ECHO_BYTES_MAX) + "', with args beginning with: " + args;
    }

    private static String head(Slice arg, int bytesMax) {
        byte[] bytes = new byte[Math.min(arg.length(), bytesMax)];
        arg.copyTo(0, bytes, 0, bytes.length);
        String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    /** Why the command may not run now, or null if it may. */
    @Nullable
    CommandError refusal(CommandSpec spec, Session session) {
        if (!session.isAuthenticated() && !spec.has(Flag.NO_AUTH)) {
            return Errors.NO_AUTH;
        }
        if (spec.has(Flag.DENYOOM) && !tiered && store.isFull()) {
            return Errors.OUT_OF_MEMORY;
        }
        if (tiered && (spec.has(Flag.WRITE) || spec.lockScope() == CommandSpec.LockScope.QUEUED)) {
            CommandError trouble = diskTrouble(spec, session);
            if (trouble != null) {
                return trouble;
            }
        }
        if (session.inMulti() && spec.has(Flag.NO_MULTI)) {
            return Errors.NOT_IN_TRANSACTION;
        }
        return null;
    }

    /** Why the disk cannot take what the command, or the queue that it runs, would write; null if it can. */
    private @Nullable CommandError diskTrouble(CommandSpec spec, Session session) {
        String trouble = store.writeTrouble(true);
        if (trouble == null) {
            return null;
        }
        boolean isGrowing = spec.has(Flag.DENYOOM);
        if (!spec.has(Flag.WRITE)) {
            List<Session.Queued> queue = session.queue();
            if (queue == null || !Engine.hasWrites(session)) {
                return null;
            }
            isGrowing = queue.stream().anyMatch(queued -> queued.spec().has(Flag.DENYOOM));
        }
        trouble = isGrowing ? trouble : store.writeTrouble(false);
        return trouble == null ? null : Errors.of("MISCONF " + trouble);
    }
}
