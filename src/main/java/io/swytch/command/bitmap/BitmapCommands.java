package io.swytch.command.bitmap;

import static io.swytch.command.spec.Arity.atLeast;
import static io.swytch.command.spec.Arity.exactly;
import static io.swytch.command.spec.CommandFamily.family;
import static io.swytch.command.spec.CommandSpec.Row.command;
import static io.swytch.command.spec.Flag.DENYOOM;
import static io.swytch.command.spec.Flag.FAST;
import static io.swytch.command.spec.Flag.READONLY;
import static io.swytch.command.spec.Flag.WRITE;
import static io.swytch.command.spec.KeyFlag.ACCESS;
import static io.swytch.command.spec.KeyFlag.OW;
import static io.swytch.command.spec.KeyFlag.RO;
import static io.swytch.command.spec.KeyFlag.RW;
import static io.swytch.command.spec.KeyFlag.UPDATE;
import static io.swytch.command.spec.KeyFlag.VARIABLE_FLAGS;

import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.CommandFamily;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Group;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on the bits of strings; values in chunks are worked on where they lie. */
public final class BitmapCommands {
    public static final CommandFamily FAMILY = family(
            Group.BITMAP,
            command("BITCOUNT", atLeast(2), READONLY)
                    .key(1, RO, ACCESS)
                    .syntax("key:key [index{start:int end:int [index_unit(BYTE | BIT)@7.0.0]}]")
                    .docs("2.6.0", "O(N)", "Counts the ones in a string, or in a range of it.")
                    .history("7.0.0", "`BYTE|BIT` came.")
                    .runs(BitmapCommands::bitcount),
            command("BITFIELD", atLeast(2), WRITE, DENYOOM)
                    .key(1, RW, ACCESS, UPDATE, VARIABLE_FLAGS)
                    .keyFlagsWhen(BitfieldCommand::readsOnly, RO, ACCESS)
                    .syntax(
                            "key:key [operation('GET'encoding_offset{encoding offset:int} | write{['OVERFLOW'wrap_sat_fail(WRAP | SAT | FAIL)] write_operation('SET'encoding_offset_value{encoding offset:int value:int} | 'INCRBY'encoding_offset_increment{encoding offset:int increment:int})})...]")
                    .docs(
                            "3.2.0",
                            "O(1) for each subcommand specified",
                            "Reads, sets and adds to integers of any width inside a string.")
                    .runs(BitfieldCommand::bitfield),
            command("BITFIELD_RO", atLeast(2), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .syntax("key:key ['GET'encoding_offset{encoding offset:int}+...]")
                    .docs("6.0.0", "O(1) for each subcommand specified", "Reads integers of any width inside a string.")
                    .runs(BitfieldCommand::bitfieldReadOnly),
            command("BITOP", atLeast(4), WRITE, DENYOOM)
                    .key(2, OW, UPDATE)
                    .keys(3, -1, 1, RO, ACCESS)
                    .syntax("operation(AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE) destkey:key key:key#1...")
                    .docs("2.6.0", "O(N)", "Combines the bits of several strings and stores the result.")
                    .runs(BitopCommand::bitop),
            command("BITPOS", atLeast(3), READONLY)
                    .key(1, RO, ACCESS)
                    .syntax("key:key bit:int [index{start:int [end_index{end:int [index_unit(BYTE | BIT)@7.0.0]}]}]")
                    .docs("2.8.7", "O(N)", "Finds the first one or zero in a string, or in a range of it.")
                    .history("7.0.0", "`BYTE|BIT` came.")
                    .runs(BitmapCommands::bitpos),
            command("GETBIT", exactly(3), READONLY, FAST)
                    .key(1, RO, ACCESS)
                    .syntax("key:key offset:int")
                    .docs("2.2.0", "O(1)", "Returns one bit of a string.")
                    .runs(BitmapCommands::getbit),
            command("SETBIT", exactly(4), WRITE, DENYOOM)
                    .key(1, RW, ACCESS, UPDATE)
                    .syntax("key:key offset:int value:int")
                    .docs(
                            "2.2.0",
                            "O(1)",
                            "Sets one bit of a string and returns what it was; the string grows as needed.")
                    .runs(BitmapCommands::setbit));

    private BitmapCommands() {}

    /** Redis looks at the key before it parses the range, so an absent key makes 0 of any arguments. */
    private static void bitcount(Call call, ReplyWriter reply) {
        Item item = call.keyspace().string(call.key());
        if (item == null) {
            reply.integer(0);
            return;
        }
        int args = call.argCount();
        if (args == 2) {
            reply.integer(count(call, call.valueOf(item), 0, item.valueLength()));
            return;
        }
        if (args != 4 && args != 5) {
            throw Errors.SYNTAX;
        }
        long start = call.longArg(2);
        long end = call.longArg(3);
        if (start < 0 && end < 0 && start > end) {
            // Redis sees this before it looks at the unit.
            reply.integer(0);
            return;
        }
        boolean bits = args == 5 && isBitUnit(call, 4);
        long total = bits ? (long) item.valueLength() << 3 : item.valueLength();
        start = fromEnd(start, total);
        end = Math.min(fromEnd(end, total), total - 1);
        if (start > end) {
            reply.integer(0);
            return;
        }
        Slice value = call.valueOf(item);
        if (!bits) {
            reply.integer(count(call, value, (int) start, (int) end + 1));
            return;
        }
        int first = (int) (start >>> 3);
        int last = (int) (end >>> 3);
        int beforeFirst = value.byteAt(first) & 0xFF00 >>> (start & 7) & 0xFF;
        int afterLast = value.byteAt(last) & 0x7F >>> (end & 7);
        reply.integer(
                count(call, value, first, last + 1) - Integer.bitCount(beforeFirst) - Integer.bitCount(afterLast));
    }

    /** Replies with −1 where there is no such bit; a zero is said to follow a string of ones unless an end was given. */
    private static void bitpos(Call call, ReplyWriter reply) {
        int bit = Bits.bit(call, 2, Errors.BIT_ARGUMENT, Errors.NOT_AN_INTEGER);
        Item item = call.keyspace().string(call.key());
        if (item == null) {
            reply.integer(bit == 1 ? -1 : 0);
            return;
        }
        int args = call.argCount();
        if (args > 6) {
            throw Errors.SYNTAX;
        }
        long start = args > 3 ? call.longArg(3) : 0;
        boolean bits = args == 6 && isBitUnit(call, 5);
        long total = bits ? (long) item.valueLength() << 3 : item.valueLength();
        long end = args > 4 ? call.longArg(4) : total - 1;
        start = fromEnd(start, total);
        end = Math.min(fromEnd(end, total), total - 1);
        if (start > end) {
            reply.integer(-1);
            return;
        }
        long from = bits ? start : start << 3;
        long to = bits ? end : (end << 3) + 7;
        Slice value = call.valueOf(item);
        long found = call.keyspace()
                .offLoop("bitpos", to - from >>> 3, List.of(value), values -> Bits.find(values.get(0), bit, from, to));
        if (found < 0 && bit == 0 && args <= 4) {
            found = (long) item.valueLength() << 3;
        }
        reply.integer(found);
    }

    private static long count(Call call, Slice value, int from, int to) {
        return call.keyspace()
                .offLoop("bitcount", to - from, List.of(value), values -> Bits.count(values.get(0), from, to));
    }

    private static boolean isBitUnit(Call call, int index) {
        if (call.arg(index).equalsIgnoreCase("BIT")) {
            return true;
        }
        if (call.arg(index).equalsIgnoreCase("BYTE")) {
            return false;
        }
        throw Errors.SYNTAX;
    }

    /** An index into {@code total} things of which a negative one counts from the end; not below 0. */
    private static long fromEnd(long index, long total) {
        return Math.max(0, index < 0 ? index + total : index);
    }

    private static void getbit(Call call, ReplyWriter reply) {
        long offset = Bits.offset(call, 2, 0);
        reply.integer(bitAt(call, call.keyspace().string(call.key()), offset));
    }

    private static void setbit(Call call, ReplyWriter reply) {
        long offset = Bits.offset(call, 2, 0);
        int bit = Bits.bit(call, 3, Errors.BIT_VALUE, Errors.BIT_VALUE);
        Item item = call.keyspace().string(call.key());
        int before = bitAt(call, item, offset);
        int at = (int) (offset >>> 3);
        int mask = 0x80 >>> (offset & 7);
        int old = item != null && at < item.valueLength() ? call.valueOf(item).byteAt(at) : 0;
        int now = bit == 1 ? old | mask : old & ~mask;
        // As in Redis, a bit that has its value already is not written: nobody who watches the key is told.
        if (item == null || at >= item.valueLength() || now != old) {
            call.scratch().put(0, (byte) now);
            call.keyspace().patchString(call.key(), at, new Slice(call.scratch(), 0, 1));
        } else {
            call.keyspace().makeRaw(call.key());
        }
        reply.integer(before);
    }

    private static int bitAt(Call call, @Nullable Item item, long offset) {
        int at = (int) (offset >>> 3);
        if (item == null || at >= item.valueLength()) {
            return 0;
        }
        return call.valueOf(item).byteAt(at) >>> (7 - (offset & 7)) & 1;
    }
}
