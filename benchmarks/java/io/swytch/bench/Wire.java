package io.swytch.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** How requests and replies look: that of Redis, or memcached's text. Stateless but for the last reply looked at. Threads: one. */
abstract class Wire {
    /** What a reply was. */
    enum Reply {
        /** Not all of it is there. */
        PART,
        VALUE,
        MISS,
        DONE,
        /** A cache that had no room at that moment; what was there under the key is gone. */
        REFUSED,
        ERROR
    }

    /** Bytes of a request besides key and value, at most. */
    static final int OVERHEAD_BYTES_MAX = 128;

    /** Where the last reply ends. */
    int end;

    /** Where its value begins, and how long that is. */
    int valueAt;

    int valueLength;

    static Wire of(String name) {
        return switch (name) {
            case "resp" -> new Resp();
            case "memcached" -> new Memcached();
            default -> throw new IllegalArgumentException("--wire '" + name + "' is neither resp nor memcached");
        };
    }

    /** Writes a read of a key; returns where it ends. */
    abstract int get(byte[] key, byte[] to, int at);

    /** Writes all of a SET up to its value; returns where the value begins. Two bytes, CR and LF, follow the value. */
    abstract int set(byte[] key, int valueLength, long ttlSeconds, byte[] to, int at);

    /** What follows a value. */
    abstract int afterValue(long ttlSeconds, byte[] to, int at);

    /** Looks at the reply that begins at {@code at}; sets the fields. */
    abstract Reply look(byte[] from, int at, int until);

    static int put(String ascii, byte[] to, int at) {
        byte[] bytes = ascii.getBytes(StandardCharsets.ISO_8859_1);
        return put(bytes, to, at);
    }

    static int put(byte[] bytes, byte[] to, int at) {
        System.arraycopy(bytes, 0, to, at, bytes.length);
        return at + bytes.length;
    }

    /** Where the line that begins there ends, before its CR LF; −1 if its end is not there. */
    static int lineEnd(byte[] from, int at, int until) {
        for (int i = at; i < until - 1; i++) {
            if (from[i] == '\r' && from[i + 1] == '\n') {
                return i;
            }
        }
        return -1;
    }

    static int number(byte[] from, int at, int until) {
        int value = 0;
        for (int i = at; i < until; i++) {
            if (from[i] < '0' || from[i] > '9') {
                throw new IllegalStateException("the server's reply is not understood: "
                        + new String(from, at, Math.min(80, until - at), StandardCharsets.ISO_8859_1));
            }
            value = value * 10 + from[i] - '0';
        }
        return value;
    }

    private static final class Resp extends Wire {
        @Override
        int get(byte[] key, byte[] to, int at) {
            return put("\r\n", to, put(key, to, put("*2\r\n$3\r\nGET\r\n$" + key.length + "\r\n", to, at)));
        }

        @Override
        int set(byte[] key, int valueLength, long ttlSeconds, byte[] to, int at) {
            String head = (ttlSeconds > 0 ? "*5" : "*3") + "\r\n$3\r\nSET\r\n$" + key.length + "\r\n";
            return put("\r\n$" + valueLength + "\r\n", to, put(key, to, put(head, to, at)));
        }

        @Override
        int afterValue(long ttlSeconds, byte[] to, int at) {
            if (ttlSeconds == 0) {
                return put("\r\n", to, at);
            }
            String seconds = Long.toString(ttlSeconds);
            return put("\r\n$2\r\nEX\r\n$" + seconds.length() + "\r\n" + seconds + "\r\n", to, at);
        }

        @Override
        Reply look(byte[] from, int at, int until) {
            int line = lineEnd(from, at, until);
            if (line < 0) {
                return Reply.PART;
            }
            end = line + 2;
            if (from[at] == '+') {
                return Reply.DONE;
            }
            if (from[at] != '$') {
                return Reply.ERROR;
            }
            if (from[at + 1] == '-') {
                return Reply.MISS;
            }
            valueLength = number(from, at + 1, line);
            valueAt = end;
            end += valueLength + 2;
            return end > until ? Reply.PART : Reply.VALUE;
        }
    }

    private static final class Memcached extends Wire {
        private static final int END_LINE = 5;
        private static final byte[] NO_ROOM =
                "SERVER_ERROR out of memory storing object".getBytes(StandardCharsets.ISO_8859_1);

        @Override
        int get(byte[] key, byte[] to, int at) {
            return put("\r\n", to, put(key, to, put("get ", to, at)));
        }

        @Override
        int set(byte[] key, int valueLength, long ttlSeconds, byte[] to, int at) {
            return put(" 0 " + ttlSeconds + " " + valueLength + "\r\n", to, put(key, to, put("set ", to, at)));
        }

        @Override
        int afterValue(long ttlSeconds, byte[] to, int at) {
            return put("\r\n", to, at);
        }

        @Override
        Reply look(byte[] from, int at, int until) {
            int line = lineEnd(from, at, until);
            if (line < 0) {
                return Reply.PART;
            }
            end = line + 2;
            // STORED, END, VALUE key flags bytes, or no room for now; all else is trouble.
            if (from[at] == 'S') {
                if (from[at + 1] == 'T') {
                    return Reply.DONE;
                }
                return Arrays.equals(from, at, line, NO_ROOM, 0, NO_ROOM.length) ? Reply.REFUSED : Reply.ERROR;
            }
            if (from[at] == 'E') {
                return from[at + 1] == 'N' ? Reply.MISS : Reply.ERROR;
            }
            if (from[at] != 'V') {
                return Reply.ERROR;
            }
            int blank = line;
            while (from[blank - 1] != ' ') {
                blank--;
            }
            valueLength = number(from, blank, line);
            valueAt = end;
            end += valueLength + 2 + END_LINE;
            return end > until ? Reply.PART : Reply.VALUE;
        }
    }
}
