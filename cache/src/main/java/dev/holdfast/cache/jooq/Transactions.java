package dev.holdfast.cache.jooq;

import dev.holdfast.cache.tx.AmbientTransactions;
import dev.holdfast.cache.tx.Invalidations;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jooq.Configuration;
import org.jooq.TransactionContext;
import org.jooq.TransactionListener;
import org.jooq.impl.DefaultConnectionProvider;
import org.jooq.impl.ThreadLocalTransactionProvider;
import org.jspecify.annotations.Nullable;

/**
 * Finds the transaction that a statement belongs to, and with it the invalidations that wait for its commit.
 *
 * <p>In this order, from what knows the real commit to what knows less: the framework's transaction, the collecting connection,
 * jOOQ's own transaction. jOOQ hands a copy of the configuration's data down to nested transactions, so the outermost one is
 * where the data came from, and its end is the only one that counts.
 */
final class Transactions implements TransactionListener {
    /** A transaction of jOOQ, and whether its commit was begun. */
    private static final class Open {
        private final Invalidations invalidations = Invalidations.begin();
        private boolean committing;
    }

    /** A configuration that did not begin itself may carry the level of the one it was derived from: hence the owner. */
    private record Level(Open open, int depth, Configuration owner) {
        boolean isOutermost() {
            return depth == 1;
        }
    }

    private final @Nullable AmbientTransactions ambient;
    private final Object key = new Object(); // In the data of configurations; one per cache.
    private final ThreadLocal<Deque<Level>> onThread = ThreadLocal.withInitial(ArrayDeque::new);

    Transactions(@Nullable AmbientTransactions ambient) {
        this.ambient = ambient;
    }

    /** Whether the transaction of a query has changed something, as far as can be told without asking a pool. */
    boolean isDirty(Configuration configuration) {
        if (hasChangedAround(configuration)) {
            return true;
        }
        if (configuration.connectionProvider() instanceof DefaultConnectionProvider provider) {
            Connection connection = provider.acquire();
            try {
                return connection != null && isDirty(connection);
            } catch (SQLException e) {
                return true; // The query itself will tell what is wrong with the connection.
            } finally {
                if (connection != null) {
                    provider.release(connection);
                }
            }
        }
        return false;
    }

    private boolean hasChangedAround(Configuration configuration) {
        Invalidations own = ofJooq(configuration);
        return ambient != null && ambient.hasChanged() || own != null && !own.isEmpty();
    }

    /** Whether a framework or jOOQ has a transaction here, whatever connection a statement uses. */
    boolean isAround(Configuration configuration) {
        return ambient != null && ambient.isActive() || ofJooq(configuration) != null;
    }

    private static boolean isDirty(Connection connection) throws SQLException {
        if (connection.getAutoCommit()) {
            return false;
        }
        Invalidations collecting = Invalidations.find(connection);
        return collecting != null && !collecting.isEmpty();
    }

    /** Whether what a connection reads is what anybody would read now: committed, and not of an old snapshot. */
    boolean readsCommitted(Configuration configuration, Connection connection) throws SQLException {
        if (connection.getAutoCommit()) {
            return true;
        }
        boolean endSeen = isAround(configuration) || Invalidations.find(connection) != null;
        return endSeen
                && !hasChangedAround(configuration)
                && !isDirty(connection)
                && connection.getTransactionIsolation() == Connection.TRANSACTION_READ_COMMITTED;
    }

    /** The transaction of a connection that is in one; null if its end cannot be seen. */
    @Nullable
    Invalidations of(Configuration configuration, Connection connection) throws SQLException {
        Invalidations framework = ambient == null ? null : ambient.current();
        if (framework != null) {
            return framework;
        }
        Invalidations collecting = Invalidations.find(connection);
        return collecting != null ? collecting : ofJooq(configuration);
    }

    /** The transaction that a framework or jOOQ has, whatever connection a statement uses. */
    @Nullable
    Invalidations withoutConnection(Configuration configuration) {
        Invalidations framework = ambient == null ? null : ambient.current();
        return framework != null ? framework : ofJooq(configuration);
    }

    private @Nullable Invalidations ofJooq(Configuration configuration) {
        if (configuration.data(key) instanceof Level level) {
            return level.open().invalidations;
        }
        // An executing statement's configuration no longer tells what kind of transactions it has, but only
        // thread-bound ones
        // are on the stack.
        Deque<Level> stack = onThread.get();
        if (stack.isEmpty()) {
            onThread.remove();
            return null;
        }
        return stack.element().open().invalidations;
    }

    @Override
    public void beginStart(TransactionContext context) {
        Configuration configuration = context.configuration();
        Level outer = configuration.data(key) instanceof Level level ? level : null;
        boolean threadLocal = configuration.transactionProvider() instanceof ThreadLocalTransactionProvider;
        Deque<Level> stack = onThread.get();
        if (outer == null && threadLocal) {
            outer = stack.peek();
        }
        Level mine = outer == null
                ? new Level(new Open(), 1, configuration)
                : new Level(outer.open(), outer.depth() + 1, configuration);
        configuration.data(key, mine);
        if (threadLocal) {
            stack.push(mine);
        }
    }

    @Override
    public void commitStart(TransactionContext context) {
        Level level = levelOf(context);
        if (level != null && level.isOutermost()) {
            level.open().committing = true;
        }
    }

    @Override
    public void commitEnd(TransactionContext context) {
        Level level = levelOf(context);
        leave(level);
        if (level != null && level.isOutermost()) {
            level.open().invalidations.afterCommit();
        }
    }

    @Override
    public void rollbackStart(TransactionContext context) {
        Level level = levelOf(context);
        leave(level);
        if (level != null && level.isOutermost() && level.open().committing) {
            level.open().invalidations.afterCommit(); // A commit that failed may have reached the server.
        }
    }

    @Override
    public void rollbackEnd(TransactionContext context) {
        Level level = levelOf(context);
        if (level != null && level.isOutermost()) {
            level.open().invalidations.afterRollback();
        }
    }

    @SuppressWarnings("ReferenceEquality") // Derived configurations are to be told apart.
    private @Nullable Level levelOf(TransactionContext context) {
        Configuration configuration = context.configuration();
        return configuration.data(key) instanceof Level level && level.owner() == configuration ? level : null;
    }

    private void leave(@Nullable Level level) {
        if (level != null) {
            Deque<Level> stack = onThread.get();
            stack.remove(level);
            if (stack.isEmpty()) {
                onThread.remove();
            }
        }
    }
}
