package io.swytch.keyspace;

import io.swytch.bytes.Bytes;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What handlers see of the data: databases of typed values with expiry, over one tier or two.
 *
 * <p>One instance per thread that runs commands. Unless a method says otherwise, the caller holds the stripes of the keys it names: the
 * dispatcher takes them from the declared keys. Items and slices that are returned are valid until the next call that changes anything.
 *
 * <p>In persistent mode a look at a key that may be on disk only throws a signal to the dispatcher, which fetches it and runs the command
 * again. So a handler finds every key that it will look at before it changes any.
 */
public abstract class Keyspace {
    /** The time of the command that runs, milliseconds since 1970; stands still during a transaction. */
    public abstract long nowMs();

    /** How many databases there are. */
    public abstract int databases();

    /** Points {@code into} at {@code bytes} in database {@code db}, hash included. */
    public abstract Key key(int db, Slice bytes, Key into);

    /** What {@code key} holds, or null if it is absent or expired. Counts a hit or a miss, and as a use for eviction. */
    public abstract @Nullable Item find(Key key);

    /** As {@link #find}, without counting anything: for commands that look at a key without using its value. */
    public abstract @Nullable Item peek(Key key);

    /**
     * The string at {@code key}, or null. Counts as {@link #find} does.
     *
     * @throws WrongTypeException if the key holds something else
     */
    public abstract @Nullable Item string(Key key);

    /**
     * Makes {@code key} hold a string, whatever it held.
     *
     * @param value may view the input, or an item that was found
     * @param encoding one of {@code ItemHeader.ENCODING_*}
     * @param expireAtMs milliseconds since 1970, or 0 for never; a time that has passed deletes the key
     */
    public abstract void putString(Key key, Slice value, int encoding, long expireAtMs);

    /** As {@link #putString}, with the decimal form of {@code value}. */
    public abstract void putLong(Key key, long value, long expireAtMs);

    /**
     * Makes {@code key} hold the decimal form of {@code value} in place of what the last look found, whose expiry stays; nothing may have been
     * changed since. Costs no second look where the new form takes the old one's room.
     *
     * @param found what that look returned: a string, or null
     */
    public void replaceLong(Key key, @Nullable Item found, long value) {
        putLong(key, value, found == null ? 0 : found.expireAtMs());
    }

    /**
     * Writes {@code bytes} at {@code offset} into the string at {@code key}, which grows with zero bytes as needed, or begins as the empty
     * string; its expiry stays; its encoding becomes raw. Costs what it writes. {@code bytes} may view an item that was found.
     */
    public abstract void patchString(Key key, int offset, Slice bytes);

    /** Makes the encoding of the string at {@code key} raw, as an edit that changed nothing does; nobody who watches the key is told. */
    public abstract void makeRaw(Key key);

    /** Makes {@code target} hold what {@code source} holds, of any type, with the given expiry. */
    public abstract void putItem(Key target, Item source, long expireAtMs);

    /** Deletes {@code key}. Returns whether it was there, unexpired. */
    public abstract boolean delete(Key key);

    /**
     * Gives a present key an expiry, or takes it away.
     *
     * @param atMs milliseconds since 1970, 0 for never; a time that has passed deletes the key
     */
    public abstract void expireAt(Key key, long atMs);

    /** How often {@code item} was used, as OBJECT FREQ shows it: 0 to 255 on Redis's logarithmic scale. */
    public abstract int frequency(Key key);

    /** Seconds since {@code key} was written or moved within memory, about: entries have no clock. 0 if it is not in L1. */
    public abstract long idleSeconds(Key key);

    /** Bytes of memory that {@code key} takes in L1, overhead included, for MEMORY USAGE; 0 if it is not in L1. */
    public abstract long memoryBytes(Key key);

    /** Remembers the state of {@code key} for WATCH. The token is given back by {@link #unwatch}. */
    public abstract WatchToken watch(Key key);

    /** Whether the key of {@code token} was not touched, nor ran out of time, since it was watched. Eviction does not count. */
    public abstract boolean isUntouched(WatchToken token);

    /** Lets go of a token. Takes the lock it needs. */
    public abstract void unwatch(WatchToken token);

    /** Keys in a database, expired ones that nobody has noticed yet included, over both tiers. Takes the locks it needs; may read the disk. */
    public abstract long size(int db);

    /** As {@link #size}, but soon: keys that were overwritten without a look may count twice for as long as many of them come. */
    public abstract long aboutSize(int db);

    /** As {@link #size}, of those with an expiry; an estimate. */
    public abstract long expiringKeys(int db);

    /** Mean time to live of a database's keys in memory, in milliseconds, from a sample; 0 where none expires. Takes the locks it needs. */
    public abstract long averageTtlMs(int db);

    /** How much of a database's keys with an expiry has expired unnoticed, 0 to 1, from a sample. Takes the locks it needs. */
    public abstract double staleShare(int db);

    /**
     * Walks about {@code count} keys of database {@code db} in hash order over both tiers, telling {@code visitor} of the unexpired ones. A key that
     * is there from the first call to the last of a whole walk is told at least once. Takes the locks it needs, a slice at a time; may read the disk.
     *
     * @param cursor 0 to begin, then what the call before returned
     * @return the next cursor, under 2^48; 0 when the walk is over
     */
    public abstract long scan(int db, long cursor, int count, KeyVisitor visitor);

    /** Some key of the database, or null if it is empty. Takes the locks it needs; may read the disk. */
    public abstract @Nullable Bytes randomKey(int db);

    /** Empties a database. The caller holds all stripes. What it held is given back in the background. */
    public abstract void flush(int db);

    /** Swaps the content of two databases. The caller holds all stripes. Watched keys of both count as touched where they are in either. */
    public abstract void swap(int db1, int db2);

    /**
     * Does work that reads values of which some may be large: at once if it is short, else off the event loop, by the way that {@link OffLoop}
     * describes. A command that has changed something already does it at once.
     *
     * @param what tells apart different work on the same values, by {@code equals}
     * @param bytes how many bytes the work touches, about
     * @param values what the work reads, and all that it reads of what stripes guard
     */
    public <T> T offLoop(Object what, long bytes, List<Slice> values, Function<List<Slice>, T> work) {
        return work.apply(values);
    }

    /** Waits until flushed content has left memory and disk: FLUSHALL SYNC. Holds no stripe. */
    public abstract void awaitFlushed();
}
