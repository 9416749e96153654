package dev.holdfast.batch.write;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.one;
import static dev.holdfast.batch.Sql.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values get into PostgreSQL's columns as they are, whichever statement takes them there. */
@Servers
class PostgresTypesTest {
    private static final UUID ID = UUID.fromString("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    private static final String TEXT = "tab\t \"quotes\" 'single' back\\slash {brace}, NULL \n line ü 漢 🙂 \\N";
    private static final String COLUMNS = "u, j, m, ia, ta, na, ts, tz, d, t, by, b, f, v, dom, ip, iv, num, sm";

    enum Mood {
        HAPPY,
        SAD
    }

    private static DataSource source;

    @BeforeAll
    static void connect(PostgresDatabase database) throws SQLException {
        source = database.dataSource();
        execute(
                source,
                "CREATE SCHEMA \"Odd one\"",
                "CREATE TYPE \"Odd one\".mood AS ENUM ('HAPPY', 'SAD')",
                "CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
    }

    @BeforeEach
    void createTable() throws SQLException {
        execute(
                source,
                "DROP TABLE IF EXISTS typed",
                "CREATE TABLE typed (id int PRIMARY KEY, u uuid, j jsonb, m \"Odd one\".mood, ia int[], ta text[], na numeric[],"
                        + " ts timestamp, tz timestamptz, d date, t time, by bytea, b boolean, f float8, v varchar(80),"
                        + " dom positive, ip inet, iv interval, num numeric(20,5), sm smallint)");
    }

    private static Map<String, Object> full(int id) {
        Map<String, Object> row = new HashMap<>();
        row.put("id", id);
        row.put("u", ID);
        row.put("j", "{\"a\": [1, \"x\\\"y\"]}");
        row.put("m", Mood.SAD);
        row.put("ia", new int[][] {{1, 2}, {3, 4}});
        row.put("ta", Arrays.asList("a,b", null, "NULL", "q\"\\"));
        row.put("na", new Object[] {new BigDecimal("1.50"), 2});
        row.put("ts", LocalDateTime.of(2024, 2, 29, 23, 59, 59, 123_456_000));
        row.put("tz", OffsetDateTime.of(2024, 2, 29, 23, 59, 59, 1_000, ZoneOffset.ofHours(5)));
        row.put("d", LocalDate.of(-43, 3, 15));
        row.put("t", LocalTime.of(1, 2, 3, 4_000));
        row.put("by", new byte[] {0, (byte) 0xff, '\\'});
        row.put("b", true);
        row.put("f", Double.NaN);
        row.put("v", TEXT);
        row.put("dom", BigInteger.TEN);
        row.put("ip", "10.0.0.1");
        row.put("iv", Duration.ofMinutes(90));
        row.put("num", new BigDecimal("-123456789012345.67891"));
        row.put("sm", (short) -7);
        return row;
    }

    private static Map<String, Object> empty(int id) {
        Map<String, Object> row = full(id);
        row.replaceAll((column, value) -> column.equals("id") ? value : null);
        return row;
    }

    private static final List<String> SETS = List.of(COLUMNS.split(", "));

    @Test
    void everyType_byEveryStatement() throws SQLException {
        List<Map<String, Object>> rows = List.of(full(1), empty(2), full(3));
        MapRows.insert("typed", List.of("id"), SETS)
                .copyFrom(1)
                .build(source)
                .write(rows)
                .orThrow();
        List<String> copied = rows(source, "SELECT " + COLUMNS + " FROM typed ORDER BY id");
        execute(source, "SET TIME ZONE 'UTC'");
        assertThat(copied.get(0))
                .contains(
                        ID.toString(),
                        "{\"a\": [1, \"x\\\"y\"]}",
                        "|SAD|{{1,2},{3,4}}|{\"a,b\",NULL,\"NULL\",\"q\\\"\\\\\"}|{1.50,2}|",
                        "2024-02-29 23:59:59.123456",
                        "0044-03-15 BC|01:02:03.000004|",
                        "|t|NaN|" + TEXT + "|10|10.0.0.1|01:30:00|-123456789012345.67891|-7");
        assertThat(copied.get(2)).isEqualTo(copied.get(0));
        assertThat(copied.get(1).replace("null", "").replace("|", "")).isEmpty();
        assertThat(one(
                        source,
                        "SELECT tz = '2024-02-29T18:59:59.000001Z' AND by = '\\x00ff5c' FROM typed WHERE id = 1"))
                .isEqualTo("t");

        execute(source, "TRUNCATE typed");
        MapRows.insert("typed", List.of("id"), SETS)
                .copyFrom(Integer.MAX_VALUE)
                .build(source)
                .write(rows)
                .orThrow();
        assertThat(rows(source, "SELECT " + COLUMNS + " FROM typed ORDER BY id"))
                .isEqualTo(copied);

        // Backwards, so that values and nulls change places.
        List<Map<String, Object>> swapped = List.of(empty(1), full(2), empty(3));
        MapRows.update("typed", List.of("id"), SETS)
                .build(source)
                .write(swapped)
                .orThrow();
        assertThat(rows(source, "SELECT " + COLUMNS + " FROM typed ORDER BY id"))
                .containsExactly(copied.get(1), copied.get(0), copied.get(1));
        MapRows.upsert("typed", List.of("id"), SETS).build(source).write(rows).orThrow();
        assertThat(rows(source, "SELECT " + COLUMNS + " FROM typed ORDER BY id"))
                .isEqualTo(copied);
        MapRows.update("typed", List.of("id"), SETS)
                .build(source)
                .write(List.of(empty(1), empty(2), empty(3)))
                .orThrow();
        assertThat(rows(source, "SELECT " + COLUMNS + " FROM typed")).containsOnly(copied.get(1));
    }

    @Test
    void keysOfAnyType() throws SQLException {
        for (String key : List.of("u", "tz", "d", "by", "m", "num", "ts", "v", "ia")) {
            execute(source, "TRUNCATE typed");
            MapRows.insert("typed", List.of("id"), SETS)
                    .build(source)
                    .write(List.of(full(1)))
                    .orThrow();
            Map<String, Object> row = Map.of(key, full(1).get(key), "sm", 99);
            assertThat(MapRows.update("typed", List.of(key), List.of("sm"))
                            .build(source)
                            .write(List.of(row))
                            .written())
                    .as(key)
                    .isEqualTo(1);
            assertThat(one(source, "SELECT sm FROM typed")).isEqualTo("99");
            assertThat(MapRows.delete("typed", List.of(key))
                            .build(source)
                            .write(List.of(Map.of(key, full(1).get(key))))
                            .written())
                    .as(key)
                    .isEqualTo(1);
        }
    }

    @Test
    void textThatIsTooLong_isRefusedAndNotCut_andNumbersOutOfRangeToo() throws SQLException {
        execute(
                source,
                "DROP TABLE IF EXISTS tight",
                "CREATE TABLE tight (id int PRIMARY KEY, v varchar(3), c char(3), n smallint, e \"Odd one\".mood, p positive)",
                "INSERT INTO tight SELECT g FROM generate_series(0, 9) g");
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Object[] bad : new Object[][] {
            {"abcd", "abc", 1, "SAD", 1},
            {"abc", "abcd", 1, "SAD", 1},
            {"abc", "abc", 40_000, "SAD", 1},
            {"abc", "abc", 1, "sad", 1},
            {"abc", "abc", 1, "SAD", -1},
            {"abc", "a\0c", 1, "SAD", 1},
            {"abc", "abc", 1, "SAD", 1}
        }) {
            rows.add(Map.of("id", rows.size(), "v", bad[0], "c", bad[1], "n", bad[2], "e", bad[3], "p", bad[4]));
        }
        List<String> sets = List.of("v", "c", "n", "e", "p");
        for (BulkWriterBuilder<Map<String, Object>> builder :
                List.of(MapRows.update("tight", List.of("id"), sets), MapRows.upsert("tight", List.of("id"), sets))) {
            BulkResult<Map<String, Object>> result =
                    builder.transactions(Transactions.PER_CHUNK).build(source).write(rows);
            assertThat(result.written()).isEqualTo(1);
            assertThat(result.failures())
                    .extracting(failure -> failure.cause().getSQLState())
                    .containsExactly("22001", "22001", "22003", "22P02", "23514", "22021");
        }
        assertThat(rows(source, "SELECT v, c, n, e, p FROM tight WHERE v IS NOT NULL"))
                .containsExactly("abc|abc|1|SAD|1");
    }

    @Test
    void mistypedValues_nameWhatWouldFit() {
        BulkWriter<Map<String, Object>> writer =
                MapRows.update("typed", List.of("id"), SETS).build(source);
        Map<String, Object> wrong = full(1);
        wrong.put("tz", LocalDateTime.of(2026, 11, 21, 12, 0));
        wrong.put("ts", Instant.now());
        wrong.put("u", "no uuid");
        wrong.put("num", 1.5);
        wrong.put("b", "true");
        assertThatThrownBy(() -> writer.write(List.of(wrong)))
                .isInstanceOf(BulkInputException.class)
                .hasMessageContaining("5 values")
                .hasMessageContaining("'u' (uuid): java.lang.String 'no uuid' does not fit: give a UUID")
                .hasMessageContaining("a double has no exact decimal value")
                .hasMessageContaining("give an Instant, an OffsetDateTime or a ZonedDateTime")
                .hasMessageContaining("give a LocalDateTime, since the column has no time zone")
                .hasMessageContaining("give a Boolean");
    }

    @Test
    void oddNames_schemas_andGeneratedColumns() throws SQLException {
        execute(
                source,
                "DROP TABLE IF EXISTS \"Odd one\".\"Select\"",
                "CREATE TABLE \"Odd one\".\"Select\" (\"Id\" int PRIMARY KEY, \"order\" text,"
                        + " twice int GENERATED ALWAYS AS (\"Id\" * 2) STORED, seq int GENERATED ALWAYS AS IDENTITY)");
        String table = "\"Odd one\".\"Select\"";
        List<Map<String, Object>> rows = List.of(Map.of("Id", 1, "order", "x"));
        MapRows.upsert(table, List.of("Id"), List.of("order"))
                .build(source)
                .write(rows)
                .orThrow();
        assertThat(rows(source, "SELECT * FROM " + table)).containsExactly("1|x|2|1");
        for (String column : List.of("twice", "seq")) {
            assertThatThrownBy(() -> MapRows.update(table, List.of("Id"), List.of(column))
                            .build(source))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("the database generates its values");
        }
        // To find a row by a generated column is fine.
        BulkResult<Map<String, Object>> found = MapRows.update(table, List.of("twice"), List.of("order"))
                .build(source)
                .write(List.of(Map.of("twice", 2, "order", "y")));
        assertThat(found.written()).isEqualTo(1);
    }
}
