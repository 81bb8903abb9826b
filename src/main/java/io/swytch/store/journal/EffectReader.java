package io.swytch.store.journal;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import io.swytch.store.item.Item;
import io.swytch.store.item.ItemHeader;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes the records of a {@link LogReader} apart into units and effects.
 *
 * <p>A unit that goes over several records is passed on only after a look ahead has found its end; so it is read twice and never held
 * whole. Its large values come in chunks of 1 MiB. Threads: one.
 */
final class EffectReader {
    private static final int CHUNK_SHIFT = 20;

    private final LogReader records;
    private final KeyHash hash;
    private final EffectVisitor visitor;
    private final @Nullable Skipped skipped;
    private final long from;

    /** Who is told of the current unit: the visitor, or nobody. */
    private EffectVisitor told;

    private final Key key = new Key();
    private final Item item = new Item();
    private final Slice keyView = new Slice();
    private final Slice bytesView = new Slice();
    private ByteBuffer scratch = ByteBuffer.allocateDirect(4096);
    private ByteBuffer[] chunks = new ByteBuffer[0];

    /** What has been staged and not been named yet. */
    private final Map<Long, StagedBytes> staged = new HashMap<>();

    private int at;
    private int limit;

    /** Bytes of the unit that have not been read. */
    private long unitRest;

    /** Where the log ends: after the last whole unit. */
    private int endIndex;

    private long endOffset;
    private long endPosition;
    private boolean isCutShort;

    /**
     * @param skipped told of units of which part was skipped by {@code records}; null where that skips nothing
     * @param from units that begin before this position are read, but not passed on
     */
    EffectReader(LogReader records, KeyHash hash, EffectVisitor visitor, @Nullable Skipped skipped, long from) {
        this.records = records;
        this.hash = hash;
        this.visitor = visitor;
        this.skipped = skipped;
        this.from = from;
        told = visitor;
    }

    private static final EffectVisitor NOBODY = new EffectVisitor() {
        @Override
        public void put(Key key, Item item) {}

        @Override
        public void delete(Key key) {}

        @Override
        public void expire(Key key, long atMs) {}

        @Override
        public void patch(Key key, int offset, Slice bytes) {}

        @Override
        public void spaces(int[] spaceOfDb, int nextSpace) {}
    };

    /** Passes on all whole units. Afterwards {@link #endPosition} and its siblings say where the last one ended. */
    void readAll() throws IOException {
        while (nextRecord()) {
            if (records.payloadBytes() > 0 && records.continues()) {
                if (skipped == null) {
                    throw records.damagedRecord("the record goes on with a unit whose beginning is missing");
                }
                skipRecord(skipped);
            }
            while (at < limit) {
                if (limit - at < RecordFormat.UNIT_HEADER_BYTES) {
                    throw records.damagedRecord("unit header cut off");
                }
                unitRest = (long) Slice.LONG.get(records.buffer(), at);
                if (unitRest <= 0) {
                    throw records.damagedRecord("unit of " + unitRest + " bytes");
                }
                told = position() >= from ? visitor : NOBODY;
                at += RecordFormat.UNIT_HEADER_BYTES;
                if (unitRest > limit - at) {
                    switch (look(unitRest - (limit - at))) {
                        case WHOLE -> readUnit();
                        case TORN -> {
                            cutBeforeRecord();
                            return;
                        }
                        case DAMAGED -> skipRecord(Objects.requireNonNull(skipped, "damage was to be reported"));
                    }
                } else {
                    readUnit();
                }
            }
        }
        staged.values().forEach(StagedBytes::giveBack);
        endIndex = records.index();
        endOffset = records.offset();
        endPosition = records.position();
    }

    private enum Rest {
        WHOLE,
        TORN,
        DAMAGED
    }

    /** Position of the byte that is read next. */
    private long position() {
        return records.position() - (limit - at);
    }

    private void skipRecord(Skipped told) {
        told.unit(records.file(), records.recordOffset(), limit - at);
        at = limit;
    }

    /** Whether the records after this one hold {@code missing} more bytes of the unit. */
    private Rest look(long missing) throws IOException {
        if (at - RecordFormat.UNIT_HEADER_BYTES != records.payloadAt()) {
            throw records.damagedRecord("a unit of several records begins within one");
        }
        LogReader ahead = records.fork();
        while (missing > 0) {
            if (!ahead.next()) {
                ahead.judgeEnd();
                return Rest.TORN;
            }
            if (ahead.gapEnd() != records.gapEnd()) {
                return Rest.DAMAGED;
            }
            if (ahead.payloadBytes() > 0 && !ahead.continues()) {
                if (skipped != null) {
                    return Rest.DAMAGED;
                }
                throw ahead.damagedRecord("the unit of the record before is not whole");
            }
            missing -= ahead.payloadBytes();
        }
        return Rest.WHOLE;
    }

    private void cutBeforeRecord() {
        staged.values().forEach(StagedBytes::giveBack);
        isCutShort = true;
        endIndex = records.recordIndex();
        endOffset = records.recordOffset();
        endPosition = records.position() - records.payloadBytes();
    }

    private void readUnit() throws IOException {
        while (unitRest > 0) {
            readEffect();
        }
        told.unitEnd(position());
    }

    private void readEffect() throws IOException {
        int from = fixed(5);
        ByteBuffer buffer = records.buffer();
        int kind = buffer.get(from);
        int word = (int) Slice.INT.get(buffer, from + 1);
        switch (kind) {
            case RecordFormat.PUT -> readPut(word);
            case RecordFormat.STAGE -> {
                long id = (long) Slice.LONG.get(buffer, fixed(8));
                staged.computeIfAbsent(id, unused -> new StagedBytes()).append(bytes(word));
            }
            case RecordFormat.PUT_STAGED -> readPutStaged(word);
            case RecordFormat.PATCH_STAGED -> {
                int rest = fixed(16);
                int keyLength = (int) Slice.INT.get(buffer, rest);
                int offset = (int) Slice.INT.get(buffer, rest + 4);
                StagedBytes named = named((long) Slice.LONG.get(buffer, rest + 8));
                Key of = key(keyLength, word);
                if (named == null) {
                    return;
                }
                Chunks memory = named.take();
                told.patch(of, offset, bytesView.setChunks(memory.buffers(), CHUNK_SHIFT, named.length(), memory));
                memory.release();
            }
            case RecordFormat.DELETE -> {
                int keyLength = (int) Slice.INT.get(buffer, fixed(4));
                told.delete(key(keyLength, word));
            }
            case RecordFormat.EXPIRE -> {
                int rest = fixed(12);
                long atMs = (long) Slice.LONG.get(buffer, rest + 4);
                told.expire(key((int) Slice.INT.get(buffer, rest), word), atMs);
            }
            case RecordFormat.PATCH -> {
                int rest = fixed(12);
                int keyLength = (int) Slice.INT.get(buffer, rest);
                int offset = (int) Slice.INT.get(buffer, rest + 4);
                int length = (int) Slice.INT.get(buffer, rest + 8);
                Key of = key(keyLength, word, (long) keyLength + length);
                told.patch(of, offset, bytes(length));
            }
            case RecordFormat.SPACES -> {
                int count = (int) Slice.INT.get(buffer, fixed(4));
                int rest = fixed(Math.multiplyExact(count, 4));
                int[] spaceOfDb = new int[count];
                for (int db = 0; db < count; db++) {
                    spaceOfDb[db] = (int) Slice.INT.get(buffer, rest + 4 * db);
                }
                told.spaces(spaceOfDb, word);
            }
            default -> throw records.damagedRecord("effect of unknown kind " + kind);
        }
    }

    private void readPutStaged(int space) throws IOException {
        ByteBuffer buffer = records.buffer();
        int start = fixed(8 + ItemHeader.BYTES);
        StagedBytes named = named((long) Slice.LONG.get(buffer, start));
        long header = (long) Slice.LONG.get(buffer, start + 8);
        int prefix = ItemHeader.prefixBytes(header);
        int rest = fixed(prefix - ItemHeader.BYTES) + prefix - ItemHeader.BYTES;
        boolean isWide = ItemHeader.isWide(header);
        int keyLength = isWide ? (int) Slice.INT.get(buffer, rest - 8) : ItemHeader.keyLength(header);
        int valueLength = isWide ? (int) Slice.INT.get(buffer, rest - 4) : ItemHeader.valueLength(header);
        if (named != null && valueLength != named.length()) {
            throw records.damagedRecord(
                    "a value of " + valueLength + " bytes of which " + named.length() + " are there");
        }
        checkLength(keyLength);
        if (scratch.capacity() < prefix + keyLength) {
            scratch = ByteBuffer.allocateDirect(prefix + keyLength);
        }
        scratch.put(0, buffer, start + 8, prefix);
        copy(keyLength, scratch, prefix);
        key.set(keyView.set(scratch, prefix, keyLength), space, hash);
        if (named == null) {
            return;
        }
        Chunks memory = named.take();
        told.put(key, item.wrapLarge(scratch, 0, memory.buffers(), CHUNK_SHIFT, valueLength, memory));
        memory.release();
    }

    /** What was staged under this id; null if it is lost. */
    private @Nullable StagedBytes named(long id) throws IOException {
        StagedBytes named = staged.remove(id);
        // Ids grow with positions: what began to be staged before the end of a gap may have a part in it.
        boolean isDoubtful = skipped != null && id < records.gapEnd();
        if (skipped != null && (isDoubtful || named == null)) {
            if (named != null) {
                named.giveBack();
            }
            skipped.unit(records.file(), records.recordOffset(), 0);
            return null;
        }
        if (named == null) {
            throw records.damagedRecord("the bytes that an effect names are missing");
        }
        return named;
    }

    private void readPut(int space) throws IOException {
        ByteBuffer buffer = records.buffer();
        int start = fixed(ItemHeader.BYTES);
        long header = (long) Slice.LONG.get(buffer, start);
        int prefix = ItemHeader.prefixBytes(header);
        int rest = fixed(prefix - ItemHeader.BYTES);
        int keyLength = ItemHeader.keyLength(header);
        int valueLength = ItemHeader.valueLength(header);
        if (ItemHeader.isWide(header)) {
            keyLength = (int) Slice.INT.get(buffer, rest + prefix - ItemHeader.BYTES - 8);
            valueLength = (int) Slice.INT.get(buffer, rest + prefix - ItemHeader.BYTES - 4);
        }
        long total = (long) keyLength + valueLength;
        if (total <= limit - at && keyLength >= 0 && valueLength >= 0) {
            Key of = key(keyLength, space);
            take(valueLength);
            told.put(of, item.wrap(buffer, start));
            return;
        }
        // Header, key and a value of no more than 1 MiB are brought together; a larger value stays in chunks.
        checkLength(keyLength);
        checkLength(valueLength);
        boolean isChunked = valueLength > 1 << CHUNK_SHIFT;
        int together = prefix + keyLength + (isChunked ? 0 : valueLength);
        if (scratch.capacity() < together) {
            scratch = ByteBuffer.allocateDirect(together);
        }
        scratch.put(0, buffer, start, prefix);
        copy(keyLength, scratch, prefix);
        key.set(keyView.set(scratch, prefix, keyLength), space, hash);
        if (isChunked) {
            copyToChunks(valueLength);
            item.wrapLarge(scratch, 0, chunks, CHUNK_SHIFT, valueLength, null);
        } else {
            copy(valueLength, scratch, prefix + keyLength);
            item.wrap(scratch, 0);
        }
        told.put(key, item);
    }

    private Key key(int length, int space) throws IOException {
        return key(length, space, length);
    }

    /** Reads a key; {@code total} is how many bytes of the effect must stay in view with it. */
    private Key key(int length, int space, long total) throws IOException {
        checkLength(length);
        if (total >= 0 && total <= limit - at) {
            keyView.set(records.buffer(), at, length);
            take(length);
        } else {
            if (scratch.capacity() < length) {
                scratch = ByteBuffer.allocateDirect(length);
            }
            copy(length, scratch, 0);
            keyView.set(scratch, 0, length);
        }
        return key.set(keyView, space, hash);
    }

    private Slice bytes(int length) throws IOException {
        checkLength(length);
        if (length <= limit - at) {
            bytesView.set(records.buffer(), at, length);
            take(length);
            return bytesView;
        }
        copyToChunks(length);
        return bytesView.setChunks(chunks, CHUNK_SHIFT, length, null);
    }

    private void copyToChunks(int length) throws IOException {
        int count = (int) ((length + (1L << CHUNK_SHIFT) - 1) >>> CHUNK_SHIFT);
        int had = chunks.length;
        if (had < count) {
            chunks = Arrays.copyOf(chunks, count);
            for (int i = had; i < count; i++) {
                chunks[i] = ByteBuffer.allocateDirect(1 << CHUNK_SHIFT);
            }
        }
        for (int i = 0; i < count; i++) {
            copy(Math.min(1 << CHUNK_SHIFT, length - (i << CHUNK_SHIFT)), chunks[i], 0);
        }
    }

    private void copy(int length, ByteBuffer target, int targetOffset) throws IOException {
        while (length > 0) {
            if (at == limit) {
                nextOfUnit();
            }
            int n = Math.min(length, limit - at);
            target.put(targetOffset, records.buffer(), at, n);
            take(n);
            targetOffset += n;
            length -= n;
        }
    }

    /** The fixed part of an effect, which never lies across records. Returns where it begins in the record's memory. */
    private int fixed(int bytes) throws IOException {
        if (at == limit && bytes > 0) {
            nextOfUnit();
        }
        if (bytes < 0 || bytes > limit - at) {
            throw records.damagedRecord("effect cut off");
        }
        int from = at;
        take(bytes);
        return from;
    }

    private void take(int bytes) throws IOException {
        at += bytes;
        unitRest -= bytes;
        if (unitRest < 0) {
            throw records.damagedRecord("an effect is longer than its unit");
        }
    }

    private void checkLength(int length) throws IOException {
        if (length < 0 || length > unitRest) {
            throw records.damagedRecord("effect with a length of " + length);
        }
    }

    private void nextOfUnit() throws IOException {
        if (!nextRecord()) {
            throw records.damaged("the record was there a moment ago");
        }
    }

    private boolean nextRecord() throws IOException {
        if (!records.next()) {
            return false;
        }
        at = records.payloadAt();
        limit = at + records.payloadBytes();
        return true;
    }

    /** Whether the last unit was not whole, so that the log ends before its records do. */
    boolean isCutShort() {
        return isCutShort;
    }

    /** Number of the segment in which the log ends. */
    int endIndex() {
        return endIndex;
    }

    long endOffset() {
        return endOffset;
    }

    long endPosition() {
        return endPosition;
    }
}
