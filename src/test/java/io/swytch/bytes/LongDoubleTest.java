package io.swytch.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LongDoubleTest {
    /** Sums as the x87 of this machine and glibc's printf with %.17Lf give them, trailing zeros off. */
    @ParameterizedTest
    @CsvSource({
        "0.1, 0.2, 0.3",
        "1e30, 0, 1000000000000000000024696061952",
        "10.5, 0.1, 10.6",
        "17179869184.0000001, 0, 17179869184.00000010058283806",
        "1, 1e-17, 1.00000000000000001",
        "1, 1e-20, 1",
        "-0.00000000000000000001, 0, 0",
        "3.0, -3.5, -0.5",
        "0x10, 0x.8p1, 17",
        "18446744073709551615, 1, 18446744073709551616",
        "18446744073709551616, 1, 18446744073709551616",
        "18446744073709551616, 3, 18446744073709551620"
    })
    void plus_roundsAndPrintsAsTheProcessor(String a, String b, String sum) {
        LongDouble left = LongDouble.parse(Slice.copyOf(a));
        LongDouble right = LongDouble.parse(Slice.copyOf(b));
        assertNotNull(left);
        assertNotNull(right);
        assertEquals(sum, String.valueOf(left.plus(right)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "abc",
                "nan",
                "1e",
                "1e+",
                "0x",
                "0xg",
                ".",
                "+-1",
                "1d",
                "1e4933",
                "1e-4952",
                "--1",
                "infinit",
                "1e99999999999",
                "1e-99999999999",
                "0x1p20000",
                "1_0"
            })
    void parse_refusesWhatIsNoNumberOrOutOfRange(String text) {
        assertNull(LongDouble.parse(Slice.copyOf(text)));
        if (!text.startsWith("1e4933") && !text.startsWith("1e-4952")) {
            assertEquals(Double.NaN, Doubles.parse(Slice.copyOf(text)));
        }
    }

    @Test
    void plus_ofInfinities() {
        assertNull(LongDouble.POSITIVE_INFINITY.plus(LongDouble.NEGATIVE_INFINITY));
        assertEquals(LongDouble.POSITIVE_INFINITY, LongDouble.MAX.plus(LongDouble.MAX));
        assertEquals(LongDouble.MAX, LongDouble.MAX.plus(LongDouble.of(1)));
    }

    @ParameterizedTest
    @CsvSource({
        "1.5, 1.5",
        "-2e3, -2000",
        "inf, Infinity",
        "-INFINITY, -Infinity",
        "0x1.8p1, 3",
        "0x10, 16",
        "+.5, 0.5",
        "-0, -0.0"
    })
    void doubles_parse(String text, double value) {
        assertEquals(value, Doubles.parse(Slice.copyOf(text)));
    }
}
