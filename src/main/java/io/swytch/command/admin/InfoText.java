package io.swytch.command.admin;

import java.util.Locale;

/** The text that INFO replies: sections of names and values. Threads: one at a time. */
final class InfoText {
    private final StringBuilder text = new StringBuilder();

    /** Begins a section. */
    void section(String title) {
        text.append(text.length() == 0 ? "" : "\r\n").append("# ").append(title).append("\r\n");
    }

    void add(String name, String value) {
        text.append(name).append(':').append(value).append("\r\n");
    }

    void add(String name, long value) {
        text.append(name).append(':').append(value).append("\r\n");
    }

    /** A value in a format of {@link String#format}. */
    void add(String name, String format, double value) {
        add(name, String.format(Locale.ROOT, format, value));
    }

    /** Bytes, and on a line of their own bytes for people. */
    void addBytes(String name, long bytes) {
        add(name, bytes);
        add(name + "_human", human(bytes));
    }

    /** Bytes in the largest unit that leaves a digit before the point: {@code 1.50M}. */
    static String human(long bytes) {
        String units = "BKMGTP";
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length() - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.2f%c", value, units.charAt(unit));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
