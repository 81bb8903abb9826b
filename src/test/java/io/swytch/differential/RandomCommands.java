package io.swytch.differential;

import static io.swytch.differential.RandomArguments.bytes;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Random commands of the string, bitmap, key and transaction families, most of them right, some with a wrong argument.
 *
 * <p>Left out, since two servers cannot agree on them: cursors other than 0, relative times so short that they run out in between, DBSIZE
 * while expired keys are still there, offsets that make a huge value. Threads: one at a time.
 */
final class RandomCommands {
    private static final int BIT_OFFSET_MAX = 30_000;
    private static final long SHORT_MS_MAX = 1_000_000;

    private final RandomArguments args;
    private List<byte[]> line = new ArrayList<>();

    RandomCommands(Random random) {
        args = new RandomArguments(random);
    }

    /** Some command. */
    List<byte[]> next() {
        line = new ArrayList<>();
        switch (args.below(40)) {
            case 0, 1, 2, 3 -> set();
            case 4, 5, 6, 7, 8, 9, 10 -> string();
            case 11, 12, 13 -> counter();
            case 14, 15, 16, 17 -> range();
            case 18, 19, 20, 21 -> bits();
            case 22, 23, 24 -> bitfield();
            case 25, 26, 27 -> expiry();
            case 28, 29, 30 -> anyKeys();
            case 31, 32 -> twoKeys();
            case 33 -> walk();
            case 34 -> database();
            case 35 ->
                add("OBJECT")
                        .word(args.pick("ENCODING", "REFCOUNT", "FREQ", "ENCODING", "HELP", "NONSENSE"))
                        .withKey();
            default -> transaction();
        }
        mutate();
        tame();
        return line;
    }

    /** A command that lets a key expire in a millisecond. */
    List<byte[]> shortExpiry() {
        line = new ArrayList<>();
        switch (args.below(5)) {
            case 0 -> add("PSETEX").withKey().literal("1").value();
            case 1 -> add("SET").withKey().value().word("PX").literal("1");
            case 2 -> add("GETEX").withKey().word("PX").literal("1");
            default -> add("PEXPIRE").withKey().literal("1");
        }
        return line;
    }

    private void set() {
        add("SET").withKey().value();
        options("NX", "XX", "GET", "KEEPTTL", "EX+", "PX+", "EXAT+", "PXAT+", "PERSIST");
    }

    private void string() {
        switch (args.below(13)) {
            case 0 -> add("GET").withKey();
            case 1 -> add(args.pick("GETSET", "SETNX")).withKey().value();
            case 2 -> add("GETDEL").withKey();
            case 3 -> {
                add("GETEX").withKey();
                options("PERSIST", "EX+", "PX+", "EXAT+", "PXAT+", "KEEPTTL");
            }
            case 4 -> add(args.pick("SETEX", "PSETEX")).withKey().time().value();
            case 5, 6 -> {
                add(args.pick("MSET", "MSETNX"));
                for (int i = args.below(3); i >= 0; i--) {
                    withKey().value();
                }
            }
            case 7 -> keys("MGET");
            case 8, 9 -> add("APPEND").withKey().value();
            case 10 -> {
                add("LCS").withKey().withKey();
                options("LEN", "IDX", "WITHMATCHLEN", "MINMATCHLEN#");
            }
            default -> add(args.pick("STRLEN", "GET")).withKey();
        }
    }

    private void counter() {
        switch (args.below(4)) {
            case 0 -> add(args.pick("INCR", "DECR")).withKey();
            case 1 -> add(args.pick("INCRBY", "DECRBY")).withKey().integer();
            default -> add("INCRBYFLOAT").withKey().put(args.floating());
        }
    }

    private void range() {
        switch (args.below(3)) {
            case 0, 1 ->
                add(args.pick("GETRANGE", "SUBSTR")).withKey().integer().integer();
            default -> add("SETRANGE").withKey().integer().value();
        }
    }

    private void bits() {
        switch (args.below(6)) {
            case 0 -> add("SETBIT").withKey().integer().put(args.bit());
            case 1 -> add("GETBIT").withKey().integer();
            case 2, 3 -> {
                if (args.oneIn(2)) {
                    add("BITCOUNT").withKey();
                } else {
                    add("BITPOS").withKey().put(args.bit());
                }
                for (int i = args.below(3); i > 0; i--) {
                    integer();
                }
                if (args.oneIn(2)) {
                    word(args.pick("BIT", "BYTE", "BITS"));
                }
            }
            default -> {
                add("BITOP").word(args.pick("AND", "OR", "XOR", "NOT", "NAND"));
                for (int i = args.below(4); i >= 0; i--) {
                    withKey();
                }
            }
        }
    }

    private void bitfield() {
        add(args.pick("BITFIELD", "BITFIELD", "BITFIELD_RO")).withKey();
        for (int i = args.below(5); i > 0; i--) {
            switch (args.below(5)) {
                case 0 -> word("OVERFLOW").word(args.pick("WRAP", "SAT", "FAIL", "NONE"));
                case 1 -> word("GET").put(args.fieldType()).offset();
                case 2 -> word("SET").put(args.fieldType()).offset().integer();
                case 3 -> word("INCRBY").put(args.fieldType()).offset().integer();
                default ->
                    word(args.pick("GET", "GET", "GET", "SETS")).literal("u8").offset();
            }
        }
    }

    private RandomCommands offset() {
        return args.oneIn(3) ? put(bytes("#" + args.below(40))) : integer();
    }

    private void expiry() {
        if (args.oneIn(2)) {
            add(args.pick("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST"))
                    .withKey();
        } else {
            add(args.pick("EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"))
                    .withKey()
                    .time();
            options("NX", "XX", "GT", "LT");
        }
    }

    private void anyKeys() {
        if (args.oneIn(3)) {
            add("TYPE").withKey();
        } else {
            keys(args.pick("DEL", "UNLINK", "EXISTS", "TOUCH", "EXISTS"));
        }
    }

    private void twoKeys() {
        switch (args.below(4)) {
            case 0 -> add("RENAME").withKey().withKey();
            case 1 -> add("RENAMENX").withKey().withKey();
            case 2 -> add("MOVE").withKey().put(args.database());
            default -> {
                add("COPY").withKey().withKey();
                options("REPLACE", "DB@");
            }
        }
    }

    private void walk() {
        switch (args.below(5)) {
            case 0, 1 -> add("KEYS").put(args.pattern());
            case 2 -> add("RANDOMKEY");
            default -> {
                add("SCAN")
                        .literal(args.pick("0", "0", "0", "0", "abc", "1x", "-", "18446744073709551616"))
                        .word("COUNT")
                        .literal("1000");
                if (args.oneIn(2)) {
                    word("MATCH").put(args.pattern());
                }
                if (args.oneIn(3)) {
                    word("TYPE").word(args.pick("STRING", "LIST", "NONSENSE"));
                }
            }
        }
    }

    private void database() {
        switch (args.below(8)) {
            case 0 -> add("SWAPDB").put(args.database()).put(args.database());
            case 1 -> {
                add(args.pick("FLUSHDB", "FLUSHDB", "FLUSHALL"));
                options("SYNC", "ASYNC", "NOW");
            }
            default -> add("SELECT").put(args.database());
        }
    }

    private void transaction() {
        switch (args.below(6)) {
            case 0, 1 -> add("MULTI");
            case 2 -> add("EXEC");
            case 3 -> keys("WATCH");
            case 4 -> add(args.pick("DISCARD", "UNWATCH", "EXEC"));
            default -> add("EXEC");
        }
    }

    private void keys(String name) {
        add(name);
        for (int i = args.below(3); i >= 0; i--) {
            withKey();
        }
    }

    /** Up to four of the options; a mark at the end of a name says what follows it: {@code +} a time, {@code #} a length, {@code @} a database. */
    private void options(String... known) {
        int count = Math.max(0, args.below(7) - 3);
        for (int i = 0; i < count; i++) {
            String option = args.pick(known);
            char mark = option.charAt(option.length() - 1);
            boolean isMarked = !Character.isLetter(mark);
            word(isMarked ? option.substring(0, option.length() - 1) : option);
            if (isMarked && !args.oneIn(12)) {
                switch (mark) {
                    case '+' -> time();
                    case '@' -> put(args.database());
                    default -> integer();
                }
            }
        }
    }

    private void mutate() {
        if (!args.oneIn(10)) {
            return;
        }
        int at = args.below(line.size());
        switch (args.below(5)) {
            case 0 -> line.remove(line.size() - 1 > 0 ? line.size() - 1 : 0);
            case 1 -> line.add(args.anything());
            case 2 -> line.add(at, args.anything());
            case 3 -> line.set(at, args.anything());
            default -> {
                if (at > 0) {
                    line.remove(at);
                }
            }
        }
        if (line.isEmpty()) {
            line.add(bytes("GET"));
        }
    }

    /** Takes away what would make the servers differ for no fault of theirs, or make them large. */
    private void tame() {
        String name = text(0).toUpperCase(Locale.ROOT);
        for (int i = 1; i + 1 < line.size(); i++) {
            String word = text(i).toUpperCase(Locale.ROOT);
            if (word.equals("EX") || word.equals("PX")) {
                lengthen(i + 1);
            }
        }
        switch (name) {
            case "EXPIRE", "PEXPIRE", "SETEX", "PSETEX" -> {
                lengthen(2);
                if (line.size() > 3 && number(text(2)) > 0 && number(text(2)) < Long.MAX_VALUE / 500) {
                    // Whether a time is greater than the same time, said a moment ago, is for the clock to say.
                    line.set(2, bytes(Long.toString(SHORT_MS_MAX + args.below(Integer.MAX_VALUE))));
                }
            }
            case "SETRANGE", "SETBIT" -> shorten(2);
            case "BITFIELD", "BITFIELD_RO" -> {
                for (int i = 2; i < line.size(); i++) {
                    shorten(i);
                }
            }
            case "SCAN" -> {
                if (line.size() > 1 && isCursor(text(1))) {
                    line.set(1, bytes("0"));
                }
            }
            default -> {}
        }
    }

    /** Whether Redis may take it for a cursor: a number of 64 bits, also one that says its sign; what follows a zero byte does not count. */
    private static boolean isCursor(String text) {
        int end = text.indexOf('\0');
        String number = end < 0 ? text : text.substring(0, end);
        return number.matches("[+-]?\\d+") && new BigInteger(number).abs().bitLength() <= Long.SIZE;
    }

    private void lengthen(int at) {
        long value = at < line.size() ? number(text(at)) : 0;
        if (value > 0 && value < SHORT_MS_MAX) {
            line.set(at, bytes(Long.toString(SHORT_MS_MAX + value)));
        }
    }

    private void shorten(int at) {
        if (at >= line.size()) {
            return;
        }
        boolean isCounted = text(at).startsWith("#");
        long value = number(isCounted ? text(at).substring(1) : text(at));
        if (value > (isCounted ? BIT_OFFSET_MAX / 64 : BIT_OFFSET_MAX) && (isCounted || value < 1L << 32)) {
            line.set(at, bytes((isCounted ? "#" : "") + value % (isCounted ? 50 : BIT_OFFSET_MAX)));
        }
    }

    private static long number(String text) {
        try {
            return text.startsWith("+") ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private String text(int at) {
        return new String(line.get(at), StandardCharsets.ISO_8859_1);
    }

    private RandomCommands add(String name) {
        return put(args.word(name));
    }

    private RandomCommands put(byte[] arg) {
        line.add(arg);
        return this;
    }

    private RandomCommands literal(String text) {
        return put(bytes(text));
    }

    private RandomCommands word(String upper) {
        return put(args.word(upper));
    }

    private RandomCommands withKey() {
        return put(args.key());
    }

    private RandomCommands value() {
        return put(args.value());
    }

    private RandomCommands integer() {
        return put(args.integer());
    }

    private RandomCommands time() {
        return args.oneIn(2)
                ? literal(args.pick("1000000", "2000000", "5000000000", "99999999999", "-1", "0"))
                : integer();
    }
}
