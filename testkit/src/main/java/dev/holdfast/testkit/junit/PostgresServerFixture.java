package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.postgres.PostgresServers;

/** Gives {@link PostgresServer} parameters to {@link Servers}. */
public final class PostgresServerFixture implements ServerFixture<PostgresServer> {

    /** Called by {@link java.util.ServiceLoader}. */
    public PostgresServerFixture() {}

    @Override
    public Class<PostgresServer> type() {
        return PostgresServer.class;
    }

    @Override
    public PostgresServer start(Shared shared) {
        return PostgresServers.single();
    }

    @Override
    public void reset(PostgresServer server) {
        server.reset();
    }
}
