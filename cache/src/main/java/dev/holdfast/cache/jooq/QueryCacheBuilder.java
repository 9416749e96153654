package dev.holdfast.cache.jooq;

import dev.holdfast.cache.TieredCacheBuilder;
import dev.holdfast.cache.tx.AmbientTransactions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jooq.Configuration;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** Settings of a {@link QueryCache}; not thread-safe. */
public final class QueryCacheBuilder {
    private final TieredCacheBuilder<String, CachedRows> settings;
    private final Map<TableName, List<TableName>> views = new HashMap<>();
    private final Map<TableName, List<TableName>> cascades = new HashMap<>();
    private final Set<TableName> viewNames = new HashSet<>();
    private UnknownTables unknownTables = UnknownTables.REJECT;
    private Function<? super Configuration, String> partition = configuration -> "";
    private int maximumRows = 10_000;
    private @Nullable AmbientTransactions ambient;

    QueryCacheBuilder(TieredCacheBuilder<String, CachedRows> settings) {
        this.settings = Objects.requireNonNull(settings, "settings");
    }

    /**
     * Declares what a view or a table function reads, so that changes of these tables invalidate the results of its queries.
     * Needed for every view. Generated ones are known to be views, and refused otherwise; that a name is a view's, only
     * {@link #readCatalog} can tell.
     *
     * @param view its name, such as {@code order_totals} or {@code public.order_totals}
     * @param tables what it reads, other views included; none for a materialized view, which changes when you say so
     * @return this
     */
    public QueryCacheBuilder view(String view, String... tables) {
        views.merge(TableName.parse(view), TableName.parse(tables), QueryCacheBuilder::joined);
        return this;
    }

    /**
     * Declares what the database changes by itself when a table changes: by a trigger, {@code ON DELETE CASCADE}, or in the
     * partitions and parents of the table.
     *
     * @param table the table that a statement names
     * @param others what changes with it
     * @return this
     */
    public QueryCacheBuilder cascade(String table, String... others) {
        cascades.merge(TableName.parse(table), TableName.parse(others), QueryCacheBuilder::joined);
        return this;
    }

    private static List<TableName> joined(List<TableName> some, List<TableName> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    /**
     * Reads once, now, which tables of a database are views, so that none passes for a table: a query of one that is not
     * declared is refused, unless it is {@linkplain QueryCache#reading named}. In PostgreSQL it also finds out what views read,
     * except through functions, and declares foreign keys that change or delete rows, partitions and inheritance. Triggers
     * remain to be declared, and views that are created later.
     *
     * @param context a context on that database
     * @return this
     */
    public QueryCacheBuilder readCatalog(DSLContext context) {
        Catalog catalog = Catalog.read(context);
        viewNames.addAll(catalog.viewNames());
        catalog.views().forEach((view, tables) -> views.merge(view, tables, QueryCacheBuilder::joined));
        catalog.cascades().forEach((table, others) -> cascades.merge(table, others, QueryCacheBuilder::joined));
        return this;
    }

    /**
     * What to do about statements whose tables cannot be seen; {@link UnknownTables#REJECT} by default.
     *
     * @param unknownTables the policy
     * @return this
     */
    public QueryCacheBuilder unknownTables(UnknownTables unknownTables) {
        this.unknownTables = Objects.requireNonNull(unknownTables, "unknownTables");
        return this;
    }

    /**
     * What decides a result besides SQL and bind values: the tenant under row level security, the user, the search path. Results
     * are shared only where this is equal. By default all are.
     *
     * @param partition gives a text for the configuration of a query; called for each query on the thread that asks
     * @return this
     */
    public QueryCacheBuilder partition(Function<? super Configuration, String> partition) {
        this.partition = Objects.requireNonNull(partition, "partition");
        return this;
    }

    /**
     * The most rows that a cached result may have; 10,000 by default. Larger ones are returned and not cached.
     *
     * @param rows at least 1
     * @return this
     */
    public QueryCacheBuilder maximumRows(int rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("maximumRows " + rows + " is not positive: use e.g. 10000");
        }
        this.maximumRows = rows;
        return this;
    }

    /**
     * The transactions of a framework that begins and commits them past jOOQ, such as Spring's.
     *
     * @param transactions how to find them
     * @return this
     */
    public QueryCacheBuilder transactions(AmbientTransactions transactions) {
        this.ambient = Objects.requireNonNull(transactions, "transactions");
        return this;
    }

    /**
     * Checks the settings and opens the cache.
     *
     * @return the cache; close it when it is no longer needed
     * @throws dev.holdfast.core.ConfigurationException with every setting of the cache that cannot work
     */
    public QueryCache build() {
        return new QueryCache(
                settings.codec(RowsCodec.INSTANCE).tags(CachedRows::tags).build(), rules());
    }

    Rules rules() {
        return new Rules(
                Set.copyOf(viewNames),
                Map.copyOf(views),
                Map.copyOf(cascades),
                unknownTables,
                partition,
                maximumRows,
                ambient);
    }
}
