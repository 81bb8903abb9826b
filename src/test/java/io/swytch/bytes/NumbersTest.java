package io.swytch.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+1",
                " 1",
                "1 ",
                "01",
                "00",
                "-0",
                "-01",
                "1.0",
                "0x1",
                "1a",
                "a",
                ":",
                "/",
                "9223372036854775808",
                "-9223372036854775809"
            })
    void noInteger(String text) {
        Slice slice = Slice.copyOf(text);
        assertEquals(-1, Numbers.naturalOf(slice));
        assertEquals(false, Numbers.isLong(slice));
    }

    @Test
    void naturalOf_agreesWithIsLong() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            String text = new BigInteger(random.nextInt(70), random).toString();
            Slice slice = Slice.copyOf((random.nextInt(4) == 0 ? "-" : "") + text);
            long natural = Numbers.naturalOf(slice);
            if (natural >= 0) {
                assertTrue(Numbers.isLong(slice), slice::toString);
                assertEquals(Numbers.toLong(slice), natural);
            } else {
                assertTrue(slice.byteAt(0) == '-' || slice.length() > 18, slice::toString);
            }
        }
    }
}
