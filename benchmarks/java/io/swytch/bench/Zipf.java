package io.swytch.bench;

import java.util.SplittableRandom;

/**
 * Numbers from 0 to n − 1 of which the k-th most frequent comes as often as 1 / k^s. Which numbers are frequent is spread over the range.
 *
 * <p>Rejection-inversion: a uniform area under 1 / x^s is turned back into x and rounded, and the few that fall outside their bar are
 * drawn again. Source: Hörmann, Derflinger: "Rejection-inversion to generate variates from monotone discrete distributions", 1996.
 */
final class Zipf {
    /** A prime, so that it shares no factor with a range smaller than it. */
    private static final long SPREAD = 2_147_483_647L;

    private final long n;
    private final double s;
    private final double areaFirst;
    private final double areaAll;

    /**
     * @param n from 1 to 2^31 − 2
     * @param s the skew, not 1: at 1 the area has another formula, which nobody needed here
     */
    Zipf(long n, double s) {
        if (n < 1 || n >= SPREAD || s <= 0 || s == 1) {
            throw new IllegalArgumentException("Zipf takes 1 to 2^31 - 2 keys and a skew above 0 that is not 1");
        }
        this.n = n;
        this.s = s;
        areaFirst = area(1.5) - 1;
        areaAll = area(n + 0.5);
    }

    /** The area under 1 / t^s from 1 to x. */
    private double area(double x) {
        return (Math.pow(x, 1 - s) - 1) / (1 - s);
    }

    private double areaInverse(double area) {
        return Math.pow(1 + area * (1 - s), 1 / (1 - s));
    }

    long next(SplittableRandom random) {
        while (true) {
            double at = areaFirst + random.nextDouble() * (areaAll - areaFirst);
            long rank = Math.min(n, Math.max(1, Math.round(areaInverse(at))));
            // The bar of a rank ends half a step behind it and is as wide as its weight.
            if (at >= area(rank + 0.5) - Math.pow((double) rank, -s)) {
                return (rank - 1) * SPREAD % n;
            }
        }
    }
}
