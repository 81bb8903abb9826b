package io.swytch.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.differential.RespConnection;
import io.swytch.differential.ServerProcess;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stop by SIGTERM leaves nothing to be replayed, however the journal is synced. */
class CleanStopIT {
    private final Path room = ServerProcess.temporaryDirectory("swytch-stop");

    private Child server(String sync) {
        return Child.server(room.resolve(sync), room.resolve("log"), "--sync", sync)
                .serving();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10ms", "always", "os"})
    void stop_isWithoutAnErrorAndTheNextStartWithoutAReplay(String sync) {
        try (Child server = server(sync);
                RespConnection connection = server.connect()) {
            for (int i = 0; i < 1000; i++) {
                assertEquals(
                        "+OK\\r\\n",
                        connection
                                .call(RespConnection.words("SET", "k" + i, "v" + i))
                                .toString());
            }
            assertEquals(0, server.stop(), server::output);
            assertFalse(server.output().contains("ERROR"), server::output);
        }
        try (Child server = server(sync);
                RespConnection connection = server.connect()) {
            assertFalse(server.output().contains("journal replayed"), server::output);
            assertEquals(
                    ":1000\\r\\n",
                    connection.call(RespConnection.words("DBSIZE")).toString());
            assertTrue(connection
                    .call(RespConnection.words("GET", "k7"))
                    .toString()
                    .contains("v7"));
        }
    }
}
