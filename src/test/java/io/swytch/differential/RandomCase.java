package io.swytch.differential;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What one seed says: batches of commands from several connections.
 *
 * @param batches in the order in which they are sent; each is answered before the next
 */
record RandomCase(List<Batch> batches) {
    /** Connections that run anything. */
    static final int CLIENTS = 2;

    /** The connection that lets keys expire, which has no transaction open. */
    static final int EXPIRER = CLIENTS;

    private static final int BATCHES_MAX = 40;

    /**
     * Commands sent at once.
     *
     * @param connection which one sends them
     * @param cuts offsets at which their bytes are cut, ascending
     * @param isChilled whether a tiny L1 is emptied before
     * @param expires whether keys expire right after it
     * @param isChecked whether both keyspaces are compared after it
     */
    record Batch(
            int connection,
            List<List<byte[]>> commands,
            List<Integer> cuts,
            boolean isChilled,
            boolean expires,
            boolean isChecked) {
        Batch with(List<List<byte[]>> fewer) {
            return new Batch(connection, fewer, cuts, isChilled, expires, isChecked);
        }
    }

    static RandomCase of(long seed) {
        Random random = new Random(seed);
        RandomCommands commands = new RandomCommands(random);
        List<Batch> batches = new ArrayList<>();
        for (int i = random.nextInt(BATCHES_MAX); i >= 0; i--) {
            boolean expires = random.nextInt(6) == 0;
            int depth = random.nextInt(4) == 0 ? random.nextInt(60) : random.nextInt(6);
            List<List<byte[]>> lines = new ArrayList<>();
            for (int j = expires ? depth % 3 : depth; j >= 0; j--) {
                List<byte[]> line = expires ? commands.shortExpiry() : commands.next();
                // A key that may have run out by now must not be looked at before it surely has.
                if (!expires || lines.stream().noneMatch(other -> Arrays.equals(other.get(1), line.get(1)))) {
                    lines.add(line);
                }
            }
            batches.add(new Batch(
                    expires ? EXPIRER : random.nextInt(CLIENTS),
                    lines,
                    cuts(random),
                    random.nextInt(3) == 0,
                    expires,
                    random.nextInt(8) == 0));
        }
        return new RandomCase(batches);
    }

    private static List<Integer> cuts(Random random) {
        int count = random.nextInt(3) == 0 ? random.nextInt(8) : 0;
        return random.ints(count, 0, 1 + random.nextInt(4000)).sorted().boxed().toList();
    }

    /** How many commands there are in all. */
    int size() {
        return batches.stream().mapToInt(batch -> batch.commands().size()).sum();
    }

    /** This without the commands from one to another, the latter not counted, in the order in which they are sent. */
    RandomCase without(int from, int to) {
        List<Batch> fewer = new ArrayList<>();
        int at = 0;
        for (Batch batch : batches) {
            List<List<byte[]>> commands = new ArrayList<>();
            for (List<byte[]> command : batch.commands()) {
                if (at < from || at >= to) {
                    commands.add(command);
                }
                at++;
            }
            if (!commands.isEmpty()) {
                fewer.add(batch.with(commands));
            }
        }
        return new RandomCase(fewer);
    }

    /** The lines of a transcript that sends the same commands. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Batch batch : batches) {
            text.append(batch.isChilled() ? "# chilled\n" : "");
            for (List<byte[]> command : batch.commands()) {
                text.append(batch.connection() > 0 ? "@" + batch.connection() + " " : "")
                        .append(text(command))
                        .append('\n');
            }
            text.append(batch.isChecked() ? "# compared\n" : "");
        }
        return text.toString();
    }

    static String text(List<byte[]> command) {
        List<String> words = new ArrayList<>();
        for (byte[] arg : command) {
            String printable = Reply.printable(arg);
            boolean isPlain = printable.matches("[^\\\\ \"'@~%!#-][^\\\\ \"']*") || printable.matches("-?[0-9]+");
            words.add(isPlain ? printable : '"' + printable.replace("\"", "\\\"") + '"');
        }
        return String.join(" ", words);
    }
}
