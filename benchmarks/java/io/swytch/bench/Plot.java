package io.swytch.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the pictures of README from a result. */
final class Plot {
    static final String HELP = """
            plot --results FILE.tsv --to FOLDER      writes a PNG per picture of which the result has all figures

            A picture that lacks some is left out and named. Needs fonts for Java: fontconfig and any sans serif.
            """;

    /** One group of bars: the figures of a row, of which the case must match; its first group names the bars. */
    private record Panel(String title, int row, String cases, String metric) {}

    private record Picture(String file, String title, List<Panel> panels) {}

    private static final List<Picture> PICTURES = List.of(
            new Picture(
                    "throughput",
                    "Operations a second, memory mode, 50 clients",
                    List.of(
                            new Panel("no pipeline, one event loop", 1, "(.*) P1", "throughput"),
                            new Panel("pipeline of 16, one event loop", 2, "(.*) P16", "throughput"),
                            new Panel("pipeline of 64, two event loops", 3, "(.*) P64", "throughput"))),
            new Picture(
                    "cpu",
                    "CPU time of the server per operation, microseconds (less is better)",
                    List.of(
                            new Panel("no pipeline", 1, "(.*) P1", "CPU per op"),
                            new Panel("pipeline of 16", 2, "(.*) P16", "CPU per op"),
                            new Panel("persistent, pipeline of 16", 5, "(.*) P16", "CPU per op"))),
            new Picture(
                    "memory",
                    "Bytes of memory per key besides key and value (less is better)",
                    List.of(
                            new Panel("without expiry, by the value's size", 10, "(\\d+ B)", "overhead per entry"),
                            new Panel("with expiry", 10, "(\\d+ B) with TTL", "overhead per entry"))),
            new Picture(
                    "hit-ratio",
                    "Hit ratio of reads, memory of 10 % of the data",
                    List.of(new Panel("", 11, "(.*)", "hit ratio of reads"))),
            new Picture(
                    "tail-latency",
                    "p99 of GETs of a hot key, ms (less is better)",
                    List.of(
                            new Panel(
                                    "while 50 clients read cold keys", 9, "(\\d+ hot), beside 50 cold readers", "p99"),
                            new Panel(
                                    "while drain and compaction work", 9, "(\\d+ hot), beside random writes", "p99"))),
            new Picture(
                    "restart",
                    "Seconds from the process's start to its first answer (less is better)",
                    List.of(
                            new Panel("empty, or little data", 13, "JDK (.*)", "start to PONG"),
                            new Panel("killed with kill -9", 13, "(\\d+ keys), after kill -9", "restart to PONG"))));

    private Plot() {}

    static void run(Options options) throws IOException {
        Path results = Path.of(options.text("results"));
        Path folder = Path.of(options.text("to"));
        options.end();
        System.setProperty("java.awt.headless", "true");
        List<String[]> lines = new ArrayList<>();
        String source = results.getFileName().toString();
        for (String line : Files.readAllLines(results)) {
            if (line.startsWith("# machine: ") && lines.isEmpty()) {
                source += " · " + line.substring("# machine: ".length());
            } else if (!line.startsWith("#") && !line.startsWith("row\t")) {
                lines.add(line.split("\t", -1));
            }
        }
        Files.createDirectories(folder);
        for (Picture picture : PICTURES) {
            List<Chart.Panel> panels = new ArrayList<>();
            for (Panel panel : picture.panels) {
                Chart.Panel found = find(panel, lines);
                if (!found.bars().isEmpty()) {
                    panels.add(found);
                }
            }
            if (panels.size() == picture.panels.size()) {
                Path file = folder.resolve(picture.file + ".png");
                new Chart(picture.title, source, panels).write(file);
                System.out.println(file);
            } else {
                System.out.println(picture.file + ": left out, the result lacks some of its figures");
            }
        }
    }

    private static Chart.Panel find(Panel panel, List<String[]> lines) {
        Pattern cases = Pattern.compile(panel.cases);
        List<Chart.Bars> bars = new ArrayList<>();
        String peer = "";
        for (String[] fields : lines) {
            Matcher matcher = cases.matcher(fields[1]);
            if (fields[0].equals(Integer.toString(panel.row)) && fields[2].equals(panel.metric) && matcher.matches()) {
                double theirs = fields[6].isEmpty() ? Double.NaN : Double.parseDouble(fields[6]);
                bars.add(new Chart.Bars(matcher.group(1), Double.parseDouble(fields[4]), theirs));
                peer = fields[5].isEmpty() ? peer : fields[5];
            }
        }
        return new Chart.Panel(panel.title, peer, bars);
    }
}
