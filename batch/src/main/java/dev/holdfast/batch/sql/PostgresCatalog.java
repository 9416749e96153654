package dev.holdfast.batch.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads PostgreSQL's own catalog, which knows enums, arrays, domains and collations that JDBC's description lacks. */
final class PostgresCatalog {
    // The name as SQL would take it, so that search_path and quotes mean what they mean there.
    private static final String TABLE = "SELECT c.oid::regclass::text, c.relkind IN ('r', 'p') AND NOT c.relrowsecurity"
            + " FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(?) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";

    // format_type with -1: 'bpchar' and not 'character', which in a cast would be one character long.
    private static final String COLUMNS =
            "SELECT a.attname, format_type(a.atttypid, -1), coalesce(b.typname, t.typname),"
                    + " coalesce(b.typtype, t.typtype), coalesce(b.typcategory, t.typcategory), e.typname, e.typtype,"
                    + " a.attnotnull, a.attgenerated = '' AND a.attidentity <> 'a', CASE WHEN NOT co.collisdeterministic THEN format('%I.%I', cn.nspname, co.collname) END"
                    + " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
                    + " LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype AND t.typtype = 'd'"
                    + " LEFT JOIN pg_catalog.pg_type e ON e.oid = coalesce(b.typelem, t.typelem)"
                    + " LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation"
                    + " LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace"
                    + " WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

    private static final String KEYS = "SELECT i.indexrelid, a.attname FROM pg_catalog.pg_index i"
            + " CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, position)"
            + " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
            + " WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
            + " AND k.position <= i.indnkeyatts ORDER BY i.indexrelid, k.position";

    private static final Set<String> LOOSE = Set.of("bpchar", "citext");

    private PostgresCatalog() {}

    static @Nullable Table read(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
            statement.setString(1, name);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    return null;
                }
                return new Table(
                        Database.POSTGRESQL,
                        name,
                        rows.getString(1),
                        columns(connection, name),
                        keys(connection, name),
                        rows.getBoolean(2));
            }
        }
    }

    private static Map<String, Column> columns(Connection connection, String table) throws SQLException {
        Map<String, Column> columns = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setString(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String name = rows.getString(1);
                    String base = rows.getString(3);
                    // Only where it may find two different texts equal.
                    String collation = rows.getString(10);
                    boolean array = "A".equals(rows.getString(5));
                    SqlKind kind = array ? SqlKind.ARRAY : kind(base, rows.getString(4));
                    columns.put(
                            name,
                            new Column(
                                    name,
                                    rows.getString(2),
                                    kind,
                                    array ? kind(rows.getString(6), rows.getString(7)) : null,
                                    !rows.getBoolean(8),
                                    rows.getBoolean(9),
                                    LOOSE.contains(base) || collation != null,
                                    collation));
                }
            }
        }
        return columns;
    }

    private static List<List<String>> keys(Connection connection, String table) throws SQLException {
        Map<Long, List<String>> keys = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(KEYS)) {
            statement.setString(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String column = rows.getString(2);
                    // An expression has no name that a column could have.
                    keys.computeIfAbsent(rows.getLong(1), any -> new ArrayList<>())
                            .add(column == null ? "" : column);
                }
            }
        }
        return List.copyOf(keys.values());
    }

    /** The kind of a column of a result. */
    static SqlKind kind(int jdbcType, String name) {
        return jdbcType == java.sql.Types.ARRAY ? SqlKind.ARRAY : kind(name, "b");
    }

    private static SqlKind kind(String type, String variety) {
        if ("e".equals(variety)) {
            return SqlKind.TEXT;
        }
        return switch (type) {
            case "int2", "int4", "int8", "oid", "serial", "bigserial", "smallserial" -> SqlKind.INTEGER;
            case "numeric" -> SqlKind.DECIMAL;
            case "float4", "float8" -> SqlKind.FLOAT;
            case "bool" -> SqlKind.BOOLEAN;
            case "text", "varchar", "bpchar", "name", "citext" -> SqlKind.TEXT;
            case "uuid" -> SqlKind.UUID;
            case "json", "jsonb" -> SqlKind.JSON;
            case "bytea" -> SqlKind.BINARY;
            case "date" -> SqlKind.DATE;
            case "time" -> SqlKind.TIME;
            case "timestamp" -> SqlKind.TIMESTAMP;
            case "timestamptz" -> SqlKind.INSTANT;
            default -> SqlKind.OTHER;
        };
    }
}
