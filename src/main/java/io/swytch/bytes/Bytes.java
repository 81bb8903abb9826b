package io.swytch.bytes;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** An immutable byte string with value equality, ordered by unsigned bytes; what a map key or a record component is. */
public final class Bytes implements Comparable<Bytes> {
    /** No bytes. */
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;
    private final int hash;

    private Bytes(byte[] array) {
        this.array = array;
        hash = Arrays.hashCode(array);
    }

    /** Takes the array as it is; the caller gives it up. */
    public static Bytes wrap(byte[] array) {
        return new Bytes(array);
    }

    /** A copy of the array. */
    public static Bytes copyOf(byte[] array) {
        return new Bytes(array.clone());
    }

    /** The UTF-8 bytes of {@code text}. */
    public static Bytes of(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    public int length() {
        return array.length;
    }

    public byte byteAt(int index) {
        return array[index];
    }

    /** A fresh copy of the bytes. */
    public byte[] toByteArray() {
        return array.clone();
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(array, other.array);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && hash == that.hash && Arrays.equals(array, that.array);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Each byte as a Latin-1 character. */
    @Override
    public String toString() {
        return new String(array, StandardCharsets.ISO_8859_1);
    }
}
