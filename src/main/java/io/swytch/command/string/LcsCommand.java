package io.swytch.command.string;

import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.command.spec.Options;
import io.swytch.keyspace.Keyspace;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * LCS: the longest common subsequence of two strings, by the textbook's dynamic programming.
 *
 * <p>Where several subsequences are longest, Redis's is found: the walk back goes up in the first string only where that is strictly better. Of
 * the table only one bit a cell is kept, so the largest pair that Redis takes (512 MB of its cells) costs 16 MB here.
 */
final class LcsCommand {
    private static final Slice NOTHING = new Slice();

    /** Bytes of one of Redis's table cells, for its limit. */
    private static final int REDIS_CELL_BYTES = 4;

    /** A cell takes as long as reading so many bytes. */
    private static final int CELL_COST_BYTES = 8;

    /** Consecutive bytes that match: {@code count} from {@code a} on in the first string, from {@code b} on in the second. */
    private record Run(int a, int b, int count) {}

    private final Slice a;
    private final Slice b;
    private int length;

    /** Bit {@code i × columns + j}: the prefixes (i − 1, j) share more than (i, j − 1). Meaningful where the last bytes differ. */
    private long @Nullable [] up;

    private LcsCommand(Slice a, Slice b) {
        this.a = a;
        this.b = b;
    }

    static void lcs(Call call, ReplyWriter reply) {
        Slice a = stringOf(call.keyspace(), call, 0);
        Slice b = stringOf(call.keyspace(), call, 1);
        boolean len = false;
        boolean idx = false;
        boolean withMatchLen = false;
        long minMatchLen = 0;
        Options options = call.options(3);
        while (options.hasNext()) {
            if (options.eat("IDX")) {
                idx = true;
            } else if (options.eat("LEN")) {
                len = true;
            } else if (options.eat("WITHMATCHLEN")) {
                withMatchLen = true;
            } else if (options.remaining() > 1 && options.eat("MINMATCHLEN")) {
                minMatchLen = options.takeLong();
            } else {
                throw options.syntaxError();
            }
        }
        if (idx && len) {
            throw Errors.LCS_LEN_AND_IDX;
        }
        if ((a.length() + 1L) * (b.length() + 1L) * REDIS_CELL_BYTES > call.stringBytesMax()) {
            throw Errors.LCS_TOO_LARGE;
        }
        boolean wantsUp = !len;
        LcsCommand command = call.keyspace()
                .offLoop(
                        len ? "lcs len" : "lcs",
                        (long) a.length() * b.length() * CELL_COST_BYTES,
                        List.of(a, b),
                        values -> new LcsCommand(values.get(0), values.get(1)).measure(wantsUp));
        if (len) {
            reply.integer(command.length);
        } else if (idx) {
            command.replyRuns(minMatchLen, withMatchLen, reply);
        } else {
            command.replyString(reply);
        }
    }

    private static Slice stringOf(Keyspace keyspace, Call call, int index) {
        Item item = keyspace.find(call.key(index));
        if (item == null) {
            return NOTHING;
        }
        if (item.type() != ItemType.STRING) {
            throw Errors.LCS_NOT_STRINGS;
        }
        return item.value(new Slice());
    }

    /** Fills in {@link #length}, and {@link #up} if it is wanted. */
    private LcsCommand measure(boolean wantsUp) {
        if (a.isEmpty() || b.isEmpty()) {
            return this;
        }
        // Rows go along the shorter string, so that two of them are small whatever the other's length.
        boolean swapped = b.length() > a.length();
        Slice outer = swapped ? b : a;
        Slice inner = swapped ? a : b;
        int columns = b.length() + 1;
        long[] bits = wantsUp ? new long[(int) (((long) (a.length() + 1) * columns + 63) >>> 6)] : null;
        byte[] innerBytes = inner.toByteArray();
        int[] before = new int[innerBytes.length + 1];
        int[] now = new int[innerBytes.length + 1];
        for (int o = 1; o <= outer.length(); o++) {
            byte outerByte = outer.byteAt(o - 1);
            for (int n = 1; n <= innerBytes.length; n++) {
                if (innerBytes[n - 1] == outerByte) {
                    now[n] = before[n - 1] + 1;
                    continue;
                }
                int shorterOuter = before[n];
                int shorterInner = now[n - 1];
                now[n] = Math.max(shorterOuter, shorterInner);
                if (bits != null && (swapped ? shorterInner > shorterOuter : shorterOuter > shorterInner)) {
                    int cell = swapped ? n * columns + o : o * columns + n;
                    bits[cell >>> 6] |= 1L << cell;
                }
            }
            int[] free = before;
            before = now;
            now = free;
        }
        length = before[innerBytes.length];
        up = bits;
        return this;
    }

    /** The runs of the subsequence, last one first. */
    private List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        long[] bits = up;
        if (bits == null) {
            return runs;
        }
        int columns = b.length() + 1;
        int i = a.length();
        int j = b.length();
        int count = 0;
        while (i > 0 && j > 0) {
            if (a.byteAt(i - 1) == b.byteAt(j - 1)) {
                i--;
                j--;
                count++;
                continue;
            }
            if (count > 0) {
                runs.add(new Run(i, j, count));
                count = 0;
            }
            int cell = i * columns + j;
            if ((bits[cell >>> 6] & 1L << cell) != 0) {
                i--;
            } else {
                j--;
            }
        }
        if (count > 0) {
            runs.add(new Run(i, j, count));
        }
        return runs;
    }

    private void replyString(ReplyWriter reply) {
        byte[] result = new byte[length];
        int end = length;
        for (Run run : runs()) {
            end -= run.count;
            a.copyTo(run.a, result, end, run.count);
        }
        reply.bulk(result);
    }

    private void replyRuns(long minMatchLen, boolean withMatchLen, ReplyWriter reply) {
        List<Run> runs = runs();
        runs.removeIf(run -> run.count < minMatchLen);
        reply.map(2);
        reply.bulk("matches");
        reply.array(runs.size());
        for (Run run : runs) {
            reply.array(withMatchLen ? 3 : 2);
            reply.array(2);
            reply.integer(run.a);
            reply.integer(run.a + run.count - 1);
            reply.array(2);
            reply.integer(run.b);
            reply.integer(run.b + run.count - 1);
            if (withMatchLen) {
                reply.integer(run.count);
            }
        }
        reply.bulk("len");
        reply.integer(length);
    }
}
