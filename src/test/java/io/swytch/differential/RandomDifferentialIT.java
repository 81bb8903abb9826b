package io.swytch.differential;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * Random commands on both servers, in every mode and both protocols.
 *
 * <p>A difference is reported with its seed and the fewest commands that show it. {@code -Dswytch.random.seed=N} plays one seed, {@code
 * -Dswytch.random.minutes=N} plays longer than the few seconds of a build.
 */
class RandomDifferentialIT {
    private static final Duration EACH = Duration.ofSeconds(5);
    private static final Duration SHRINK_MAX = Duration.ofSeconds(10);

    /** Seeds that showed a difference once. */
    private static final List<Long> FOUND = List.of(
            237712730700439L,
            31998858289674L,
            8014599917211L,
            154634432698563L,
            253761667527293L,
            245153208140167L,
            126394837409208L);

    @TestFactory
    Stream<DynamicNode> randomCommands_repliesAreThoseOfRedis() {
        Long seed = Long.getLong("swytch.random.seed");
        return Differential.modes().stream()
                .flatMap(mode -> Differential.PROTOCOLS.stream()
                        .map(protocol -> dynamicTest(mode + " RESP" + protocol, () -> {
                            List<Long> first = seed == null ? FOUND : List.of(seed);
                            first.forEach(found -> play(found, mode, protocol));
                            if (seed == null) {
                                playOn(mode, protocol);
                            }
                        })));
    }

    private static Duration each() {
        Long minutes = Long.getLong("swytch.random.minutes");
        int parts = Differential.modes().size() * Differential.PROTOCOLS.size();
        return minutes == null ? EACH : Duration.ofMinutes(minutes).dividedBy(parts);
    }

    private static void playOn(Mode mode, int protocol) {
        Random seeds = new Random();
        long end = System.nanoTime() + each().toNanos();
        int played = 0;
        do {
            play(seeds.nextLong() >>> 16, mode, protocol);
            played++;
        } while (System.nanoTime() < end);
        System.out.println(mode + " RESP" + protocol + ": " + played + " random cases");
    }

    private static void play(long seed, Mode mode, int protocol) {
        SwytchUnderTest.Running swytch = SwytchUnderTest.running(mode);
        RandomCase whole = RandomCase.of(seed);
        String difference = RandomPlayer.difference(whole, swytch, protocol);
        if (difference != null) {
            RandomCase least = shrink(whole, swytch, protocol);
            String again = RandomPlayer.difference(least, swytch, protocol);
            Assertions.fail("-Dswytch.random.seed=%d (%s, RESP%d)%n%s%n%nThe fewest commands that differ: %s%n%s"
                    .formatted(seed, mode, protocol, difference, again, least));
        }
    }

    /** Takes away commands, many at once and then fewer, as long as a difference stays. */
    private static RandomCase shrink(RandomCase whole, SwytchUnderTest.Running swytch, int protocol) {
        long end = System.nanoTime() + SHRINK_MAX.toNanos();
        RandomCase least = whole;
        for (int run = whole.size() / 2; run > 0; run /= 2) {
            for (int from = least.size() - run; from >= 0 && System.nanoTime() < end; from -= run) {
                RandomCase fewer = least.without(from, from + run);
                if (RandomPlayer.difference(fewer, swytch, protocol) != null) {
                    least = fewer;
                }
            }
        }
        return least;
    }
}
