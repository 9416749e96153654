package dev.holdfast.cache.tx;

import dev.holdfast.cache.InvalidationPendingException;
import dev.holdfast.cache.TieredCache;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The invalidations of one transaction: collected while it runs, issued after its commit, dropped on its rollback.
 *
 * <p>To invalidate before the commit is too early: a reader would load the old value again. Doing so after it is right, and
 * what this class is for. <b>In doubt it issues</b>: a connection closed or lost before the outcome was known, a transaction
 * that {@link #close} ends without a word, what was collected before a rollback to a savepoint, and what is added after the
 * end. Too much costs a load; too little would leave an old value.
 *
 * <p>A commit is a commit: an invalidation that fails does not make {@link #afterCommit} throw, since its caller would take the
 * transaction for failed and repeat it. The others are issued all the same, and {@link #failures()} has the exceptions. An
 * {@link InvalidationPendingException} is one of them: it holds on this node, and the cache announces it when Redis answers.
 * Any other is logged.
 *
 * <p>Thread-safe. Bounded: beyond 10,000 keys, tags and prefixes of one cache it clears that cache instead, and it refuses
 * more than 10,000 {@linkplain #run actions}.
 */
public final class Invalidations implements TransactionEnd, AutoCloseable {
    static final int MOST = 10_000;
    private static final Logger LOG = LoggerFactory.getLogger(Invalidations.class);

    private enum State {
        COLLECTING,
        AUTO_COMMIT,
        ENDED
    }

    private final Object lock = new Object();
    private final Map<TieredCache<?, ?>, Pending<?>> pending = new IdentityHashMap<>();
    private final List<Runnable> actions = new ArrayList<>();
    private final List<RuntimeException> failures = new ArrayList<>();
    private State state;
    private boolean used;

    private Invalidations(State state) {
        this.state = state;
    }

    /**
     * Begins to collect for a transaction that the caller ends by {@link #afterCommit}, {@link #afterRollback} or, if it cannot
     * tell, {@link #close}.
     *
     * @return an empty collection
     */
    public static Invalidations begin() {
        return new Invalidations(State.COLLECTING);
    }

    /** What is added is issued at once, and again by {@link #afterCommit}. */
    static Invalidations autoCommit() {
        return new Invalidations(State.AUTO_COMMIT);
    }

    /**
     * A data source whose connections issue what {@link #of(Connection)} collected when they commit.
     *
     * @param dataSource hands out the connections, for instance a pool
     * @return hands out the same connections, wrapped
     */
    public static DataSource collecting(DataSource dataSource) {
        return new CollectingDataSource(dataSource);
    }

    /**
     * A connection that issues what {@link #of(Connection)} collected when it commits. Commits that it does not see, such as a
     * {@code COMMIT} executed as a statement, count when the connection is closed.
     *
     * @param connection a connection, closed by closing the result
     * @return the same connection, wrapped
     */
    public static Connection collecting(Connection connection) {
        return ConnectionWatch.watch(connection);
    }

    /**
     * The invalidations of the transaction that a connection is in. In auto-commit mode what is added is issued at once, and once
     * more when the connection is closed or leaves that mode, so that it does not matter whether it was added before or after
     * the statement.
     *
     * @param connection a connection from {@link #collecting(DataSource)}, also if it was wrapped further
     * @return the same until the transaction ends
     * @throws IllegalArgumentException if the connection is not a collecting one
     * @throws SQLException if the connection cannot tell its mode
     */
    public static Invalidations of(Connection connection) throws SQLException {
        Invalidations found = find(connection);
        if (found == null) {
            throw new IllegalArgumentException(
                    "connection " + connection.getClass().getName()
                            + " does not collect invalidations: take it from Invalidations.collecting(dataSource)");
        }
        return found;
    }

    /**
     * Like {@link #of}, for a connection that may be any.
     *
     * @param connection any connection
     * @return the invalidations of its transaction; null if it does not collect any
     * @throws SQLException if the connection cannot tell its mode
     */
    public static @Nullable Invalidations find(Connection connection) throws SQLException {
        return connection.isWrapperFor(CollectingConnection.class)
                ? connection.unwrap(CollectingConnection.class).invalidations()
                : null;
    }

    /**
     * Adds a key.
     *
     * @param cache the cache
     * @param key the key to invalidate
     * @param <K> the key type
     * @return this
     */
    public <K> Invalidations key(TieredCache<K, ?> cache, K key) {
        return keys(cache, List.of(key));
    }

    /**
     * Adds keys.
     *
     * @param cache the cache
     * @param keys the keys to invalidate
     * @param <K> the key type
     * @return this
     */
    public <K> Invalidations keys(TieredCache<K, ?> cache, Collection<? extends K> keys) {
        Pending<K> added = new Pending<>(cache);
        added.keys(keys);
        return add(added);
    }

    /**
     * Adds a tag.
     *
     * @param cache the cache
     * @param tag the tag to invalidate
     * @return this
     */
    public Invalidations tag(TieredCache<?, ?> cache, String tag) {
        return tags(cache, List.of(tag));
    }

    /**
     * Adds tags.
     *
     * @param cache the cache
     * @param tags the tags to invalidate
     * @return this
     */
    public Invalidations tags(TieredCache<?, ?> cache, Collection<String> tags) {
        Pending<?> added = new Pending<>(cache);
        added.tags(tags);
        return add(added);
    }

    /**
     * Adds a prefix.
     *
     * @param cache the cache
     * @param prefix the prefix to invalidate
     * @return this
     */
    public Invalidations prefix(TieredCache<?, ?> cache, String prefix) {
        Pending<?> added = new Pending<>(cache);
        added.prefix(prefix);
        return add(added);
    }

    /**
     * Adds everything in a cache.
     *
     * @param cache the cache to clear
     * @return this
     */
    public Invalidations all(TieredCache<?, ?> cache) {
        Pending<?> added = new Pending<>(cache);
        added.all();
        return add(added);
    }

    /**
     * Adds anything else to be done after the commit, such as the invalidation of a cache of another kind. Not repeated when it
     * fails.
     *
     * @param action runs on the thread that commits; in auto-commit mode twice
     * @return this
     * @throws IllegalStateException if there are 10,000 already
     */
    public Invalidations run(Runnable action) {
        Objects.requireNonNull(action, "action");
        synchronized (lock) {
            if (actions.size() >= MOST) {
                throw new IllegalStateException("a transaction with " + MOST
                        + " actions after its commit: add one action that does the work of many");
            }
            used = true;
            if (state != State.ENDED) {
                actions.add(action);
            }
            if (state == State.COLLECTING) {
                return this;
            }
        }
        issue(List.of(), List.of(action));
        return this;
    }

    private Invalidations add(Pending<?> added) {
        synchronized (lock) {
            used = true;
            if (state != State.ENDED) {
                pending.computeIfAbsent(added.cache(), Pending::new).merge(added);
            }
            if (state == State.COLLECTING) {
                return this;
            }
        }
        issue(List.of(added), List.of());
        return this;
    }

    /**
     * Whether nothing was ever added: as far as this knows, the transaction has changed nothing.
     *
     * @return false once something was added, whatever became of it
     */
    public boolean isEmpty() {
        synchronized (lock) {
            return !used;
        }
    }

    /**
     * What went wrong in issuing.
     *
     * @return the exceptions so far, the first 100 of them
     */
    public List<RuntimeException> failures() {
        synchronized (lock) {
            return List.copyOf(failures);
        }
    }

    /** Issues what was collected, on this thread. Never throws on account of a cache; see {@link #failures()}. Idempotent. */
    @Override
    public void afterCommit() {
        List<Pending<?>> caches;
        List<Runnable> rest;
        synchronized (lock) {
            state = State.ENDED;
            caches = List.copyOf(pending.values());
            rest = List.copyOf(actions);
            pending.clear();
            actions.clear();
        }
        issue(caches, rest);
    }

    /** Drops what was collected. Idempotent. */
    @Override
    public void afterRollback() {
        synchronized (lock) {
            if (state != State.AUTO_COMMIT) {
                state = State.ENDED;
                pending.clear();
                actions.clear();
                return;
            }
        }
        afterCommit(); // There was no transaction to roll back: its statements are committed.
    }

    /** Issues what was collected, if neither {@link #afterCommit} nor {@link #afterRollback} was called: the outcome is unknown. */
    @Override
    public void close() {
        afterCommit();
    }

    private void issue(List<Pending<?>> caches, List<Runnable> rest) {
        List<Runnable> steps = new ArrayList<>(rest);
        for (Pending<?> one : caches) {
            one.addSteps(steps);
        }
        Error error = null;
        for (Runnable step : steps) {
            try {
                step.run();
            } catch (RuntimeException e) {
                failed(e);
            } catch (Error e) { // The others must still be issued.
                error = e;
            }
        }
        if (error != null) {
            throw error;
        }
    }

    private void failed(RuntimeException failure) {
        if (!(failure instanceof InvalidationPendingException)) {
            LOG.warn(
                    "The transaction is committed, but an invalidation after it failed: old values may stay in a cache"
                            + " until they expire.",
                    failure);
        }
        synchronized (lock) {
            if (failures.size() < 100) {
                failures.add(failure);
            }
        }
    }
}
