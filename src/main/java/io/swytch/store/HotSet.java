package io.swytch.store;

import java.io.IOException;

/**
 * The file {@code hot-keys} of the data directory: which keys were in L1, and how hot each was, so that the next start can read them back.
 *
 * <pre>
 * head    [magic u64, its last byte the version][id of the data directory, 32 bytes][saved at u64, ms since 1970][L1's limit u64, bytes]
 * blocks  [keys u32][bytes u32][space u32][rank u32][first prefix u64][keys: gap and heat]
 * end     [0 u32][keys u64][CRC-32C of everything before u32]
 * </pre>
 *
 * <p>A key is told by its space and the top {@link #PREFIX_BITS} bits of its hash. Within a block prefixes ascend, each told by its distance from the one before,
 * shifted up by {@link #HEAT_BITS} to make room for its heat, seven bits a byte, the lowest first: about four bytes a key where there are a million. Blocks
 * of one space and rank follow each other by prefix. Integers are big-endian. The file may be lost or thrown away at any time: nothing but the time that it takes to get warm depends on it.
 */
final class HotSet {
    static final String FILE = "hot-keys";

    /** What the file is called while it is written. */
    static final String TEMPORARY = FILE + ".new";

    static final long MAGIC = 0x7377_7968_6f74_0002L;

    /** Of version 1, whose head ends before L1's limit. */
    static final long MAGIC_1 = 0x7377_7968_6f74_0001L;

    /** The head up to where the versions differ. */
    static final int HEAD_BYTES = 8 + 32 + 8;

    static final int LIMIT_BYTES = 8;
    static final int BLOCK_HEAD_BYTES = 4 + 4 + 4 + 4 + 8;

    /** The end after its zero. */
    static final int END_BYTES = 8 + 4;

    /** Keys of a block take no more than this. */
    static final int BLOCK_BYTES_MAX = 16 << 10;

    /** At 10^9 keys on disk one in a thousand is mistaken for another, which then is warm without need. */
    static final int PREFIX_BITS = 40;

    static final int PREFIX_SHIFT = Long.SIZE - PREFIX_BITS;

    /** A heat is a use counter, 0 to 3, and a bit for the main queue. */
    static final int HEAT_BITS = 3;

    static final int HEATS = 1 << HEAT_BITS;

    /** Each may be one sweep over L2, so there are few: looking for one key in ten thousand rows costs several times what the next of a hundred rows does. */
    static final int RANKS = 4;

    /** Ranks before this one have been used since they came, or since main last kept them. */
    static final int COOLER_RANK = 2;

    /** What is new, and has not been used. It comes last wherever else there is to read back: clients bring in as much meanwhile, and that may be what finds no room. */
    static final int COLD_RANK = 3;

    private static final int MAIN = 4;

    /** What is hot in main, then what has been used since it came or was last kept, then what main still has, then what is new. */
    private static final int[] RANK = {3, 1, 1, 1, 2, 1, 0, 0};

    private HotSet() {}

    /** The file does not hold what was saved here. */
    static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1;

        DamagedException(String message) {
            super(message);
        }
    }

    static int heat(boolean isMain, int uses) {
        return (isMain ? MAIN : 0) + uses;
    }

    static boolean isMain(int heat) {
        return heat >= MAIN;
    }

    static int uses(int heat) {
        return heat & MAIN - 1;
    }

    /** In which sweep keys of this heat are read, the hottest in the first. */
    static int rank(int heat) {
        return RANK[heat];
    }
}
