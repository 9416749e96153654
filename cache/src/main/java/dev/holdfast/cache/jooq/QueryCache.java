package dev.holdfast.cache.jooq;

import dev.holdfast.cache.CacheLoadException;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.TieredCacheBuilder;
import dev.holdfast.cache.tx.Invalidations;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jooq.Configuration;
import org.jooq.ConnectionProvider;
import org.jooq.DSLContext;
import org.jooq.ExecuteListener;
import org.jooq.Field;
import org.jooq.Param;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.ResultQuery;
import org.jooq.Select;
import org.jooq.TransactionListener;
import org.jooq.exception.DataAccessException;
import org.jooq.exception.TooManyRowsException;
import org.jooq.impl.DSL;
import org.jooq.impl.DataSourceConnectionProvider;
import org.jooq.impl.NoConnectionProvider;
import org.jspecify.annotations.Nullable;

/**
 * Caches the results of jOOQ queries until a table they were read from changes.
 *
 * <p>A result is kept under a hash of its SQL, dialect, bind values and column types, and carries the tables it was read from,
 * those of joins, subqueries, common table expressions and set operations included. {@link #watch} has every statement that
 * changes rows invalidate the results of those tables, on every node: after the commit, and not at all on a rollback.
 *
 * <p><b>Guarantee.</b> That of {@link TieredCache}, with "the commit of a transaction that changed one of its tables through a
 * watched context" for "invalidate". Within a transaction that has changed something, queries go to the database, see its own
 * changes, and cache nothing. Nothing is cached from a transaction that may see old rows or uncommitted ones: one above or
 * below READ COMMITTED, or one whose end cannot be seen.
 *
 * <p><b>Not seen</b>, and to be reported by {@link #changed}: changes past the watched context, by other programs, triggers and
 * cascades ({@link QueryCacheBuilder#cascade} declares these); what stored functions and views read, unless it is {@linkplain
 * #reading named}. Load from the primary: a replica that lags behind would have its old rows cached as new.
 *
 * <p>Thread-safe. Results belong to the caller, who may change them. A query handed in is not to be changed any more.
 */
public final class QueryCache implements AutoCloseable {

    private final TieredCache<String, CachedRows> cache;
    private final Rules rules;
    private final Transactions transactions;
    private final ChangeListener listener;
    private final @Nullable List<TableName> named;

    QueryCache(TieredCache<String, CachedRows> cache, Rules rules) {
        this.cache = cache;
        this.rules = rules;
        this.transactions = new Transactions(rules.ambient());
        this.listener = new ChangeListener(cache, rules, transactions);
        this.named = null;
    }

    private QueryCache(QueryCache origin, List<TableName> named) {
        this.cache = origin.cache;
        this.rules = origin.rules;
        this.transactions = origin.transactions;
        this.listener = origin.listener;
        this.named = named;
    }

    /**
     * Starts building a query cache on the settings of a cache.
     *
     * @param settings has at least {@code redis} and {@code maximumSize}; the query cache adds codecs and tags to it
     * @return a builder
     */
    public static QueryCacheBuilder builder(TieredCacheBuilder<String, CachedRows> settings) {
        return new QueryCacheBuilder(settings);
    }

    /**
     * A context whose statements invalidate what they change. Every context that writes needs this; those that only read do
     * not.
     *
     * @param context any context, with or without a transaction
     * @return the same with the listeners of this cache
     */
    public DSLContext watch(DSLContext context) {
        return DSL.using(context.configuration().deriveAppending(listener).deriveAppending(transactions));
    }

    /**
     * What {@link #watch} adds, for frameworks that assemble configurations themselves; needs {@link #transactionListener} too.
     *
     * @return invalidates what statements change
     */
    public ExecuteListener executeListener() {
        return listener;
    }

    /**
     * What {@link #watch} adds, for frameworks that assemble configurations themselves.
     *
     * @return tells when jOOQ's transactions end
     */
    public TransactionListener transactionListener() {
        return transactions;
    }

    /**
     * A context whose statements change these tables, in addition to those that can be seen in them. For plain SQL and
     * procedures.
     *
     * @param context a {@linkplain #watch watched} context
     * @param tables names such as {@code book} or {@code public.book}; none if its statements change none
     * @return the same for statements of that kind only
     */
    public DSLContext changing(DSLContext context, String... tables) {
        Configuration derived = context.configuration().derive();
        derived.data(Change.NAMED, List.copyOf(TableName.parse(tables)));
        return DSL.using(derived);
    }

    /**
     * This cache for queries that also read these tables. With it plain SQL, undeclared views and stored functions are accepted.
     *
     * @param tables names such as {@code book} or {@code public.book}; none if what cannot be seen reads none
     * @return a view of this cache
     */
    public QueryCache reading(String... tables) {
        return new QueryCache(this, TableName.parse(tables));
    }

    /**
     * The result of a query.
     *
     * @param query made from a context with a connection
     * @param <R> the record type
     * @return a result of the caller's own
     * @throws IllegalArgumentException if the query cannot be cached: it changes or locks rows, takes values of a sequence,
     *     hides tables, or has values of a type that cannot be kept
     * @throws DataAccessException if the database fails
     */
    public <R extends Record> Result<R> fetch(ResultQuery<R> query) {
        Configuration configuration = configurationOf(query);
        List<? extends Field<?>> fields = fieldsOf(query);
        CachedRows rows = rows("rows", query, configuration, fields, tags -> CachedRows.of(tags, query.fetch()));
        return rows == null ? query.fetch() : rows.toResult(configuration, fields, query.getRecordType());
    }

    /**
     * The only record of a query.
     *
     * @param query as for {@link #fetch}
     * @param <R> the record type
     * @return the record, or null if there is none
     * @throws TooManyRowsException if there are more
     */
    public <R extends Record> @Nullable R fetchOne(ResultQuery<R> query) {
        Result<R> result = fetch(query);
        if (result.size() > 1) {
            throw new TooManyRowsException("the query returned " + result.size() + " rows: use fetch(), or limit(1)");
        }
        return result.isEmpty() ? null : result.get(0);
    }

    /**
     * The records of a query as objects, by jOOQ's record mappers.
     *
     * @param query as for {@link #fetch}
     * @param type what to make of each record
     * @param <E> what to make of each record
     * @return a list of the caller's own
     */
    public <E> List<E> fetchInto(ResultQuery<?> query, Class<? extends E> type) {
        return new ArrayList<>(fetch(query).into(type));
    }

    /**
     * How many rows a query has, counted by the database.
     *
     * @param query as for {@link #fetch}; also the query of a page, before its limit
     * @return the number of rows
     */
    public int fetchCount(Select<?> query) {
        Configuration configuration = configurationOf(query);
        Supplier<Integer> count = () -> DSL.using(configuration).fetchCount(query);
        CachedRows rows = rows("count", query, configuration, List.of(), tags -> CachedRows.ofCount(tags, count.get()));
        return rows == null ? count.get() : rows.count();
    }

    /**
     * Invalidates the results of tables that were changed in a way this cache does not see, after the commit of that change.
     *
     * @param tables names such as {@code book} or {@code public.book}
     */
    public void changed(String... tables) {
        cache.invalidateTags(rules.changeTags(TableName.parse(tables)));
    }

    /**
     * Invalidates the results of tables that are changed by a transaction in a way this cache does not see. Say so when it
     * changes them, and not only at its end, so that queries within it are not cached.
     *
     * @param transaction what to do after its commit
     * @param tables names such as {@code book} or {@code public.book}
     */
    public void changed(Invalidations transaction, String... tables) {
        transaction.tags(cache, rules.changeTags(TableName.parse(tables)));
    }

    /** Invalidates all results, after the commit of whatever is the reason. */
    public void clear() {
        cache.clear();
    }

    /**
     * The cache behind this, for its metrics, health and statistics.
     *
     * @return the cache
     */
    public TieredCache<String, CachedRows> cache() {
        return cache;
    }

    /** Closes the cache behind this. Idempotent. */
    @Override
    public void close() {
        cache.close();
    }

    private interface Query {
        CachedRows run(Set<String> tags);
    }

    private record Plan(String key, Set<String> tags) {}

    /** Null if this caller is to ask the database for itself. */
    private @Nullable CachedRows rows(
            String kind,
            ResultQuery<?> query,
            Configuration configuration,
            List<? extends Field<?>> fields,
            Query run) {
        Plan plan = plan(kind, query, configuration, fields);
        if (transactions.isDirty(configuration)) {
            return null;
        }
        boolean anywhere = !transactions.isAround(configuration)
                && configuration.connectionProvider() instanceof DataSourceConnectionProvider;
        if (!anywhere) {
            CachedRows present = cache.getIfPresent(plan.key());
            if (present != null) {
                return present;
            }
            if (!isCacheable(configuration)) {
                return null;
            }
        }
        Thread caller = Thread.currentThread();
        AtomicReference<@Nullable CachedRows> tooLarge = new AtomicReference<>();
        try {
            return cache.get(plan.key(), key -> {
                check(
                        configuration,
                        caller,
                        anywhere
                                ? () -> plan(kind, query, configuration, fields).key()
                                : null,
                        key);
                CachedRows loaded = run.run(plan.tags());
                if (loaded.rowCount() > rules.maximumRows()) {
                    tooLarge.set(loaded);
                    throw new Uncacheable(loaded.rowCount() + " rows are more than maximumRows " + rules.maximumRows());
                }
                return loaded;
            });
        } catch (CacheLoadException e) {
            Throwable cause = e;
            while (cause instanceof CacheLoadException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            if (cause instanceof Uncacheable) {
                return tooLarge.get();
            }
            // What the query would have thrown without a cache.
            throw cause instanceof DataAccessException || cause instanceof IllegalArgumentException
                    ? (RuntimeException) cause
                    : e;
        }
    }

    /** Runs where the cache loads: on the caller's thread, or on another one for an early refresh or under a timeout. */
    private void check(Configuration configuration, Thread caller, @Nullable Supplier<String> keyNow, String key) {
        boolean elsewhere = !Thread.currentThread().equals(caller);
        if (elsewhere && (keyNow == null || !keyNow.get().equals(key))) {
            throw new Uncacheable("the connection or the query may be in use by the thread that asked");
        }
        if ((elsewhere || keyNow != null) && !isCacheable(configuration)) {
            throw new Uncacheable("the transaction may not see what is committed");
        }
    }

    private boolean isCacheable(Configuration configuration) {
        ConnectionProvider provider = configuration.connectionProvider();
        Connection connection = provider.acquire();
        if (connection == null) {
            return true; // The query will tell.
        }
        try {
            return transactions.readsCommitted(configuration, connection);
        } catch (SQLException e) {
            throw new DataAccessException("the connection cannot tell whether it is in a transaction", e);
        } finally {
            provider.release(connection);
        }
    }

    private Plan plan(String kind, ResultQuery<?> query, Configuration configuration, List<? extends Field<?>> fields) {
        TableScan scan = TableScan.of(query, configuration);
        requireCacheable(scan);
        Collection<Param<?>> binds =
                DSL.using(configuration).extractParams(query).values();
        String partition = Objects.requireNonNull(rules.partition().apply(configuration), "partition");
        List<TableName> tables = new ArrayList<>(scan.reads());
        if (named != null) {
            tables.addAll(named);
        }
        String key = QueryKey.of(kind, partition, configuration, scan.sql(), binds, fields);
        return new Plan(key, rules.readTags(tables));
    }

    private void requireCacheable(TableScan scan) {
        if (!scan.changes().isEmpty() || !SqlWords.onlyReads(scan.sql())) {
            throw new IllegalArgumentException("the query may change rows: run it without the cache: " + scan.sql());
        }
        if (SqlWords.locksRows(scan.sql())) {
            throw new IllegalArgumentException("the query locks rows: run it without the cache: " + scan.sql());
        }
        if (scan.usesSequence()) {
            throw new IllegalArgumentException(
                    "the query takes a value from a sequence: run it without the cache: " + scan.sql());
        }
        if (named != null) {
            return;
        }
        if (!scan.hidden().isEmpty()) {
            throw new IllegalArgumentException("cannot see which tables " + scan.hidden()
                    + " reads: name them with queryCache.reading(\"table\", ...), none if it reads none: "
                    + scan.sql());
        }
        for (TableName name : scan.reads()) {
            if ((scan.views().contains(name) || rules.isView(name)) && !rules.isDeclared(name)) {
                throw new IllegalArgumentException(name
                        + " is a view or a table function: declare what it reads with view(\"" + name
                        + "\", \"table\", ...), or name it with queryCache.reading(\"table\", ...)");
            }
        }
    }

    private static List<? extends Field<?>> fieldsOf(ResultQuery<?> query) {
        return query instanceof Select<?> select ? select.getSelect() : List.of(query.fields());
    }

    private static Configuration configurationOf(ResultQuery<?> query) {
        Configuration configuration = query.configuration();
        if (configuration == null || configuration.connectionProvider() instanceof NoConnectionProvider) {
            throw new IllegalArgumentException(
                    "the query has no connection: make it from a context, as context.select(...), or attach it");
        }
        return configuration;
    }
}
