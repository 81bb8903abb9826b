package io.swytch.command.spec;

import io.swytch.resp.ReplyWriter;

/**
 * Runs one command: parses, asks the keyspace, writes one reply. Takes no lock, reads no clock, touches no channel, counts nothing.
 *
 * <p>A handler finds every key that it will look at before it changes any: a key that only the disk has makes the first look throw, and
 * the command is run again from its beginning once the key is there.
 */
@FunctionalInterface
public interface Handler {
    /**
     * Runs {@code call} and writes its one reply.
     *
     * @throws CommandError if it is the client's fault; then nothing has been written to {@code reply} that is not undone
     */
    void run(Call call, ReplyWriter reply);
}
