package io.swytch.command;

import io.swytch.clock.Clock;
import io.swytch.command.spec.AdminPort;
import io.swytch.stats.NativeHeap;
import io.swytch.store.Tier;
import java.io.IOException;
import java.nio.file.Path;
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
    private volatile long unitsAtSave;
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
    public boolean save() throws IOException {
        if (!running.compareAndSet(false, true)) {
            return false;
        }
        startedNanos = clock.nanos();
        saveNow();
        return true;
    }

    private void saveNow() throws IOException {
        boolean ok = false;
        try {
            long unitsBefore = units();
            Path made = engine.store()
                    .save(engine.settings().backupDir(), engine.settings().backupsKept());
            LOG.info("saved, dir={}", made);
            ok = true;
            unitsAtSave = unitsBefore;
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
        startedNanos = clock.nanos();
        engine.inBackground(() -> {
            try {
                saveNow();
            } catch (IOException | RuntimeException e) {
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
                count.sum(),
                units() - unitsAtSave);
    }

    private long units() {
        Tier tier = engine.store().tier();
        return tier == null ? 0 : tier.journal().stats().units;
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
        NativeHeap.trim();
    }
}
