package io.swytch.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.clock.Clock;
import io.swytch.store.BacklogLimits;
import io.swytch.store.Store;
import io.swytch.store.StoreOptions;
import io.swytch.store.WarmOptions;
import io.swytch.store.journal.SyncMode;
import io.swytch.store.l1.EvictionMode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeyPrefetcherTest {
    private static final String GET = "*2\r\n$3\r\nGET\r\n$5\r\nkey:1\r\n";
    private static final String SET = "*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$3\r\nabc\r\n";

    private Store store;
    private KeyPrefetcher prefetcher;

    @BeforeEach
    void open() throws Exception {
        store = Store.open(
                new StoreOptions(
                        1 << 20,
                        EvictionMode.ALL,
                        2,
                        2,
                        null,
                        1 << 20,
                        64L << 20,
                        new BacklogLimits(2L << 30, 32, 64L << 30),
                        8 << 20,
                        -1,
                        SyncMode.OS,
                        false,
                        WarmOptions.OFF),
                Clock.system());
        prefetcher = new KeyPrefetcher(store);
    }

    @AfterEach
    void close() throws Exception {
        store.close();
    }

    private int prefetch(byte[] input, int from) {
        ByteBuffer memory = ByteBuffer.allocateDirect(Math.max(8, input.length)).put(0, input);
        return prefetcher.prefetch(memory, from, input.length, 0);
    }

    private int prefetch(String input) {
        return prefetch(input.getBytes(StandardCharsets.ISO_8859_1), 0);
    }

    @Test
    void prefetch_looksAtSixteenRequestsAtATime() {
        assertEquals(16 * GET.length(), prefetch(GET.repeat(20)));
        assertEquals(15 * SET.length() + GET.length(), prefetch(GET + SET.repeat(20)));
    }

    @Test
    void prefetch_stopsForGoodAtWhatItCannotRead() {
        for (String end : new String[] {"GET key:1\r\n", "*1\r\n$4\r\nPING\r\n", "*2\r\n$3\r\nGE", "*x\r\n", "*"}) {
            assertEquals(2 * SET.length() + end.length(), prefetch(SET.repeat(2) + end), end);
        }
    }

    @Test
    void prefetch_takesAnyBytes() {
        Random random = new Random(11);
        String alphabet = "*$0123456789\r\n\r\nab";
        for (int i = 0; i < 20_000; i++) {
            byte[] input = GET.repeat(random.nextInt(3)).getBytes(StandardCharsets.ISO_8859_1);
            byte[] bytes = java.util.Arrays.copyOf(input, input.length + random.nextInt(40));
            for (int at = input.length; at < bytes.length; at++) {
                bytes[at] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
            }
            int from = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
            int end = prefetch(bytes, from);
            assertTrue(end >= from && end <= bytes.length, from + " " + end + " of " + bytes.length);
        }
    }

    @Test
    void prefetch_isLeftAloneWhereItCostsMore() {
        int looks = 0;
        for (int turn = 0; turn < 5_000; turn++) {
            boolean hasLooked = prefetch(GET.repeat(17)) < 17 * GET.length();
            looks += hasLooked ? 1 : 0;
            for (int i = 1; i <= 16; i++) {
                prefetcher.ran(i * (hasLooked ? 150L : 100L));
            }
        }
        assertTrue(looks < 1_500, "looked " + looks + " times");
    }
}
