package io.swytch.store;

import java.util.ArrayList;
import java.util.List;

/**
 * The fetches that the commands of one iteration of an event loop need: read together, so that a disk thread is woken for many keys and not for
 * each, and RocksDB is asked for several at once.
 *
 * <p>Threads: its loop's.
 */
public final class FetchBatch {
    /** Keys that are not worth another thread's being woken. */
    private static final int KEYS_MIN = 4;

    private final List<Fetch> fetches = new ArrayList<>();
    private final List<FillToken> tokens = new ArrayList<>();

    /** Adds a fetch; {@code whenDone} runs once, on some thread, when every key of it has been fetched. */
    public void add(Fetch fetch, Runnable whenDone) {
        fetch.begin(whenDone, tokens);
        fetches.add(fetch);
    }

    /** Begins to read. Holds no stripe. */
    public void start(Store store) {
        if (fetches.isEmpty()) {
            return;
        }
        int size = tokens.size();
        int slice = Math.max(KEYS_MIN, (size + Tier.DISK_THREADS - 1) / Tier.DISK_THREADS);
        for (int from = 0; from < size; from += slice) {
            store.read(List.copyOf(tokens.subList(from, Math.min(size, from + slice))));
        }
        fetches.forEach(Fetch::oneDone);
        fetches.clear();
        tokens.clear();
    }
}
