package dev.holdfast.batch.keyset;

import dev.holdfast.batch.sql.Catalog;
import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.Database;
import dev.holdfast.batch.sql.SqlKind;
import dev.holdfast.batch.sql.Table;
import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Problem;
import dev.holdfast.core.Problems;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Declares a {@link Keyset}. Not thread-safe; a built keyset does not change with its builder.
 *
 * @param <T> what a row becomes
 */
public final class KeysetBuilder<T> {
    private static final int MOST_ROWS = 100_000;
    private static final int SHORTEST_SECRET = 16;
    /** Of this JVM, for those who set none. */
    private static final byte[] OWN_SECRET = new SecureRandom().generateSeed(32);

    private final String from;
    private final boolean query;
    private final List<String> columns = new ArrayList<>();
    private final List<Term> order = new ArrayList<>();
    private String where = "";
    private @Nullable RowMapper<? extends T> mapper;
    private byte @Nullable [] secret;
    private CountSource counts = (key, count) -> count.getAsLong();
    private int fetchRows = 2_000;
    private Duration statementTimeout = Duration.ofSeconds(30);
    private boolean neverNull;
    private boolean checkOnFirstUse;

    /** A column of the order, as declared. */
    record Term(String column, boolean descending, Nulls nulls) {}

    KeysetBuilder(String from, boolean query) {
        this.from = Objects.requireNonNull(from, query ? "query" : "table");
        this.query = query;
    }

    /**
     * Names the columns that the mapper wants, those of the order apart; all unless said. For tables only.
     *
     * @param names columns
     * @return this
     */
    public KeysetBuilder<T> columns(String... names) {
        columns.addAll(List.of(names));
        return this;
    }

    /**
     * Sets a condition.
     *
     * @param condition SQL, with {@code ?} for arguments; of this program and never of its users
     * @return this
     */
    public KeysetBuilder<T> where(String condition) {
        where = Objects.requireNonNull(condition, "condition");
        return this;
    }

    /**
     * Orders by a column, after those named before; nulls come last.
     *
     * @param column its name
     * @return this
     */
    public KeysetBuilder<T> ascending(String column) {
        return ascending(column, Nulls.LAST);
    }

    /**
     * Orders by a column, after those named before.
     *
     * @param column its name
     * @param nulls where nulls come
     * @return this
     */
    public KeysetBuilder<T> ascending(String column, Nulls nulls) {
        order.add(new Term(Objects.requireNonNull(column, "column"), false, Objects.requireNonNull(nulls, "nulls")));
        return this;
    }

    /**
     * Orders by a column downwards, after those named before; nulls come first, so that it is the reverse of ascending.
     *
     * @param column its name
     * @return this
     */
    public KeysetBuilder<T> descending(String column) {
        return descending(column, Nulls.FIRST);
    }

    /**
     * Orders by a column downwards, after those named before.
     *
     * @param column its name
     * @param nulls where nulls come
     * @return this
     */
    public KeysetBuilder<T> descending(String column, Nulls nulls) {
        order.add(new Term(Objects.requireNonNull(column, "column"), true, Objects.requireNonNull(nulls, "nulls")));
        return this;
    }

    /**
     * Declares that no column of the order is ever null, which a query cannot tell by itself and makes for simpler SQL. A
     * null that is met all the same ends the reading.
     *
     * @return this
     */
    public KeysetBuilder<T> neverNull() {
        neverNull = true;
        return this;
    }

    /**
     * Sets what makes an object of a row.
     *
     * @param value the mapper
     * @return this
     */
    public KeysetBuilder<T> map(RowMapper<? extends T> value) {
        mapper = Objects.requireNonNull(value, "mapper");
        return this;
    }

    /**
     * Sets the key that cursors are signed with, the same on all nodes and after a restart. Without one it is random per JVM, so
     * that a cursor of one node is refused by another.
     *
     * @param key at least 16 bytes, secret
     * @return this
     */
    public KeysetBuilder<T> cursorSecret(byte[] key) {
        secret = key.clone();
        return this;
    }

    /**
     * Sets what stands between {@link Keyset#count} and the database, such as a cache.
     *
     * @param value asked for every count
     * @return this
     */
    public KeysetBuilder<T> countThrough(CountSource value) {
        counts = Objects.requireNonNull(value, "counts");
        return this;
    }

    /**
     * Sets how many rows a stream reads at a time and holds in memory.
     *
     * @param rows 1 to 100,000; 2,000 unless set
     * @return this
     */
    public KeysetBuilder<T> fetchRows(int rows) {
        fetchRows = rows;
        return this;
    }

    /**
     * Sets how long a statement may take.
     *
     * @param value whole seconds, at least one; 30 s unless set
     * @return this
     */
    public KeysetBuilder<T> statementTimeout(Duration value) {
        statementTimeout = Objects.requireNonNull(value, "statementTimeout");
        return this;
    }

    /**
     * Has the table looked at when it is first read, and not by {@link #build}: for applications that are assembled before the
     * database is there or migrated. Queries are always looked at then.
     *
     * @return this
     */
    public KeysetBuilder<T> checkOnFirstUse() {
        checkOnFirstUse = true;
        return this;
    }

    /**
     * Builds a keyset; of a table, after comparing its columns and unique keys with the order.
     *
     * @param dataSource where its connections come from
     * @return the keyset
     * @throws ConfigurationException if settings contradict each other, a column does not exist or the order is not unique
     * @throws HoldfastException if the database cannot be asked
     */
    public Keyset<T> build(DataSource dataSource) {
        Keyset<T> keyset = new Keyset<>(declaration(), Objects.requireNonNull(dataSource, "dataSource"));
        if (!query && !checkOnFirstUse) {
            keyset.using((connection, source) -> source);
        }
        return keyset;
    }

    private Declaration<T> declaration() {
        String name = query ? "Keyset of a query" : "Keyset of " + from;
        long seconds = statementTimeout.toSeconds();
        Problems problems = Problems.of(name);
        problems.require(
                !order.isEmpty(),
                "batch.keyset.order",
                "order",
                "",
                "no column orders the rows",
                "name columns by ascending(column) or descending(column), the last of a unique key");
        Set<String> seen = new LinkedHashSet<>();
        for (Term term : order) {
            problems.require(
                    seen.add(term.column().toLowerCase(java.util.Locale.ROOT)),
                    "batch.keyset.order",
                    "order",
                    term.column(),
                    "is given twice",
                    "name each column once");
        }
        problems.require(
                !query || columns.isEmpty(),
                "batch.keyset.columns",
                "columns",
                String.join(", ", columns),
                "a query has its own columns",
                "take them out");
        problems.require(
                fetchRows >= 1 && fetchRows <= MOST_ROWS,
                "batch.keyset.fetchRows",
                "fetchRows",
                fetchRows,
                "out of range 1.." + MOST_ROWS,
                "use 2,000, the default");
        problems.require(
                seconds >= 1 && seconds <= Integer.MAX_VALUE / 1_000,
                "batch.keyset.statementTimeout",
                "statementTimeout",
                statementTimeout,
                "must be at least one second",
                "use 30 s, the default");
        problems.require(
                secret == null || secret.length >= SHORTEST_SECRET,
                "batch.keyset.cursorSecret",
                "cursorSecret",
                "***",
                "is shorter than " + SHORTEST_SECRET + " bytes",
                "use 32 random bytes, the same on all nodes");
        problems.require(
                mapper != null,
                "batch.keyset.map",
                "map",
                "",
                "nothing makes objects of rows",
                "set one by map(row -> …)");
        problems.orThrow();
        return new Declaration<>(
                name,
                from,
                query,
                List.copyOf(columns),
                where,
                List.copyOf(order),
                Objects.requireNonNull(mapper),
                secret,
                counts,
                fetchRows,
                (int) seconds,
                neverNull);
    }

    /** What was gathered, and how it becomes SQL once the table or query is known. */
    record Declaration<T>(
            String name,
            String from,
            boolean query,
            List<String> columns,
            String where,
            List<Term> terms,
            RowMapper<? extends T> mapper,
            byte @Nullable [] ownSecret,
            CountSource counts,
            int fetchRows,
            int timeoutSeconds,
            boolean neverNull) {

        byte[] secret() {
            return ownSecret == null ? OWN_SECRET : ownSecret;
        }

        /** Positions are recorded by the program itself and outlive it: their key tells of accidents only. */
        byte[] positionKey() {
            return "dev.holdfast.batch.keyset.position".getBytes(StandardCharsets.US_ASCII);
        }

        String secretRemedy() {
            return ownSecret == null
                    ? "without cursorSecret(key) cursors end with the program, and no other node knows them"
                    : "all nodes must have the same cursorSecret";
        }

        int orderSize() {
            return terms.size();
        }

        Scan<T> scan(Source source) {
            return new Scan<>(name, source, mapper, timeoutSeconds, neverNull);
        }

        /** Stands for query, order and arguments. */
        byte[] fingerprint(Source source, List<@Nullable Object> arguments) {
            StringBuilder text = new StringBuilder();
            part(text, from);
            part(text, source.where());
            for (OrderColumn column : source.order()) {
                part(text, column.name() + " " + column.descending() + " " + column.nulls());
            }
            for (Object argument : arguments) {
                part(text, argument == null ? "null" : argument.getClass().getName() + " " + argument);
            }
            try {
                return MessageDigest.getInstance("SHA-256")
                        .digest(text.toString().getBytes(StandardCharsets.UTF_8));
            } catch (NoSuchAlgorithmException e) {
                throw new HoldfastException("this JVM has no SHA-256, which every JVM must have", e);
            }
        }

        private static void part(StringBuilder text, String part) {
            text.append(part.length()).append(':').append(part);
        }

        Source resolve(Connection connection) throws SQLException {
            return query ? ofQuery(connection) : ofTable(connection);
        }

        private Source ofTable(Connection connection) throws SQLException {
            Problems problems = Problems.of(name);
            Table table = Catalog.read(connection, from);
            if (table == null) {
                problems.add(Problem.error(
                        "batch.keyset.table",
                        "table",
                        from,
                        "there is no such table for this user",
                        "check the name, its schema and the rights of the user"));
                problems.orThrow();
                throw new IllegalStateException("unreachable: a problem was added");
            }
            List<OrderColumn> order = new ArrayList<>();
            for (Term term : terms) {
                Column column = find(table, term.column(), problems);
                if (column != null) {
                    order.add(column(
                            table.database(),
                            term,
                            column.name(),
                            column.type(),
                            column.kind(),
                            column.nullable() && !neverNull,
                            problems));
                }
            }
            Set<String> selected = new LinkedHashSet<>();
            for (String wanted : columns) {
                Column column = find(table, wanted, problems);
                if (column != null) {
                    selected.add(table.database().quote(column.name()));
                }
            }
            if (!selected.isEmpty()) {
                order.forEach(column -> selected.add(column.sql()));
            }
            if (!problems.hasErrors()) {
                List<String> names = order.stream().map(OrderColumn::name).toList();
                problems.require(
                        table.isUnique(names),
                        "batch.keyset.order",
                        "order",
                        String.join(", ", names),
                        "two rows of " + from
                                + " may have the same values in these columns, and one of them would be lost"
                                + " between two pages",
                        "add the columns of a unique key that are never null; there is " + table.describeKeys());
            }
            problems.orThrow();
            return new Source(
                    table.database(),
                    selected.isEmpty() ? "*" : String.join(", ", selected),
                    table.sql(),
                    where,
                    order,
                    true);
        }

        private @Nullable Column find(Table table, String wanted, Problems problems) {
            Column column = table.find(wanted);
            problems.require(
                    column != null,
                    "batch.keyset.column",
                    "column",
                    wanted,
                    "table " + from + " has no such column",
                    "use one of " + table.describeColumns());
            return column;
        }

        private OrderColumn column(
                Database database,
                Term term,
                String found,
                String type,
                SqlKind kind,
                boolean nullable,
                Problems problems) {
            String unfit = KeyValues.unfit(database, kind, type);
            problems.require(
                    unfit == null,
                    "batch.keyset.order",
                    "order",
                    term.column(),
                    String.valueOf(unfit),
                    "order by another column");
            return new OrderColumn(found, database.quote(found), type, kind, nullable, term.descending(), term.nulls());
        }

        /** The columns of a query are described by the database without running it. */
        private Source ofQuery(Connection connection) throws SQLException {
            Database database = Database.of(connection);
            Problems problems = Problems.of(name);
            String wrapped = "(" + from + ") AS " + database.quote("hf");
            Map<String, Column> found = new LinkedHashMap<>();
            try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM " + wrapped)) {
                ResultSetMetaData meta = statement.getMetaData();
                for (int i = 1; i <= meta.getColumnCount(); i++) {
                    String label = meta.getColumnLabel(i);
                    found.put(
                            label, Catalog.ofResult(database, label, meta.getColumnType(i), meta.getColumnTypeName(i)));
                }
            }
            Table shape = new Table(database, "the query", wrapped, found, List.of(), false);
            List<OrderColumn> order = new ArrayList<>();
            for (Term term : terms) {
                Column column = shape.find(term.column());
                problems.require(
                        column != null,
                        "batch.keyset.column",
                        "column",
                        term.column(),
                        "the query has no such column",
                        "use one of " + shape.describeColumns());
                if (column != null) {
                    order.add(
                            column(database, term, column.name(), column.type(), column.kind(), !neverNull, problems));
                }
            }
            problems.orThrow();
            return new Source(database, "*", wrapped, where, order, false);
        }
    }
}
