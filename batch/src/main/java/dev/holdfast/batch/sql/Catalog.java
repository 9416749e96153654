package dev.holdfast.batch.sql;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads the description of a table. */
public final class Catalog {
    private Catalog() {}

    /**
     * Describes a table.
     *
     * @param connection where it is
     * @param name its name, with or without schema; taken as SQL takes it, so that quotes keep the case
     * @return the description, or null if there is no such table
     * @throws SQLException if the database does not tell
     */
    public static @Nullable Table read(Connection connection, String name) throws SQLException {
        Database database = Database.of(connection);
        return database == Database.POSTGRESQL
                ? PostgresCatalog.read(connection, name)
                : fromMetaData(connection, database, name);
    }

    /**
     * Describes a column of a result, of which less is known.
     *
     * @param database where it is
     * @param name its label
     * @param type as {@link Types} has it
     * @param typeName as the database calls it
     * @return the column, taken for one that may be null
     */
    public static Column ofResult(Database database, String name, int type, String typeName) {
        SqlKind kind = database == Database.POSTGRESQL ? PostgresCatalog.kind(type, typeName) : kind(type, typeName);
        // PostgreSQL's driver names what filled the column, which is no type to cast to.
        String cast = kind == SqlKind.INTEGER ? typeName.replace("serial", "int") : typeName;
        return new Column(name, cast, kind, null, true, false, false, null);
    }

    private static @Nullable Table fromMetaData(Connection connection, Database database, String name)
            throws SQLException {
        DatabaseMetaData meta = connection.getMetaData();
        for (Names names : candidates(connection, database, meta, name)) {
            Map<String, Column> columns = columns(meta, database, names);
            if (!columns.isEmpty()) {
                String sql = database.quote(names.table);
                String qualifier = database.isMySqlLike() ? names.catalog : names.schema;
                // Unqualified as it was given, so that another connection may have another default.
                boolean qualified = parts(name).size() > 1 && qualifier != null;
                return new Table(
                        database,
                        name,
                        qualified ? database.quote(Objects.requireNonNull(qualifier)) + "." + sql : sql,
                        columns,
                        uniqueKeys(meta, names),
                        false);
            }
        }
        return null;
    }

    private record Names(@Nullable String catalog, @Nullable String schema, String table) {}

    private static List<Names> candidates(Connection connection, Database database, DatabaseMetaData meta, String name)
            throws SQLException {
        List<String> parts = parts(name);
        String table = parts.get(parts.size() - 1);
        String outer = parts.size() > 1 ? parts.get(parts.size() - 2) : null;
        Set<Names> names = new LinkedHashSet<>();
        boolean quoted = name.indexOf('"') >= 0 || name.indexOf('`') >= 0;
        for (String spelled : quoted ? List.of(table) : spellings(meta, table)) {
            if (database.isMySqlLike()) {
                names.add(new Names(outer == null ? connection.getCatalog() : outer, null, spelled));
            } else if (outer == null) {
                names.add(new Names(connection.getCatalog(), connection.getSchema(), spelled));
            } else {
                for (String schema : quoted ? List.of(outer) : spellings(meta, outer)) {
                    names.add(new Names(connection.getCatalog(), schema, spelled));
                }
            }
        }
        return List.copyOf(names);
    }

    private static List<String> spellings(DatabaseMetaData meta, String name) throws SQLException {
        String upper = name.toUpperCase(Locale.ROOT);
        String lower = name.toLowerCase(Locale.ROOT);
        if (meta.storesUpperCaseIdentifiers()) {
            return List.of(upper, name, lower);
        }
        return meta.storesLowerCaseIdentifiers() ? List.of(lower, name, upper) : List.of(name, lower, upper);
    }

    /** Splits at dots outside quotes and takes the quotes away. */
    static List<String> parts(String name) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (quote != 0) {
                if (c != quote) {
                    part.append(c);
                } else if (i + 1 < name.length() && name.charAt(i + 1) == quote) {
                    part.append(c);
                    i++;
                } else {
                    quote = 0;
                }
            } else if (c == '"' || c == '`') {
                quote = c;
            } else if (c == '.') {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }

    private static Map<String, Column> columns(DatabaseMetaData meta, Database database, Names names)
            throws SQLException {
        Map<String, String> collations = database.isMySqlLike()
                ? MySqlCatalog.collations(meta.getConnection(), names.catalog, names.table)
                : Map.of();
        Map<String, Column> columns = new LinkedHashMap<>();
        try (ResultSet rows =
                meta.getColumns(names.catalog, pattern(meta, names.schema), pattern(meta, names.table), null)) {
            while (rows.next()) {
                String name = rows.getString("COLUMN_NAME");
                String type = rows.getString("TYPE_NAME");
                SqlKind kind = kind(rows.getInt("DATA_TYPE"), type);
                String collation = collations.get(name);
                boolean text = kind == SqlKind.TEXT;
                columns.put(
                        name,
                        new Column(
                                name,
                                castType(type, kind, rows.getInt("COLUMN_SIZE"), rows.getInt("DECIMAL_DIGITS")),
                                kind,
                                kind == SqlKind.ARRAY ? kind(Types.OTHER, type.replaceFirst(" ARRAY.*", "")) : null,
                                rows.getInt("NULLABLE") != DatabaseMetaData.columnNoNulls,
                                !"YES".equals(rows.getString("IS_GENERATEDCOLUMN")),
                                text && (collation != null || isLoose(database, type)),
                                collation));
            }
        }
        return columns;
    }

    private static boolean isLoose(Database database, String type) {
        String upper = type.toUpperCase(Locale.ROOT);
        return switch (database) {
            case H2 -> upper.contains("IGNORECASE") || upper.equals("CHARACTER") || upper.equals("CHAR");
            case OTHER -> false;
            default -> true;
        };
    }

    private static String castType(String type, SqlKind kind, int size, int scale) {
        return kind == SqlKind.DECIMAL ? "DECIMAL(" + size + "," + Math.max(0, scale) + ")" : type;
    }

    private static @Nullable String pattern(DatabaseMetaData meta, @Nullable String name) throws SQLException {
        String escape = meta.getSearchStringEscape();
        if (name == null || escape == null || escape.isEmpty()) {
            return name;
        }
        return name.replace(escape, escape + escape).replace("_", escape + "_").replace("%", escape + "%");
    }

    private static SqlKind kind(int type, String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        if (upper.endsWith("ARRAY")) {
            return SqlKind.ARRAY;
        }
        if (upper.equals("UUID")) {
            return SqlKind.UUID;
        }
        if (upper.equals("JSON")) {
            return SqlKind.JSON;
        }
        if (upper.startsWith("ENUM") || upper.startsWith("SET")) {
            return SqlKind.TEXT;
        }
        // MySQL's drivers call the boolean of MySQL a bit; it holds more than two values.
        if (upper.equals("BIT") || upper.equals("YEAR") || upper.startsWith("TINYINT")) {
            return SqlKind.INTEGER;
        }
        return switch (type) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> SqlKind.INTEGER;
            case Types.DECIMAL, Types.NUMERIC -> SqlKind.DECIMAL;
            case Types.REAL, Types.FLOAT, Types.DOUBLE -> SqlKind.FLOAT;
            case Types.BOOLEAN, Types.BIT -> SqlKind.BOOLEAN;
            case Types.CHAR,
                    Types.VARCHAR,
                    Types.LONGVARCHAR,
                    Types.NCHAR,
                    Types.NVARCHAR,
                    Types.LONGNVARCHAR,
                    Types.CLOB,
                    Types.NCLOB -> SqlKind.TEXT;
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB -> SqlKind.BINARY;
            case Types.DATE -> SqlKind.DATE;
            case Types.TIME -> SqlKind.TIME;
            case Types.TIMESTAMP -> SqlKind.TIMESTAMP;
            case Types.TIMESTAMP_WITH_TIMEZONE -> SqlKind.INSTANT;
            default -> byName(upper);
        };
    }

    /** The kind of an array's elements, of which only the name is known. */
    private static SqlKind byName(String upper) {
        if (upper.contains("INT")) {
            return SqlKind.INTEGER;
        }
        if (upper.startsWith("NUMERIC") || upper.startsWith("DECIMAL") || upper.startsWith("DECFLOAT")) {
            return SqlKind.DECIMAL;
        }
        if (upper.startsWith("REAL") || upper.startsWith("DOUBLE") || upper.startsWith("FLOAT")) {
            return SqlKind.FLOAT;
        }
        if (upper.startsWith("CHAR") || upper.startsWith("VARCHAR")) {
            return SqlKind.TEXT;
        }
        return SqlKind.OTHER;
    }

    private static List<List<String>> uniqueKeys(DatabaseMetaData meta, Names names) throws SQLException {
        Map<String, Map<Short, String>> indexes = new LinkedHashMap<>();
        try (ResultSet rows = meta.getIndexInfo(names.catalog, names.schema, names.table, true, true)) {
            while (rows.next()) {
                String index = rows.getString("INDEX_NAME");
                String column = rows.getString("COLUMN_NAME");
                if (index != null) {
                    // An expression has no name that a column could have.
                    indexes.computeIfAbsent(index, any -> new TreeMap<>())
                            .put(rows.getShort("ORDINAL_POSITION"), column == null ? "" : column);
                }
            }
        }
        return indexes.values().stream()
                .map(columns -> List.copyOf(columns.values()))
                .toList();
    }
}
