package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.ADMIN;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.NOSCRIPT;
import static io.swytch.command.spec.Flag.STALE;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Help;
import io.swytch.resp.ReplyWriter;
import io.swytch.stats.HistogramSnapshot;
import io.swytch.stats.LatencyEvents;
import io.swytch.stats.Totals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** LATENCY: how long commands take, and what took long lately. */
public final class LatencyCommands {
    private static final String[] ALL_NODES = {
        "nondeterministic_output", "request_policy:all_nodes", "response_policy:special"
    };

    /** Doublings of a microsecond that the histogram goes to: over a minute. */
    private static final int DOUBLINGS = 27;

    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("LATENCY", atLeast(2))
                    .docs("2.8.13", "Depends on subcommand.", "Commands about latency.")
                    .sub(subcommand("DOCTOR", exactly(2), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips(ALL_NODES)
                            .docs("2.8.13", "O(1)", "Says where latency is to be looked for.")
                            .runs(LatencyCommands::doctor))
                    .sub(subcommand("GRAPH", exactly(3), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips(ALL_NODES)
                            .syntax("event")
                            .docs("2.8.13", "O(1)", "Draws the samples of an event.")
                            .runs(LatencyCommands::graph))
                    .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                            .docs("2.8.13", "O(1)", "Lists the subcommands.")
                            .runs(Help::reply))
                    .sub(subcommand("HISTOGRAM", atLeast(2), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips(ALL_NODES)
                            .syntax("[command...]")
                            .docs(
                                    "7.0.0",
                                    "O(N) where N is the number of commands with latency information being retrieved.",
                                    "Replies how many calls of each command took at most how many microseconds.")
                            .runs(LatencyCommands::histogram))
                    .sub(subcommand("HISTORY", exactly(3), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips(ALL_NODES)
                            .syntax("event")
                            .docs("2.8.13", "O(1)", "Replies with the samples of an event.")
                            .runs(LatencyCommands::history))
                    .sub(subcommand("LATEST", exactly(2), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips(ALL_NODES)
                            .docs("2.8.13", "O(1)", "Replies with the newest sample of each event.")
                            .runs(LatencyCommands::latest))
                    .sub(subcommand("RESET", atLeast(2), ADMIN, NOSCRIPT, LOADING, STALE)
                            .tips("request_policy:all_nodes", "response_policy:all_succeeded")
                            .syntax("[event...]")
                            .docs("2.8.13", "O(1)", "Forgets the samples of events; replies how many events had any.")
                            .runs(LatencyCommands::reset)));

    private LatencyCommands() {}

    private static void doctor(Call call, ReplyWriter reply) {
        reply.verbatim("txt", LatencyText.advice(call).getBytes(StandardCharsets.UTF_8));
    }

    private static void graph(Call call, ReplyWriter reply) {
        LatencyEvents.Event event =
                call.server().stats().latencyEvents().find(call.arg(2).toString());
        if (event == null) {
            throw Errors.noSamples(call.arg(2));
        }
        reply.verbatim("txt", LatencyText.graph(event, call.nowMs() / 1000).getBytes(StandardCharsets.UTF_8));
    }

    private record Row(String name, Totals.Command command) {}

    private static void histogram(Call call, ReplyWriter reply) {
        Totals totals = call.server().stats().totals();
        List<Row> rows = new ArrayList<>();
        if (call.argCount() == 2) {
            call.server().catalogue().all().forEach(spec -> add(spec, totals, rows));
        }
        for (int i = 2; i < call.argCount(); i++) {
            CommandSpec spec = call.server().catalogue().find(call.arg(i));
            if (spec != null) {
                add(spec, totals, rows);
                spec.subcommands().forEach(sub -> add(sub, totals, rows));
            }
        }
        reply.map(rows.size());
        for (Row row : rows) {
            reply.bulk(row.name);
            reply.map(2);
            reply.bulk("calls");
            reply.integer(row.command.calls());
            reply.bulk("histogram_usec");
            write(row.command.latency(), reply);
        }
    }

    private static void add(CommandSpec spec, Totals totals, List<Row> rows) {
        Totals.@Nullable Command command = totals.command(spec.index());
        if (command != null && command.calls() > 0) {
            rows.add(new Row(spec.fullName(), command));
        }
    }

    /** Cumulative counts by doublings of a microsecond; bounds that add nothing are left out. */
    private static void write(HistogramSnapshot latency, ReplyWriter reply) {
        List<long[]> steps = new ArrayList<>();
        long before = 0;
        for (int i = 0; i <= DOUBLINGS; i++) {
            long count = i == DOUBLINGS ? latency.count() : latency.countUpTo(1000L << i);
            if (count > before) {
                steps.add(new long[] {1L << i, count});
                before = count;
            }
        }
        reply.map(steps.size());
        for (long[] step : steps) {
            reply.integer(step[0]);
            reply.integer(step[1]);
        }
    }

    private static void latest(Call call, ReplyWriter reply) {
        List<LatencyEvents.Event> all = call.server().stats().latencyEvents().all();
        reply.array(all.size());
        for (LatencyEvents.Event event : all) {
            reply.array(4);
            reply.bulk(event.name());
            reply.integer(event.newest().timeSec());
            reply.integer(event.newest().millis());
            reply.integer(event.maxMillis());
        }
    }

    private static void history(Call call, ReplyWriter reply) {
        LatencyEvents.Event event =
                call.server().stats().latencyEvents().find(call.arg(2).toString());
        List<LatencyEvents.Sample> samples = event == null ? List.of() : event.samples();
        reply.array(samples.size());
        for (LatencyEvents.Sample sample : samples) {
            reply.array(2);
            reply.integer(sample.timeSec());
            reply.integer(sample.millis());
        }
    }

    private static void reset(Call call, ReplyWriter reply) {
        LatencyEvents events = call.server().stats().latencyEvents();
        if (call.argCount() == 2) {
            reply.integer(events.resetAll());
            return;
        }
        int count = 0;
        for (int i = 2; i < call.argCount(); i++) {
            count += events.reset(call.arg(i).toString()) ? 1 : 0;
        }
        reply.integer(count);
    }
}
