package io.swytch.command;

import io.swytch.clock.Clock;
import io.swytch.command.spec.AdminPort;
import io.swytch.store.Store;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** SAVE, BGSAVE, DEBUG RELOAD and the like, on the store. Threads: any. */
final class StoreAdmin implements AdminPort {
    private static final Logger LOG = LoggerFactory.getLogger(StoreAdmin.class);

    private final Engine engine;
    private final Lifecycle lifecycle;
    private final Clock clock;
    private final AtomicBoolean running = new AtomicBoolean();

    private volatile long lastSaveSec;
    private volatile boolean lastOk = true;
    private volatile long lastTookSec = -1;
    private volatile long startedNanos;
    private final LongAdder count = new LongAdder();

    StoreAdmin(Engine engine, Lifecycle lifecycle) {
        this.engine = engine;
        this.lifecycle = lifecycle;
        clock = engine.clock();
        lastSaveSec = clock.millis() / 1000;
    }

    @Override
    public boolean isTiered() {
        return engine.store().isTiered();
    }

    @Override
    public boolean isWritable() {
        return engine.store().writeTrouble() == null;
    }

    @Override
    public void save() throws IOException {
        if (!running.compareAndSet(false, true)) {
            throw new IOException("a save is under way");
        }
        saveNow();
    }

    private void saveNow() throws IOException {
        startedNanos = clock.nanos();
        boolean ok = false;
        try {
            Store store = engine.store();
            store.drainNow();
            ok = true;
            lastSaveSec = clock.millis() / 1000;
            count.increment();
        } finally {
            lastOk = ok;
            lastTookSec = (clock.nanos() - startedNanos) / 1_000_000_000;
            running.set(false);
        }
    }

    @Override
    public boolean startSave() {
        if (!running.compareAndSet(false, true)) {
            return false;
        }
        engine.inBackground(() -> {
            try {
                saveNow();
            } catch (IOException e) {
                LOG.error("background save failed", e);
            }
        });
        return true;
    }

    @Override
    public SaveStatus saveStatus() {
        boolean isRunning = running.get();
        return new SaveStatus(
                isRunning,
                lastSaveSec,
                lastOk,
                lastTookSec,
                isRunning ? (clock.nanos() - startedNanos) / 1_000_000_000 : -1,
                count.sum());
    }

    @Override
    public void reload() throws IOException {
        lifecycle.reload();
    }

    @Override
    public void setActiveExpire(boolean isOn) {
        engine.store().setActiveExpire(isOn);
    }

    @Override
    public void purgeMemory() {
        System.gc();
    }
}
