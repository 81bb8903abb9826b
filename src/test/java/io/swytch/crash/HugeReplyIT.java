package io.swytch.crash;

import static io.swytch.differential.RespConnection.words;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A reply of more bytes than there is memory, which refers to what L1 holds, costs the heap little while its client does not read it. */
class HugeReplyIT {
    private static final int VALUE_BYTES = 1_000_000;
    private static final int TIMES = 5000;
    private static final int PINGS = 2000;

    /** As many names as no heap would hold the pieces of. */
    private static final int TOO_MANY_TIMES = 30_000;

    @Test
    void replyOfGigabytes_isReadSlowlyOrNotAtAll() {
        Path room = ServerProcess.temporaryDirectory("swytch-huge-reply");
        try (Child server = Launch.in(room).flags("--maxmemory", "64mb").serving("log");
                RespConnection other = server.connect()) {
            String value = "v".repeat(VALUE_BYTES);
            other.call(words("SET", "large", value));
            List<String> mget = new ArrayList<>();
            mget.add("MGET");
            for (int i = 0; i < TIMES; i++) {
                mget.add("large");
            }
            String[] args = mget.toArray(new String[0]);
            try (RespConnection asking = server.connect()) {
                asking.send(words(args));
                // Others are served meanwhile, and all the time that the reply waits.
                for (int i = 0; i < PINGS; i++) {
                    assertEquals('+', other.call(words("PING")).type());
                }
            }
            try (RespConnection again = server.connect()) {
                again.send(words(Arrays.copyOf(args, TIMES / 100)));
                assertEquals(TIMES / 100 - 1, again.read().elements().size());
            }
            assertEquals('+', other.call(words("PING")).type());
        } finally {
            ServerProcess.delete(room);
        }
    }

    @Test
    void replyThatNoLimitAllows_closesItsClientOnly() {
        Path room = ServerProcess.temporaryDirectory("swytch-huge-reply");
        try (Child server = Launch.in(room).flags("--maxmemory", "64mb").serving("log");
                RespConnection other = server.connect()) {
            other.call(words("SET", "large", "v".repeat(VALUE_BYTES)));
            String[] args = new String[TOO_MANY_TIMES + 1];
            Arrays.fill(args, "large");
            args[0] = "MGET";
            for (int i = 0; i < 3; i++) {
                try (RespConnection asking = server.connect()) {
                    asking.send(words("SET", "before" + i, "1"));
                    assertEquals('+', asking.read().type());
                    asking.send(words(args));
                    assertThrows(RuntimeException.class, asking::read);
                }
                assertEquals('+', other.call(words("PING")).type());
            }
            // The same, where its reply is not wanted.
            try (RespConnection deaf = server.connect()) {
                deaf.send(words("CLIENT", "REPLY", "SKIP"));
                deaf.send(words(args));
                deaf.send(words("PING"));
                assertEquals('+', deaf.read().type());
            }
        } finally {
            ServerProcess.delete(room);
        }
    }
}
