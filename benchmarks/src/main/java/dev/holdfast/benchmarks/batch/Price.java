package dev.holdfast.benchmarks.batch;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A row that is written: a key and two values of different types. */
record Price(long id, String name, BigDecimal amount) {
    static final int TABLE = 100_000;

    /** Different rows of the table in an order that is not that of the key, the same for one pair. */
    static List<Price> some(int count, int pair) {
        Random random = new Random(pair);
        // A stride that shares no factor with the table visits rows at most once.
        long stride = 7_919;
        long start = random.nextInt(TABLE);
        List<Price> prices = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long id = (start + i * stride) % TABLE;
            prices.add(new Price(id, "name " + pair + " of " + id, BigDecimal.valueOf(pair * 1_000L + i, 2)));
        }
        return prices;
    }

    /** Rows of an import: one half is in the table, the other is new. */
    static List<Price> imported(int count, int pair) {
        return some(count, pair).stream()
                .map(price -> price.id() % 2 == 0 ? price : new Price(price.id() + TABLE, price.name(), price.amount()))
                .toList();
    }

    static void createTable(Connection connection, String table) throws SQLException {
        Database.execute(
                connection,
                "DROP TABLE IF EXISTS " + table,
                "CREATE TABLE " + table + " (id bigint PRIMARY KEY, name text, amount numeric(14,2), notes text)",
                "INSERT INTO " + table + " SELECT g, 'name', 0, repeat('x', 60) FROM generate_series(0, " + (TABLE - 1)
                        + ") g",
                "VACUUM ANALYZE " + table);
    }

    /** Equal for tables with equal rows. */
    static long digest(Connection connection, String table) throws SQLException {
        return Database.number(
                connection,
                "SELECT sum(hashtextextended(id || name || amount, 0) / 1000000) FROM " + table
                        + " WHERE name <> 'name'");
    }
}
