package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.mariadb.MariaDbDatabase;
import dev.holdfast.testkit.mariadb.MariaDbServer;

/** Gives {@link MariaDbDatabase} parameters to {@link Servers}: a new database each, on the server that all tests share. */
public final class MariaDbDatabaseFixture implements ServerFixture<MariaDbDatabase> {

    /** Called by {@link java.util.ServiceLoader}. */
    public MariaDbDatabaseFixture() {}

    @Override
    public Class<MariaDbDatabase> type() {
        return MariaDbDatabase.class;
    }

    @Override
    public MariaDbDatabase start(Shared shared) {
        MariaDbServer server = shared.get(MariaDbServer.class);
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
