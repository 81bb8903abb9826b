package io.swytch.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How the file descriptors that this process may have are shared: first what it needs to run, then clients and L2's tables. So an accepted client
 * never takes the descriptor that the journal or a drain needs.
 *
 * @param limit what the system allows in all
 * @param clientsMax connections that there may be at a time, by {@code maxclients} at start or later
 * @param tables files that L2 may keep open; −1 for as many as it has
 */
record Descriptors(long limit, int clientsMax, int tables) {
    /** Jars, libraries, listeners, loops (three each), log, HTTP, and clients that are being refused: measured 40 on two cores, and twice that. */
    private static final int PROCESS = 80;

    /** Journal, locks, what drains, compactions and backups write at one time. */
    private static final int DISK = 48;

    private static final int TABLES_MIN = 32;

    /** From here on L2 keeps every table open, as it does fastest: 250 GB have as many. */
    private static final int TABLES_MANY = 4096;

    private static final int CLIENTS_MIN = 1;

    /** What is left for clients where there is enough, so that {@code maxclients} may be raised while the server runs: Redis's default. */
    private static final int CLIENTS_LEFT = 10_000;

    /**
     * Shares what this process may have.
     *
     * @param clientsWanted {@code maxclients}
     * @throws StartException where it is too little to run at all
     */
    static Descriptors share(int clientsWanted, boolean isPersistent) throws StartException {
        return share(processLimit(), clientsWanted, isPersistent);
    }

    static Descriptors share(long limit, int clientsWanted, boolean isPersistent) throws StartException {
        long fixed = isPersistent ? PROCESS + DISK : PROCESS;
        long tablesMin = isPersistent ? TABLES_MIN : 0;
        long rest = limit - fixed;
        if (rest < tablesMin + CLIENTS_MIN) {
            throw new StartException("only " + limit + " files may be open ('ulimit -n'); at least "
                    + (fixed + tablesMin + CLIENTS_MIN) + " are needed");
        }
        long tables = isPersistent
                ? Math.max(tablesMin, Math.max(rest / 4, rest - Math.max(clientsWanted, CLIENTS_LEFT)))
                : 0;
        return new Descriptors(
                limit, (int) Math.min(Integer.MAX_VALUE, rest - tables), tables >= TABLES_MANY ? -1 : (int) tables);
    }

    /** What the kernel allows this process; the Java machine has raised it as far as it may. No limit where it is not told. */
    private static long processLimit() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
                if (line.startsWith("Max open files")) {
                    return Long.parseLong(
                            line.substring("Max open files".length()).strip().split("\\s+", 2)[0]);
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Not Linux, or "unlimited".
            return Integer.MAX_VALUE;
        }
        return Integer.MAX_VALUE;
    }
}
