package io.swytch.command.spec;

import io.swytch.bytes.Numbers;
import io.swytch.bytes.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Where a command's keys stand among its arguments.
 *
 * @param kind how the keys are found
 * @param begin index of the first key, or of the argument from which a count is searched
 * @param last RANGE: the last key, relative to the first; negative counts from the end of the arguments, −1 the last one
 * @param step arguments from one key to the next
 * @param limit RANGE: if over 1 and last is −1, only the first 1/limit of the arguments are keys; else 0
 * @param countIndex COUNTED: where the number of keys stands, relative to begin
 * @param firstIndex COUNTED: where the first key stands, relative to begin
 * @param flags what the command does with them
 */
public record KeySpec(
        Kind kind, int begin, int last, int step, int limit, int countIndex, int firstIndex, Set<KeyFlag> flags) {
    /** How the keys are found. */
    public enum Kind {
        RANGE,
        COUNTED
    }

    static KeySpec range(int begin, int last, int step, int limit, KeyFlag... flags) {
        return new KeySpec(Kind.RANGE, begin, last, step, limit, 0, 0, Set.of(flags));
    }

    static KeySpec counted(int begin, int countIndex, int firstIndex, int step, KeyFlag... flags) {
        return new KeySpec(Kind.COUNTED, begin, 0, step, 0, countIndex, firstIndex, Set.of(flags));
    }

    /** Where this spec's keys stand among {@code args}, the command's name first; for places that are not hot. */
    public List<Integer> positions(List<Slice> args) {
        List<Integer> positions = new ArrayList<>();
        int from = begin;
        int to;
        if (kind == Kind.COUNTED) {
            int countAt = begin + countIndex;
            if (countAt >= args.size() || !Numbers.isLong(args.get(countAt))) {
                return positions;
            }
            long count = Numbers.toLong(args.get(countAt));
            from = begin + firstIndex;
            // A count that the arguments do not bear out finds no key, as in Redis.
            if (count <= 0 || from + (count - 1) * step >= args.size()) {
                return positions;
            }
            to = (int) (from + (count - 1) * step);
        } else {
            to = last >= 0 ? begin + last : args.size() + last;
        }
        for (int i = from; i <= to && i < args.size(); i += step) {
            positions.add(i);
        }
        return positions;
    }

    /** Whether the command may change what these keys hold. */
    public boolean writes() {
        return !flags.contains(KeyFlag.RO);
    }
}
