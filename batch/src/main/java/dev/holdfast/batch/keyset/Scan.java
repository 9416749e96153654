package dev.holdfast.batch.keyset;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads one stretch of rows; immutable. */
final class Scan<T> {
    private final String name;
    private final Source source;
    private final RowMapper<? extends T> mapper;
    private final int timeoutSeconds;
    private final boolean neverNull;

    Scan(String name, Source source, RowMapper<? extends T> mapper, int timeoutSeconds, boolean neverNull) {
        this.name = name;
        this.source = source;
        this.mapper = mapper;
        this.timeoutSeconds = timeoutSeconds;
        this.neverNull = neverNull;
    }

    /** Which positions are wanted besides the objects. */
    enum Keys {
        /** That of each row. */
        EACH,
        /** That of the last row of a full stretch, from which the next one starts; others are null. */
        LAST
    }

    /** Objects, and positions of as many of them as were asked for. */
    record Stretch<T>(List<T> items, List<@Nullable List<@Nullable String>> keys) {
        @Nullable
        List<@Nullable String> lastKey() {
            return keys.isEmpty() ? null : keys.get(keys.size() - 1);
        }
    }

    /**
     * Reads rows after a position, or from the start.
     *
     * @return at most as many rows as asked for; fewer only if there are no more
     */
    Stretch<T> read(
            Connection connection,
            List<@Nullable Object> arguments,
            @Nullable List<@Nullable String> position,
            boolean backward,
            int limit,
            Keys keys)
            throws SQLException {
        Stretch<T> stretch = new Stretch<>(new ArrayList<>(), new ArrayList<>());
        List<@Nullable String> start = position;
        List<Source.Part> parts = source.parts(backward);
        int first = 0;
        if (start != null && parts.size() > 1) {
            first = parts.indexOf(start.get(0) == null ? Source.Part.NULLS : Source.Part.VALUES);
        }
        for (int i = first; i < parts.size() && stretch.items().size() < limit; i++) {
            readPart(connection, arguments, parts.get(i), start, backward, limit, keys, stretch);
            start = null;
        }
        return stretch;
    }

    private void readPart(
            Connection connection,
            List<@Nullable Object> arguments,
            Source.Part part,
            @Nullable List<@Nullable String> position,
            boolean backward,
            int limit,
            Keys keys,
            Stretch<T> into)
            throws SQLException {
        Bound bound = position == null ? null : Bound.after(source.database(), source.order(backward), position);
        // Without a guarantee, one row more shows whether the stretch ends between two rows of one position.
        int wanted = limit - into.items().size() + (source.unique() ? 0 : 1);
        String sql = source.sql(part, bound == null ? "" : bound.sql(), backward, wanted);
        boolean each = keys == Keys.EACH || !source.unique();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setQueryTimeout(timeoutSeconds);
            int place = 1;
            for (Object argument : arguments) {
                KeyValues.bindArgument(statement, place++, argument);
            }
            if (bound != null) {
                for (Bound.Value value : bound.values()) {
                    KeyValues.bind(source.database(), statement, place++, value.column(), value.text());
                }
            }
            List<@Nullable String> before = position;
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (into.items().size() == limit) {
                        if (key(rows).equals(before)) {
                            throw notUnique(Objects.requireNonNull(before));
                        }
                        return;
                    }
                    into.items().add(Objects.requireNonNull(mapper.map(rows), "the mapper returned null"));
                    boolean full = into.items().size() == limit;
                    List<@Nullable String> key = each || full ? key(rows) : null;
                    if (key != null && key.equals(before)) {
                        throw notUnique(key);
                    }
                    before = key;
                    into.keys().add(key);
                }
            }
        }
    }

    private List<@Nullable String> key(ResultSet row) throws SQLException {
        List<@Nullable String> key = new ArrayList<>(source.order().size());
        for (OrderColumn column : source.order()) {
            String value = KeyValues.read(source.database(), row, column);
            if (value == null && neverNull) {
                throw new NonUniqueOrderException(name + ": order column '" + column.name()
                        + "' is null in a row, and was declared never to be: take neverNull() out");
            }
            key.add(value);
        }
        return key;
    }

    private NonUniqueOrderException notUnique(List<@Nullable String> key) {
        List<String> names = source.order().stream().map(OrderColumn::name).toList();
        return new NonUniqueOrderException(name + ": two rows have the same order columns " + names + " = " + key
                + ", so that reading on could lose one: add a column that tells them apart, such as the primary key");
    }
}
