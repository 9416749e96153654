package dev.holdfast.batch.sql;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** Whose fault a refusal was: a row's, the moment's or the statement's. */
public enum Blame {
    /** Values of a row: another row would have passed. */
    ROW,
    /** Other transactions at this moment: the same again may pass. */
    CONTENTION,
    /** The statement, the rights, the server or the connection: no row would have passed. */
    STATEMENT;

    // Classes of SQLSTATE that no value of a row can cause.
    private static final Set<String> STATEMENT_CLASSES = Set.of(
            "00", "02", "03", "07", "08", "0A", "0B", "25", "26", "28", "2D", "2E", "3B", "3D", "3F", "42", "53", "54",
            "55", "57", "58", "70", "F0", "HV", "XX");
    // Of H2: a lock that did not come, and a row that changed meanwhile.
    private static final Set<Integer> H2_CONTENTION = Set.of(50_200, 90_131);
    // Of MySQL: a lock that did not come, with a state that says nothing.
    private static final int MYSQL_LOCK_WAIT = 1205;
    private static final String H2_OWN_CLASS = "90";
    /** Of the class of contention, but not to be tried again: it may have happened. */
    private static final String COMPLETION_UNKNOWN = "40003";

    /**
     * Judges a refusal.
     *
     * @param failure what the driver threw
     * @return whose fault it was
     */
    public static Blame of(SQLException failure) {
        String state = failure.getSQLState();
        if (state == null
                || state.length() < 2
                || state.equals(COMPLETION_UNKNOWN)
                || failure instanceof SQLTimeoutException
                || failure instanceof SQLRecoverableException
                || failure instanceof SQLNonTransientConnectionException
                || failure instanceof SQLTransientConnectionException) {
            return STATEMENT;
        }
        String kind = state.substring(0, 2);
        if (kind.equals("40")
                || H2_CONTENTION.contains(failure.getErrorCode())
                || kind.equals("HY") && failure.getErrorCode() == MYSQL_LOCK_WAIT) {
            return CONTENTION;
        }
        // H2 tells a lock that did not come by HYT00.
        if (STATEMENT_CLASSES.contains(kind) || kind.equals(H2_OWN_CLASS) || state.startsWith("HYT")) {
            return STATEMENT;
        }
        return ROW;
    }

    /**
     * Whether a refusal to commit is a definite one, so that nothing was stored.
     *
     * @param failure what commit threw
     * @return false if the commit may have happened
     */
    public static boolean refusedForSure(SQLException failure) {
        String state = failure.getSQLState();
        return state != null
                && !state.equals(COMPLETION_UNKNOWN)
                && (state.startsWith("23") || state.startsWith("40") || state.startsWith("P0"));
    }
}
