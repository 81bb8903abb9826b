package io.swytch.differential;

import static org.awaitility.Awaitility.await;

import io.swytch.bytes.Bytes;
import io.swytch.differential.Transcript.Line;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Assertions;

/** Plays a transcript on both servers, in step, and gathers what differs. Threads: one at a time. */
final class TranscriptPlayer implements AutoCloseable {
    private static final Duration WAIT_MAX = Duration.ofSeconds(20);
    private static final int DIFFERENCES_SHOWN_MAX = 20;

    private final Transcript transcript;
    private final SwytchUnderTest.Running swytch;
    private final int redisPort;
    private final int protocol;
    private final Map<Integer, RespConnection> toSwytch = new HashMap<>();
    private final Map<Integer, RespConnection> toRedis = new HashMap<>();
    private final List<String> differences = new ArrayList<>();

    private TranscriptPlayer(Transcript transcript, SwytchUnderTest.Running swytch, int redisPort, int protocol) {
        this.transcript = transcript;
        this.swytch = swytch;
        this.redisPort = redisPort;
        this.protocol = protocol;
    }

    /** Plays it from empty databases on; fails with all differences. */
    static void play(Transcript transcript, Mode mode, int protocol) {
        int redisPort = RealRedis.port();
        SwytchUnderTest.Running swytch = SwytchUnderTest.running(mode);
        try (TranscriptPlayer player = new TranscriptPlayer(transcript, swytch, redisPort, protocol)) {
            player.playAll();
            player.report();
        }
    }

    private void playAll() {
        List<byte[]> flush = CommandLine.split("FLUSHALL");
        swytchAt(0).call(flush);
        if (!transcript.isNewer()) {
            redisAt(0).call(flush);
        }
        for (Line line : transcript.lines()) {
            try {
                playLine(line);
            } catch (UncheckedIOException e) {
                // What follows on a broken connection would differ in every line.
                differ(line, "(nothing comparable)", "(" + e.getMessage() + ")");
                return;
            }
        }
    }

    private void playLine(Line line) {
        swytch.chillIfTiny();
        switch (line.comparison()) {
            case NO_REPLY -> {
                swytchAt(line.connection()).send(line.args());
                if (!transcript.isNewer()) {
                    redisAt(line.connection()).send(line.args());
                }
            }
            case WAIT_UNTIL_GONE -> {
                byte[] exists = "EXISTS".getBytes(StandardCharsets.US_ASCII);
                List<byte[]> command = List.of(exists, line.args().get(0));
                await().atMost(WAIT_MAX)
                        .until(() -> isZero(swytchAt(line.connection()).call(command)));
                if (!transcript.isNewer()) {
                    await().atMost(WAIT_MAX)
                            .until(() -> isZero(redisAt(line.connection()).call(command)));
                }
            }
            default -> compare(line);
        }
    }

    private static boolean isZero(Reply reply) {
        return reply.type() == ':' && reply.payload().equals(Bytes.of("0"));
    }

    private void compare(Line line) {
        if (transcript.isNewer()) {
            Reply actual = swytchAt(line.connection()).call(line.args());
            Bytes expected = line.expected().get(protocol);
            if (expected == null) {
                differ(line, "(no expected reply in the transcript)", actual.toString());
            } else if (!expected.equals(actual.raw())) {
                differ(line, Reply.printable(expected.toByteArray()), actual.toString());
            }
            return;
        }
        Reply expected;
        try {
            expected = redisAt(line.connection()).call(line.args());
        } catch (UncheckedIOException e) {
            throw new IllegalStateException("redis-server at line " + line.number(), e);
        }
        Reply actual = swytchAt(line.connection()).call(line.args());
        boolean same = switch (line.comparison()) {
            case UNORDERED -> expected.unordered().equals(actual.unordered());
            case NEAR -> expected.isNear(actual, tolerance(line));
            default -> expected.raw().equals(actual.raw());
        };
        if (!same) {
            differ(line, expected.toString(), actual.toString());
        }
    }

    private static long tolerance(Line line) {
        String name = new String(line.args().get(0), StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
        return name.equals("PTTL") || name.equals("PEXPIRETIME") || name.equals("EXEC") ? 2000 : 2;
    }

    private void differ(Line line, String expected, String actual) {
        differences.add("%s:%d: %s%n    redis:  %s%n    swytch: %s"
                .formatted(transcript.name(), line.number(), line.source(), expected, actual));
    }

    private void report() {
        if (!differences.isEmpty()) {
            int shown = Math.min(differences.size(), DIFFERENCES_SHOWN_MAX);
            Assertions.fail("%d of %d replies differ (%s, RESP%d)%n%s%s"
                    .formatted(
                            differences.size(),
                            transcript.lines().size(),
                            swytch.mode(),
                            protocol,
                            String.join(System.lineSeparator(), differences.subList(0, shown)),
                            shown < differences.size() ? System.lineSeparator() + "…" : ""));
        }
    }

    private RespConnection swytchAt(int connection) {
        return toSwytch.computeIfAbsent(connection, n -> new RespConnection(swytch.port(), protocol));
    }

    private RespConnection redisAt(int connection) {
        return toRedis.computeIfAbsent(connection, n -> new RespConnection(redisPort, protocol));
    }

    @Override
    public void close() {
        toSwytch.values().forEach(RespConnection::close);
        toRedis.values().forEach(RespConnection::close);
    }
}
