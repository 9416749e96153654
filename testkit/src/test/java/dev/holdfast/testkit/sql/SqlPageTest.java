package dev.holdfast.testkit.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import dev.holdfast.testkit.postgres.PostgresReplicated;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The code in the section on SQL of docs/testkit.md. */
@Tag("fault")
class SqlPageTest {

    /** Stands for the reader's own class. */
    private record Orders(DataSource database) {

        void createTable() throws SQLException {
            execute("CREATE TABLE orders (id int)");
        }

        void add(int id) throws SQLException {
            execute("INSERT INTO orders VALUES (" + id + ")");
        }

        String count() throws SQLException {
            try (Connection connection = database.getConnection()) {
                return Sql.query(connection, "SELECT count(*) FROM orders");
            }
        }

        private void execute(String sql) throws SQLException {
            try (Connection connection = database.getConnection()) {
                Sql.execute(connection, sql);
            }
        }
    }

    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    // page begin
    @Servers
    class OrdersTest {

        private Orders orders;

        @BeforeAll
        void createTable(PostgresDatabase database) throws SQLException { // of this class alone, dropped at its end
            orders = new Orders(database.dataSource());
            orders.createTable();
        }

        @Test
        void order_isThere() throws SQLException {
            orders.add(1);
            assertThat(orders.count()).isEqualTo("1");
        }

        @Test
        void replica_thatFellBehind_lacksTheOrder(PostgresReplicated postgres) throws SQLException {
            Orders written = new Orders(postgres.primary().dataSource());
            Orders read = new Orders(postgres.replica().dataSource());
            written.createTable();
            postgres.awaitReplication();

            postgres.pauseReplay();
            written.add(1);
            assertThat(read.count()).isEqualTo("0");

            postgres.resumeReplay();
            postgres.awaitReplication();
            assertThat(read.count()).isEqualTo("1");
        }

        @Test
        void failover_leavesThePromotedReplica(PostgresReplicated postgres) throws SQLException {
            new Orders(postgres.primary().dataSource()).createTable();
            postgres.awaitReplication();

            postgres.primary().kill();
            postgres.promoteReplica();

            assertThatThrownBy(postgres.primary()::connection).isInstanceOf(SQLException.class);
            new Orders(postgres.replica().dataSource()).add(1);
        }
    }
    // page end

    @Test
    void code_onThePage_isTheOneThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/testkit/sql/SqlPageTest.java"));
        String code = here.substring(here.indexOf("// page begin"), here.indexOf("// page end"))
                .lines()
                .skip(1)
                .map(line -> line.isBlank() ? "" : line.substring(Math.min(4, line.length())))
                .collect(Collectors.joining("\n"))
                .strip();
        assertThat(Files.readString(Path.of("../docs/testkit.md"))).contains("```java\n" + code + "\n```");
    }
}
