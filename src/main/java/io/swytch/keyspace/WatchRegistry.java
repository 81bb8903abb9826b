package io.swytch.keyspace;

import io.swytch.store.item.Key;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys that some client watches, each with a counter of changes. A write to a key that nobody watches costs one look at an array.
 *
 * <p>Threads: each call holds the stripe lock of its key. Cells are filed by the top bits of the hash, more finely than the stripes are.
 */
final class WatchRegistry {
    private static final int CHAINS = 1024;
    private static final int SHIFT = Long.numberOfLeadingZeros(CHAINS) + 1;

    private final @Nullable Map<Long, Cell>[] cells = newCells();

    @SuppressWarnings("unchecked") // An array of a generic type has no other form.
    private static @Nullable Map<Long, Cell>[] newCells() {
        return (Map<Long, Cell>[]) new Map<?, ?>[CHAINS];
    }

    private static int chain(long hash) {
        return (int) (hash >>> SHIFT);
    }

    /** The cell of {@code key}, with one watcher more. */
    Cell watch(Key key) {
        int chain = chain(key.hash());
        Map<Long, Cell> map = cells[chain];
        if (map == null) {
            map = new HashMap<>();
            cells[chain] = map;
        }
        Cell first = map.get(key.hash());
        Cell cell = first;
        while (cell != null && !cell.isFor(key)) {
            cell = cell.next;
        }
        if (cell == null) {
            cell = new Cell(key.copy(), first);
            map.put(key.hash(), cell);
        }
        cell.watchers++;
        return cell;
    }

    /** Takes one watcher away. */
    void unwatch(Cell cell) {
        if (--cell.watchers > 0) {
            return;
        }
        int chain = chain(cell.key.hash());
        Map<Long, Cell> map = cells[chain];
        if (map == null) {
            return;
        }
        Cell first = map.get(cell.key.hash());
        if (first == cell) {
            if (cell.next != null) {
                map.put(cell.key.hash(), cell.next);
            } else {
                map.remove(cell.key.hash());
                if (map.isEmpty()) {
                    cells[chain] = null;
                }
            }
            return;
        }
        for (Cell at = first; at != null; at = at.next) {
            if (at.next == cell) {
                at.next = cell.next;
            }
        }
    }

    /** {@code key} was changed. */
    void touch(Key key) {
        Map<Long, Cell> map = cells[chain(key.hash())];
        if (map == null) {
            return;
        }
        for (Cell cell = map.get(key.hash()); cell != null; cell = cell.next) {
            if (cell.isFor(key)) {
                cell.changes++;
            }
        }
    }

    /** Calls {@code change} for every watched key of a space; the caller holds all stripes. */
    void forEachOf(int space, java.util.function.Consumer<Cell> change) {
        for (Map<Long, Cell> map : cells) {
            if (map == null) {
                continue;
            }
            for (Cell first : map.values()) {
                for (Cell cell = first; cell != null; cell = cell.next) {
                    if (cell.key.space() == space) {
                        change.accept(cell);
                    }
                }
            }
        }
    }

    /** One watched key. */
    static final class Cell {
        final Key key;

        @Nullable
        Cell next;

        long changes;
        int watchers;

        Cell(Key key, @Nullable Cell next) {
            this.key = key;
            this.next = next;
        }

        boolean isFor(Key other) {
            return key.space() == other.space() && key.bytes().contentEquals(other.bytes());
        }
    }
}
