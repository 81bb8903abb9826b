package io.swytch.store.l2;

import org.rocksdb.RocksDB;

/** The library that L2 is made of. Threads: any. */
public final class NativeLibrary {
    private NativeLibrary() {}

    /**
     * Loads it where that has not been done; logs nothing. It takes as long as opening a small directory does, so a start may do it early.
     *
     * <p>From java.library.path, where the launcher names its folder; else it is unpacked from the jar into the temp folder.
     */
    public static void load() {
        RocksDB.loadLibrary();
    }
}
