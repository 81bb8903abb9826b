package io.swytch.command.bitmap;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Errors;
import io.swytch.resp.ReplyWriter;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** BITOP: combines strings, the shorter ones continued with zeros, in blocks of words. */
final class BitopCommand {
    /** Words of a block: 4 KiB, so that all operands of a block stay in the processor's first cache. */
    private static final int BLOCK_WORDS = 512;

    private static final int BLOCK_BYTES = BLOCK_WORDS * 8;

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
    private final List<Slice> sources;
    private final ByteBuffer bytes;
    private final long[] result = new long[BLOCK_WORDS];
    private final long[] operand = new long[BLOCK_WORDS];

    /** ONE: bits that were seen twice. The others of the first source: that source. */
    private final long[] aside = new long[BLOCK_WORDS];

    private BitopCommand(Operation operation, List<Slice> sources, ByteBuffer bytes) {
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
        List<Slice> sources = new ArrayList<>(count);
        int length = 0;
        for (int i = 0; i < count; i++) {
            Item item = call.keyspace().string(call.key(i + 1));
            sources.add(item == null ? new Slice() : item.value(new Slice()));
            length = Math.max(length, sources.get(i).length());
        }
        int total = length;
        if (total == 0) {
            call.keyspace().delete(call.key(0));
        } else {
            Combined combined = call.keyspace().offLoop(operation, (long) total * count, sources, values -> {
                ByteBuffer bytes = ByteBuffer.allocateDirect(BLOCK_BYTES);
                return new BitopCommand(operation, values, bytes).combine(total);
            });
            call.keyspace().putString(call.key(0), combined.bytes(), ItemHeader.ENCODING_RAW, 0);
        }
        reply.integer(total);
    }

    /** What came of it, in memory that goes back when it is closed. */
    private record Combined(Slice bytes, Chunks memory) implements AutoCloseable {
        @Override
        public void close() {
            memory.release();
        }
    }

    private static boolean needsTwo(Operation operation) {
        return operation == Operation.DIFF || operation == Operation.DIFF1 || operation == Operation.ANDOR;
    }

    private Combined combine(int length) {
        // Every chunk takes whole blocks; the slice says where the result ends.
        Chunks memory = Chunks.take(length);
        ByteBuffer[] chunks = memory.buffers();
        for (int from = 0; from < length; from += BLOCK_BYTES) {
            combineBlock(from);
            chunks[from >>> Chunks.SHIFT]
                    .slice(from & Chunks.BYTES - 1, BLOCK_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asLongBuffer()
                    .put(result);
        }
        return new Combined(new Slice().setChunks(chunks, Chunks.SHIFT, length, memory), memory);
    }

    /** Leaves the block of the result that begins at byte {@code from} in {@link #result}. */
    private void combineBlock(int from) {
        load(0, from, result);
        System.arraycopy(result, 0, aside, 0, BLOCK_WORDS);
        switch (operation) {
            case NOT -> not(result);
            case ONE -> {
                Arrays.fill(aside, 0);
                for (int i = 1; i < sources.size(); i++) {
                    load(i, from, operand);
                    one();
                }
                andNot(result, aside);
            }
            case AND, OR, XOR -> {
                for (int i = 1; i < sources.size(); i++) {
                    load(i, from, operand);
                    fold(operation);
                }
            }
            case DIFF, DIFF1, ANDOR -> {
                Arrays.fill(result, 0);
                for (int i = 1; i < sources.size(); i++) {
                    load(i, from, operand);
                    fold(Operation.OR);
                }
                againstFirst();
            }
        }
    }

    private void load(int source, int from, long[] into) {
        Bits.load(sources.get(source), from, into, bytes);
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
