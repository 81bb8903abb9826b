package io.swytch.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swytch.command.spec.Buffers;
import io.swytch.command.spec.ClientHeap;
import io.swytch.command.spec.Session;
import io.swytch.resp.WireReplyWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineTest {
    private final WaitingConnection connection = new WaitingConnection();
    private final Session session = new Session(1, connection, 0, true);

    @Test
    void commandWithoutEvenAnErrorReply_endsItsConnection() {
        long before = ClientHeap.bytes();
        ClientHeap.takeInAnyCase(1000);
        Parking.parkForOther(session, 1000);
        boolean[] isBack = {false};
        Parking.whenBack(session, () -> isBack[0] = true);
        Engine.endOnLoop(session, connection, () -> {
            throw new OutOfMemoryError("for the test");
        });
        assertEquals(1, connection.tasks.size());
        connection.tasks.get(0).run();
        assertTrue(connection.isKilled);
        assertTrue(isBack[0]);
        assertNull(Parking.of(session));
        assertEquals(before, ClientHeap.bytes());
    }

    @Test
    void commandThatEnds_isFinishedOnTheLoop() {
        List<String> done = new ArrayList<>();
        Engine.endOnLoop(session, connection, () -> () -> done.add("finished"));
        connection.tasks.forEach(Runnable::run);
        assertEquals(List.of("finished"), done);
        assertFalse(connection.isKilled);
    }

    /** A connection that notes what its loop is to do. */
    private static final class WaitingConnection implements ClientConnection {
        final List<Runnable> tasks = new ArrayList<>();
        boolean isKilled;

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public void kill() {
            isKilled = true;
        }

        @Override
        public WireReplyWriter reply() {
            return WireReplyWriter.detached(2, Long.MAX_VALUE);
        }

        @Override
        public void resume() {}

        @Override
        public void resumeNext() {}

        @Override
        public String remoteAddress() {
            return "";
        }

        @Override
        public String localAddress() {
            return "";
        }

        @Override
        public int descriptor() {
            return -1;
        }

        @Override
        public void closeAfterReplies() {}

        @Override
        public Buffers buffers() {
            return new Buffers(0, 0, 0, 0, 0, true, false, 0);
        }
    }
}
