package io.swytch.command.spec;

import java.io.IOException;

/** What admin commands ask of the store as a whole. Threads: any, unless a method says otherwise. */
public interface AdminPort {
    /**
     * How saving stands.
     *
     * @param isRunning whether a save is under way
     * @param lastSaveSec when the last one succeeded, or the server began: seconds since 1970
     * @param lastOk whether the last attempt succeeded; true before the first
     * @param lastTookSec how long the last attempt took; −1 before the first
     * @param runningSec for how long the one under way has been running; −1 where there is none
     * @param count how many succeeded since the server began
     * @param changes commands and transactions that have changed something since the last one that succeeded began, or since the server did
     */
    record SaveStatus(
            boolean isRunning,
            long lastSaveSec,
            boolean lastOk,
            long lastTookSec,
            long runningSec,
            long count,
            long changes) {}

    /** Whether there is a disk to save to. */
    boolean isTiered();

    /** Whether writes are taken; false while the disk refuses them. */
    boolean isWritable();

    /**
     * Drains everything and makes a copy of it, then returns. Waits on the disk; never called on an event loop.
     *
     * @return false if one is under way already
     */
    boolean save() throws IOException;

    /** Begins what {@link #save} does, in the background. Returns false if one is under way already. */
    boolean startSave();

    SaveStatus saveStatus();

    /** Closes the store and opens it again, as a restart does; in memory mode does nothing. Waits on the disk; never called on an event loop. */
    void reload() throws IOException;

    /** Turns the search for expired keys off or on again; keys that are looked at expire all the same. For tests of clients. */
    void setActiveExpire(boolean isOn);

    /** Gives memory that is kept for reuse back to the system, as far as that can be done. */
    void purgeMemory();
}
