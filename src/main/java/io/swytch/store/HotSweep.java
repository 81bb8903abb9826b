package io.swytch.store;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;

/**
 * The keys of some ranks of a {@link HotSet}, all in the order in which L2 has them: one space after the other, and by prefix in each. Two of one prefix are one.
 *
 * <p>Takes memory for one block of each rank. Threads: one.
 */
final class HotSweep {
    private final HotSetReader file;

    /** Ranks of the spaces that are yet to come. */
    private final Deque<Space> spaces = new ArrayDeque<>();

    /** Of the space that is under way, those that have keys left. */
    private final List<Run> runs = new ArrayList<>();

    private final boolean isHot;
    private int space;
    private long prefix;
    private int heat;

    private record Space(int number, List<Run> runs) {}

    /** Blocks of one rank and space. */
    private final class Run {
        private final Deque<HotSetReader.Block> blocks = new ArrayDeque<>();
        private long[] prefixes = {};
        private byte[] heats = {};
        private int at;
        private int end;

        /** Goes to the next key; false where there is none. */
        boolean next() throws IOException {
            at++;
            while (at >= end) {
                HotSetReader.Block block = blocks.poll();
                if (block == null) {
                    return false;
                }
                if (prefixes.length < block.keys()) {
                    prefixes = new long[block.keys()];
                    heats = new byte[block.keys()];
                }
                file.read(block, prefixes, heats);
                at = 0;
                end = block.keys();
            }
            return true;
        }
    }

    /**
     * @param blocks of any ranks, those of one rank and space by prefix
     * @param isHot whether keys of the hottest ranks are among them
     */
    private HotSweep(HotSetReader file, List<HotSetReader.Block> blocks, boolean isHot) {
        this.file = file;
        this.isHot = isHot;
        TreeMap<Integer, TreeMap<Integer, Run>> sorted = new TreeMap<>();
        for (HotSetReader.Block block : blocks) {
            sorted.computeIfAbsent(block.space(), s -> new TreeMap<>())
                    .computeIfAbsent(block.rank(), r -> new Run())
                    .blocks
                    .add(block);
        }
        sorted.forEach((number, ofRanks) -> spaces.add(new Space(number, List.copyOf(ofRanks.values()))));
    }

    /**
     * How to read a file back: one sweep a rank, the hottest first; or all that main has, and what has been used, in one. See {@link HotSet#COLD_RANK}.
     *
     * @param together whether ranks that need not be apart are read in one sweep
     */
    static List<HotSweep> plan(HotSetReader file, boolean together) {
        TreeMap<Integer, List<HotSetReader.Block>> groups = new TreeMap<>();
        for (HotSetReader.Block block : file.blocks()) {
            int group = together && block.rank() < HotSet.COLD_RANK ? 0 : block.rank();
            groups.computeIfAbsent(group, g -> new ArrayList<>()).add(block);
        }
        List<HotSweep> sweeps = new ArrayList<>();
        groups.forEach((rank, blocks) -> sweeps.add(new HotSweep(file, blocks, rank < HotSet.COOLER_RANK)));
        return sweeps;
    }

    /** Whether what is hottest is in it. */
    boolean isHot() {
        return isHot;
    }

    /** Goes to the next key; false where there is none. */
    boolean next() throws IOException {
        long before = prefix;
        boolean isFirst = false;
        do {
            while (runs.isEmpty()) {
                Space ofSpace = spaces.poll();
                if (ofSpace == null) {
                    return false;
                }
                for (Run run : ofSpace.runs) {
                    if (run.next()) {
                        runs.add(run);
                    }
                }
                isFirst = true;
                space = ofSpace.number;
            }
            Run least = runs.get(0);
            for (int i = 1; i < runs.size(); i++) {
                Run run = runs.get(i);
                if (Long.compareUnsigned(run.prefixes[run.at], least.prefixes[least.at]) < 0) {
                    least = run;
                }
            }
            prefix = least.prefixes[least.at];
            heat = least.heats[least.at];
            if (!least.next()) {
                runs.remove(least);
            }
        } while (!isFirst && prefix == before);
        return true;
    }

    /** Space of the key that {@link #next} went to. */
    int space() {
        return space;
    }

    /** The top bits of its hash, as {@link HotSet#PREFIX_BITS} says. */
    long prefix() {
        return prefix;
    }

    int heat() {
        return heat;
    }
}
