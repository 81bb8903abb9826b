package io.swytch.differential;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * Plays every transcript under {@code transcripts/} in every mode and both protocols.
 *
 * <p>{@code -Dswytch.transcripts=key/expire} plays only those whose path contains the text, {@code -Dswytch.modes=memory,tiered} only in some modes.
 */
class TranscriptsDifferentialIT {
    @TestFactory
    Stream<DynamicNode> replies_areThoseOfRedis() throws IOException, URISyntaxException {
        URL folder = Objects.requireNonNull(TranscriptsDifferentialIT.class.getResource("/transcripts"));
        Path root = Path.of(folder.toURI());
        String only = System.getProperty("swytch.transcripts", "");
        List<DynamicNode> files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path :
                    paths.filter(p -> p.toString().endsWith(".txt")).sorted().toList()) {
                String name = root.relativize(path).toString();
                if (name.contains(only)) {
                    files.add(dynamicContainer(name, plays(Transcript.parse(name, Files.readString(path)))));
                }
            }
        }
        return files.stream();
    }

    private static Stream<DynamicNode> plays(Transcript transcript) {
        return Differential.modes().stream()
                .flatMap(mode -> Differential.PROTOCOLS.stream()
                        // What no real server here can be asked is written down in RESP2.
                        .filter(protocol -> protocol == 2 || !transcript.name().contains("-newer"))
                        .map(protocol -> dynamicTest(
                                mode + " RESP" + protocol, () -> TranscriptPlayer.play(transcript, mode, protocol))));
    }
}
