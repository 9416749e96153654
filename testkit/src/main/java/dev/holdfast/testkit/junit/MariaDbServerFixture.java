package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.mariadb.MariaDbServer;
import dev.holdfast.testkit.mariadb.MariaDbServers;

/** Gives {@link MariaDbServer} parameters to {@link Servers}. */
public final class MariaDbServerFixture implements ServerFixture<MariaDbServer> {

    /** Called by {@link java.util.ServiceLoader}. */
    public MariaDbServerFixture() {}

    @Override
    public Class<MariaDbServer> type() {
        return MariaDbServer.class;
    }

    @Override
    public MariaDbServer start(Shared shared) {
        return MariaDbServers.single();
    }

    @Override
    public void reset(MariaDbServer server) {
        server.reset();
    }
}
