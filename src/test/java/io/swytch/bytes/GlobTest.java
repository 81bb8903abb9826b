package io.swytch.bytes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    private static boolean matches(String pattern, String text) {
        return Glob.matches(Slice.copyOf(pattern), Slice.copyOf(text));
    }

    // What redis-server 7.0.15 replied to KEYS with these patterns where the text was a key.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "hello   | hello | true",
                "hello   | hell  | false",
                "h?llo   | hallo | true",
                "h*llo   | hllo  | true",
                "h*llo   | heeello | true",
                "h[ae]llo | hello | true",
                "h[ae]llo | hillo | false",
                "h[^e]llo | hallo | true",
                "h[^e]llo | hello | false",
                "h[a-b]llo | hbllo | true",
                "h[b-a]llo | hallo | true",
                "h[a-b]llo | hcllo | false",
                "[abc    | a     | true",
                "[abc    | d     | false",
                "[       | a     | false",
                "[^      | a     | true",
                "[a-]    | ]     | true",
                "[\\]]   | ]     | true",
                "[]      | a     | false",
                "\\*     | *     | true",
                "\\*     | a     | false",
                "a\\     | a\\   | true",
                "a**     | a     | true",
                "*a*b    | xaxxb | true",
                "*a*b    | xbxxa | false",
                "*?      | a     | true",
                "a*?     | a     | false",
                "**      | ``    | false",
                "*       | ``    | false",
                "``      | ``    | true",
                "``      | a     | false",
            })
    void pattern_matchesAsRedisDoes(String pattern, String text, boolean expected) {
        assertEquals(expected, matches(pattern, text), () -> pattern + " on " + text);
    }

    @Test
    void randomPatterns_matchAsTheirRegexDoes() {
        Random random = new Random(20261122);
        for (int i = 0; i < 50_000; i++) {
            StringBuilder glob = new StringBuilder();
            StringBuilder regex = new StringBuilder();
            for (int n = random.nextInt(8); n >= 0; n--) {
                int kind = random.nextInt(6);
                String[] part = new String[][] {
                            {"*", ".*"}, {"?", "."}, {"[a-b]", "[ab]"}, {"[^a]", "[^a]"}, {"a", "a"}, {"b", "b"}
                        }
                        [kind];
                glob.append(part[0]);
                regex.append(part[1]);
            }
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(9); n >= 0; n--) {
                text.append((char) ('a' + random.nextInt(3)));
            }
            assertEquals(
                    Pattern.matches(regex.toString(), text),
                    matches(glob.toString(), text.toString()),
                    () -> glob + " on " + text);
        }
    }

    @Test
    void manyStars_costNoMoreThanTheProductOfLengths() {
        String text = "a".repeat(2000);
        assertTimeout(
                Duration.ofSeconds(5), () -> assertFalse(matches("*a".repeat(500) + "*b", text), "nothing ends in b"));
    }

    @Test
    void moreThanThousandStars_matchNothing() {
        assertTrue(matches("*a".repeat(1000), "a".repeat(1000)));
        assertFalse(matches("*a".repeat(1001), "a".repeat(1001)));
    }

    @Test
    void case_isIgnoredWhereAsked() {
        assertTrue(Glob.matchesIgnoreCase(Slice.copyOf("MAX*[M-P]OLICY"), Slice.copyOf("maxmemory-policy")));
        assertFalse(Glob.matches(Slice.copyOf("MAX*"), Slice.copyOf("maxmemory")));
    }
}
