package dev.holdfast.batch.keyset;

import dev.holdfast.batch.sql.Database;
import dev.holdfast.batch.sql.SqlKind;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads values of order columns as text that loses nothing, and binds that text again. */
final class KeyValues {
    private KeyValues() {}

    /** Why a column cannot stand in an order, or null if it can. */
    static @Nullable String unfit(Database database, SqlKind kind, String type) {
        if (database.isMySqlLike() && type.equalsIgnoreCase("FLOAT")) {
            return "a FLOAT of four bytes is not equal to any number that is sent for it";
        }
        return switch (kind) {
            case ARRAY, JSON -> "arrays and JSON have no order that all databases share";
            case OTHER ->
                database == Database.POSTGRESQL ? null : "values of type " + type + " cannot be compared here";
            default -> null;
        };
    }

    static @Nullable String read(Database database, ResultSet row, OrderColumn column) throws SQLException {
        String name = column.name();
        if (column.kind() == SqlKind.BINARY) {
            byte[] bytes = row.getBytes(name);
            return bytes == null ? null : HexFormat.of().formatHex(bytes);
        }
        if (database == Database.POSTGRESQL) {
            return row.getString(name);
        }
        Object value = switch (column.kind()) {
            case INTEGER, DECIMAL -> row.getBigDecimal(name);
            case DATE -> row.getObject(name, LocalDate.class);
            case TIME -> row.getObject(name, LocalTime.class);
            case TIMESTAMP -> row.getObject(name, LocalDateTime.class);
            case INSTANT -> row.getObject(name, OffsetDateTime.class);
            default -> row.getString(name);
        };
        return value == null ? null : value.toString();
    }

    static void bind(Database database, PreparedStatement statement, int place, OrderColumn column, String text)
            throws SQLException {
        if (database == Database.POSTGRESQL) {
            statement.setObject(place, column.kind() == SqlKind.BINARY ? "\\x" + text : text, Types.OTHER);
            return;
        }
        switch (column.kind()) {
            case INTEGER, DECIMAL -> statement.setBigDecimal(place, new BigDecimal(text));
            case FLOAT -> statement.setDouble(place, Double.parseDouble(text));
            case BOOLEAN -> statement.setBoolean(place, text.equalsIgnoreCase("true") || text.equals("1"));
            case BINARY -> statement.setBytes(place, HexFormat.of().parseHex(text));
            case DATE -> statement.setObject(place, LocalDate.parse(text));
            case TIME -> statement.setObject(place, LocalTime.parse(text));
            case TIMESTAMP -> statement.setObject(place, LocalDateTime.parse(text));
            case INSTANT -> statement.setObject(place, OffsetDateTime.parse(text));
            case UUID -> {
                if (database == Database.H2) {
                    statement.setObject(place, UUID.fromString(text));
                } else {
                    statement.setString(place, text);
                }
            }
            default -> statement.setString(place, text);
        }
    }

    /** Binds an argument of the caller's. */
    static void bindArgument(PreparedStatement statement, int place, @Nullable Object argument) throws SQLException {
        if (argument instanceof Instant instant) {
            statement.setObject(place, instant.atOffset(ZoneOffset.UTC));
        } else if (argument instanceof Enum<?> constant) {
            statement.setString(place, constant.name());
        } else {
            statement.setObject(place, argument);
        }
    }
}
