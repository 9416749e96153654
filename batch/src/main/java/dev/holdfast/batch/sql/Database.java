package dev.holdfast.batch.sql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;

/** The databases whose own statements are used; the others get what every JDBC driver can do. */
public enum Database {
    /** PostgreSQL 12 or later. */
    POSTGRESQL,
    /** MariaDB 10.6 or later. */
    MARIADB,
    /** MySQL 8.0.19 or later. */
    MYSQL,
    /** H2 2.2 or later. */
    H2,
    /** Any other. */
    OTHER;

    /**
     * Asks a connection.
     *
     * @param connection to ask
     * @return what it leads to
     * @throws SQLException if the driver does not tell
     */
    public static Database of(Connection connection) throws SQLException {
        String product = connection.getMetaData().getDatabaseProductName().toLowerCase(Locale.ROOT);
        String version = connection.getMetaData().getDatabaseProductVersion().toLowerCase(Locale.ROOT);
        if (product.contains("postgresql")) {
            return POSTGRESQL;
        }
        // MySQL's driver calls a MariaDB server MySQL; its version tells.
        if (product.contains("mariadb") || product.contains("mysql") && version.contains("mariadb")) {
            return MARIADB;
        }
        if (product.contains("mysql")) {
            return MYSQL;
        }
        return product.equals("h2") ? H2 : OTHER;
    }

    /**
     * Whether it speaks MySQL's language.
     *
     * @return true for MariaDB and MySQL
     */
    public boolean isMySqlLike() {
        return this == MARIADB || this == MYSQL;
    }

    /**
     * Quotes a name that is spelled exactly as the database has it.
     *
     * @param name one part, without dots that separate
     * @return the name as it stands in SQL
     */
    public String quote(String name) {
        return isMySqlLike() ? "`" + name.replace("`", "``") + "`" : "\"" + name.replace("\"", "\"\"") + "\"";
    }
}
