package dev.holdfast.batch.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.batch.junit.ExpectQueries;
import dev.holdfast.batch.junit.QueryAssertions;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The code in docs/query-watch.md compiles, runs, and is the code below. */
@Servers
class QueryWatchPageTest {
    private static final DataSource DATABASE = database();
    private static final QueryWatch WATCH =
            QueryWatch.builder(WatchMode.DEVELOPMENT).logging(false).build();

    private final DataSource db = WATCH.watch(DATABASE);
    private final List<String> advice = new ArrayList<>();

    private static DataSource database() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:page;DB_CLOSE_DELAY=-1");
        return database;
    }

    @BeforeAll
    static void createTable() throws SQLException {
        try (Connection connection = DATABASE.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table orders (id bigint primary key, customer_id bigint)");
            statement.execute("insert into orders select x, x from system_range(1, 30)");
        }
    }

    private static void listOrders(DataSource db) throws SQLException {
        listOrders(db, 10);
    }

    private static void listOrders(DataSource db, int count) throws SQLException {
        try (Connection connection = db.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "select id, customer_id from orders order by id fetch first ? rows only")) {
            statement.setInt(1, count);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    result.getLong(1);
                }
            }
        }
    }

    private void advise(String table, @Nullable String filter) {
        advice.add(table + ": " + filter);
    }

    @Test
    void scope() throws SQLException {
        DataSource dataSource = DATABASE;
        long statements;
        // region
        QueryWatch watch = QueryWatch.builder(WatchMode.DEVELOPMENT).build();
        DataSource db = watch.watch(dataSource);

        try (QueryScope scope = watch.open("GET /orders")) {
            listOrders(db);
            statements = scope.report().statements();
        }
        // end
        assertThat(statements).isEqualTo(1);
    }

    // region
    @Test
    @ExpectQueries(min = 1, max = 2)
    void orders_areListed_inTwoStatements() throws SQLException {
        listOrders(db);
    }

    @Test
    void orders_needAsManyStatements_howeverManyThereAre() throws Exception {
        QueryAssertions.assertConstantQueries(count -> listOrders(db, count), 2, 20);
    }
    // end

    @Test
    void plan(PostgresDatabase database) throws SQLException {
        DataSource dataSource = database.dataSource();
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "create table orders as select n as id, n as customer_id from generate_series(1, 20000) n");
            statement.execute("analyze orders");
        }
        // region
        QueryPlans.Plan plan = QueryPlans.of(dataSource, 10_000, Duration.ofSeconds(5))
                .explain("select * from orders where customer_id = ?", 7L);
        plan.largeScans().forEach(scan -> advise(scan.table(), scan.filter()));
        // end
        assertThat(advice)
                .hasSize(1)
                .first()
                .asString()
                .startsWith("public.orders: ")
                .contains("customer_id");
    }

    @Test
    void page_showsThisCode() throws IOException {
        String page = Files.readString(Path.of("../docs/query-watch.md"));
        String source = Files.readString(Path.of("src/test/java/dev/holdfast/batch/watch/QueryWatchPageTest.java"));
        Matcher region = Pattern.compile("(?s) *// region\\n(.*?) *// end\\n").matcher(source);
        int count = 0;
        while (region.find()) {
            count++;
            assertThat(page)
                    .contains("```java\n" + region.group(1).stripTrailing().stripIndent() + "\n```");
        }
        assertThat(page.split("```java", -1))
                .as("every piece of code is one that runs")
                .hasSize(count + 1);
    }
}
