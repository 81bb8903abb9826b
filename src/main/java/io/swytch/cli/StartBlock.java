package io.swytch.cli;

import io.swytch.config.Settings;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a start prints: where it listens, how memory is split, whether and how data is kept, where metrics are. */
final class StartBlock {
    private StartBlock() {}

    /**
     * Prints the block to standard output; where logs are JSON, it is one event instead.
     *
     * @param addresses what is listened on, as bound: host:port, or the path of a socket
     */
    static void print(Settings settings, List<String> addresses) {
        if (settings.logFormat().equals("json")) {
            Logger log = LoggerFactory.getLogger("io.swytch");
            log.atInfo()
                    .addKeyValue("version", Version.text())
                    .addKeyValue("addresses", String.join(", ", addresses))
                    .addKeyValue("memory", memory(settings))
                    .addKeyValue("persistence", persistence(settings))
                    .addKeyValue("sync", sync(settings))
                    .addKeyValue("metrics", metrics(settings))
                    .log("started");
            return;
        }
        System.out.print(text(settings, addresses));
        System.out.flush();
    }

    static String text(Settings settings, List<String> addresses) {
        return String.join(
                "\n",
                "swytch " + Version.text() + ", process "
                        + ProcessHandle.current().pid(),
                "  listening    " + String.join(", ", addresses),
                "  memory       " + memory(settings),
                "  persistence  " + persistence(settings),
                "  sync         " + sync(settings),
                "  metrics      " + metrics(settings),
                "");
    }

    private static String memory(Settings settings) {
        String l1 = size(settings.maxmemoryBytes()) + " hot set (" + settings.get("maxmemory-policy") + ")";
        String l2 = settings.isPersistent()
                ? " + " + size(settings.l2CacheBytes()) + " disk cache + " + size(settings.l2WriteBufferBytes())
                        + " write buffer"
                : "";
        return l1 + l2 + " + up to " + size(Runtime.getRuntime().maxMemory()) + " heap";
    }

    private static String persistence(Settings settings) {
        return settings.isPersistent()
                ? settings.dataDir().toAbsolutePath().normalize().toString()
                : "none, memory only";
    }

    private static String sync(Settings settings) {
        if (!settings.isPersistent()) {
            return "none";
        }
        return switch (settings.sync()) {
            case ALWAYS -> "before each reply";
            case EVERY_10MS -> "every 10 ms";
            case OS -> "left to the operating system";
        };
    }

    private static String metrics(Settings settings) {
        return settings.metricsPort() == 0
                ? "off (--metrics-port)"
                : "http://" + settings.metricsBind() + ":" + settings.metricsPort() + "/metrics";
    }

    private static String size(long bytes) {
        if (bytes >= 10L << 30) {
            return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
        }
        return bytes >= 1 << 20 ? (bytes >> 20) + " MiB" : bytes + " bytes";
    }
}
