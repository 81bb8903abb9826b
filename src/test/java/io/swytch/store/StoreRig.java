package io.swytch.store;

import io.swytch.bytes.Slice;
import io.swytch.clock.ManualClock;
import io.swytch.keyspace.Databases;
import io.swytch.keyspace.StoreKeyspace;
import io.swytch.stats.LoopStats;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.journal.SyncMode;
import io.swytch.store.l1.EvictionMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A tiered store of two databases, and single commands on it. Threads: one at a time, but for what the store itself allows. */
final class StoreRig implements AutoCloseable {
    static final BacklogLimits LIMITS = new BacklogLimits(2L << 30, 32, 64L << 30);

    final ManualClock clock = new ManualClock(1_800_000_000_000L);
    final Store store;
    private final StoreKeyspace keyspace;

    StoreRig(Path dir, long maxBytes) throws IOException {
        store = Store.open(
                new StoreOptions(
                        maxBytes,
                        EvictionMode.ALL,
                        2,
                        2,
                        dir,
                        1 << 20,
                        64L << 20,
                        LIMITS,
                        8 << 20,
                        -1,
                        SyncMode.OS,
                        false,
                        WarmOptions.OFF),
                clock);
        keyspace = new StoreKeyspace(store, new Databases(store), new LoopStats());
        keyspace.setMayBlock(true);
    }

    private <T> T on(int db, String name, Function<Key, T> command) {
        keyspace.begin(clock.millis());
        Key key = keyspace.key(db, Slice.copyOf(name), new Key());
        store.lock(key.hash());
        try {
            T result = command.apply(key);
            store.publish(keyspace.effects());
            return result;
        } finally {
            store.unlock(key.hash());
        }
    }

    void set(int db, String name, String value) {
        on(db, name, key -> {
            keyspace.putString(key, Slice.copyOf(value), ItemHeader.ENCODING_AUTO, 0);
            return true;
        });
    }

    void delete(int db, String name) {
        on(db, name, keyspace::delete);
    }

    void append(int db, String name, String bytes) {
        on(db, name, key -> {
            Item item = keyspace.string(key);
            keyspace.patchString(key, item == null ? 0 : item.valueLength(), Slice.copyOf(bytes));
            return true;
        });
    }

    @Nullable
    String get(int db, String name) {
        return on(db, name, key -> {
            Item item = keyspace.find(key);
            return item == null ? null : item.value(new Slice()).toString();
        });
    }

    void expireAt(int db, String name, long atMs) {
        on(db, name, key -> {
            assert keyspace.find(key) != null;
            keyspace.expireAt(key, atMs);
            return true;
        });
    }

    long size(int db) {
        return keyspace.size(db);
    }

    /** Something on whole databases, with all stripes held. */
    void all(java.util.function.Consumer<StoreKeyspace> command) {
        store.lockAll();
        try {
            keyspace.begin(clock.millis());
            command.accept(keyspace);
            store.publish(keyspace.effects());
        } finally {
            store.unlockAll();
        }
    }

    /** Stops without a drain, as after a crash, but for the end mark. */
    void stop() throws IOException {
        store.close(false);
    }

    @Override
    public void close() throws IOException {
        store.close(true);
    }
}
