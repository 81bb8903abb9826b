package io.swytch.store.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The two calls of the journal that meet a full or broken disk; tests put their own disk here. Threads: any. */
class Disk {
    static final Disk REAL = new Disk();

    /** Writes some or all of what remains in {@code bytes}. Returns how many bytes. */
    int write(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
        return channel.write(bytes, offset);
    }

    /** Forces a file's bytes, and its length where that changed. */
    void force(FileChannel channel) throws IOException {
        channel.force(false);
    }
}
