package io.swytch.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Which space each database's content is filed under, and which spaces are dead: flushed, but still on disk.
 *
 * <p>Threads: changed while all stripes are held; read with at least one held, or by the upkeep thread, which locks this object for the list
 * of the dead.
 */
public final class Spaces {
    /** The first space that is given out; L2 keeps what is its own under others. */
    static final int FIRST = 1;

    private final int[] ofDatabase;
    private int next;

    /** Changes of the map; not of what is dead. */
    private volatile int changes;

    private final List<Integer> dead = new ArrayList<>();

    Spaces(int databases) {
        ofDatabase = new int[databases];
        beginAnew();
    }

    /** Goes back to the map of a new data directory: what is on disk is taken over next. */
    final synchronized void beginAnew() {
        for (int db = 0; db < ofDatabase.length; db++) {
            ofDatabase[db] = FIRST + db;
        }
        next = FIRST + ofDatabase.length;
        changed();
        synchronized (dead) {
            dead.clear();
        }
    }

    public int databases() {
        return ofDatabase.length;
    }

    /** The space of a database. */
    public int of(int db) {
        return ofDatabase[db];
    }

    /**
     * How often a database has been given another space. Who has asked for this first, then for spaces, and then has taken a stripe, has spaces of one
     * moment, and of now, if it is still the same.
     */
    public int changes() {
        return changes;
    }

    /** Whether some database has this space. */
    synchronized boolean isLive(int space) {
        return contains(ofDatabase, space, -1);
    }

    /** The number that the next flushed database is given. */
    public int next() {
        return next;
    }

    /** The space of each database, as it stands now: never a swap half done, in which one space would be missing. */
    public synchronized int[] map() {
        return ofDatabase.clone();
    }

    /** Gives the database a new, empty space. Returns the old one, which is dead now. */
    synchronized int renew(int db) {
        int old = ofDatabase[db];
        ofDatabase[db] = next++;
        changed();
        synchronized (dead) {
            dead.add(old);
        }
        return old;
    }

    synchronized void swap(int db1, int db2) {
        int space = ofDatabase[db1];
        ofDatabase[db1] = ofDatabase[db2];
        ofDatabase[db2] = space;
        changed();
    }

    @GuardedBy("this")
    // Only changed under the lock.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void changed() {
        changes++;
    }

    /**
     * Takes over the map that the journal remembers. Spaces that it no longer has are dead, and returned. Databases beyond it keep theirs.
     *
     * <p>L2 may have saved a later map than this one, which the journal has further on. A space that was given out after this map is not dead,
     * only not yet born: burying it would take what is on disk of a database that lives.
     *
     * @param next the first space that had not been given out when this was the map
     */
    synchronized List<Integer> restore(int[] map, int next) {
        List<Integer> buried = new ArrayList<>();
        int[] old = ofDatabase.clone();
        System.arraycopy(map, 0, ofDatabase, 0, Math.min(map.length, ofDatabase.length));
        this.next = Math.max(this.next, next);
        for (int db = map.length; db < ofDatabase.length; db++) {
            if (contains(ofDatabase, ofDatabase[db], db)) {
                ofDatabase[db] = this.next++;
            }
        }
        changed();
        synchronized (dead) {
            for (int space : old) {
                if (space < next && !contains(ofDatabase, space, -1)) {
                    if (!dead.contains(space)) {
                        dead.add(space);
                    }
                    // Known to be dead or not: effects before this one may have put entries of it into L1.
                    buried.add(space);
                }
            }
        }
        return buried;
    }

    private static boolean contains(int[] map, int space, int except) {
        for (int db = 0; db < map.length; db++) {
            if (db != except && map[db] == space) {
                return true;
            }
        }
        return false;
    }

    /** Spaces whose content is still to be deleted from disk. */
    List<Integer> dead() {
        synchronized (dead) {
            return List.copyOf(dead);
        }
    }

    void buried(int space) {
        synchronized (dead) {
            dead.remove((Integer) space);
        }
    }

    /** Everything as bytes, for L2's meta. */
    synchronized byte[] toBytes() {
        List<Integer> graves = dead();
        ByteBuffer out = ByteBuffer.allocate(12 + 4 * ofDatabase.length + 4 * graves.size());
        out.putInt(next).putInt(ofDatabase.length);
        for (int space : ofDatabase) {
            out.putInt(space);
        }
        out.putInt(graves.size());
        graves.forEach(out::putInt);
        return out.array();
    }

    /** How many databases {@link #toBytes} spoke of. */
    static int databases(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getInt(4);
    }

    /** Takes over what {@link #toBytes} said. */
    synchronized void restore(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        int savedNext = in.getInt();
        int[] map = new int[in.getInt()];
        for (int db = 0; db < map.length; db++) {
            map[db] = in.getInt();
        }
        // What the map had until now was never written to: nothing of it is dead.
        System.arraycopy(map, 0, ofDatabase, 0, Math.min(map.length, ofDatabase.length));
        next = Math.max(savedNext, next);
        for (int db = map.length; db < ofDatabase.length; db++) {
            ofDatabase[db] = next++;
        }
        synchronized (dead) {
            dead.clear();
            for (int n = in.getInt(); n > 0; n--) {
                dead.add(in.getInt());
            }
        }
    }
}
