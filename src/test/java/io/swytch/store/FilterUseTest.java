package io.swytch.store;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class FilterUseTest {
    private static final int LOOKS = 1000;

    private final FilterUse use = new FilterUse();

    /** Looks for keys of which one in {@code absentEvery} is ruled out. Returns how many were asked for. */
    private int look(int absentEvery) {
        int asked = 0;
        for (int i = 0; i < LOOKS; i++) {
            if (use.pays()) {
                asked++;
                use.answered(absentEvery > 0 && i % absentEvery == 0);
            }
        }
        return asked;
    }

    @Test
    void filters_areAskedWhileTheyRuleKeysOut() {
        assertTrue(look(2) == LOOKS);
    }

    @Test
    void filters_areLeftAloneWhereAllKeysExist_andAskedAgainOnceTheyDoNot() {
        look(0);
        assertTrue(look(0) < LOOKS / 10);
        look(1);
        assertTrue(look(1) == LOOKS);
    }
}
