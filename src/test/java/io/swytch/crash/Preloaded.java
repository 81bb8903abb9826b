package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Small libraries in C that are preloaded into a server to make the machine misbehave. Needs gcc. */
final class Preloaded {
    private Preloaded() {}

    /** Compiles {@code NAME.c} of the test resources into {@code folder}; where there is no gcc, the test is skipped. Returns the library. */
    static Path compile(String name, Path folder) throws IOException, InterruptedException {
        Path source = Path.of("src/test/resources/io/swytch/crash", name + ".c");
        assumeTrue(Files.exists(source), "run from the project's folder");
        Path library = folder.resolve(name + ".so");
        Process gcc;
        try {
            gcc = new ProcessBuilder(
                            "gcc", "-O1", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no gcc: apt-get install gcc libc6-dev");
            return library;
        }
        String output = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(gcc.waitFor(60, TimeUnit.SECONDS) && gcc.exitValue() == 0, output);
        return library;
    }
}
