package dev.holdfast.batch.jdbc;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the database says of a table: its columns as they are really called, and their types. Immutable. */
final class TableShape {
    private final String table;
    private final String quote;
    private final Map<String, Column> columns;
    final String sqlName;
    final boolean postgres;

    /** A column under its real name. */
    record Column(String name, String type) {}

    private TableShape(String table, String sqlName, String quote, boolean postgres, Map<String, Column> columns) {
        this.table = table;
        this.sqlName = sqlName;
        this.quote = quote;
        this.postgres = postgres;
        this.columns = columns;
    }

    static TableShape read(Connection connection, String table) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        int dot = table.indexOf('.');
        String schema = dot < 0 ? null : table.substring(0, dot);
        String name = table.substring(dot + 1);
        String quote = metadata.getIdentifierQuoteString().strip();
        // MySQL and MariaDB call a schema a catalog.
        boolean byCatalog =
                !metadata.supportsSchemasInTableDefinitions() && metadata.supportsCatalogsInTableDefinitions();
        String escape = metadata.getSearchStringEscape();
        for (String spelling : new String[] {name, name.toLowerCase(Locale.ROOT), name.toUpperCase(Locale.ROOT)}) {
            TableShape shape = read(connection, metadata, byCatalog, escape, schema, spelling, table, quote);
            if (shape != null) {
                return shape;
            }
        }
        throw new SQLException("there is no table or view '" + table + "' for " + metadata.getUserName()
                + ": check its name and grants, or name its schema as schema.table");
    }

    private static @Nullable TableShape read(
            Connection connection,
            DatabaseMetaData metadata,
            boolean byCatalog,
            String escape,
            @Nullable String schema,
            String name,
            String table,
            String quote)
            throws SQLException {
        String here = byCatalog ? connection.getCatalog() : connection.getSchema();
        String pattern =
                name.replace(escape, escape + escape).replace("_", escape + "_").replace("%", escape + "%");
        String catalog = byCatalog ? (schema == null ? here : schema) : connection.getCatalog();
        Map<String, Map<String, Column>> bySchema = new LinkedHashMap<>();
        String realName = name;
        try (ResultSet found = metadata.getColumns(catalog, null, pattern, null)) {
            while (found.next()) {
                String where = found.getString(byCatalog ? "TABLE_CAT" : "TABLE_SCHEM");
                if (schema != null && !schema.equalsIgnoreCase(where)) {
                    continue;
                }
                realName = found.getString("TABLE_NAME"); // some servers find it in any case, but do not read it so
                String column = found.getString("COLUMN_NAME");
                bySchema.computeIfAbsent(String.valueOf(where), w -> new LinkedHashMap<>())
                        .put(fold(column), new Column(column, found.getString("TYPE_NAME")));
            }
        }
        if (bySchema.isEmpty()) {
            return null;
        }
        String where = here != null && bySchema.containsKey(here)
                ? here
                : bySchema.keySet().iterator().next();
        String sqlName = quote + realName + quote;
        if (schema != null) {
            sqlName = quote + where + quote + "." + sqlName;
        }
        boolean postgres = metadata.getDatabaseProductName().equals("PostgreSQL");
        return new TableShape(table, sqlName, quote, postgres, Map.copyOf(bySchema.get(where)));
    }

    /** How names are compared: without case and underscores, so that {@code orderId} is {@code order_id}. */
    private static String fold(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    Column column(String name) throws SQLException {
        Column column = columns.get(fold(name));
        if (column == null) {
            throw new SQLException("table " + table + " has no column '" + name + "': it has "
                    + columns.values().stream().map(Column::name).sorted().toList());
        }
        return column;
    }

    String quoted(Column column) {
        return quote + column.name() + quote;
    }
}
