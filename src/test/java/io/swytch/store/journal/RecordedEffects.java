package io.swytch.store.journal;

import io.swytch.bytes.Slice;
import io.swytch.clock.Clock;
import io.swytch.store.item.Item;
import io.swytch.store.item.Key;
import io.swytch.store.item.KeyHash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/** Effects as lines of text, as a test writes them and as replay tells them; large bytes as length and checksum. */
class RecordedEffects implements EffectVisitor {
    static final KeyHash HASH = new KeyHash(42);

    /** One line an effect, and {@code end} after each unit. */
    final List<String> lines = new ArrayList<>();

    private final Slice view = new Slice();

    static Key key(int space, String name) {
        return new Key().set(Slice.copyOf(name), space, HASH);
    }

    static String put(Key key, int type, int encoding, long expireAtMs, Slice value) {
        return "put " + text(key) + " " + type + " " + encoding + " " + expireAtMs + " " + text(value);
    }

    private static String text(Key key) {
        assert key.hash() == HASH.of(key.bytes());
        return key.space() + ":" + text(key.bytes());
    }

    private static String text(Slice bytes) {
        if (bytes.length() <= 64) {
            return "'" + bytes + "'";
        }
        CRC32 crc = new CRC32();
        crc.update(bytes.toByteArray());
        return bytes.length() + "#" + Long.toHexString(crc.getValue());
    }

    /** Opens the journal there, replays it, closes it. Returns the lines. */
    static List<String> replay(Path dir) throws IOException {
        RecordedEffects effects = new RecordedEffects();
        try (Journal journal = Journal.open(dir, SyncMode.OS, Journal.SEGMENT_BYTES_MIN, Clock.system())) {
            journal.replay(HASH, effects);
        }
        return effects.lines;
    }

    @Override
    public void put(Key key, Item item) {
        assert item.key(view).contentEquals(key.bytes());
        lines.add(put(key, item.type(), item.encoding(), item.expireAtMs(), item.value(view)));
    }

    @Override
    public void delete(Key key) {
        lines.add("delete " + text(key));
    }

    @Override
    public void expire(Key key, long atMs) {
        lines.add("expire " + text(key) + " " + atMs);
    }

    @Override
    public void patch(Key key, int offset, Slice bytes) {
        lines.add("patch " + text(key) + " " + offset + " " + text(bytes));
    }

    @Override
    public void spaces(int[] spaceOfDb, int nextSpace) {
        lines.add("spaces " + Arrays.toString(spaceOfDb) + " " + nextSpace);
    }

    @Override
    public void unitEnd(long position) {
        lines.add("end");
    }
}
