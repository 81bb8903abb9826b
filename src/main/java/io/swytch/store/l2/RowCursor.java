package io.swytch.store.l2;

import io.swytch.bytes.Slice;
import io.swytch.store.item.Key;
import java.nio.ByteBuffer;
import org.rocksdb.RocksIterator;

/** Views of an iterator's rows; reused from row to row. Threads: one at a time. */
final class RowCursor {
    ByteBuffer row = ByteBuffer.allocateDirect(256);
    final ByteBuffer head = ByteBuffer.allocateDirect(Rows.HEAD_BYTES_MAX);
    private final Slice bytes = new Slice();
    private final Key key = new Key();

    int readKey(RocksIterator rows) {
        int length = rows.key(row.clear());
        if (length > row.capacity()) {
            row = Rocks.ensure(row, length);
            length = rows.key(row.clear());
        }
        return length;
    }

    Key key(int prefix, int length, int space, long hash) {
        return key.set(bytes.set(row, prefix, length - prefix), space, hash);
    }
}
