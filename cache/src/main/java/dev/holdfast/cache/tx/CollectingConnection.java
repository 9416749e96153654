package dev.holdfast.cache.tx;

import java.sql.Connection;
import java.sql.SQLException;

/** A connection that knows the invalidations of its transaction. */
interface CollectingConnection extends Connection {
    /** Those of the transaction it is in, or of its auto-commit mode. */
    Invalidations invalidations() throws SQLException;
}
