package io.swytch.command.bitmap;

import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** BITOP: combines strings, the shorter ones continued with zeros, in blocks of words. */
final class BitopCommand {
    /** Words of a block: 4 KiB, so that all operands of a block stay in the processor's first cache. */
    private static final int BLOCK_WORDS = 512;

    private static final int BLOCK_BYTES = BLOCK_WORDS * 8;

    /** Results beyond 1 MiB are made in chunks of that size. */
    private static final int CHUNK_SHIFT = 20;

    private enum Operation {
        AND,
        OR,
        XOR,
        NOT,
        /** In the first, and in none of the others. */
        DIFF,
        /** In any of the others, and not in the first. */
        DIFF1,
        /** In the first, and in any of the others. */
        ANDOR,
        /** In just one of them. */
        ONE;

        static Operation of(Slice name) {
            for (Operation operation : values()) {
                if (name.equalsIgnoreCase(operation.name())) {
                    return operation;
                }
            }
            throw Errors.SYNTAX;
        }
    }

    private final Operation operation;
    private final @Nullable Slice[] sources;
    private final ByteBuffer bytes;
    private final long[] result = new long[BLOCK_WORDS];
    private final long[] operand = new long[BLOCK_WORDS];

    /** ONE: bits that were seen twice. The others of the first source: that source. */
    private final long[] aside = new long[BLOCK_WORDS];

    private BitopCommand(Operation operation, @Nullable Slice[] sources, ByteBuffer bytes) {
        this.operation = operation;
        this.sources = sources;
        this.bytes = bytes;
    }

    /** Replies with the length of the result; an empty result deletes the key. */
    static void bitop(Call call, ReplyWriter reply) {
        Operation operation = Operation.of(call.arg(1));
        int count = call.keyCount() - 1;
        if (operation == Operation.NOT && count != 1) {
            throw Errors.BITOP_NOT;
        }
        if (count < 2 && needsTwo(operation)) {
            throw Errors.bitopSources(operation.name());
        }
        @Nullable Slice[] sources = new Slice[count];
        int length = 0;
        for (int i = 0; i < count; i++) {
            Item item = call.keyspace().string(call.key(i + 1));
            if (item != null) {
                sources[i] = item.value(new Slice());
                length = Math.max(length, item.valueLength());
            }
        }
        if (length == 0) {
            call.keyspace().delete(call.key(0));
        } else {
            Slice result = new BitopCommand(operation, sources, call.scratch()).combine(length);
            call.keyspace().putString(call.key(0), result, ItemHeader.ENCODING_RAW, 0);
        }
        reply.integer(length);
    }

    private static boolean needsTwo(Operation operation) {
        return operation == Operation.DIFF || operation == Operation.DIFF1 || operation == Operation.ANDOR;
    }

    private Slice combine(int length) {
        // Every buffer takes whole blocks; the slice says where the result ends.
        int chunkBytes = 1 << CHUNK_SHIFT;
        int lastBytes = (length - 1) % chunkBytes + 1;
        ByteBuffer[] chunks = new ByteBuffer[(int) (((long) length + chunkBytes - 1) >>> CHUNK_SHIFT)];
        for (int chunk = 0; chunk < chunks.length; chunk++) {
            int wanted = chunk + 1 < chunks.length ? chunkBytes : roundUp(lastBytes);
            chunks[chunk] = ByteBuffer.allocateDirect(wanted).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at < wanted; at += BLOCK_BYTES) {
                combineBlock((chunk << CHUNK_SHIFT) + at);
                chunks[chunk]
                        .slice(at, BLOCK_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asLongBuffer()
                        .put(result);
            }
        }
        return chunks.length == 1
                ? new Slice(chunks[0], 0, length)
                : new Slice().setChunks(chunks, CHUNK_SHIFT, length, null);
    }

    private static int roundUp(int bytes) {
        return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    /** Leaves the block of the result that begins at byte {@code from} in {@link #result}. */
    private void combineBlock(int from) {
        load(0, from, result);
        System.arraycopy(result, 0, aside, 0, BLOCK_WORDS);
        switch (operation) {
            case NOT -> not(result);
            case ONE -> {
                Arrays.fill(aside, 0);
                for (int i = 1; i < sources.length; i++) {
                    load(i, from, operand);
                    one();
                }
                andNot(result, aside);
            }
            case AND, OR, XOR -> {
                for (int i = 1; i < sources.length; i++) {
                    load(i, from, operand);
                    fold(operation);
                }
            }
            case DIFF, DIFF1, ANDOR -> {
                Arrays.fill(result, 0);
                for (int i = 1; i < sources.length; i++) {
                    load(i, from, operand);
                    fold(Operation.OR);
                }
                againstFirst();
            }
        }
    }

    private void load(int source, int from, long[] into) {
        Slice slice = sources[source];
        if (slice == null) {
            Arrays.fill(into, 0);
        } else {
            Bits.load(slice, from, into, bytes);
        }
    }

    private static void not(long[] words) {
        for (int i = 0; i < BLOCK_WORDS; i++) {
            words[i] = ~words[i];
        }
    }

    private static void andNot(long[] words, long[] others) {
        for (int i = 0; i < BLOCK_WORDS; i++) {
            words[i] &= ~others[i];
        }
    }

    private void fold(Operation with) {
        long[] into = result;
        long[] from = operand;
        if (with == Operation.AND) {
            for (int i = 0; i < BLOCK_WORDS; i++) {
                into[i] &= from[i];
            }
        } else if (with == Operation.OR) {
            for (int i = 0; i < BLOCK_WORDS; i++) {
                into[i] |= from[i];
            }
        } else {
            for (int i = 0; i < BLOCK_WORDS; i++) {
                into[i] ^= from[i];
            }
        }
    }

    /** Adds an operand: {@link #result} gathers bits seen at all, {@link #aside} those seen again. */
    private void one() {
        for (int i = 0; i < BLOCK_WORDS; i++) {
            aside[i] |= result[i] & operand[i];
            result[i] |= operand[i];
        }
    }

    /** Ends an operation whose first source lies in {@link #aside} and the union of the others in {@link #result}. */
    private void againstFirst() {
        for (int i = 0; i < BLOCK_WORDS; i++) {
            long first = aside[i];
            long others = result[i];
            result[i] = operation == Operation.DIFF
                    ? first & ~others
                    : operation == Operation.DIFF1 ? others & ~first : first & others;
        }
    }
}
