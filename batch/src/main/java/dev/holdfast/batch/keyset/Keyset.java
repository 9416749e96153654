package dev.holdfast.batch.keyset;

import dev.holdfast.core.HoldfastException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads a table or query by the position in a unique order: pages for people, streams and chunks for programs.
 *
 * <pre>{@code
 * Keyset<Order> orders = Keyset.<Order>from("orders")
 *         .where("customer = ?")
 *         .descending("created_at")
 *         .ascending("id")
 *         .map(row -> new Order(row.getLong("id"), row.getString("state")))
 *         .build(dataSource);
 *
 * Page<Order> page = orders.page(PageRequest.first(), customer);
 * }</pre>
 *
 * <ul>
 *   <li><em>No page is slower than the first</em>, given an index on the order: there is no OFFSET.
 *   <li><em>Rows that come and go while one reads</em> shift nothing: a row that is there throughout, and keeps its position,
 *       is read exactly once.
 *   <li><em>Nulls and mixed directions</em> stand where they were declared, in every database.
 *   <li><em>The order is unique or refused</em>: by the indexes of a table where it is built; of a query, while reading.
 *   <li><em>Cursors are opaque</em>: changed ones, and those of another order, query or argument, are refused.
 * </ul>
 *
 * <p>Build one per query and keep it. Immutable and thread-safe; each call runs on the caller's thread. Statements have a time
 * limit, 30 s unless set otherwise.
 *
 * @param <T> what a row becomes
 */
public final class Keyset<T> {
    private final KeysetBuilder.Declaration<T> declaration;
    private final DataSource dataSource;
    private volatile @Nullable Source resolved;

    Keyset(KeysetBuilder.Declaration<T> declaration, DataSource dataSource) {
        this.declaration = declaration;
        this.dataSource = dataSource;
    }

    /**
     * Reads a table.
     *
     * @param table its name, with or without schema, as SQL would have it
     * @param <T> what a row becomes
     * @return a builder
     */
    public static <T> KeysetBuilder<T> from(String table) {
        return new KeysetBuilder<>(table, false);
    }

    /**
     * Reads the result of a query. Each stretch of rows runs it anew, so it should be one that the database can enter at a
     * position: joins from the ordered table on, no grouping of everything.
     *
     * @param sql a query without order and limit, with {@code ?} for arguments; the columns of the order are among its columns
     * @param <T> what a row becomes
     * @return a builder
     */
    public static <T> KeysetBuilder<T> query(String sql) {
        return new KeysetBuilder<>(sql, true);
    }

    /**
     * Reads a page.
     *
     * @param request which one
     * @param arguments values for the {@code ?} of query and condition, in their order
     * @return the page; empty if there is nothing
     * @throws CursorException if the cursor was changed or belongs elsewhere
     * @throws NonUniqueOrderException if two of its rows stand at the same position
     * @throws HoldfastException if the database fails
     */
    public Page<T> page(PageRequest request, @Nullable Object... arguments) {
        List<@Nullable Object> bound = list(arguments);
        return using((connection, source) -> {
            byte[] fingerprint = declaration.fingerprint(source, bound);
            Token token = request.cursor()
                    .map(cursor ->
                            decode(cursor, declaration.secret(), fingerprint, source, declaration.secretRemedy()))
                    .orElse(new Token(Token.Way.START, List.of()));
            if (token.way() == Token.Way.CHUNK) {
                throw new CursorException(
                        "this is a position of chunks, not a cursor of pages: begin with the first page");
            }
            OptionalLong total =
                    request.wantsTotal() ? OptionalLong.of(count(connection, source, bound)) : OptionalLong.empty();
            return page(connection, source, bound, token, request.size(), fingerprint, total);
        });
    }

    private Page<T> page(
            Connection connection,
            Source source,
            List<@Nullable Object> arguments,
            Token token,
            int size,
            byte[] fingerprint,
            OptionalLong total)
            throws SQLException {
        boolean backward = token.way() == Token.Way.BEFORE || token.way() == Token.Way.END;
        List<@Nullable String> position = token.values().isEmpty() ? null : token.values();
        // One row more tells whether there is another page.
        Scan.Stretch<T> stretch =
                declaration.scan(source).read(connection, arguments, position, backward, size + 1, Scan.Keys.EACH);
        boolean more = stretch.items().size() > size;
        List<T> items = new ArrayList<>(
                stretch.items().subList(0, Math.min(size, stretch.items().size())));
        List<@Nullable List<@Nullable String>> keys =
                new ArrayList<>(stretch.keys().subList(0, items.size()));
        if (backward) {
            Collections.reverse(items);
            Collections.reverse(keys);
        }
        boolean hasNext = backward ? token.way() == Token.Way.BEFORE : more;
        boolean hasPrevious = backward ? more : token.way() == Token.Way.AFTER;
        return new Page<>(
                items,
                hasNext ? Optional.of(cursor(keys, items.size() - 1, true, fingerprint)) : Optional.empty(),
                hasPrevious ? Optional.of(cursor(keys, 0, false, fingerprint)) : Optional.empty(),
                total);
    }

    /** Leads on from a row; from a page without rows, which was reached by a cursor, to the end that must be near. */
    private String cursor(List<@Nullable List<@Nullable String>> keys, int row, boolean next, byte[] fingerprint) {
        List<@Nullable String> key = keys.isEmpty() ? null : keys.get(row);
        Token token = key == null
                ? new Token(next ? Token.Way.START : Token.Way.END, List.of())
                : new Token(next ? Token.Way.AFTER : Token.Way.BEFORE, key);
        return token.encode(declaration.secret(), fingerprint);
    }

    private static Token decode(String text, byte[] key, byte[] fingerprint, Source source, String remedy) {
        return Token.decode(text, key, fingerprint, source.order().size(), remedy);
    }

    /**
     * Reads all rows, a stretch at a time, in constant memory.
     *
     * <p>The stream holds one connection until its last row was read or it is closed: use it in {@code try}. Between the rows
     * of two stretches there is no transaction, unless the data source hands out connections with auto-commit off, so that no
     * snapshot is held however long it takes.
     *
     * @param arguments values for the {@code ?} of query and condition, in their order
     * @return the rows in order; sequential
     * @throws HoldfastException if the database fails, then or while the stream is read
     */
    public Stream<T> stream(@Nullable Object... arguments) {
        List<@Nullable Object> bound = list(arguments);
        return RowStream.open(declaration, dataSource, this::resolve, bound);
    }

    /**
     * Reads all rows in chunks, each handed to a function, with a position to start again from.
     *
     * @param arguments values for the {@code ?} of query and condition, in their order
     * @return what remains to be said, and {@link KeysetChunks#forEach}
     */
    public KeysetChunks<T> chunks(@Nullable Object... arguments) {
        return new KeysetChunks<>(this, list(arguments));
    }

    /**
     * Counts the rows, through {@link KeysetBuilder#countThrough} if that was set.
     *
     * @param arguments values for the {@code ?} of query and condition, in their order
     * @return their number
     * @throws HoldfastException if the database fails
     */
    public long count(@Nullable Object... arguments) {
        List<@Nullable Object> bound = list(arguments);
        return using((connection, source) -> count(connection, source, bound));
    }

    private long count(Connection connection, Source source, List<@Nullable Object> arguments) {
        return declaration.counts().get(HexFormat.of().formatHex(declaration.fingerprint(source, arguments)), () -> {
            try (PreparedStatement statement = connection.prepareStatement(source.countSql())) {
                statement.setQueryTimeout(declaration.timeoutSeconds());
                int place = 1;
                for (Object argument : arguments) {
                    KeyValues.bindArgument(statement, place++, argument);
                }
                try (ResultSet row = statement.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            } catch (SQLException e) {
                throw failed(e);
            }
        });
    }

    /** Work on a connection of its own. */
    @FunctionalInterface
    interface Work<V> {
        V on(Connection connection, Source source) throws SQLException;
    }

    <V> V using(Work<V> work) {
        try (Connection connection = dataSource.getConnection()) {
            return work.on(connection, resolve(connection));
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    HoldfastException failed(SQLException failure) {
        return new HoldfastException(declaration.name() + ": " + failure.getMessage(), failure);
    }

    KeysetBuilder.Declaration<T> declaration() {
        return declaration;
    }

    /** The description of what is read, made once; two threads that come first both make it. */
    Source resolve(Connection connection) throws SQLException {
        Source known = resolved;
        if (known == null) {
            known = declaration.resolve(connection);
            resolved = known;
        }
        return known;
    }

    private static List<@Nullable Object> list(@Nullable Object[] arguments) {
        List<@Nullable Object> list = new ArrayList<>(arguments.length);
        Collections.addAll(list, arguments);
        return list;
    }

    /** What it reads, such as {@code Keyset of orders}. */
    @Override
    public String toString() {
        return declaration.name();
    }
}
