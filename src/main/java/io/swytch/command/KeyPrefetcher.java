package io.swytch.command;

import io.swytch.store.KeysAhead;
import io.swytch.store.Store;
import io.swytch.store.item.KeyHash;
import java.nio.ByteBuffer;

/**
 * Has the processor fetch what the next commands of a pipeline will look at, many keys at a time; on the way of GET and SET.
 *
 * <p>A command on one of millions of keys waits for memory twice, for the key's slot in the index and for its entry, and nothing of the next
 * command begins meanwhile, because each takes a lock. Looked at beforehand, the misses of many keys lie side by side: a fifth less CPU for
 * SET and GET of a million keys. Where the keys are in the processor's cache anyway that is work for nothing, so it is measured, not assumed.
 *
 * <p>It has no effect but time, so it may guess: the first argument of a request is taken for its key. Threads: its loop's only.
 */
final class KeyPrefetcher {
    /** Keys that are looked at together. */
    private static final int KEYS = 16;

    /** Commands whose time tells something. */
    private static final int MEASURED_MIN = 4;

    /** Longer keys are passed over. */
    private static final int KEY_BYTES_MAX = 1024;

    private static final int DIGITS_MAX = 6;
    private static final int INCOMPLETE = -1;

    private final KeyHash keyHash;
    private final KeysAhead keys;
    private final CheaperWay way = new CheaperWay();

    /** The number in the line that was read last. */
    private int number;

    /** When the commands began that are measured, when the last of them ended, and how many they are; −1 while none are measured. */
    private long beganNanos;

    private long endedNanos;
    private int measured = -1;

    KeyPrefetcher(Store store) {
        keyHash = store.keyHash();
        keys = store.newKeysAhead(KEYS);
    }

    /**
     * Looks at the keys of the next requests, which lie in {@code memory} from {@code from} on and end before {@code end}, if that pays.
     *
     * @param nowNanos when the first of them begins
     * @return where the first request begins that was not looked at
     */
    int prefetch(ByteBuffer memory, int from, int end, long nowNanos) {
        endMeasure();
        measured = 0;
        beganNanos = nowNanos;
        if (!way.begin()) {
            return end;
        }
        int at = from;
        while (!keys.isFull() && at >= 0) {
            int name = line(memory, at, end, '*');
            int args = number;
            int key = name < 0 || args < 2 ? INCOMPLETE : bulk(memory, name, end);
            at = key < 0 ? INCOMPLETE : bulk(memory, key, end);
            if (at >= 0 && number <= KEY_BYTES_MAX) {
                keys.add(keyHash.of(memory, at - number - 2, number));
            }
            for (int i = 2; i < args && at >= 0; i++) {
                at = bulk(memory, at, end);
            }
        }
        keys.look();
        return at < 0 ? end : at;
    }

    /** One more command has run. */
    void ran(long nowNanos) {
        if (measured >= 0) {
            endedNanos = nowNanos;
            if (++measured == KEYS) {
                endMeasure();
            }
        }
    }

    /** What runs now does not belong to what ran before. */
    void endMeasure() {
        if (measured >= MEASURED_MIN) {
            way.end((endedNanos - beganNanos) / measured);
        }
        measured = -1;
    }

    /** The end of the bulk at {@code at}; leaves its length. */
    private int bulk(ByteBuffer memory, int at, int end) {
        int body = line(memory, at, end, '$');
        return body < 0 || end - body < number + 2 ? INCOMPLETE : body + number + 2;
    }

    /** The end of the line at {@code at}, a type and some digits, whose number it leaves. */
    private int line(ByteBuffer memory, int at, int end, char type) {
        int stop = Math.min(end - 1, at + 1 + DIGITS_MAX);
        if (at >= stop || memory.get(at) != type) {
            return INCOMPLETE;
        }
        int n = 0;
        for (int i = at + 1; i < stop; i++) {
            int digit = memory.get(i) - '0';
            if (digit < 0 || digit > 9) {
                number = n;
                return i > at + 1 ? i + 2 : INCOMPLETE;
            }
            n = n * 10 + digit;
        }
        return INCOMPLETE;
    }
}
