package io.swytch.command.spec;

import io.swytch.bytes.Bytes;
import io.swytch.keyspace.WatchToken;
import io.swytch.resp.Request;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the server remembers of one client.
 *
 * <p>Threads: changed on the client's own loop only (or on the thread that runs its command in the background, while the loop leaves it
 * alone); fields that CLIENT LIST shows of others are volatile.
 */
public final class Session {
    /** Whether replies are sent. */
    public enum ReplyMode {
        ON,
        OFF,
        /** The reply to the command that runs now is not sent either. */
        SKIP,
        /** The next command's reply is not sent, then ON. */
        SKIP_NEXT
    }

    /** A command waiting for EXEC. */
    public record Queued(CommandSpec spec, Request request) {}

    private record WatchedKey(int db, Bytes key) {}

    private final long id;
    private final Transport transport;
    private final long createdMs;

    public volatile int db;
    public volatile int protocol = 2;
    public volatile String name = "";
    public volatile String libName = "";
    public volatile String libVersion = "";
    public volatile String user = "default";

    /** The command that runs, waits or ran last; null if that was none. */
    public volatile @Nullable CommandSpec lastCommand;

    public volatile boolean noEvict;
    public volatile boolean noTouch;
    public volatile boolean closing;

    /** Whether the connection is closed, so that nobody will read a reply. */
    public volatile boolean hasLeft;

    /** Whether it waits in a blocking command, or for the end of a pause. */
    public volatile boolean blocked;

    /** What the dispatcher remembers with it; nobody else's business. */
    public @Nullable Object attachment;

    private boolean authenticated;
    private ReplyMode replyMode = ReplyMode.ON;
    private @Nullable List<Queued> queue;
    private long queuedBytes;

    /** What of {@link ClientHeap} the queue has, and the watches. */
    private long queueHeapBytes;

    private long watchHeapBytes;
    private boolean queueFailed;

    /** Made with the first watch: of ten thousand clients hardly any watches a key. */
    private @Nullable Map<WatchedKey, WatchToken> watches;

    public Session(long id, Transport transport, long nowMs, boolean authenticated) {
        this.id = id;
        this.transport = transport;
        this.authenticated = authenticated;
        createdMs = nowMs;
    }

    /** Grows by one with each connection; never used again. */
    public long id() {
        return id;
    }

    public Transport transport() {
        return transport;
    }

    public long createdMs() {
        return createdMs;
    }

    public boolean isAuthenticated() {
        return authenticated;
    }

    public void setAuthenticated(boolean authenticated) {
        this.authenticated = authenticated;
    }

    public ReplyMode replyMode() {
        return replyMode;
    }

    public void setReplyMode(ReplyMode mode) {
        replyMode = mode;
    }

    /** Whether MULTI has been said, and neither EXEC nor DISCARD. */
    public boolean inMulti() {
        return queue != null;
    }

    /** Commands that wait for EXEC; null outside MULTI. */
    public @Nullable List<Queued> queue() {
        return queue;
    }

    /** Whether a command could not be queued, so that EXEC will refuse. */
    public boolean queueFailed() {
        return queueFailed;
    }

    public void beginMulti() {
        queue = new ArrayList<>();
        queueFailed = false;
        queuedBytes = 0;
    }

    /**
     * Adds a copy of a command, unless EXEC will refuse anyway. Where there is no memory for it the queue is emptied, and has failed.
     *
     * @param bytes what the arguments hold
     * @return whether there was memory
     */
    public boolean enqueue(CommandSpec spec, Request request, long bytes) {
        if (queue == null) {
            throw new IllegalStateException("not in MULTI");
        }
        if (queueFailed) {
            return true;
        }
        long heapBytes = ClientHeap.queuedBytes(request);
        if (ClientHeap.take(heapBytes)) {
            queueHeapBytes += heapBytes;
            try {
                queue.add(new Queued(spec, request.copy()));
                queuedBytes += bytes;
                return true;
            } catch (OutOfMemoryError e) {
                // Of the direct memory that the copy's bytes lie in: what this client has of it goes, and the others go
                // on.
                endMulti();
                queue = new ArrayList<>();
            }
        } else {
            endMulti();
            queue = new ArrayList<>();
        }
        queueFailed = true;
        return false;
    }

    /** Bytes that queued commands hold. */
    public long queuedBytes() {
        return queuedBytes;
    }

    public void failQueue() {
        queueFailed = queue != null;
    }

    /** Forgets the queued commands and lets go of their memory; also where a client leaves in the middle. */
    public void endMulti() {
        if (queue != null) {
            queue.forEach(queued -> queued.request().release());
        }
        queue = null;
        queueFailed = false;
        queuedBytes = 0;
        ClientHeap.give(queueHeapBytes);
        queueHeapBytes = 0;
    }

    /** Whether {@code key} of database {@code db} is watched already. */
    public boolean isWatching(int db, Bytes key) {
        return watches != null && watches.containsKey(new WatchedKey(db, key));
    }

    /** Takes memory for one more watch, of a key of so many bytes; {@link #clearWatches} gives it back. Returns whether there was any. */
    public boolean mayWatch(int keyLength) {
        long heapBytes = ClientHeap.watchBytes(keyLength);
        if (!ClientHeap.take(heapBytes)) {
            return false;
        }
        watchHeapBytes += heapBytes;
        return true;
    }

    /** Remembers a watch until {@link #clearWatches}. */
    public void addWatch(int db, Bytes key, WatchToken token) {
        if (watches == null) {
            watches = new LinkedHashMap<>();
        }
        watches.put(new WatchedKey(db, key), token);
    }

    /** The watches that EXEC will look at. */
    public Collection<WatchToken> watches() {
        return watches == null ? List.of() : Collections.unmodifiableCollection(watches.values());
    }

    /** Forgets all watches, which the keyspace has been told to do before. */
    public void clearWatches() {
        watches = null;
        ClientHeap.give(watchHeapBytes);
        watchHeapBytes = 0;
    }
}
