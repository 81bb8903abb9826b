package io.swytch.command.bitmap;

import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Options;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import java.util.ArrayList;
import java.util.List;

/** BITFIELD: integers of 1 to 64 bits at any bit offset, highest bit first. All subcommands are parsed before the first one runs. */
final class BitfieldCommand {
    /** A field that begins inside a byte may reach into a ninth. */
    private static final int WINDOW_BYTES = 9;

    private enum Kind {
        GET,
        SET,
        INCRBY
    }

    private enum Overflow {
        WRAP,
        SAT,
        FAIL
    }

    /** One subcommand. */
    private record Step(Kind kind, boolean signed, int bits, long offset, long operand, Overflow overflow) {
        int firstByte() {
            return (int) (offset >>> 3);
        }

        int lastByte() {
            return (int) ((offset + bits - 1) >>> 3);
        }
    }

    private final Call call;
    private final byte[] window = new byte[WINDOW_BYTES];

    private BitfieldCommand(Call call) {
        this.call = call;
    }

    static void bitfield(Call call, ReplyWriter reply) {
        new BitfieldCommand(call).run(parse(call), reply);
    }

    static void bitfieldReadOnly(Call call, ReplyWriter reply) {
        List<Step> steps = parse(call);
        for (Step step : steps) {
            if (step.kind != Kind.GET) {
                throw Errors.BITFIELD_READ_ONLY;
            }
        }
        new BitfieldCommand(call).run(steps, reply);
    }

    private static List<Step> parse(Call call) {
        List<Step> steps = new ArrayList<>();
        Overflow overflow = Overflow.WRAP;
        Options options = call.options(2);
        while (options.hasNext()) {
            Kind kind;
            int left = options.remaining();
            if (left > 1 && options.eat("OVERFLOW")) {
                overflow = overflow(options);
                continue;
            } else if (left > 2 && options.eat("GET")) {
                kind = Kind.GET;
            } else if (left > 3 && options.eat("SET")) {
                kind = Kind.SET;
            } else if (left > 3 && options.eat("INCRBY")) {
                kind = Kind.INCRBY;
            } else {
                throw options.syntaxError();
            }
            Slice type = options.take();
            boolean signed = isSigned(type);
            int bits = bits(type, signed);
            long offset = Bits.offset(call, options.takeIndex(), bits);
            long operand = kind == Kind.GET ? 0 : options.takeLong();
            steps.add(new Step(kind, signed, bits, offset, operand, overflow));
        }
        return steps;
    }

    private static Overflow overflow(Options options) {
        for (Overflow overflow : Overflow.values()) {
            if (options.eat(overflow.name())) {
                return overflow;
            }
        }
        throw Errors.BITFIELD_OVERFLOW;
    }

    /** Whether a BITFIELD of these arguments, the name first, has no operation that writes. */
    static boolean readsOnly(List<Slice> args) {
        for (int i = 2; i < args.size(); i++) {
            if (args.get(i).equalsIgnoreCase("SET") || args.get(i).equalsIgnoreCase("INCRBY")) {
                return false;
            }
            i += args.get(i).equalsIgnoreCase("OVERFLOW") ? 1 : 2;
        }
        return true;
    }

    private static boolean isSigned(Slice type) {
        if (type.length() > 0 && type.byteAt(0) == 'i') {
            return true;
        }
        if (type.length() > 0 && type.byteAt(0) == 'u') {
            return false;
        }
        throw Errors.BITFIELD_TYPE;
    }

    private static int bits(Slice type, boolean signed) {
        int bits = 0;
        for (int i = 1; i < type.length(); i++) {
            int digit = type.byteAt(i) - '0';
            if (digit < 0 || digit > 9 || i > 2 || bits == 0 && digit == 0) {
                throw Errors.BITFIELD_TYPE;
            }
            bits = bits * 10 + digit;
        }
        if (bits < 1 || bits > (signed ? 64 : 63)) {
            throw Errors.BITFIELD_TYPE;
        }
        return bits;
    }

    private void run(List<Step> steps, ReplyWriter reply) {
        Keyspace keyspace = call.keyspace();
        Item item = keyspace.string(call.key());
        int length = item == null ? 0 : item.valueLength();
        int lastWritten = -1;
        for (Step step : steps) {
            if (step.kind != Kind.GET) {
                lastWritten = Math.max(lastWritten, step.lastByte());
            }
        }
        reply.array(steps.size());
        if (lastWritten >= length) {
            // The string grows before the first step, as in Redis: also where all steps fail.
            call.scratch().put(0, (byte) 0);
            keyspace.patchString(call.key(), lastWritten, new Slice(call.scratch(), 0, 1));
        } else if (lastWritten >= 0) {
            keyspace.makeRaw(call.key());
        }
        for (Step step : steps) {
            run(step, reply);
        }
    }

    private void run(Step step, ReplyWriter reply) {
        load(step);
        long old = field(step);
        if (step.kind == Kind.GET) {
            reply.integer(old);
            return;
        }
        long base = step.kind == Kind.SET ? step.operand : old;
        long added = step.kind == Kind.SET ? 0 : step.operand;
        int over = step.signed ? signedOverflow(base, added, step.bits) : unsignedOverflow(base, added, step.bits);
        if (over != 0 && step.overflow == Overflow.FAIL) {
            reply.nullBulk();
            return;
        }
        long value = cut(base + added, step);
        if (over != 0 && step.overflow == Overflow.SAT) {
            value = over > 0 ? max(step) : min(step);
        }
        store(step, value);
        reply.integer(step.kind == Kind.SET ? old : value);
    }

    /**
     * 1 if the sum lies above the range of signed integers of so many bits, −1 if below, else 0. With all of Redis's behaviour at the ends:
     * differences wrap, so that a base far below a narrow range counts as above it.
     */
    private static int signedOverflow(long base, long added, int bits) {
        long max = Long.MAX_VALUE >>> (64 - bits);
        long min = -max - 1;
        long room = max - base;
        if (base > max || bits != 64 && added > room || base >= 0 && added > 0 && added > room) {
            return 1;
        }
        long depth = min - base;
        return base < min || bits != 64 && added < depth || base < 0 && added < 0 && added < depth ? -1 : 0;
    }

    /** As {@link #signedOverflow}, of unsigned integers; the base is unsigned, too. */
    private static int unsignedOverflow(long base, long added, int bits) {
        long max = (1L << bits) - 1;
        if (Long.compareUnsigned(base, max) > 0 || added > 0 && added > max - base) {
            return 1;
        }
        return added < 0 && added < -base ? -1 : 0;
    }

    private static long max(Step step) {
        return step.signed ? Long.MAX_VALUE >>> (64 - step.bits) : (1L << step.bits) - 1;
    }

    private static long min(Step step) {
        return step.signed ? -max(step) - 1 : 0;
    }

    /** The lowest bits of {@code value}, as the field would read them. */
    private static long cut(long value, Step step) {
        int unused = 64 - step.bits;
        return step.signed ? value << unused >> unused : value << unused >>> unused;
    }

    /** Fills the window with the bytes that hold the field; those beyond the end are zero. */
    private void load(Step step) {
        Item item = call.keyspace().peek(call.key());
        int first = step.firstByte();
        int last = step.lastByte();
        Slice value = item == null ? null : call.valueOf(item);
        for (int at = first; at <= last; at++) {
            window[at - first] = value != null && at < value.length() ? value.byteAt(at) : 0;
        }
    }

    private long field(Step step) {
        long value = 0;
        int from = (int) (step.offset & 7);
        for (int i = from; i < from + step.bits; i++) {
            value = value << 1 | window[i >>> 3] >>> (7 - (i & 7)) & 1;
        }
        return cut(value, step);
    }

    private void store(Step step, long value) {
        int from = (int) (step.offset & 7);
        for (int i = 0; i < step.bits; i++) {
            int at = from + i;
            int mask = 0x80 >>> (at & 7);
            boolean one = (value >>> (step.bits - 1 - i) & 1) == 1;
            window[at >>> 3] = (byte) (one ? window[at >>> 3] | mask : window[at >>> 3] & ~mask);
        }
        int count = step.lastByte() - step.firstByte() + 1;
        if (holds(step.firstByte(), count)) {
            return;
        }
        call.scratch().put(0, window, 0, count);
        call.keyspace().patchString(call.key(), step.firstByte(), new Slice(call.scratch(), 0, count));
    }

    /** Whether the string has these bytes already: then, as in Redis, nothing is written, and nobody who watches the key is told. */
    private boolean holds(int from, int count) {
        Item item = call.keyspace().peek(call.key());
        if (item == null || from + count > item.valueLength()) {
            return false;
        }
        Slice value = call.valueOf(item);
        for (int i = 0; i < count; i++) {
            if (value.byteAt(from + i) != window[i]) {
                return false;
            }
        }
        return true;
    }
}
