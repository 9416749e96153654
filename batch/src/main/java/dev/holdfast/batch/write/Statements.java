package dev.holdfast.batch.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.List;

/** The SQL of one database for one {@link Shape}; immutable. */
interface Statements {

    /** Rows of a statement that the database counted otherwise than we do, without telling which: to be found by halving. */
    final class CountException extends SQLException {
        private static final long serialVersionUID = 1L;

        CountException(long counted, int sent) {
            // A state that is nobody else's, and is a matter of rows.
            super("the database wrote " + counted + " of " + sent + " rows and refused none", "HF002");
        }
    }

    /**
     * Writes rows.
     *
     * @return positions in the slice of the rows that were missed
     * @throws CountException if some were missed, and which is not known
     */
    BitSet write(Connection connection, Slice slice) throws SQLException;

    /** Pairs of rows (place in the order, place of the first like it) whose keys are equal to the database only. */
    List<int[]> sameKeys(Connection connection, Slice all) throws SQLException;

    /** The SQL, for people. */
    String sql();

    /** The most rows that one statement can have. */
    default int mostRows() {
        return Integer.MAX_VALUE;
    }

    /** Has constraints checked by statements that otherwise wait for the commit; true if that is possible. */
    default boolean checkAtOnce(Connection connection) throws SQLException {
        return false;
    }

    /** Prepares with a time limit. */
    static PreparedStatement prepare(Connection connection, String sql, int timeoutSeconds) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            statement.setQueryTimeout(timeoutSeconds);
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }
}
