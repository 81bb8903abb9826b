package io.swytch.keyspace;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.ItemType;

/** How Redis would say a value is encoded: OBJECT ENCODING, DEBUG OBJECT. */
public final class Encodings {
    /** Redis keeps a string of up to so many bytes in one piece with its header. */
    private static final int EMBSTR_BYTES_MAX = 44;

    private Encodings() {}

    /** {@code int}, {@code embstr} or {@code raw} of a string. */
    public static String nameOf(Item item) {
        if (item.type() != ItemType.STRING) {
            throw new IllegalStateException("no encoding of type " + item.type());
        }
        if (item.encoding() == ItemHeader.ENCODING_RAW || item.valueLength() > EMBSTR_BYTES_MAX) {
            return "raw";
        }
        boolean isInt = item.encoding() == ItemHeader.ENCODING_AUTO && Numbers.isLong(item.value(new Slice()));
        return isInt ? "int" : "embstr";
    }
}
