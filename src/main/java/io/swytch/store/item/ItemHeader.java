package io.swytch.store.item;

/**
 * The 8 bytes that every item begins with, in L1, in the journal and in L2; little-endian. On the way of GET and SET.
 *
 * <pre>
 * bits  0–3   type ({@link ItemType})
 *       4–5   encoding hint: 0 = as the bytes say, 1 = a string that is no integer, 2 = "raw" whatever its length
 *       6     HAS_EXPIRE: 8 bytes of expireAtMs follow the header
 *       7     WIDE: 8 bytes follow (after expireAtMs, if any): int keyLength, int valueLength; bits 16–55 are 0
 *       8–15  L1 only: the shard's slot number of the space; 0 elsewhere
 *      16–31  key length in bytes
 *      32–55  value length in bytes
 *      56–57  L1 only: what is known of the key in L2 (UNKNOWN, NONE, HAS); 0 elsewhere
 *      58–60  L1 only: slack, how many 8-byte units the entry is longer than it needs; 0 elsewhere
 *      61     L1 only: LARGE, the value lies outside the log and the entry's value bytes are a handle; 0 elsewhere
 *      62–63  L1 only: the epoch of the drain that changed bits 56–57; 0 elsewhere
 * </pre>
 *
 * Then come expireAtMs (8 bytes, if any), the wide lengths (8 bytes, if any), the key, the value. L2 keeps the key outside, as part of
 * RocksDB's key, and writes key length 0.
 */
public final class ItemHeader {
    /** Bytes of the header itself. */
    public static final int BYTES = 8;

    public static final int ENCODING_AUTO = 0;
    public static final int ENCODING_STRING = 1;
    public static final int ENCODING_RAW = 2;

    public static final long HAS_EXPIRE = 1L << 6;
    public static final long WIDE = 1L << 7;
    public static final long LARGE = 1L << 61;

    public static final int L2_UNKNOWN = 0;
    public static final int L2_NONE = 1;
    public static final int L2_HAS = 2;

    /** The longest key that the narrow form can say. */
    public static final int NARROW_KEY_BYTES_MAX = 0xFFFF;

    /** The longest value that the narrow form can say. */
    public static final int NARROW_VALUE_BYTES_MAX = 0xFF_FFFF;

    private ItemHeader() {}

    /** A header in the narrow form, or in the wide form where a length needs it; L1's own bits are 0. */
    public static long of(int type, int encoding, boolean hasExpire, int keyLength, int valueLength) {
        long header = type | (long) encoding << 4 | (hasExpire ? HAS_EXPIRE : 0);
        return keyLength > NARROW_KEY_BYTES_MAX || valueLength > NARROW_VALUE_BYTES_MAX
                ? header | WIDE
                : header | (long) keyLength << 16 | (long) valueLength << 32;
    }

    public static int type(long header) {
        return (int) header & 15;
    }

    public static int encoding(long header) {
        return (int) header >>> 4 & 3;
    }

    public static boolean hasExpire(long header) {
        return (header & HAS_EXPIRE) != 0;
    }

    public static boolean isWide(long header) {
        return (header & WIDE) != 0;
    }

    public static boolean isLarge(long header) {
        return (header & LARGE) != 0;
    }

    public static int spaceSlot(long header) {
        return (int) header >>> 8 & 0xFF;
    }

    /** Key length of the narrow form. */
    public static int keyLength(long header) {
        return (int) (header >>> 16) & 0xFFFF;
    }

    /** Value length of the narrow form; of a LARGE entry, that of its handle. */
    public static int valueLength(long header) {
        return (int) (header >>> 32) & 0xFF_FFFF;
    }

    public static int l2State(long header) {
        return (int) (header >>> 56) & 3;
    }

    public static int slack(long header) {
        return (int) (header >>> 58) & 7;
    }

    /** Bytes between the start of the item and its key. */
    public static int prefixBytes(long header) {
        return BYTES + (hasExpire(header) ? 8 : 0) + (isWide(header) ? 8 : 0);
    }
}
