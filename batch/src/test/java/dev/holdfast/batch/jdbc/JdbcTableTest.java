package dev.holdfast.batch.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.batch.BatchLoadException;
import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchScope;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.mariadb.MariaDbDatabase;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** Loaders from tables, on real databases; what is the same everywhere runs on each of them. */
@Servers
class JdbcTableTest {
    enum Mood {
        GOOD,
        BAD
    }

    record User(long id, String displayName, Integer age) {}

    record Line(long orderId, int line, String text) {}

    record Typed(UUID id, Mood mood, Instant createdAt, BigDecimal price, boolean active, byte[] payload) {}

    private static DataSource h2() {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        return source;
    }

    private static void execute(DataSource source, String... statements) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void fill(DataSource source) throws SQLException {
        execute(
                source,
                "create table users (id int primary key, display_name varchar(50), age int)",
                "insert into users values (1, 'Ann', 30), (2, 'Bob', null), (3, 'Cid', 41)",
                "create table order_lines (order_id bigint, line int, text varchar(50))",
                "insert into order_lines values (7, 2, 'b'), (8, 1, 'c'), (7, 1, 'a')",
                "create table prices (price numeric(10, 2) primary key, name varchar(20))",
                "insert into prices values (1.00, 'one'), (2.50, 'two and a half')");
    }

    // ---- The same everywhere.

    @Test
    void postgres_loadsRows(PostgresDatabase database) throws SQLException {
        loadsRows(database.dataSource());
    }

    @Test
    void mariaDb_loadsRows(MariaDbDatabase database) throws SQLException {
        loadsRows(database.dataSource());
    }

    @Test
    void h2_loadsRows() throws SQLException {
        loadsRows(h2());
    }

    private static void loadsRows(DataSource source) throws SQLException {
        fill(source);
        BatchLoader<Long, User> users = JdbcTable.of(source, "users")
                .key("id", Long.class)
                .one(User.class)
                .build();
        assertThat(users.name()).isEqualTo("users.id");
        assertThat(users.loadAll(List.of(3L, 9L, 2L)))
                .isEqualTo(Map.of(3L, new User(3, "Cid", 41), 2L, new User(2, "Bob", null)));
        assertThat(users.load(9L)).isNull();
        BatchLoader<Long, List<Line>> lines = JdbcTable.of(source, "ORDER_LINES")
                .key("orderId", Long.class)
                .orderBy("line desc")
                .many(Line.class)
                .build();
        assertThat(lines.loadAll(List.of(7L, 8L, 9L)))
                .isEqualTo(Map.of(
                        7L,
                        List.of(new Line(7, 2, "b"), new Line(7, 1, "a")),
                        8L,
                        List.of(new Line(8, 1, "c")),
                        9L,
                        List.of()));
        BatchLoader<BigDecimal, String> prices = JdbcTable.of(source, "prices")
                .key("price", BigDecimal.class)
                .one(row -> row.getString("name"))
                .build();
        assertThat(prices.loadAll(List.of(new BigDecimal("1.0"), new BigDecimal("2.5"), new BigDecimal("3"))))
                .isEqualTo(Map.of(new BigDecimal("1.0"), "one", new BigDecimal("2.5"), "two and a half"));
    }

    @Test
    void postgres_aHundredThousandKeys_areOneStatement(PostgresDatabase database) throws SQLException {
        CountedStatements counted = new CountedStatements(database.dataSource());
        manyKeys(counted);
        assertThat(new HashSet<>(counted.texts))
                .containsExactly(
                        "SELECT t.\"id\", t.\"text\", t.\"id\" AS hf_batch_key FROM \"big\" t WHERE t.\"id\" = ANY (?)");
        assertThat(counted.texts).hasSize(3);
    }

    @Test
    void mariaDb_aHundredThousandKeys_areFewTexts(MariaDbDatabase database) throws SQLException {
        CountedStatements counted = new CountedStatements(database.dataSource());
        manyKeys(counted);
        assertThat(counted.texts).hasSize(102);
        assertThat(new HashSet<>(counted.texts)).hasSize(3);
    }

    @Test
    void h2_aHundredThousandKeys_areFewTexts() throws SQLException {
        CountedStatements counted = new CountedStatements(h2());
        manyKeys(counted);
        assertThat(counted.texts).hasSize(102);
        assertThat(new HashSet<>(counted.texts)).hasSize(3);
    }

    record Big(long id, String text) {}

    private static void manyKeys(CountedStatements counted) throws SQLException {
        execute(
                counted.dataSource,
                "create table big (id bigint primary key, text varchar(20))",
                "insert into big values (5, 'five'), (99999, 'last')");
        BatchLoader<Long, Big> big = JdbcTable.of(counted.dataSource, "big")
                .key("id", Long.class)
                .one(Big.class)
                .build();
        List<Long> keys = LongStream.range(0, 100_000).boxed().toList();
        assertThat(big.loadAll(keys)).containsOnlyKeys(5L, 99_999L);
        assertThat(big.load(5L)).isEqualTo(new Big(5, "five"));
        assertThat(big.loadAll(keys.subList(0, 7))).containsOnlyKeys(5L);
    }

    // ---- Keys that are equal for the database only.

    @Test
    void mariaDb_textThatItsCollationTakesForEqual_isFoundUnderTheNameAskedFor(MariaDbDatabase database)
            throws SQLException {
        DataSource source = database.dataSource();
        execute(
                source,
                "create table tags (name varchar(20) character set utf8mb4 collate utf8mb4_unicode_ci, n int)",
                "insert into tags values ('Java', 1), ('café', 2), ('java', 3), ('rust', 4)");
        BatchLoader<String, List<Integer>> tags = JdbcTable.of(source, "tags")
                .key("name", String.class)
                .orderBy("n")
                .many(row -> row.getInt("n"))
                .build();
        assertThat(tags.loadAll(List.of("JAVA", "java ", "CAFE", "rust", "none")))
                .isEqualTo(Map.of(
                        "JAVA", List.of(1, 3),
                        "java ", List.of(1, 3),
                        "CAFE", List.of(2),
                        "rust", List.of(4),
                        "none", List.of()));
    }

    @Test
    void postgres_textIsWhatItIs_andPaddedCharactersAreNot(PostgresDatabase database) throws SQLException {
        DataSource source = database.dataSource();
        execute(
                source,
                "create table codes (code char(5) primary key, n int)",
                "insert into codes values ('ab', 1), ('AB', 2), ('abcde', 3)");
        BatchLoader<String, Integer> codes = JdbcTable.of(source, "codes")
                .key("code", String.class)
                .one(row -> row.getInt("n"))
                .build();
        assertThat(codes.loadAll(List.of("ab", "AB", "Ab"))).isEqualTo(Map.of("ab", 1, "AB", 2));
        assertThat(codes.load("abcde")).isEqualTo(3);
    }

    // ---- PostgreSQL's types.

    @Test
    void postgres_readsItsTypes(PostgresDatabase database) throws SQLException {
        DataSource source = database.dataSource();
        UUID id = UUID.randomUUID();
        execute(
                source,
                "create type mood as enum ('GOOD', 'BAD')",
                "create table \"Typed Rows\" (id uuid primary key, mood mood, created_at timestamptz, price numeric,"
                        + " active boolean, payload bytea)",
                "insert into \"Typed Rows\" values ('" + id
                        + "', 'BAD', '2026-01-02T03:04:05Z', 12.30, true, '\\x0102')",
                "create view \"order\" as select * from \"Typed Rows\"");
        BatchLoader<UUID, Typed> typed = JdbcTable.of(source, "order")
                .key("id", UUID.class)
                .one(Typed.class)
                .build();
        Typed row = typed.load(id);
        assertThat(row.mood()).isEqualTo(Mood.BAD);
        assertThat(row.createdAt()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(row.price()).isEqualByComparingTo("12.3");
        assertThat(row.active()).isTrue();
        assertThat(row.payload()).containsExactly(1, 2);
        BatchLoader<String, UUID> byMood = JdbcTable.of(source, "public.order")
                .key("mood", String.class)
                .one(found -> found.getObject("id", UUID.class))
                .build();
        assertThat(byMood.load("BAD")).isEqualTo(id);
    }

    // ---- Transactions.

    @Test
    void transaction_isWhatItsScopeReads(PostgresDatabase database) throws SQLException {
        DataSource source = database.dataSource();
        fill(source);
        BatchLoader<Long, User> users = JdbcTable.of(source, "users")
                .key("id", Long.class)
                .one(User.class)
                .build();
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try (BatchScope scope = BatchScope.transaction(connection);
                    Statement statement = connection.createStatement()) {
                statement.execute("update users set age = 99 where id = 1");
                assertThat(scope.mapAll(List.of(1L, 2L, 3L), users::load).stream()
                                .map(User::age)
                                .toList())
                        .containsExactly(99, null, 41);
                try (BatchScope other = BatchScope.open()) {
                    assertThat(users.load(1L).age()).isEqualTo(30);
                    assertThat(other.isClosed()).isFalse();
                }
                connection.rollback();
                scope.clear();
                assertThat(users.load(1L).age()).isEqualTo(30);
            }
            assertThat(connection.isClosed()).isFalse();
        }
    }

    // ---- Bad input.

    @Test
    void keyWithSeveralRows_failsAlone() throws SQLException {
        DataSource source = h2();
        fill(source);
        BatchLoader<Long, Line> lines = JdbcTable.of(source, "order_lines")
                .key("order_id", Long.class)
                .one(Line.class)
                .build();
        assertThat(lines.load(8L)).isEqualTo(new Line(8, 1, "c"));
        assertThatThrownBy(() -> lines.load(7L))
                .isInstanceOf(BatchLoadException.class)
                .hasMessageContaining("table order_lines has 2 rows with order_id = 7: use many(…)");
    }

    @Test
    void namesThatTheDatabaseDoesNotHave_areNamed() throws SQLException {
        DataSource source = h2();
        fill(source);
        assertThatThrownBy(() -> JdbcTable.of(source, "users")
                        .key("uid", Long.class)
                        .one(User.class)
                        .build()
                        .load(1L))
                .isInstanceOf(BatchLoadException.class)
                .hasMessageContaining("table users has no column 'uid': it has [AGE, DISPLAY_NAME, ID]");
        record Wider(long id, String email) {}
        assertThatThrownBy(() -> JdbcTable.of(source, "users")
                        .key("id", Long.class)
                        .one(Wider.class)
                        .build()
                        .load(1L))
                .hasMessageContaining("table users has no column 'email'");
        assertThatThrownBy(() -> JdbcTable.of(source, "nobody")
                        .key("id", Long.class)
                        .one(User.class)
                        .build()
                        .load(1L))
                .hasMessageContaining("there is no table or view 'nobody'");
        assertThatThrownBy(() -> JdbcTable.of(source, "users; drop table users"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> JdbcTable.of(source, "users")
                        .key("id", Long.class)
                        .orderBy("age; drop table users")
                        .many(User.class)
                        .build()
                        .load(1L))
                .hasMessageContaining("is not a column with an optional asc or desc");
    }

    @Test
    void typesThatCannotBeRead_areRefusedWhereTheyAreGiven() throws SQLException {
        DataSource source = h2();
        record Odd(long id, Thread thread) {}
        record Counted(long id, int age) {}
        assertThatThrownBy(() -> JdbcTable.of(source, "users").key("id", Thread.class))
                .hasMessageContaining("key type java.lang.Thread of column 'id' cannot be read");
        assertThatThrownBy(() ->
                        JdbcTable.of(source, "users").key("id", Long.class).one(String.class))
                .hasMessageContaining("java.lang.String is not a record");
        assertThatThrownBy(() ->
                        JdbcTable.of(source, "users").key("id", Long.class).one(Odd.class))
                .hasMessageContaining("component 'thread'");
        fill(source);
        assertThatThrownBy(() -> JdbcTable.of(source, "users")
                        .key("id", Long.class)
                        .one(Counted.class)
                        .build()
                        .load(2L))
                .hasMessageContaining("column AGE is null, but component 'age'")
                .hasMessageContaining("use the boxed type");
    }

    @Test
    void manySizes_areFewTexts() throws SQLException {
        CountedStatements counted = new CountedStatements(h2());
        fill(counted.dataSource);
        BatchLoader<Long, User> users = JdbcTable.of(counted.dataSource, "users")
                .key("id", Long.class)
                .one(User.class)
                .build();
        for (int size = 1; size <= 200; size++) {
            users.loadAll(LongStream.range(0, size).boxed().collect(Collectors.toSet()));
        }
        assertThat(new HashSet<>(counted.texts)).hasSize(9);
    }
}
