package io.swytch.command;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CheaperWayTest {
    private final CheaperWay way = new CheaperWay();
    private final Random random = new Random(3);

    /** The share of turns done the second way, where the ways cost so much, give or take a third. */
    private double shareOfWith(int turns, int costWithout, int costWith) {
        int with = 0;
        for (int i = 0; i < turns; i++) {
            boolean isWith = way.begin();
            with += isWith ? 1 : 0;
            int cost = isWith ? costWith : costWithout;
            way.end(cost * (67 + random.nextInt(67)) / 100);
        }
        return (double) with / turns;
    }

    @Test
    void begin_takesTheCheaperWayMostly() {
        assertTrue(shareOfWith(10_000, 1000, 800) > 0.9);
        assertTrue(shareOfWith(10_000, 1000, 1250) < 0.35, "it had to learn that first");
        assertTrue(shareOfWith(10_000, 1000, 1250) < 0.1);
        assertTrue(shareOfWith(10_000, 1000, 800) > 0.65);
        assertTrue(shareOfWith(10_000, 1000, 800) > 0.9);
    }

    @Test
    void begin_goesOnTryingTheDearerWay() {
        assertTrue(shareOfWith(10_000, 1000, 10_000) > 0.01);
    }

    @Test
    void end_isNotMisledByAnInterruption() {
        shareOfWith(10_000, 1000, 800);
        way.begin();
        way.end(50_000_000);
        assertTrue(shareOfWith(1_000, 1000, 800) > 0.8);
    }

    @Test
    void end_neverCalledLeavesEitherWay() {
        for (int i = 0; i < 100; i++) {
            way.begin();
        }
        assertTrue(shareOfWith(10_000, 1000, 800) > 0.9);
    }
}
