package dev.holdfast.core.jdbc;

import java.util.Set;

/**
 * Told of the statements that run through an {@link ObservedDataSource}.
 *
 * <p>Called on the thread that runs the statement, before the call returns to it: an implementation is thread-safe, quick and
 * does not block. A listener that throws is counted and logged once, and disturbs neither the statement nor other listeners.
 */
public interface StatementListener {
    /** What a listener needs beyond the statement itself; each costs something per parameter, row or value. */
    enum Detail {
        /** The parameters of prepared statements: {@link StatementEvent#binds()}. */
        BINDS,
        /** The rows that are read: {@link StatementEvent#rows()} of queries, and {@link #onResultClosed}. */
        ROWS,
        /** The values that are read from results: {@link #onValue}. Implies {@link #ROWS}. */
        VALUES
    }

    /**
     * What this listener needs; asked once, when it is registered.
     *
     * @return the details, none by default
     */
    default Set<Detail> details() {
        return Set.of();
    }

    /**
     * A statement is about to be sent.
     *
     * @param event the statement; the same object is handed to the other methods
     */
    default void onStart(StatementEvent event) {}

    /**
     * A statement was answered, or failed.
     *
     * @param event the statement with its duration and failure
     */
    void onEnd(StatementEvent event);

    /**
     * A value was read from the result of a query. Called only for listeners that ask for {@link Detail#VALUES}.
     *
     * @param event the query
     * @param value the value as the application sees it, never null
     */
    default void onValue(StatementEvent event, Object value) {}

    /**
     * The result of a query was read to its end or closed; {@link StatementEvent#rows()} is final. Called only where a listener
     * asks for {@link Detail#ROWS}, once per query.
     *
     * @param event the query
     */
    default void onResultClosed(StatementEvent event) {}
}
