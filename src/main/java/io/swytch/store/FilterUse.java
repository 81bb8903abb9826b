package io.swytch.store;

/**
 * Whether it pays to ask L2's filters before a fetch. They cost an event loop several times what a GET does, and tell nothing new where nearly all
 * keys that are asked for exist: then the disk thread asks them, which costs no disk read either.
 *
 * <p>Threads: any; what a race loses is one observation of many.
 */
final class FilterUse {
    private static final int WHOLE = 1 << 10;

    /** Filters are asked while they rule out one key in so many, or more. */
    private static final int PAYS_FROM = 4;

    /** How slowly the share follows what is observed, as a power of two. */
    private static final int INERTIA = 5;

    /** One look in so many is asked all the same. */
    private static final int SAMPLE = 16;

    /** Share of the answers that ruled a key out, of {@link #WHOLE}. */
    private int ruledOut = WHOLE;

    private int looks;

    /** Whether the next key should be asked for. */
    boolean pays() {
        return ruledOut >= WHOLE / PAYS_FROM || looks++ % SAMPLE == 0;
    }

    /** Filters were asked. */
    void answered(boolean isRuledOut) {
        ruledOut += (isRuledOut ? WHOLE : 0) - ruledOut >> INERTIA;
    }
}
