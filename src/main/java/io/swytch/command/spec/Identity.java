package io.swytch.command.spec;

import io.swytch.clock.Clock;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What tells this run of the server from others.
 *
 * @param version of Swytch
 * @param runId 40 hexadecimal digits, random
 * @param replicationId as runId; what ROLE and INFO show as the replication's
 * @param startedMs when it began, milliseconds since 1970
 * @param startedNanos the same on the monotonic clock
 * @param multiplexing what the event loops wait with: {@code epoll}, {@code io_uring}, {@code nio}
 */
public record Identity(
        String version, String runId, String replicationId, long startedMs, long startedNanos, String multiplexing) {
    /** The version of Redis whose replies these are, as HELLO and INFO say. */
    public static final String REDIS_VERSION = "7.0.15";

    /** The identity of a run that begins now. */
    public static Identity begin(String version, Clock clock, String multiplexing) {
        return new Identity(version, randomId(), randomId(), clock.millis(), clock.nanos(), multiplexing);
    }

    private static String randomId() {
        byte[] random = new byte[20];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** Seconds since this run began. */
    public long uptimeSec(Clock clock) {
        return (clock.nanos() - startedNanos) / 1_000_000_000;
    }
}
