package io.swytch.store.item;

import io.swytch.bytes.Slice;

/**
 * A key, the space it lives in and its hash; reused, not allocated.
 *
 * <p>A <em>space</em> is what a database's content is filed under: a number that is never used again once FLUSHDB or FLUSHALL has given
 * the database a new one. SWAPDB swaps two databases' spaces. So flushing is a change of one number, whatever the tiers hold.
 *
 * <p>Threads: one at a time. Valid as long as the bytes it views.
 */
public final class Key {
    private final Slice bytes = new Slice();
    private int space;
    private long hash;

    /** Points this key at bytes; they are not copied. {@code bytes} must not be chunked. */
    public Key set(Slice bytes, int space, KeyHash hash) {
        return set(bytes, space, hash.of(bytes));
    }

    /** As {@link #set(Slice, int, KeyHash)}, with the hash already known. */
    public Key set(Slice bytes, int space, long hash) {
        this.bytes.set(bytes);
        this.space = space;
        this.hash = hash;
        return this;
    }

    /** Makes this key show what {@code other} shows. */
    public Key set(Key other) {
        return set(other.bytes, other.space, other.hash);
    }

    /** A key over a copy of its own of the same bytes, which lives as long as it is held. */
    public Key copy() {
        return new Key().set(Slice.copyOf(bytes.toByteArray()), space, hash);
    }

    public Slice bytes() {
        return bytes;
    }

    public int length() {
        return bytes.length();
    }

    public int space() {
        return space;
    }

    /** 64 bits; the top ones choose the shard and the place in its index, so walks go in hash order. */
    public long hash() {
        return hash;
    }
}
