package io.swytch.store.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A disk that fails when told to; a write that fails has written half, as on a full disk. Threads: any. */
final class UnreliableDisk extends Disk {
    private long bytesLeft = Long.MAX_VALUE;
    private boolean forceFails;
    private boolean nextWriteFails;

    /** The next write fails halfway, and none after it: a file that cannot grow, beside others that need not. */
    synchronized void failNextWrite() {
        nextWriteFails = true;
    }

    /** After so many bytes more, writes fail. */
    synchronized void setBytesLeft(long bytesLeft) {
        this.bytesLeft = bytesLeft;
    }

    synchronized void setForceFails(boolean forceFails) {
        this.forceFails = forceFails;
    }

    @Override
    synchronized int write(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
        int wanted = bytes.remaining();
        int count = nextWriteFails ? wanted / 2 : (int) Math.min(wanted, bytesLeft);
        nextWriteFails = false;
        bytesLeft -= count;
        int limit = bytes.limit();
        bytes.limit(bytes.position() + count);
        int written = super.write(channel, bytes, offset);
        bytes.limit(limit);
        if (count < wanted) {
            throw new IOException("No space left on device");
        }
        return written;
    }

    @Override
    synchronized void force(FileChannel channel) throws IOException {
        if (forceFails || bytesLeft == 0) {
            throw new IOException("Input/output error");
        }
        super.force(channel);
    }
}
