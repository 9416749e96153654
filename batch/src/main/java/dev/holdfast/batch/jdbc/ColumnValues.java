package dev.holdfast.batch.jdbc;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads columns as the Java types of keys and components; drivers differ too much in what {@code getObject} converts. */
final class ColumnValues {
    private interface Reader {
        @Nullable
        Object read(ResultSet row, int column) throws SQLException;
    }

    private static final Map<Class<?>, Reader> READERS = Map.ofEntries(
            Map.entry(Long.class, ResultSet::getLong),
            Map.entry(long.class, ResultSet::getLong),
            Map.entry(Integer.class, ResultSet::getInt),
            Map.entry(int.class, ResultSet::getInt),
            Map.entry(Short.class, ResultSet::getShort),
            Map.entry(short.class, ResultSet::getShort),
            Map.entry(Double.class, ResultSet::getDouble),
            Map.entry(double.class, ResultSet::getDouble),
            Map.entry(Float.class, ResultSet::getFloat),
            Map.entry(float.class, ResultSet::getFloat),
            Map.entry(Boolean.class, ResultSet::getBoolean),
            Map.entry(boolean.class, ResultSet::getBoolean),
            Map.entry(String.class, ResultSet::getString),
            Map.entry(byte[].class, ResultSet::getBytes),
            Map.entry(BigDecimal.class, ResultSet::getBigDecimal),
            Map.entry(BigInteger.class, (row, column) -> {
                BigDecimal number = row.getBigDecimal(column);
                return number == null ? null : number.toBigIntegerExact();
            }),
            Map.entry(UUID.class, (row, column) -> {
                Object value = row.getObject(column);
                return value == null || value instanceof UUID ? value : UUID.fromString(value.toString());
            }),
            Map.entry(LocalDate.class, (row, column) -> row.getObject(column, LocalDate.class)),
            Map.entry(LocalTime.class, (row, column) -> row.getObject(column, LocalTime.class)),
            Map.entry(LocalDateTime.class, (row, column) -> row.getObject(column, LocalDateTime.class)),
            Map.entry(OffsetDateTime.class, (row, column) -> row.getObject(column, OffsetDateTime.class)),
            Map.entry(Instant.class, (row, column) -> {
                OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
                return time == null ? null : time.toInstant();
            }),
            Map.entry(Object.class, ResultSet::getObject));

    private ColumnValues() {}

    static boolean readable(Class<?> type) {
        return type.isEnum() || READERS.containsKey(type);
    }

    static String types() {
        return "a number, boolean, String, byte[], UUID, an enum, or a date or time of java.time";
    }

    /** The value of a column; null if it is null. */
    static @Nullable Object read(ResultSet row, int column, Class<?> type) throws SQLException {
        Reader reader = READERS.get(type);
        if (reader == null) {
            String name = row.getString(column);
            return name == null ? null : constant(type, name);
        }
        Object value = reader.read(row, column);
        return row.wasNull() ? null : value;
    }

    private static Object constant(Class<?> type, String name) throws SQLException {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        throw new SQLException(
                "'" + name + "' is no constant of " + type.getName() + ": add it, or read the column as text");
    }
}
