package dev.holdfast.cache.jooq;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.tx.Invalidations;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;
import org.jooq.ExecuteContext;
import org.jooq.ExecuteListener;
import org.jooq.exception.DataAccessException;

/**
 * Invalidates what executed statements change: after the commit of their transaction, or at once in auto-commit mode.
 *
 * <p>Tables are recorded before the statement runs, so that a statement whose outcome is lost with its connection counts.
 */
final class ChangeListener implements ExecuteListener {
    private static final long serialVersionUID = 1L;

    private final transient TieredCache<String, CachedRows> cache;
    private final transient Rules rules;
    private final transient Transactions transactions;
    private final transient Object pending = new Object(); // In the data of an execution.

    ChangeListener(TieredCache<String, CachedRows> cache, Rules rules, Transactions transactions) {
        this.cache = cache;
        this.rules = rules;
        this.transactions = transactions;
    }

    @Override
    public void executeStart(ExecuteContext context) {
        Change change = Change.of(context, rules);
        if (change == null) {
            return;
        }
        try {
            Connection connection = context.connection();
            Invalidations around = transactions.withoutConnection(context.configuration());
            if (connection.getAutoCommit()) {
                context.data(pending, change);
                if (around != null) {
                    add(around, change);
                }
                return;
            }
            Invalidations transaction = transactions.of(context.configuration(), connection);
            if (around != null && !around.equals(transaction)) {
                around.tags(
                        cache, Set.of()); // Adds nothing, but tells queries that the transaction has changed something.
            }
            if (transaction == null) {
                throw new IllegalStateException("a statement changes " + change.tables()
                        + " in a transaction whose end the query cache cannot see: use queryCache.watch(context) also for the"
                        + " transaction, or a data source from Invalidations.collecting(...), or transactions(...) for those"
                        + " of a framework");
            }
            add(transaction, change);
        } catch (SQLException e) {
            throw new DataAccessException("the connection cannot tell whether it is in a transaction", e);
        }
    }

    @Override
    public void executeEnd(ExecuteContext context) {
        issue(context);
    }

    @Override
    public void exception(ExecuteContext context) {
        issue(context); // It may have been executed all the same.
    }

    private void issue(ExecuteContext context) {
        if (context.data().remove(pending) instanceof Change change) {
            Invalidations now = Invalidations.begin();
            add(now, change);
            now.afterCommit();
        }
    }

    private void add(Invalidations transaction, Change change) {
        if (change.everything()) {
            transaction.all(cache);
        } else {
            transaction.tags(cache, rules.changeTags(change.tables()));
        }
    }
}
