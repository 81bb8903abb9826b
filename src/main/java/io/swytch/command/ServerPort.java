package io.swytch.command;

import io.swytch.clock.Clock;
import io.swytch.command.spec.AdminPort;
import io.swytch.command.spec.Call;
import io.swytch.command.spec.Catalogue;
import io.swytch.command.spec.Identity;
import io.swytch.command.spec.ServerContext;
import io.swytch.command.spec.Sessions;
import io.swytch.config.Settings;
import io.swytch.resp.ReplyWriter;
import io.swytch.stats.Stats;

/** What commands see of the server. Threads: any. */
final class ServerPort implements ServerContext {
    private final Engine engine;
    private final Identity identity;
    private final Lifecycle lifecycle;
    private final AdminPort admin;

    ServerPort(Engine engine, Identity identity, Lifecycle lifecycle) {
        this.engine = engine;
        this.identity = identity;
        this.lifecycle = lifecycle;
        admin = new StoreAdmin(engine, lifecycle);
    }

    @Override
    public Settings settings() {
        return engine.settings();
    }

    @Override
    public Catalogue catalogue() {
        return engine.catalogue();
    }

    @Override
    public Sessions sessions() {
        return engine.sessions();
    }

    @Override
    public Clock clock() {
        return engine.clock();
    }

    @Override
    public Stats stats() {
        return engine.stats();
    }

    @Override
    public AdminPort admin() {
        return admin;
    }

    @Override
    public Identity identity() {
        return identity;
    }

    @Override
    public void runQueued(Call call, ReplyWriter reply) {
        CommandRunner.current().runQueued(call, reply);
    }

    @Override
    public void pauseClients(long untilMs, boolean all) {
        engine.pause().begin(untilMs, all);
    }

    @Override
    public void unpauseClients() {
        engine.pause().end();
    }

    @Override
    public boolean unblock(long id, boolean withError) {
        return engine.unblock(id, withError);
    }

    @Override
    public void shutdown(boolean drain) {
        lifecycle.shutdown(drain);
    }
}
