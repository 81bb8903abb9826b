package io.swytch.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads settings at a start: from file, environment and flags, in this order, the later ones winning. Threads: one. */
final class SettingSources {
    private static final String VARIABLE_PREFIX = "SWYTCH_";

    /** Variables that {@code bin/swytch} reads. */
    private static final Set<String> LAUNCHER_VARIABLES = Set.of("SWYTCH_JAVA_OPTS", "SWYTCH_CACHE_DIR");

    /** What Kubernetes tells of a service, beside {@link #isServiceAddress}. */
    private static final Pattern OF_A_SERVICE = Pattern.compile("(.*-)?(service-(host|port).*|port-\\d+-.*)");

    /** What L1 takes at least. CONFIG SET may say less, as in Redis, and gets this. */
    private static final long MAXMEMORY_BYTES_MIN = 64 << 10;

    private static final Kind YES_NO = Kind.bool();

    /** Addresses that stand for all that the machine has. */
    private static final Set<String> EVERYWHERE = Set.of("*", "::*", "0.0.0.0", "::");

    private final Map<String, String> values;
    private final List<String> warnings = new ArrayList<>();

    /** Canonical values where nothing is set. */
    private final Map<String, String> initials;

    /** Where appendonly was last set to yes; null where it was not, or to no after that. */
    private @Nullable Place appendOnlyAt;

    /** Where settings were last set, by name. */
    private final Map<String, Place> setAt = new TreeMap<>();

    /** Begins with {@code defaults}, canonical values by name, which it changes. */
    SettingSources(Map<String, String> defaults) {
        values = defaults;
        initials = Map.copyOf(defaults);
    }

    private enum Source {
        LINE,
        VARIABLE,
        FLAG
    }

    /**
     * Where something was set, and under which of its names.
     *
     * @param where file and line, or the variable, or the flag
     * @param name of the setting or directive, as it was written
     */
    private record Place(Source source, String where, String name) {
        SettingException refused(String reason) {
            // A variable or flag is a name already; the setting's own may be another.
            return new SettingException(name, reason).of(source == Source.LINE ? where + ": " + name : where);
        }

        String warning(String what) {
            return where + ": " + (source == Source.LINE ? "'" + name + "' " : "") + what;
        }
    }

    Map<String, String> values() {
        return values;
    }

    List<String> warnings() {
        return warnings;
    }

    void readFile(Path file) throws SettingException {
        try {
            for (ConfigFile.Directive directive : ConfigFile.read(file)) {
                Place place = new Place(Source.LINE, file + ":" + directive.line(), directive.name());
                Setting setting = SettingTable.find(directive.name());
                String wrong = setting == null ? null : setting.wrongCount(directive.words());
                if (wrong != null) {
                    throw place.refused(wrong);
                }
                apply(place, directive.value());
            }
        } catch (NoSuchFileException e) {
            throw new SettingException(file.toString(), "no such file");
        } catch (AccessDeniedException e) {
            throw new SettingException(
                    file.toString(),
                    "cannot be read: no permission for user " + System.getProperty("user.name")
                            + ", on the file or a folder above it");
        } catch (IOException e) {
            throw new SettingException(file.toString(), "cannot be read: " + e.getMessage());
        }
    }

    /** Takes the variables named SWYTCH_… after a setting, from all variables. */
    void readEnvironment(Map<String, String> environment) throws SettingException {
        for (Map.Entry<String, String> variable : new TreeMap<>(environment).entrySet()) {
            if (!variable.getKey().startsWith(VARIABLE_PREFIX)) {
                continue;
            }
            String name = settingName(variable.getKey());
            if (SettingTable.find(name) == null && !isDirective(name)) {
                warnOfTypingError(variable.getKey(), name);
            } else if (variable.getValue().isEmpty()) {
                // A compose file hands over a variable that nobody has set as an empty one.
                warnings.add(variable.getKey() + ": is empty, which counts as not set");
            } else if (name.endsWith("port") && isServiceAddress(variable.getValue())) {
                warnings.add(variable.getKey() + ": '" + variable.getValue()
                        + "' is passed over: it is what Kubernetes says of a service of that name, and no port");
            } else {
                apply(new Place(Source.VARIABLE, variable.getKey(), name), latin(variable.getValue()));
            }
        }
    }

    void readFlags(List<Map.Entry<String, String>> flags) throws SettingException {
        for (Map.Entry<String, String> flag : flags) {
            apply(new Place(Source.FLAG, "--" + flag.getKey(), flag.getKey()), latin(flag.getValue()));
        }
    }

    /**
     * To be called when all has been read.
     *
     * @throws SettingException where settings promise what they do not hold together
     */
    void check() throws SettingException {
        boolean isPersistent = value("persistent").equals("yes");
        if (appendOnlyAt != null && !isPersistent) {
            throw appendOnlyAt.refused(
                    "data would be kept in memory only; 'persistent yes' in the file, or --persistent, keeps it on disk"
                            + " (appendonly no: it need not be kept)");
        }
        if (!isPersistent) {
            passOverTieredOnly();
        }
        if (isPersistent && value("data-dir").isEmpty()) {
            throw refused(
                    "data-dir",
                    "is empty: data would go where this process happens to be started; write . to mean that");
        }
        for (String name : isPersistent ? List.of("unixsocket", "data-dir", "backup-dir") : List.of("unixsocket")) {
            try {
                Settings.path(value(name));
            } catch (InvalidPathException e) {
                throw refused(name, "is no path here: " + e.getReason());
            }
        }
        long maxmemory = Long.parseLong(value("maxmemory"));
        if (maxmemory != 0 && maxmemory < MAXMEMORY_BYTES_MIN) {
            throw refused(
                    "maxmemory", "is " + maxmemory + " bytes; 64kb is the least (0: three quarters of the machine's)");
        }
        requirePortsApart();
    }

    /** What a start accepts of a {@code maxmemory} that CONFIG SET has accepted. */
    static String atLeastMaxmemoryMin(String bytes) {
        long maxmemory = Long.parseLong(bytes);
        return maxmemory == 0 || maxmemory >= MAXMEMORY_BYTES_MIN ? bytes : String.valueOf(MAXMEMORY_BYTES_MIN);
    }

    /** The failure of a setting, told of where it was set. */
    private SettingException refused(String name, String reason) {
        Place place = setAt.get(name);
        return place == null ? new SettingException(name, reason) : place.refused(reason);
    }

    /** A flag that does nothing is a mistake; a file or an environment may be made for several servers. */
    private void passOverTieredOnly() throws SettingException {
        for (Map.Entry<String, Place> set : setAt.entrySet()) {
            String name = set.getKey();
            Place place = set.getValue();
            if (!SettingTable.isTieredOnly(name)) {
                continue;
            }
            // Command lines of redis-server have a --dir whether anything is saved or not.
            if (place.source() == Source.FLAG && !SettingTable.isOfRedis(place.name())) {
                throw place.refused("means nothing as long as data is in memory only; --persistent keeps it on disk");
            }
            // A file that lists the defaults, as the shipped one does, asks for nothing.
            if (!value(name).equals(initials.get(name))) {
                warnOnce(place.warning("means nothing without 'persistent yes'"));
            }
        }
    }

    /** The second of two listeners on a port could not start. */
    private void requirePortsApart() throws SettingException {
        String port = value("metrics-port");
        if (port.equals("0") || !port.equals(value("port"))) {
            return;
        }
        String address = host(value("metrics-bind"));
        for (String bind : Kind.split(value("bind"))) {
            String host = host(bind.startsWith("-") ? bind.substring(1) : bind);
            if (host.equals(address) || EVERYWHERE.contains(host) || EVERYWHERE.contains(address)) {
                throw refused("metrics-port", "clients have port " + port + " already; choose another one");
            }
        }
    }

    private static String host(String address) {
        return address.equalsIgnoreCase("localhost") ? "127.0.0.1" : address.toLowerCase(Locale.ROOT);
    }

    /** Applies one line, variable or flag. */
    private void apply(Place place, String text) throws SettingException {
        String name = place.name().toLowerCase(Locale.ROOT);
        String refusal = SettingTable.refusal(name, text);
        if (refusal != null) {
            throw place.refused(refusal);
        }
        Setting setting = SettingTable.find(name);
        if (setting != null && text.isEmpty() && setting.isNumber()) {
            throw place.refused("is empty; it takes " + setting.label());
        }
        try {
            if (setting != null) {
                String value = Settings.shareOfMachine(setting, text);
                values.put(setting.name(), Settings.canonical(setting, name, value, value(setting.name())));
                setAt.put(setting.name(), place);
            } else if (name.equals("appendonly") && YES_NO.parse(text, "").equals("yes")) {
                appendOnlyAt = place;
            } else if (SettingTable.isInert(name) || SettingTable.refusal(name) != null) {
                appendOnlyAt = name.equals("appendonly") ? null : appendOnlyAt;
                warnOnce(place.warning(SettingTable.inertWarning(name)));
            } else {
                throw place.refused(SettingTable.unknown(name));
            }
        } catch (BadValueException e) {
            throw place.refused("'" + text + "': " + e.explained());
        }
    }

    private String value(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no row for " + name);
        }
        return value;
    }

    private void warnOnce(String warning) {
        if (!warnings.contains(warning)) {
            warnings.add(warning);
        }
    }

    /** Whether a variable of this name is meant as a directive of Redis. SWYTCH_USER is rather the account that a server runs as. */
    private static boolean isDirective(String name) {
        return SettingTable.isInert(name) || (SettingTable.refusal(name) != null && !name.equals("user"));
    }

    /** A variable that only just misses a setting was meant for it; others with the prefix are somebody else's. */
    private void warnOfTypingError(String variable, String name) {
        boolean isAnothers = LAUNCHER_VARIABLES.contains(variable)
                || OF_A_SERVICE.matcher(name).matches();
        String nearest = isAnothers ? null : Settings.nearestName(name);
        if (nearest != null) {
            warnings.add(variable + ": sets nothing; did you mean " + VARIABLE_PREFIX
                    + nearest.toUpperCase(Locale.ROOT).replace('-', '_') + "?");
        }
    }

    /** Kubernetes tells every container where each service is: SWYTCH_PORT=tcp://10.0.0.5:6379 for one that is called swytch. */
    private static boolean isServiceAddress(String value) {
        return value.startsWith("tcp://") || value.startsWith("udp://");
    }

    private static String settingName(String variable) {
        return variable.substring(VARIABLE_PREFIX.length())
                .toLowerCase(Locale.ROOT)
                .replace('_', '-');
    }

    /** Text from the command line as bytes in Latin-1. */
    private static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
