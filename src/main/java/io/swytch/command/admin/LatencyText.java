package io.swytch.command.admin;

import io.swytch.command.spec.Call;
import io.swytch.config.Settings;
import io.swytch.stats.LatencyEvents;
import io.swytch.stats.LatencyEvents.Event;
import io.swytch.stats.LatencyEvents.Sample;
import java.util.List;
import java.util.Locale;

/** What LATENCY says to people: graphs and advice. */
final class LatencyText {
    /** Columns of a graph: the newest samples that fit on a line. */
    private static final int COLUMNS = 80;

    private static final int ROWS = 4;

    private LatencyText() {}

    /** The samples as columns from the shortest to the longest time, below each the age of its sample. */
    static String graph(Event event, long nowSec) {
        List<Sample> samples = event.samples();
        List<Sample> shown = samples.subList(Math.max(0, samples.size() - COLUMNS), samples.size());
        long low = shown.stream().mapToLong(Sample::millis).min().orElse(0);
        long high = shown.stream().mapToLong(Sample::millis).max().orElse(0);
        StringBuilder text = new StringBuilder();
        text.append(event.name())
                .append(" - high ")
                .append(high)
                .append(" ms, low ")
                .append(low);
        text.append(" ms (all time high ").append(event.maxMillis()).append(" ms)\n");
        text.append("-".repeat(COLUMNS)).append('\n');
        for (int row = ROWS; row >= 1; row--) {
            for (Sample sample : shown) {
                long height = high == low ? 1 : 1 + (sample.millis() - low) * (ROWS - 1) / (high - low);
                text.append(height == row ? '#' : height > row ? '|' : ' ');
            }
            text.append('\n');
        }
        text.append('\n');
        List<String> ages =
                shown.stream().map(sample -> age(nowSec - sample.timeSec())).toList();
        int longest = ages.stream().mapToInt(String::length).max().orElse(0);
        for (int line = 0; line < longest; line++) {
            for (String age : ages) {
                text.append(line < age.length() ? age.charAt(line) : ' ');
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String age(long seconds) {
        if (seconds < 60) {
            return Math.max(0, seconds) + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m";
        }
        return seconds < 86_400 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }

    /** What happened, and where to look. */
    static String advice(Call call) {
        Settings settings = call.server().settings();
        List<Event> events = call.server().stats().latencyEvents().all();
        StringBuilder text = new StringBuilder();
        if (settings.latencyMonitorThresholdMillis() == 0) {
            text.append(
                    "Events are not recorded: latency-monitor-threshold is 0. CONFIG SET latency-monitor-threshold 100"
                            + " records whatever takes 100 milliseconds.\n");
        } else if (events.isEmpty()) {
            text.append("Nothing has taken ")
                    .append(settings.latencyMonitorThresholdMillis())
                    .append(" ms or longer.\n");
        }
        for (Event event : events) {
            double mean =
                    event.samples().stream().mapToLong(Sample::millis).average().orElse(0);
            text.append(String.format(
                    Locale.ROOT,
                    "%s: in %d different seconds, %.0f ms on average, %d ms at worst. %s%n",
                    event.name(),
                    event.samples().size(),
                    mean,
                    event.maxMillis(),
                    hint(event.name())));
        }
        text.append(
                "INFO latencystats and LATENCY HISTOGRAM have the distribution of each command, /metrics that of the disk.\n");
        return text.toString();
    }

    private static String hint(String event) {
        return switch (event) {
            case LatencyEvents.COMMAND -> "SLOWLOG GET names the commands and their arguments.";
            case LatencyEvents.FAST_COMMAND ->
                "These do little work: look for a busy machine, swapping, or a slow command on the same event loop.";
            case LatencyEvents.FILL -> "Reads wait for the disk: more maxmemory or l2-cache-size has fewer of them.";
            case LatencyEvents.JOURNAL_SYNC -> "The disk is slow to sync; only clients with --sync always wait for it.";
            default -> "Clients do not wait for it, unless the write buffer fills.";
        };
    }
}
