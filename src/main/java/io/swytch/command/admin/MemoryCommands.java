package io.swytch.command.admin;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.CommandSpec.Row.subcommand;
import static io.swytch.command.spec.Flag.LOADING;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.STALE;
import static io.swytch.command.spec.KeyFlag.RO;

import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.CommandSpec.Background;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.command.spec.Help;
import io.swytch.command.spec.Options;
import io.swytch.command.spec.Session;
import io.swytch.resp.ReplyWriter;
import io.swytch.stats.ProcessFigures;
import io.swytch.stats.StoreFigures;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** MEMORY: what takes how much. */
public final class MemoryCommands {
    private static final String[] ALL_SHARDS = {
        "nondeterministic_output", "request_policy:all_shards", "response_policy:special"
    };

    public static final CommandFamily FAMILY = family(
            Group.SERVER,
            command("MEMORY", atLeast(2))
                    .docs("4.0.0", "Depends on subcommand.", "Commands about memory.")
                    .sub(subcommand("DOCTOR", exactly(2))
                            .tips(ALL_SHARDS)
                            .docs("4.0.0", "O(1)", "Says what is noteworthy about the use of memory.")
                            .runs(MemoryCommands::doctor))
                    .sub(subcommand("HELP", exactly(2), LOADING, STALE)
                            .docs("4.0.0", "O(1)", "Lists the subcommands.")
                            .runs(Help::reply))
                    .sub(subcommand("MALLOC-STATS", exactly(2))
                            .tips(ALL_SHARDS)
                            .docs(
                                    "4.0.0",
                                    "Depends on how much memory is allocated, could be slow",
                                    "Replies with what each part of memory holds, for people to read.")
                            .runs(MemoryCommands::mallocStats))
                    .sub(subcommand("PURGE", exactly(2))
                            .tips("request_policy:all_shards", "response_policy:all_succeeded")
                            .docs(
                                    "4.0.0",
                                    "Depends on how much memory is allocated, could be slow",
                                    "Gives memory that is kept for reuse back to the system.")
                            .background(Background.ALWAYS)
                            .runs(MemoryCommands::purge))
                    .sub(subcommand("STATS", exactly(2))
                            .tips(ALL_SHARDS)
                            .docs("4.0.0", "O(1)", "Replies with what each part of memory holds.")
                            .background(Background.WHEN_TIERED)
                            .runs(MemoryCommands::stats))
                    .sub(subcommand("USAGE", atLeast(3), READONLY)
                            .key(2, RO)
                            .syntax("key:key ['SAMPLES'count:int]")
                            .docs(
                                    "4.0.0",
                                    "O(N) where N is the number of samples.",
                                    "Replies how many bytes of memory a key takes.")
                            .runs(MemoryCommands::usage)));

    private MemoryCommands() {}

    private static void usage(Call call, ReplyWriter reply) {
        Options options = call.options(3);
        while (options.hasNext()) {
            // Strings are of one piece: the number of samples is checked and not used.
            if (options.remaining() < 2 || !options.eat("SAMPLES")) {
                throw Errors.SYNTAX;
            }
            if (options.takeLong() < 0) {
                throw Errors.SYNTAX;
            }
        }
        if (call.keyspace().peek(call.key()) == null) {
            reply.nullBulk();
        } else {
            reply.integer(call.keyspace().memoryBytes(call.key()));
        }
    }

    private static void doctor(Call call, ReplyWriter reply) {
        StoreFigures store = call.server().stats().totals().store;
        ProcessFigures process = call.server().stats().process();
        List<String> lines = new ArrayList<>();
        if (store.usedBytes > store.maxBytes / 10 * 9) {
            lines.add(
                    store.isTiered
                            ? "L1 is full, as it should be: what is used least is read from disk. Watch the hit rate."
                            : "Memory is full: maxmemory-policy decides what leaves.");
        }
        if (store.writeBufferBytes > store.writeBufferMaxBytes / 2) {
            lines.add("The write buffer is more than half full: the disk is behind the writers.");
        }
        if (process.heapCommittedBytes() > 0 && process.heapBytes() > process.heapCommittedBytes() / 10 * 9) {
            lines.add("The Java heap is nearly full; what is kept for each client lives there.");
        }
        if (lines.isEmpty()) {
            lines.add("Nothing is noteworthy about the use of memory.");
        }
        reply.verbatim("txt", (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void mallocStats(Call call, ReplyWriter reply) {
        StringBuilder text = new StringBuilder();
        InfoTiering.parts(
                        call.server().stats().totals().store,
                        call.server().stats().process())
                .forEach((name, value) ->
                        text.append(name).append(':').append(value).append('\n'));
        reply.verbatim("txt", text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void purge(Call call, ReplyWriter reply) {
        call.server().admin().purgeMemory();
        reply.ok();
    }

    private static void stats(Call call, ReplyWriter reply) {
        StoreFigures store = call.server().stats().totals().store;
        long peak = call.server().stats().peakUsedBytes();
        long clients = clientBytes(call);
        long overhead = clients + store.indexBytes + store.ghostBytes;
        long dataset = store.segmentBytes + store.largeBytes;
        long resident = call.server().stats().process().residentBytes();
        List<Integer> databases = new ArrayList<>();
        long keys = 0;
        for (int db = 0; db < call.keyspace().databases(); db++) {
            long size = call.keyspace().size(db);
            if (size > 0) {
                databases.add(db);
                keys += size;
            }
        }
        Figures figures = new Figures(reply, 14 + databases.size());
        figures.add("peak.allocated", peak);
        figures.add("total.allocated", store.usedBytes);
        figures.add("startup.allocated", 0);
        figures.add("replication.backlog", 0);
        figures.add("clients.slaves", 0);
        figures.add("clients.normal", clients);
        figures.add("aof.buffer", store.journalBufferBytes);
        for (int db : databases) {
            reply.bulk("db." + db);
            reply.map(2);
            // All databases share one index, so its bytes are shown with the overhead, not by database.
            reply.bulk("overhead.hashtable.main");
            reply.integer(0);
            reply.bulk("overhead.hashtable.expires");
            reply.integer(0);
        }
        figures.add("overhead.total", overhead);
        figures.add("keys.count", keys);
        figures.add("keys.bytes-per-key", store.entries == 0 ? 0 : store.usedBytes / store.entries);
        figures.add("dataset.bytes", dataset);
        figures.add("dataset.percentage", percent(dataset, store.usedBytes));
        figures.add("peak.percentage", percent(store.usedBytes, peak));
        figures.add("fragmentation", store.usedBytes == 0 ? 0.0 : (double) resident / store.usedBytes);
    }

    private static double percent(long part, long whole) {
        return whole == 0 ? 0 : 100.0 * part / whole;
    }

    /** Memory of all connections' buffers and queued commands. */
    static long clientBytes(Call call) {
        long bytes = 0;
        for (Session session : call.server().sessions().all()) {
            bytes += session.transport().buffers().memoryBytes() + session.queuedBytes();
        }
        return bytes;
    }

    /** A map of names and numbers. */
    private record Figures(ReplyWriter reply, int count) {
        Figures {
            reply.map(count);
        }

        void add(String name, long value) {
            reply.bulk(name);
            reply.integer(value);
        }

        void add(String name, double value) {
            reply.bulk(name);
            reply.number(value);
        }
    }
}
