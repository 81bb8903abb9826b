package io.swytch.crash;

import io.swytch.differential.Reply;
import io.swytch.differential.RespConnection;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** A client of a server that gets killed: it writes, and knows what must be there afterwards. Threads: one at a time. */
interface CrashClient {
    /** Writes until the connection breaks; an {@link AssertionError} if a reply is wrong before that. */
    void run(int port);

    /**
     * Compares all that it wrote with what a server that was started again holds, and takes what that kept of the commands in flight as done.
     *
     * @param when what the error begins with, if there is one
     */
    void verify(int port, String when);

    /** As {@link #verify}, for a server on a copy made at some moment of the run: what holds at any moment must hold. */
    void verifyCopy(int port, String when);

    /** Commands that got their replies. */
    long ackedCount();

    /** Sends a command and reads its reply, which may not be an error. */
    static Reply call(RespConnection connection, String... words) {
        Reply reply = connection.call(RespConnection.words(words));
        if (reply.type() == '-') {
            throw new AssertionError(Arrays.asList(words).subList(0, Math.min(3, words.length)) + " replied "
                    + reply.raw().toString().strip());
        }
        return reply;
    }

    /** The values of all keys, "nothing" for those that are absent. */
    static List<String> values(RespConnection connection, List<String> keys) {
        String[] words = new String[keys.size() + 1];
        words[0] = "MGET";
        for (int i = 0; i < keys.size(); i++) {
            words[i + 1] = keys.get(i);
        }
        return call(connection, words).elements().stream()
                .map(CrashClient::text)
                .toList();
    }

    private static String text(Reply reply) {
        return reply.raw().toString().equals("$-1\r\n")
                ? "nothing"
                : new String(reply.payload().toByteArray(), StandardCharsets.ISO_8859_1);
    }
}
