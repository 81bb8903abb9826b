package io.swytch.cli;

import io.swytch.config.SettingException;
import io.swytch.config.Settings;
import java.io.PrintWriter;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code swytch redis [CONFIG] [--flag value]…}: serves until it is told to stop. */
final class RedisCommand {
    private RedisCommand() {}

    /** Serves. Returns when the server has stopped. */
    static void run(List<String> words, Runnable serving) throws UsageException, StartException {
        StartAhead ahead = StartAhead.begin();
        Settings settings = settings(Flags.of(words));
        ahead.finish(settings);
        LogSetup.apply(settings);
        Logger log = LoggerFactory.getLogger("io.swytch");
        settings.warnings().forEach(log::warn);
        serving.run();
        RedisServer server = RedisServer.start(settings);
        StopHook.register(server::stop);
        server.awaitStopped();
    }

    /** Says what is wrong with words and settings, and starts nothing. */
    static void validate(List<String> words, PrintWriter err) throws UsageException {
        Settings settings = settings(Flags.of(words));
        settings.warnings().forEach(warning -> err.println("swytch: " + warning));
    }

    private static Settings settings(Flags flags) throws UsageException {
        Settings settings;
        try {
            settings = Settings.load(flags.config(), System.getenv(), flags.values());
        } catch (SettingException e) {
            throw new UsageException(e.getMessage());
        }
        if (settings.listensNowhere()) {
            // Redis's words for a server that nobody could reach.
            throw new UsageException("Configured to not listen anywhere, exiting.");
        }
        return settings;
    }
}
