package io.swytch.differential;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** For tests that compare replies with those of a real redis-server. */
public final class Differential {
    /** Both protocols. */
    static final List<Integer> PROTOCOLS = List.of(2, 3);

    private Differential() {}

    /** Plays the lines of a transcript on both servers, in all modes and both protocols, from empty databases on. */
    public static void assertSameReplies(String transcript) {
        Transcript parsed = Transcript.parse("transcript", transcript);
        for (Mode mode : modes()) {
            for (int protocol : PROTOCOLS) {
                TranscriptPlayer.play(parsed, mode, protocol);
            }
        }
    }

    /** All modes, or those that the system property {@code swytch.modes} names with commas between. */
    static List<Mode> modes() {
        String names = System.getProperty("swytch.modes");
        return names == null
                ? List.of(Mode.values())
                : Arrays.stream(names.split(","))
                        .map(name -> Mode.valueOf(name.toUpperCase(Locale.ROOT)))
                        .toList();
    }
}
