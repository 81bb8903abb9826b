package io.swytch.command.spec;

import java.util.Collection;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** All clients that are connected, by id. Threads: any. */
public final class Sessions {
    private final ConcurrentSkipListMap<Long, Session> byId = new ConcurrentSkipListMap<>();
    private final AtomicLong lastId = new AtomicLong();

    /** An id that no session ever had. */
    public long nextId() {
        return lastId.incrementAndGet();
    }

    public void add(Session session) {
        byId.put(session.id(), session);
    }

    public void remove(Session session) {
        byId.remove(session.id());
    }

    public @Nullable Session find(long id) {
        return byId.get(id);
    }

    /** In the order in which they came; a view that may be walked while clients come and go. */
    public Collection<Session> all() {
        return byId.values();
    }

    public int count() {
        return byId.size();
    }
}
