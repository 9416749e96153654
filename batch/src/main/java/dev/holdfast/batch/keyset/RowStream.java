package dev.holdfast.batch.keyset;

import dev.holdfast.core.HoldfastException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Walks over stretches as over one sequence, and holds one of them and one connection; for one thread. */
final class RowStream<T> implements Iterator<T>, AutoCloseable {
    private final KeysetBuilder.Declaration<T> declaration;
    private final Connection connection;
    private final Source source;
    private final List<@Nullable Object> arguments;
    private Iterator<T> stretch = List.<T>of().iterator();
    private @Nullable List<@Nullable String> position;
    private boolean ended;

    private RowStream(
            KeysetBuilder.Declaration<T> declaration,
            Connection connection,
            Source source,
            List<@Nullable Object> arguments) {
        this.declaration = declaration;
        this.connection = connection;
        this.source = source;
        this.arguments = arguments;
    }

    /** What finds out about the table, on a connection. */
    @FunctionalInterface
    interface Resolver {
        Source resolve(Connection connection) throws SQLException;
    }

    static <T> Stream<T> open(
            KeysetBuilder.Declaration<T> declaration,
            DataSource dataSource,
            Resolver resolver,
            List<@Nullable Object> arguments) {
        Connection connection = null;
        try {
            connection = dataSource.getConnection();
            RowStream<T> rows = new RowStream<>(declaration, connection, resolver.resolve(connection), arguments);
            return StreamSupport.stream(
                            Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED | Spliterator.NONNULL), false)
                    .onClose(rows::close);
        } catch (SQLException e) {
            closeQuietly(connection, e);
            throw new HoldfastException(declaration.name() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            closeQuietly(connection, e);
            throw e;
        }
    }

    private static void closeQuietly(@Nullable Connection connection, Exception because) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                because.addSuppressed(e);
            }
        }
    }

    @Override
    public boolean hasNext() {
        if (!stretch.hasNext() && !ended) {
            read();
        }
        return stretch.hasNext();
    }

    @Override
    public T next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no row is left");
        }
        return stretch.next();
    }

    private void read() {
        try {
            Scan.Stretch<T> read = declaration
                    .scan(source)
                    .read(connection, arguments, position, false, declaration.fetchRows(), Scan.Keys.LAST);
            stretch = read.items().iterator();
            position = read.lastKey();
            if (read.items().size() < declaration.fetchRows()) {
                close();
            }
        } catch (SQLException e) {
            ended = true;
            closeQuietly(connection, e);
            throw new HoldfastException(declaration.name() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            ended = true;
            closeQuietly(connection, e);
            throw e;
        }
    }

    @Override
    public void close() {
        ended = true;
        try {
            connection.close();
        } catch (SQLException e) {
            throw new HoldfastException(
                    declaration.name() + ": the connection could not be closed: " + e.getMessage(), e);
        }
    }
}
