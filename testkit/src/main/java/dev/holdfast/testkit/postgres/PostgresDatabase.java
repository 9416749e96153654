package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.sql.SqlAddress;
import dev.holdfast.testkit.sql.SqlDatabase;

/** A database of a test's own on a PostgreSQL server. Thread-safe. */
public final class PostgresDatabase extends SqlDatabase {

    PostgresDatabase(PostgresServer server, SqlAddress address) {
        super(server, address);
    }

    @Override
    protected String dropStatement() {
        return "DROP DATABASE IF EXISTS \"" + name() + "\" WITH (FORCE)";
    }
}
