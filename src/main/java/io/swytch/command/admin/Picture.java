package io.swytch.command.admin;

import io.swytch.command.spec.Identity;
import java.util.Random;

/** What LOLWUT draws: quarter circles laid at random, the tiling that Cyril Stanley Smith took from Sébastien Truchet, in 1987. Stateless. */
final class Picture {
    private static final int WIDTH = 32;
    private static final int HEIGHT = 12;

    private Picture() {}

    /** A picture of its own for every {@code seed}. */
    static String draw(long seed, String version) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        for (int row = 0; row < HEIGHT; row++) {
            for (int column = 0; column < WIDTH; column++) {
                text.append(random.nextBoolean() ? "╱" : "╲");
            }
            text.append('\n');
        }
        text.append("\nTruchet's tiles, number ")
                .append(seed)
                .append(". Swytch ")
                .append(version);
        return text.append(", Redis ver. ")
                .append(Identity.REDIS_VERSION)
                .append('\n')
                .toString();
    }
}
