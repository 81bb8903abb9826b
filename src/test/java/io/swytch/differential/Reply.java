package io.swytch.differential;

import io.swytch.bytes.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One reply as it came over the wire, RESP2 or RESP3.
 *
 * @param type the byte it began with
 * @param raw all its bytes, those of its elements included
 * @param payload the text of its first line without type and line end, or the bytes of a bulk string
 * @param elements of an aggregate, keys and values of a map in turn; else empty
 */
public record Reply(char type, Bytes raw, Bytes payload, List<Reply> elements) {
    /** Reads one reply, however large. */
    static Reply read(InputStream in) throws IOException {
        ByteArrayOutputStream raw = new ByteArrayOutputStream();
        String line = readLine(in, raw);
        char type = line.charAt(0);
        String text = line.substring(1);
        Bytes payload = Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        List<Reply> elements = new ArrayList<>();
        switch (type) {
            case '+', '-', ':', '_', ',', '#', '(' -> {}
            case '$', '=', '!' -> {
                int length = Integer.parseInt(text);
                if (length >= 0) {
                    byte[] bulk = in.readNBytes(length + 2);
                    if (bulk.length < length + 2) {
                        throw new EOFException("within a bulk string after " + printable(raw.toByteArray()));
                    }
                    raw.writeBytes(bulk);
                    payload = Bytes.wrap(Arrays.copyOf(bulk, length));
                }
            }
            case '*', '~', '>', '%' -> {
                long count = Long.parseLong(text) * (type == '%' ? 2 : 1);
                for (long i = 0; i < count; i++) {
                    Reply element = read(in);
                    raw.writeBytes(element.raw.toByteArray());
                    elements.add(element);
                }
            }
            default ->
                throw new IOException("no reply begins with " + printable(line.getBytes(StandardCharsets.ISO_8859_1)));
        }
        return new Reply(type, Bytes.wrap(raw.toByteArray()), payload, elements);
    }

    private static String readLine(InputStream in, ByteArrayOutputStream raw) throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("the server closed the connection");
            }
            raw.write(b);
            if (b == '\n') {
                break;
            }
            line.append((char) b);
        }
        int length = line.length() - 1;
        if (length < 1 || line.charAt(length) != '\r') {
            throw new IOException("no reply: " + printable(raw.toByteArray()));
        }
        line.setLength(length);
        return line.toString();
    }

    /** What is equal for replies that differ in the order of elements only, at any depth. */
    String unordered() {
        if (elements.isEmpty()) {
            return raw.toString();
        }
        List<String> parts = new ArrayList<>();
        if (type == '%') {
            for (int i = 0; i < elements.size(); i += 2) {
                parts.add(elements.get(i).unordered() + elements.get(i + 1).unordered());
            }
        } else {
            elements.forEach(element -> parts.add(element.unordered()));
        }
        parts.sort(null);
        return type + payload.toString() + "\r\n" + String.join("", parts);
    }

    /** Whether this and {@code other} are equal but for integers, which may differ by up to {@code tolerance}. */
    boolean isNear(Reply other, long tolerance) {
        if (type != other.type || elements.size() != other.elements.size()) {
            return false;
        }
        if (type == ':') {
            long difference = Long.parseLong(payload.toString()) - Long.parseLong(other.payload.toString());
            return Math.abs(difference) <= tolerance;
        }
        for (int i = 0; i < elements.size(); i++) {
            if (!elements.get(i).isNear(other.elements.get(i), tolerance)) {
                return false;
            }
        }
        return !elements.isEmpty() || raw.equals(other.raw);
    }

    /** The bytes in a form that can be read and, in a transcript, be written. */
    @Override
    public String toString() {
        return printable(raw.toByteArray());
    }

    static String printable(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            switch (b) {
                case '\r' -> text.append("\\r");
                case '\n' -> text.append("\\n");
                case '\\' -> text.append("\\\\");
                default -> text.append(b >= ' ' && b < 127 ? String.valueOf((char) b) : "\\x%02x".formatted(b & 0xFF));
            }
        }
        return text.toString();
    }
}
