package dev.holdfast.testkit.postgres;

import static dev.holdfast.testkit.sql.Sql.execute;
import static dev.holdfast.testkit.sql.Sql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.junit.Servers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Servers
class PostgresServerTest {

    private static PostgresServer postgres;

    @BeforeAll
    static void start() {
        postgres = PostgresServers.single();
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @Test
    void single_answersSql() throws SQLException {
        assertThat(postgres.jdbcUrl())
                .isEqualTo("jdbc:postgresql://" + postgres.host() + ":" + postgres.port() + "/postgres");
        assertThat(postgres.url())
                .isEqualTo(
                        "postgres://postgres:testkit-secret@" + postgres.host() + ":" + postgres.port() + "/postgres");
        assertThat(query(postgres, "SELECT 'grün' || length('grün')")).isEqualTo("grün4");
        assertThat(query(postgres, "SHOW server_encoding")).isEqualTo("UTF8");
        assertThat(query(postgres, "SHOW fsync")).isEqualTo("off");
        assertThat(postgres.isRunning()).isTrue();
        assertThat(postgres.isBreakable()).isTrue();
    }

    @Test
    void wrongPassword_isRefused_andTheRightOneIsNotShown() {
        assertThatThrownBy(() -> DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), "guessed"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("password authentication failed");
        assertThat(postgres.toString()).doesNotContain(postgres.password());
    }

    @Test
    void databases_areApart_andGoneWhenClosed() throws SQLException {
        String name;
        try (PostgresDatabase one = postgres.createDatabase("One Test-Class");
                PostgresDatabase other = postgres.createDatabase("One Test-Class");
                Connection connection = one.connection()) {
            execute(connection, "CREATE TABLE t (id int)");
            try (PostgresDatabase copy = postgres.createDatabase("empty", other);
                    Connection second = copy.connection()) {
                assertThatThrownBy(() -> execute(second, "SELECT * FROM t")).hasMessageContaining("does not exist");
            }
            name = one.name();
            assertThat(name).startsWith("one_test_class_").isNotEqualTo(other.name());
            assertThat(one.jdbcUrl()).endsWith("/" + name);
        }
        assertThat(query(postgres, "SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"))
                .isEqualTo("0");
    }

    @Test
    void copyOfADatabase_hasItsContent() throws SQLException {
        try (PostgresDatabase template = postgres.createDatabase("template")) {
            try (Connection connection = template.connection()) {
                execute(connection, "CREATE TABLE t AS SELECT 42 AS answer");
            }
            try (PostgresDatabase copy = postgres.createDatabase("copy", template)) {
                try (Connection connection = copy.connection()) {
                    assertThat(query(connection, "SELECT answer FROM t")).isEqualTo("42");
                }
            }
        }
    }

    @Test
    void setting_reachesTheServer_aWrongOneIsReportedWithItsOutput() throws SQLException {
        try (PostgresServer small =
                PostgresServer.builder().setting("max_connections", "7").start()) {
            assertThat(query(small, "SHOW max_connections")).isEqualTo("7");
        }
        assertThatThrownBy(() -> PostgresServer.builder()
                        .setting("max_connections", "many")
                        .start())
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("invalid value for parameter \"max_connections\"");
        assertThatThrownBy(() -> PostgresServer.builder().setting("-D", "/"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @Tag("fault")
    void pause_letsStatementsHang_resumeCompletesThem() throws Exception {
        try (PostgresServer server = PostgresServers.single();
                Connection connection = server.connection()) {
            execute(connection, "SELECT 1");

            server.pause();
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return query(connection, "SELECT 'late'");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().during(Duration.ofMillis(300)).until(() -> !answer.isDone());
            assertThat(server.isPaused()).isTrue();
            assertThat(server.isRunning()).isTrue();

            server.resume();
            assertThat(answer).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("late");
        }
    }

    @Test
    @Tag("fault")
    void kill_breaksConnections_startBringsBackWhatWasCommitted() throws Exception {
        try (PostgresServer server = PostgresServers.single()) {
            int port = server.port();
            try (Connection connection = server.connection()) {
                execute(connection, "CREATE TABLE t AS SELECT 1 AS id");

                server.kill();

                assertThat(server.isRunning()).isFalse();
                assertThatThrownBy(() -> execute(connection, "SELECT 1"))
                        .isInstanceOf(SQLException.class)
                        .satisfies(e ->
                                assertThat(((SQLException) e).getSQLState()).startsWith("08"));
                assertThatThrownBy(server::connection).isInstanceOf(SQLException.class);
            }

            server.start();

            assertThat(server.port()).isEqualTo(port);
            assertThat(query(server, "SELECT id FROM t")).isEqualTo("1");
        }
    }

    @Test
    @Tag("fault")
    void kill_leavesNoProcessTheTimeToSayGoodbye() throws Exception {
        List<Connection> connections = new ArrayList<>();
        try (PostgresServer server = PostgresServers.single()) {
            for (int i = 0; i < 20; i++) {
                Connection connection = server.connection();
                connections.add(connection);
                execute(connection, "SELECT 1");
            }

            server.kill();

            // One that sees its parent die before it dies itself answers 57P01, as at an orderly end.
            assertThat(connections)
                    .allSatisfy(connection -> assertThatThrownBy(() -> execute(connection, "SELECT 1"))
                            .isInstanceOfSatisfying(
                                    SQLException.class,
                                    e -> assertThat(e.getSQLState()).startsWith("08")));
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    @Test
    @Tag("fault")
    void restart_endsConnections_andKeepsPortAndData() throws Exception {
        try (PostgresServer server = PostgresServers.single();
                Connection connection = server.connection()) {
            execute(connection, "CREATE TABLE t AS SELECT 1 AS id");

            server.restart();

            assertThatThrownBy(() -> execute(connection, "SELECT 1")).isInstanceOf(SQLException.class);
            assertThat(query(server, "SELECT id FROM t")).isEqualTo("1");
        }
    }
}
