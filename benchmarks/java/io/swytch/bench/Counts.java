package io.swytch.bench;

/** What happened to the operations of a load. Threads: one; {@link #addAll} brings those of several together. */
final class Counts {
    final Histogram gets = new Histogram();
    final Histogram sets = new Histogram();
    long hits;
    long misses;
    long refused;
    long errors;
    long wrong;
    String firstError = "";

    void addAll(Counts other) {
        gets.addAll(other.gets);
        sets.addAll(other.sets);
        hits += other.hits;
        misses += other.misses;
        refused += other.refused;
        errors += other.errors;
        wrong += other.wrong;
        if (firstError.isEmpty()) {
            firstError = other.firstError;
        }
    }

    long operations() {
        return gets.count() + sets.count();
    }

    /** One JSON object. */
    String json(double seconds) {
        Histogram all = new Histogram();
        all.addAll(gets);
        all.addAll(sets);
        return String.format(
                "{\"ops\": %d, \"seconds\": %.3f, \"ops_per_second\": %.1f, \"gets\": %d, \"hits\": %d, \"misses\": %d, \"sets\": %d, "
                        + "\"refused\": %d, \"errors\": %d, \"wrong\": %d, %s, %s, %s}",
                operations(),
                seconds,
                operations() / seconds,
                gets.count(),
                hits,
                misses,
                sets.count(),
                refused,
                errors,
                wrong,
                tails("all", all),
                tails("get", gets),
                tails("set", sets));
    }

    private static String tails(String name, Histogram of) {
        return String.format(
                "\"%1$s_p50_us\": %2$.1f, \"%1$s_p99_us\": %3$.1f, \"%1$s_p999_us\": %4$.1f, \"%1$s_max_us\": %5$.1f",
                name, of.percentile(50) / 1e3, of.percentile(99) / 1e3, of.percentile(99.9) / 1e3, of.max() / 1e3);
    }
}
