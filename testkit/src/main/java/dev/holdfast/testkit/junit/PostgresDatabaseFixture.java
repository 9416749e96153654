package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.postgres.PostgresDatabase;
import dev.holdfast.testkit.postgres.PostgresServer;

/** Gives {@link PostgresDatabase} parameters to {@link Servers}: a new database each, on the server that all tests share. */
public final class PostgresDatabaseFixture implements ServerFixture<PostgresDatabase> {

    /** Called by {@link java.util.ServiceLoader}. */
    public PostgresDatabaseFixture() {}

    @Override
    public Class<PostgresDatabase> type() {
        return PostgresDatabase.class;
    }

    @Override
    public PostgresDatabase start(Shared shared) {
        PostgresServer server = shared.get(PostgresServer.class);
        // An earlier test may have left it frozen or dead.
        server.resume();
        server.start();
        return server.createDatabase("test");
    }

    @Override
    public boolean isShareable() {
        return false;
    }
}
