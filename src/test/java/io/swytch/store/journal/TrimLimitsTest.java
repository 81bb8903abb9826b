package io.swytch.store.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TrimLimitsTest {
    /** The effect that names its bytes may have come behind the cut; the next one may take them. */
    @Test
    void stageThatEndsDuringACut_keepsItsBytes() {
        TrimLimits limits = new TrimLimits();
        long id = limits.beginStage(100);
        long staged = limits.firstStaged();
        limits.endStage(id);
        limits.cut(staged);
        assertEquals(100, limits.trimBefore(500));
        limits.cut(limits.firstStaged());
        assertEquals(500, limits.trimBefore(500));
    }
}
