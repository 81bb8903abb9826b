package io.swytch.differential;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Random arguments of commands: keys from a small pool, values and numbers with a liking for edges. Threads: one at a time. */
final class RandomArguments {
    /** The keys that commands name; the last is never written by name of a template, only by mutations. */
    static final List<byte[]> KEYS = List.of(
            bytes("k1"),
            bytes("k2"),
            bytes("k3"),
            bytes("k4"),
            bytes("k5"),
            bytes("K1"),
            bytes(""),
            bytes("b\0\r\n\u00ff"),
            bytes("{tag}*?[a]"),
            bytes("long".repeat(75)),
            bytes("missing"));

    private static final String[] INTEGERS = {
        "0",
        "1",
        "-1",
        "2",
        "7",
        "8",
        "9",
        "-8",
        "10",
        "63",
        "64",
        "100",
        "255",
        "256",
        "1000",
        "-1000",
        "2147483647",
        "2147483648",
        "-2147483648",
        "-2147483649",
        "4294967295",
        "4294967296",
        "4294967297",
        "9223372036854775806",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775",
        "9223372036854776",
        "-9223372036854775",
        "-9223372036854776",
        "99999999999999999999999999",
        "1152921504606846975",
        "1152921504606846976"
    };

    private static final String[] ODD_INTEGERS = {
        "", " ", "00", "01", "+1", "-0", "-01", " 1", "1 ", "1.0", "1e3", "0x10", "abc", "-", "+", "--1", "1\0",
        "\u00ff", "1,000", "#1", "nan", "inf"
    };

    private static final String[] FLOATS = {
        "0",
        "-0",
        "0.0",
        "1",
        "1.5",
        "-1.5",
        "0.1",
        "0.2",
        "-0.3",
        ".5",
        "5.",
        "+1",
        "1e5",
        "1E5",
        "1e-5",
        "1e17",
        "1e18",
        "1e20",
        "1e300",
        "1e308",
        "1e309",
        "-1e309",
        "1e4000",
        "1e4932",
        "1e4933",
        "-1e4932",
        "1e-4950",
        "1e-5000",
        "3.0e-400",
        "inf",
        "-inf",
        "+inf",
        "infinity",
        "INF",
        "nan",
        "-nan",
        "NaN",
        "nan(1)",
        "0x1p3",
        "0x10",
        "0x.8",
        "-0x1.8p1",
        " 1.5",
        "1.5 ",
        "1.5\0",
        "",
        "abc",
        "1e",
        "1e+",
        "1.2.3",
        "1,5",
        "--1",
        "3.14159265358979323846264338327950288",
        "123456789012345678901234567890",
        "1_000",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "0.00000000000000001",
        "0.000000000000000001",
        "5.0e3"
    };

    private static final String[] VALUES = {
        "",
        "a",
        "b",
        "servus",
        "world",
        "0",
        "1",
        "-1",
        "42",
        "10",
        "3.5",
        "-0",
        "007",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "12345678901234567890",
        "ohmytext",
        "mynewtext",
        "\0",
        "\0\0\0\u0001",
        "\u00ff\u00f0\0",
        "\u00ff\u00ff\u00ff\u00ff",
        "\r\n",
        "with \"quotes\" and\tblanks",
        "GET",
        "NX",
        "EX"
    };

    private final Random random;

    RandomArguments(Random random) {
        this.random = random;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    String pick(String... texts) {
        return texts[random.nextInt(texts.length)];
    }

    byte[] key() {
        // Half of all looks go to three keys, so that commands meet.
        return KEYS.get(random.nextInt(oneIn(2) ? 3 : KEYS.size()));
    }

    byte[] value() {
        return switch (below(12)) {
            case 0 -> bytes("x".repeat(List.of(20, 21, 44, 45, 64, 300).get(below(6))));
            case 1 -> bytes(pick(INTEGERS));
            case 2 -> bytes(pick(FLOATS));
            case 3 -> {
                byte[] any = new byte[below(40)];
                random.nextBytes(any);
                yield any;
            }
            case 4 -> bytes(Integer.toString(below(10_001) - 5));
            case 5 -> bytes(pick("abcab", "bcaacb").repeat(1 + below(30)));
            default -> bytes(pick(VALUES));
        };
    }

    /** Mostly small, some at an edge, some no integer. */
    byte[] integer() {
        return switch (below(8)) {
            case 0 -> bytes(pick(ODD_INTEGERS));
            case 1, 2 -> bytes(pick(INTEGERS));
            case 3 -> bytes(Long.toString(random.nextLong()));
            case 4 -> bytes(Integer.toString(-below(60)));
            default -> bytes(Integer.toString(below(100)));
        };
    }

    byte[] floating() {
        if (oneIn(3)) {
            StringBuilder text = new StringBuilder(oneIn(3) ? "-" : "");
            for (int i = below(20); i >= 0; i--) {
                text.append(below(10));
            }
            text.append('.');
            for (int i = below(20); i >= 0; i--) {
                text.append(below(10));
            }
            return bytes(text + (oneIn(3) ? "e" + (below(60) - 30) : ""));
        }
        return oneIn(4) ? integer() : bytes(pick(FLOATS));
    }

    byte[] bit() {
        return bytes(oneIn(6) ? pick("2", "-1", "", "01", "1 ", "a", "4294967297") : pick("0", "1"));
    }

    byte[] fieldType() {
        return bytes(
                oneIn(6)
                        ? pick(
                                "u64", "i65", "u0", "i0", "", "u", "i", "x8", "u-1", "i064", "u08", "I8", "U8", "i8 ",
                                "u 8", "i+8")
                        : pick("u8", "i8", "u1", "i1", "u63", "i64", "i63", "u16", "i5", "u13", "u32", "i32"));
    }

    byte[] database() {
        return bytes(
                oneIn(6)
                        ? pick("16", "-1", "", "abc", "01", "15", "9223372036854775807", "4294967296")
                        : pick("0", "1"));
    }

    byte[] pattern() {
        return bytes(pick(
                "*",
                "k*",
                "k?",
                "k[1-3]",
                "k[^1]",
                "[kK]1",
                "",
                "\\k1",
                "{tag}\\*\\?\\[a]",
                "*\u00ff",
                "k[",
                "**",
                "[k",
                "k[3-1]",
                "?"));
    }

    /** A keyword in some mix of cases. */
    byte[] word(String upper) {
        return bytes(
                switch (below(4)) {
                    case 0 -> upper.toLowerCase(Locale.ROOT);
                    case 1 -> upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT);
                    default -> upper;
                });
    }

    /** What may stand anywhere, rightly or not. */
    byte[] anything() {
        return switch (below(6)) {
            case 0 -> key();
            case 1 -> integer();
            case 2 -> floating();
            case 3 ->
                word(pick(
                        "NX", "XX", "GET", "EX", "PX", "KEEPTTL", "PERSIST", "REPLACE", "DB", "LEN", "IDX", "BIT",
                        "BYTE", "GT", "LT"));
            default -> value();
        };
    }
}
