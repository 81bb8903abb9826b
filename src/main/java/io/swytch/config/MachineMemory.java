package io.swytch.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The memory this process may use: the machine's, or its control group's where that is less. Read from the kernel's files, because the
 * management beans that know it too cost tens of milliseconds at start. {@code bin/swytch} reads the same files.
 */
public final class MachineMemory {
    private static final List<Path> LIMITS = List.of(
            Path.of("/sys/fs/cgroup/memory.max"), // control groups v2
            Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes")); // v1; "no limit" is a number above any memory

    private MachineMemory() {}

    /** In bytes. */
    public static long bytes() {
        long bytes = installed();
        for (Path limit : LIMITS) {
            bytes = Math.min(bytes, limit(limit));
        }
        return bytes;
    }

    /** What a file of a control group says; no limit where it is not there, or says "max". */
    private static long limit(Path file) {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private static long installed() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    String kib = line.substring("MemTotal:".length())
                            .replace("kB", "")
                            .strip();
                    return Long.parseLong(kib) * 1024;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Not Linux: what the JVM believes it may use for its heap is a quarter of the machine by default.
            return Runtime.getRuntime().maxMemory() * 4;
        }
        return Runtime.getRuntime().maxMemory() * 4;
    }
}
