package io.swytch.command.spec;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.Request;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One run of a command: its arguments, keys, session and keyspace; reused by the dispatcher, valid until the handler returns.
 *
 * <p>Threads: the one that runs the command.
 */
public final class Call {
    private static final int KEYS_KEPT_MAX = 1024;

    /** Keys with an object each; those behind are read from the arguments when they are asked for. A power of two. */
    private static final int KEYS_MAX = 1 << 12;

    /** So many of the keys behind those stay as they were shown. */
    private static final int VIEWS = 1 << 8;

    /** What {@link #scratch} holds. */
    public static final int SCRATCH_BYTES = 8 * 1024;

    private final ServerContext server;
    private final Keyspace keyspace;
    private CommandSpec spec;
    private Request request;
    private Session session;
    private final Slice value = new Slice();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(SCRATCH_BYTES);
    private Key[] keys = {new Key()};
    private int keyCount;

    /** Keys that are there to be shown at once: all of them in nearly every call, none where each has its turn. */
    private int readyCount;

    private int declaredKeyCount;
    private final List<Behind> behind = new ArrayList<>();
    private Key[] views = {};
    private int nextView;
    private @Nullable KeyTurns turns;
    private long redactedArgs;

    /** Keys from number {@code first} on, of which the first is argument {@code arg}, and the next {@code step} behind. */
    private record Behind(int first, int arg, int step) {}

    /** A call for one thread's use. {@link #begin} positions it before each command. */
    public Call(ServerContext server, Keyspace keyspace, CommandSpec spec, Request request, Session session) {
        this.server = server;
        this.keyspace = keyspace;
        this.spec = spec;
        this.request = request;
        this.session = session;
    }

    /** Makes this the call of another command; its keys are taken from the arguments. */
    public void begin(CommandSpec spec, Request request, Session session) {
        this.spec = spec;
        this.request = request;
        this.session = session;
        keyCount = 0;
        redactedArgs = 0;
        turns = null;
        if (!behind.isEmpty()) {
            behind.clear();
        }
        for (int i = 0; i < spec.keySpecs().size(); i++) {
            addKeys(spec.keySpecs().get(i));
        }
        declaredKeyCount = keyCount;
        spec.addMoreKeys(this);
        readyCount = Math.min(keyCount, KEYS_MAX);
    }

    /** Has {@code turns} told of each key before it is shown, until the next {@link #begin}. */
    public void setTurns(KeyTurns turns) {
        this.turns = turns;
        readyCount = 0;
    }

    /** Adds a key in another database than the session's to those that are locked and fetched: for {@code CommandSpec.Row.moreKeys}. */
    public void addKey(int db, Slice bytes) {
        if (keyCount >= KEYS_MAX) {
            throw new IllegalStateException("a key of another database behind thousands");
        }
        if (keyCount == keys.length) {
            growKeys();
        }
        keyspace.key(db, bytes, keys[keyCount++]);
    }

    private void addKeys(KeySpec keySpec) {
        int first = keySpec.begin();
        int last;
        if (keySpec.kind() == KeySpec.Kind.COUNTED) {
            int countAt = first + keySpec.countIndex();
            if (countAt >= argCount() || !Numbers.isLong(arg(countAt))) {
                return;
            }
            long count = Numbers.toLong(arg(countAt));
            first += keySpec.firstIndex();
            if (count <= 0 || count > argCount()) {
                return;
            }
            last = (int) Math.min(argCount() - 1L, first + (count - 1) * keySpec.step());
        } else {
            last = keySpec.last() >= 0 ? first + keySpec.last() : argCount() + keySpec.last();
            last = Math.min(last, argCount() - 1);
        }
        for (int i = first; i <= last; i += keySpec.step()) {
            if (keyCount >= KEYS_MAX) {
                behind.add(new Behind(keyCount, i, keySpec.step()));
                keyCount += (last - i) / keySpec.step() + 1;
                return;
            }
            if (keyCount == keys.length) {
                growKeys();
            }
            keyspace.key(session.db, arg(i), keys[keyCount++]);
        }
    }

    private void growKeys() {
        int old = keys.length;
        keys = Arrays.copyOf(keys, old * 2);
        for (int i = old; i < keys.length; i++) {
            keys[i] = new Key();
        }
    }

    /** Lets go of what a huge command made this grow to. */
    public void trim() {
        if (keys.length > KEYS_KEPT_MAX) {
            keys = Arrays.copyOf(keys, KEYS_KEPT_MAX);
            readyCount = Math.min(readyCount, KEYS_KEPT_MAX);
            keyCount = readyCount;
            declaredKeyCount = Math.min(declaredKeyCount, keyCount);
            behind.clear();
        }
        if (views.length > 0) {
            views = new Key[0];
        }
    }

    public CommandSpec spec() {
        return spec;
    }

    public Request request() {
        return request;
    }

    public Session session() {
        return session;
    }

    public Keyspace keyspace() {
        return keyspace;
    }

    public ServerContext server() {
        return server;
    }

    /** Milliseconds since 1970; the same for all commands of a transaction. */
    public long nowMs() {
        return keyspace.nowMs();
    }

    /** Arguments, the name counted. */
    public int argCount() {
        return request.argCount();
    }

    /** Argument {@code index}; 0 is the command's name, 1 a subcommand's where there is one. */
    public Slice arg(int index) {
        return request.arg(index);
    }

    /** Keeps argument {@code index}, a secret, out of the slow log. */
    public void redact(int index) {
        redactedArgs |= 1L << Math.min(index, Long.SIZE - 1);
    }

    /** Whether argument {@code index} was declared a secret; the slow log does not look beyond the 64th. */
    boolean isRedacted(int index) {
        return (redactedArgs >>> Math.min(index, Long.SIZE - 1) & 1) != 0;
    }

    /** The first declared key. */
    public Key key() {
        return keys[0];
    }

    /** Declared key {@code index}, in the order of the arguments within each key spec. Of thousands, a key stays as it is for the next hundred. */
    public Key key(int index) {
        return index < readyCount ? keys[index] : keyInTurn(index);
    }

    private Key keyInTurn(int index) {
        Key key = keyUnasked(index, nextView());
        KeyTurns each = turns;
        if (each != null) {
            each.take(index, key);
        }
        return key;
    }

    private Key nextView() {
        if (views.length == 0) {
            views = new Key[VIEWS];
            for (int i = 0; i < VIEWS; i++) {
                views[i] = new Key();
            }
        }
        return views[nextView++ & VIEWS - 1];
    }

    /** Shows in {@code into} what {@link #key(int)} shows, without its turn: only the key itself may be looked at, not what it holds. */
    public Key keyUnasked(int index, Key into) {
        if (index < Math.min(keyCount, KEYS_MAX)) {
            return into.set(keys[index]);
        }
        int at = behind.size() - 1;
        while (behind.get(at).first > index) {
            at--;
        }
        Behind from = behind.get(at);
        return keyspace.key(session.db, arg(from.arg + (index - from.first) * from.step), into);
    }

    public int keyCount() {
        return declaredKeyCount;
    }

    /** Declared keys, and after them those that {@link #addKey} added; all of them are locked. */
    public int allKeyCount() {
        return keyCount;
    }

    /**
     * Argument {@code index} as a 64-bit integer in Redis's strict form.
     *
     * @throws CommandError {@code ERR value is not an integer or out of range}
     */
    public long longArg(int index) {
        Slice arg = arg(index);
        if (!Numbers.isLong(arg)) {
            throw Errors.NOT_AN_INTEGER;
        }
        return Numbers.toLong(arg);
    }

    /** The value of {@code item} in a slice that every call of this method reuses. */
    public Slice valueOf(Item item) {
        return item.value(value);
    }

    /** Direct memory of {@link #SCRATCH_BYTES} bytes for the handler's own use until it returns; what it holds at first is not said. */
    public ByteBuffer scratch() {
        return scratch;
    }

    /** The longest string in bytes that a command may make: proto-max-bulk-len, but not over what an int can say. */
    public int stringBytesMax() {
        return (int) Math.min(Integer.MAX_VALUE, server.settings().protoMaxBulkBytes());
    }

    /**
     * Lets strings of {@code bytes} bytes pass.
     *
     * @throws CommandError if a string may not be that long; also if {@code bytes} is negative, from a sum that overflowed
     */
    public void requireStringLength(long bytes) {
        if (bytes < 0 || bytes > stringBytesMax()) {
            throw Errors.STRING_TOO_LONG;
        }
    }

    /**
     * Argument {@code index} as a 32-bit integer.
     *
     * @throws CommandError {@code ERR value is not an integer or out of range}, or {@code ERR value is out of range, value must between …}
     */
    public int intArg(int index) {
        long value = longArg(index);
        if (value != (int) value) {
            throw Errors.NOT_AN_INT;
        }
        return (int) value;
    }

    /** The arguments from {@code index} on, to be eaten left to right. */
    public Options options(int index) {
        return new Options(this, index);
    }
}
