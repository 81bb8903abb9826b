package io.swytch.differential;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The three ways in which Swytch keeps data; every transcript is played in each. */
public enum Mode {
    /** L1 only. */
    MEMORY,
    /** L1, journal and L2. */
    TIERED,
    /** As TIERED, with L1 emptied before each command, so that every look at a key is a fill. */
    TIERED_TINY;

    public boolean isTiered() {
        return this != MEMORY;
    }

    /** The flags of {@code swytch redis} for this mode on a port, with a data directory for the tiered ones. */
    public List<String> flags(int port, Path dataDir) {
        List<String> flags = new ArrayList<>(List.of(
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--maxmemory",
                "64mb",
                "--maxmemory-policy",
                "allkeys-lfu"));
        if (isTiered()) {
            flags.addAll(List.of("--persistent", "yes", "--data-dir", dataDir.toString()));
        }
        return flags;
    }
}
