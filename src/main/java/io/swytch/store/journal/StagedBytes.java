package io.swytch.store.journal;

import io.swytch.bytes.Chunks;
import io.swytch.bytes.Slice;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Bytes that a replay has met ahead of the effect that names them. Threads: the one that replays. */
final class StagedBytes {
    private final List<ByteBuffer> chunks = new ArrayList<>();
    private int length;

    int length() {
        return length;
    }

    void append(Slice bytes) {
        for (int done = 0; done < bytes.length(); ) {
            int at = length & Chunks.BYTES - 1;
            if (at == 0) {
                chunks.add(Chunks.takeOne());
            }
            int n = Math.min(bytes.length() - done, Chunks.BYTES - at);
            bytes.copyTo(done, chunks.get(chunks.size() - 1), at, n);
            done += n;
            length += n;
        }
    }

    /** Hands the memory over; its first reader is the caller. */
    Chunks take() {
        return Chunks.of(chunks.toArray(ByteBuffer[]::new));
    }

    /** Nothing named it. */
    void giveBack() {
        chunks.forEach(Chunks::giveOne);
        chunks.clear();
    }
}
