package io.swytch.command;

/**
 * Which of two ways to do the same costs less, learned by taking the dearer one now and then. Threads: one.
 */
final class CheaperWay {
    /** One turn in so many takes the way that seemed dearer. */
    private static final int TRIAL_TURNS = 32;

    /** A cost counts for one in {@code 1 << WEIGHT_SHIFT} of the average. */
    private static final int WEIGHT_SHIFT = 5;

    /** A cost of more than so many times the average tells of an interruption, and counts as so many times the average. */
    private static final int OUTLIER = 4;

    private long costWithout;
    private long costWith;
    private int turn;
    private boolean isWith;

    /** Begins a turn. Returns whether to do it the second way, "with". */
    boolean begin() {
        boolean isBetter = costWith <= costWithout;
        isWith = (++turn % TRIAL_TURNS == 0) != isBetter;
        return isWith;
    }

    /** What the turn cost, in any unit, the same for all; not called if that is not known. */
    void end(long cost) {
        if (isWith) {
            costWith = average(costWith, cost);
        } else {
            costWithout = average(costWithout, cost);
        }
    }

    private static long average(long before, long cost) {
        long scaled = cost << WEIGHT_SHIFT;
        if (before == 0) {
            return scaled;
        }
        return before + (Math.min(scaled, OUTLIER * before) - before >> WEIGHT_SHIFT);
    }
}
