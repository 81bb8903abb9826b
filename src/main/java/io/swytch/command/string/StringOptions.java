package io.swytch.command.string;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.store.item.Item;
import org.jspecify.annotations.Nullable;

/** The options that SET, GETEX, DELEX, MSETEX and INCREX share: when to expire, and on which condition to go on. */
final class StringOptions {
    static final int EX = 1;
    static final int PX = 1 << 1;
    static final int EXAT = 1 << 2;
    static final int PXAT = 1 << 3;
    static final int KEEPTTL = 1 << 4;
    static final int PERSIST = 1 << 5;
    static final int NX = 1 << 6;
    static final int XX = 1 << 7;
    static final int GET = 1 << 8;
    static final int IFEQ = 1 << 9;
    static final int IFNE = 1 << 10;
    static final int IFDEQ = 1 << 11;
    static final int IFDNE = 1 << 12;

    /** Expiry by a number. */
    static final int TIMES = EX | PX | EXAT | PXAT;

    static final int COMPARISONS = IFEQ | IFNE | IFDEQ | IFDNE;

    private static final int EXPIRY = TIMES | KEEPTTL | PERSIST;
    private static final int CONDITIONS = NX | XX | COMPARISONS;

    private int seen;
    private int timeAt;
    private int comparedAt;

    /**
     * Eats all arguments from {@code from} on.
     *
     * @param allowed the options that the command knows
     */
    void eatAll(Call call, int from, int allowed) {
        for (int i = from; i < call.argCount(); ) {
            int eaten = eat(call, i, allowed);
            if (eaten == 0) {
                throw Errors.SYNTAX;
            }
            i += eaten;
        }
    }

    /** Eats the option at argument {@code i}. Returns how many arguments it took; 0 if it is none of the allowed, or may not stand here. */
    int eat(Call call, int i, int allowed) {
        int option = optionOf(call.arg(i)) & allowed;
        // Redis takes an option twice, and the last one counts; two that exclude each other are a syntax error.
        int others = seen & ~option;
        boolean clashes = (option & EXPIRY) != 0 && (others & EXPIRY) != 0
                || (option & CONDITIONS) != 0 && (others & CONDITIONS) != 0;
        boolean takesValue = (option & (TIMES | COMPARISONS)) != 0;
        if (option == 0 || clashes || takesValue && i + 1 == call.argCount()) {
            return 0;
        }
        seen |= option;
        if ((option & TIMES) != 0) {
            timeAt = i + 1;
        } else if (takesValue) {
            comparedAt = i + 1;
        }
        return takesValue ? 2 : 1;
    }

    /** Whether any of the options in {@code bits} was given. */
    boolean has(int bits) {
        return (seen & bits) != 0;
    }

    /** When to expire, in milliseconds since 1970; 0 where no time was given. */
    long expireAtMs(Call call) {
        if (!has(TIMES)) {
            return 0;
        }
        return expireAtMs(call, timeAt, has(EX | EXAT), has(EX | PX));
    }

    /** The point in time that argument {@code index} says. */
    static long expireAtMs(Call call, int index, boolean seconds, boolean relative) {
        long value = call.longArg(index);
        if (value <= 0 || seconds && value > Long.MAX_VALUE / 1000) {
            throw Errors.invalidExpire(call.spec().fullName());
        }
        long ms = (seconds ? value * 1000 : value) + (relative ? call.nowMs() : 0);
        if (ms <= 0) {
            throw Errors.invalidExpire(call.spec().fullName());
        }
        return ms;
    }

    /** Whether the conditions let a command go on that found {@code item} at its key, a string or nothing. */
    boolean admits(Call call, @Nullable Item item) {
        if (!has(CONDITIONS)) {
            return true;
        }
        if (item == null) {
            return has(NX | IFNE | IFDNE);
        }
        if (has(NX | XX)) {
            return has(XX);
        }
        Slice compared = call.arg(comparedAt);
        Slice value = call.valueOf(item);
        boolean equal = has(IFEQ | IFNE) ? value.contentEquals(compared) : digestEquals(value, compared);
        return equal == has(IFEQ | IFDEQ);
    }

    private static boolean digestEquals(Slice value, Slice digest) {
        if (digest.length() != Xxh3.HEX_LENGTH) {
            throw Errors.DIGEST_LENGTH;
        }
        return Xxh3.hex(Xxh3.hash(value)).equalsIgnoreCase(digest.toString());
    }

    private static int optionOf(Slice arg) {
        // By length first: on the way of SET with a time.
        return switch (arg.length()) {
            case 2 -> named(arg, "EX", EX) | named(arg, "PX", PX) | named(arg, "NX", NX) | named(arg, "XX", XX);
            case 3 -> named(arg, "GET", GET);
            case 4 ->
                named(arg, "EXAT", EXAT)
                        | named(arg, "PXAT", PXAT)
                        | named(arg, "IFEQ", IFEQ)
                        | named(arg, "IFNE", IFNE);
            case 5 -> named(arg, "IFDEQ", IFDEQ) | named(arg, "IFDNE", IFDNE);
            case 7 -> named(arg, "KEEPTTL", KEEPTTL) | named(arg, "PERSIST", PERSIST);
            default -> 0;
        };
    }

    private static int named(Slice arg, String name, int option) {
        return arg.equalsIgnoreCase(name) ? option : 0;
    }

    /** The integer that {@code item} holds; 0 for none. */
    static long longOf(Call call, @Nullable Item item) {
        if (item == null) {
            return 0;
        }
        Slice value = call.valueOf(item);
        long natural = Numbers.naturalOf(value);
        if (natural >= 0) {
            return natural;
        }
        if (!Numbers.isLong(value)) {
            throw Errors.NOT_AN_INTEGER;
        }
        return Numbers.toLong(value);
    }
}
