package dev.holdfast.testkit.mariadb;

import static dev.holdfast.testkit.sql.Sql.execute;
import static dev.holdfast.testkit.sql.Sql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.sql.SqlDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Servers
@Tag("fault")
class MariaDbServerTest {

    private static MariaDbServer mariadb;

    @BeforeAll
    static void start() {
        mariadb = MariaDbServers.single();
    }

    @AfterAll
    static void stop() {
        mariadb.close();
    }

    @Test
    void single_answersSql() throws SQLException {
        assertThat(mariadb.jdbcUrl()).isEqualTo("jdbc:mariadb://" + mariadb.host() + ":" + mariadb.port() + "/test");
        assertThat(mariadb.url())
                .isEqualTo("mysql://holdfast:testkit-secret@" + mariadb.host() + ":" + mariadb.port() + "/test");
        assertThat(query(mariadb, "SELECT version()")).contains("MariaDB");
        assertThat(query(mariadb, "SELECT upper('grün')")).isEqualTo("GRÜN");
        assertThat(query(mariadb, "SELECT @@default_storage_engine")).isEqualTo("InnoDB");
    }

    @Test
    void wrongPassword_isRefused_andTheRightOneIsNotShown() {
        assertThatThrownBy(() -> DriverManager.getConnection(mariadb.jdbcUrl(), mariadb.user(), "guessed"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("Access denied");
        assertThat(mariadb.toString()).doesNotContain(mariadb.password());
    }

    @Test
    void databases_areApart_andGoneWhenClosed() throws SQLException {
        String name;
        try (SqlDatabase one = mariadb.createDatabase("One Test-Class");
                SqlDatabase other = mariadb.createDatabase("One Test-Class");
                Connection connection = one.connection();
                Connection second = other.connection()) {
            execute(connection, "CREATE TABLE t (id int)");
            assertThatThrownBy(() -> execute(second, "SELECT * FROM t")).hasMessageContaining("doesn't exist");
            name = one.name();
            assertThat(name).startsWith("one_test_class_").isNotEqualTo(other.name());
        }
        assertThat(query(
                        mariadb, "SELECT count(*) FROM information_schema.schemata WHERE schema_name = '" + name + "'"))
                .isEqualTo("0");
    }

    @Test
    void setting_reachesTheServer_aWrongOneIsReportedWithItsOutput() throws SQLException {
        try (MariaDbServer small =
                MariaDbServer.builder().setting("max-connections", "17").start()) {
            assertThat(query(small, "SELECT @@max_connections")).isEqualTo("17");
        }
        assertThatThrownBy(() ->
                        MariaDbServer.builder().setting("no-such-option", "1").start())
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("no-such-option");
        assertThatThrownBy(() -> MariaDbServer.builder().setting("--datadir", "/"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pause_letsStatementsHang_resumeCompletesThem() throws Exception {
        try (MariaDbServer server = MariaDbServers.single();
                Connection connection = server.connection()) {
            server.pause();
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return query(connection, "SELECT 'late'");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().during(Duration.ofMillis(300)).until(() -> !answer.isDone());

            server.resume();

            assertThat(answer).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("late");
        }
    }

    @Test
    void kill_breaksConnections_startBringsBackWhatWasCommitted() throws Exception {
        try (MariaDbServer server = MariaDbServers.single()) {
            int port = server.port();
            try (Connection connection = server.connection()) {
                execute(connection, "CREATE TABLE t (id int)");
                execute(connection, "INSERT INTO t VALUES (1)");

                server.kill();

                assertThat(server.isRunning()).isFalse();
                assertThatThrownBy(() -> execute(connection, "SELECT 1")).isInstanceOf(SQLException.class);
                assertThatThrownBy(server::connection).isInstanceOf(SQLException.class);
            }

            server.start();

            assertThat(server.port()).isEqualTo(port);
            assertThat(query(server, "SELECT id FROM t")).isEqualTo("1");
        }
    }

    @Test
    void restart_endsConnections_andKeepsPortAndData() throws Exception {
        try (MariaDbServer server = MariaDbServers.single();
                Connection connection = server.connection()) {
            execute(connection, "CREATE TABLE t AS SELECT 1 AS id");

            server.restart();

            assertThatThrownBy(() -> execute(connection, "SELECT 1")).isInstanceOf(SQLException.class);
            assertThat(query(server, "SELECT id FROM t")).isEqualTo("1");
        }
    }

    /** A port that was free while its server was down may have been taken. */
    @Test
    void start_isNotSatisfiedWithTheGreetingOfAnotherServer() throws Exception {
        try (MariaDbServer server = MariaDbServers.single()) {
            server.kill();
            try (ServerSocket other = new ServerSocket(server.port(), 10, InetAddress.getByName(server.host()))) {
                CompletableFuture<Void> greeting = CompletableFuture.runAsync(() -> greetEverybody(other));

                assertThatThrownBy(server::start)
                        .isInstanceOf(ServerException.class)
                        .hasMessageContaining("Bind on TCP/IP port");
                other.close();
                greeting.join();
            }
            server.start();
            assertThat(query(server, "SELECT 1")).isEqualTo("1");
        }
    }

    private static void greetEverybody(ServerSocket listener) {
        while (!listener.isClosed()) {
            try (Socket client = listener.accept()) {
                client.getOutputStream().write("greetings".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // The listener was closed, or a client does not want to be greeted.
            }
        }
    }
}
