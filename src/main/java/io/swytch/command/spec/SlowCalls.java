package io.swytch.command.spec;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Slice;
import io.swytch.stats.LatencyEvents;
import io.swytch.stats.Slowlog;
import io.swytch.stats.Stats;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Puts calls into the slow log, shortened as Redis does, secrets left out. Stateless. */
public final class SlowCalls {
    /** Arguments that are kept of a call, and bytes of each. */
    private static final int ARGS_MAX = 32;

    private static final int ARG_BYTES_MAX = 128;
    private static final Bytes REDACTED = Bytes.of("(redacted)");

    private SlowCalls() {}

    /** Enters {@code call} if it took as long as the slow log asks for, and its time among the latency events if that reached theirs. */
    public static void note(Call call, long nanos) {
        Stats stats = call.server().stats();
        if (nanos >= stats.slowlog().thresholdNanos() && !call.spec().has(Flag.SKIP_SLOWLOG)) {
            log(stats.slowlog(), call, nanos);
        }
        stats.latencyEvents()
                .record(call.spec().has(Flag.FAST) ? LatencyEvents.FAST_COMMAND : LatencyEvents.COMMAND, nanos);
    }

    private static void log(Slowlog log, Call call, long nanos) {
        int count = call.argCount();
        // The last place says how many are missing, itself counted.
        int kept = count > ARGS_MAX ? ARGS_MAX - 1 : count;
        List<Bytes> args = new ArrayList<>();
        for (int i = 0; i < kept; i++) {
            args.add(call.isRedacted(i) ? REDACTED : shortened(call.arg(i)));
        }
        if (count > kept) {
            args.add(Bytes.of("... (" + (count - kept) + " more arguments)"));
        }
        Session session = call.session();
        log.add(call.nowMs() / 1000, nanos / 1000, args, session.transport().remoteAddress(), session.name);
    }

    private static Bytes shortened(Slice arg) {
        if (arg.length() <= ARG_BYTES_MAX) {
            return arg.toBytes();
        }
        String rest = "... (" + (arg.length() - ARG_BYTES_MAX) + " more bytes)";
        byte[] tail = rest.getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = new byte[ARG_BYTES_MAX + tail.length];
        arg.copyTo(0, bytes, 0, ARG_BYTES_MAX);
        System.arraycopy(tail, 0, bytes, ARG_BYTES_MAX, tail.length);
        return Bytes.wrap(bytes);
    }
}
