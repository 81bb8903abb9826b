package io.swytch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code --name value} pairs of a command line. A name without a value is a switch. Who has read all options calls {@link #end}. */
final class Options {
    private final Map<String, String> given = new LinkedHashMap<>();

    /**
     * @throws IllegalArgumentException if a word stands where a name should
     */
    Options(List<String> words) {
        String name = null;
        for (String word : words) {
            if (word.startsWith("--")) {
                name = word.substring(2);
                given.put(name, "");
            } else if (name == null) {
                throw new IllegalArgumentException("'" + word + "' is not an option");
            } else {
                given.put(name, word);
                name = null;
            }
        }
    }

    boolean has(String name) {
        return given.remove(name) != null;
    }

    String text(String name, String ifMissing) {
        String value = given.remove(name);
        return value == null ? ifMissing : value;
    }

    /**
     * @throws IllegalArgumentException if it is not there
     */
    String text(String name) {
        String value = given.remove(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("--" + name + " is missing");
        }
        return value;
    }

    long number(String name, long ifMissing) {
        String value = given.remove(name);
        if (value == null) {
            return ifMissing;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + " '" + value + "' is not a whole number", e);
        }
    }

    /**
     * @throws IllegalArgumentException if it is not there, or no number
     */
    int port() {
        int port = (int) number("port", 0);
        if (port <= 0 || port > 65535) {
            throw new IllegalArgumentException("--port is missing, or none");
        }
        return port;
    }

    double real(String name, double ifMissing) {
        String value = given.remove(name);
        if (value == null) {
            return ifMissing;
        }
        try {
            return Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + " '" + value + "' is not a number", e);
        }
    }

    /**
     * @throws IllegalArgumentException naming an option that nobody asked for
     */
    void end() {
        if (!given.isEmpty()) {
            throw new IllegalArgumentException("--" + given.keySet().iterator().next() + " is not known");
        }
    }
}
