package dev.holdfast.testkit.mariadb;

import dev.holdfast.testkit.sql.SqlAddress;
import dev.holdfast.testkit.sql.SqlDatabase;

/** A database of a test's own on a MariaDB server. Thread-safe. */
public final class MariaDbDatabase extends SqlDatabase {

    MariaDbDatabase(MariaDbServer server, SqlAddress address) {
        super(server, address);
    }

    @Override
    protected String dropStatement() {
        return "DROP DATABASE IF EXISTS `" + name() + "`";
    }
}
