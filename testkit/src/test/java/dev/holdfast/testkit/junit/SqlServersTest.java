package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.sql.Sql.execute;
import static dev.holdfast.testkit.sql.Sql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.mariadb.MariaDbDatabase;
import dev.holdfast.testkit.mariadb.MariaDbServer;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import dev.holdfast.testkit.postgres.PostgresReplicated;
import dev.holdfast.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@Servers
@Tag("fault")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SqlServersTest {

    private static PostgresDatabase ofTheClass;
    private static PostgresServer shared;

    @BeforeAll
    static void fill(PostgresDatabase database) throws SQLException {
        ofTheClass = database;
        try (Connection connection = database.connection()) {
            execute(connection, "CREATE TABLE t AS SELECT 1 AS id");
        }
    }

    @Test
    @Order(1)
    void database_ofTheClass_isGivenToItsTests_onTheSharedServer(PostgresDatabase database, PostgresServer server)
            throws SQLException {
        assertThat(database).isSameAs(ofTheClass);
        assertThat(database.server()).isSameAs(server);
        try (Connection connection = database.connection()) {
            assertThat(query(connection, "SELECT id FROM t")).isEqualTo("1");
        }
        shared = server;
    }

    @Test
    @Order(2)
    void sharedPostgres_mayBeSpoiled(PostgresServer server) throws SQLException {
        assertThat(server).isSameAs(shared);
        execute(server, "CREATE TABLE left_behind (id int)");
        execute(server, "CREATE SCHEMA app");
        execute(server, "CREATE TABLE app.left_behind (id int)");
        execute(server, "ALTER SYSTEM SET work_mem = '1MB'");
        execute(server, "ALTER DATABASE postgres SET statement_timeout = '1s'");
        execute(server, "ALTER ROLE postgres SET lock_timeout = '1s'");
        assertThat(query(server, "SELECT pg_reload_conf()")).isEqualTo("t");
        server.pause();
    }

    @Test
    @Order(3)
    void sharedPostgres_isAsGoodAsNewBeforeEachTest(PostgresServer server) throws SQLException {
        assertThat(server.isPaused()).isFalse();
        assertThat(query(server, "SHOW work_mem")).isEqualTo("4MB");
        assertThat(query(server, "SHOW statement_timeout")).isEqualTo("0");
        assertThat(query(server, "SHOW lock_timeout")).isEqualTo("0");
        assertThatThrownBy(() -> execute(server, "SELECT * FROM left_behind")).hasMessageContaining("does not exist");
        assertThat(query(server, "SELECT to_regnamespace('app')")).isNull();
        // A role that is no superuser may use the schema, as on a new server.
        execute(server, "CREATE ROLE stranger");
        assertThat(query(server, "SELECT has_schema_privilege('stranger', 'public', 'USAGE')"))
                .isEqualTo("t");
        assertThat(query(server, "SELECT has_schema_privilege('stranger', 'public', 'CREATE')"))
                .isEqualTo("f");
        assertThat(query(server, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'"))
                .isEqualTo("pg_database_owner");
        execute(server, "DROP ROLE stranger");
        server.kill();
    }

    @Test
    @Order(4)
    void sharedPostgres_runs_ifATestKilledIt_withTheDatabasesOnIt(PostgresServer server) throws SQLException {
        assertThat(query(server, "SELECT 1")).isEqualTo("1");
        try (Connection connection = ofTheClass.connection()) {
            assertThat(query(connection, "SELECT id FROM t")).isEqualTo("1");
        }
    }

    @Test
    @Order(5)
    void exclusivePostgres_isAnotherOne_withAProxyInFront(@Exclusive PostgresServer own, FaultProxy proxy)
            throws SQLException {
        assertThat(own).isNotSameAs(shared);
        String url = "jdbc:postgresql://" + proxy.host() + ":" + proxy.port() + "/postgres";
        try (Connection connection = DriverManager.getConnection(url, own.user(), own.password())) {
            proxy.resetAll();
            assertThatThrownBy(() -> execute(connection, "SELECT 1")).isInstanceOf(SQLException.class);
        }
    }

    @Test
    @Order(6)
    void replicatedPostgres_isReady(PostgresReplicated postgres) throws SQLException {
        assertThat(query(postgres.replica(), "SELECT pg_is_in_recovery()")).isEqualTo("t");
    }

    @Test
    @Order(7)
    void sharedMariaDb_mayBeSpoiled(MariaDbServer server, MariaDbDatabase database) throws SQLException {
        assertThat(database.server()).isSameAs(server);
        execute(server, "CREATE TABLE left_behind (id int)");
        server.kill();
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    @Order(9)
    void settingsOfMariaDb_mayBeSpoiled(MariaDbServer server) throws SQLException {
        execute(server, "SET GLOBAL max_connections = 17");
        assertThat(query(server, "SELECT @@max_connections")).isEqualTo("17");
    }

    @Test
    @Order(10)
    void settingsOfMariaDb_areAsGoodAsNew_whichTakesARestartOnlyThen(MariaDbServer server) throws SQLException {
        assertThat(query(server, "SELECT @@max_connections")).isEqualTo("100");
        try (Connection connection = server.connection()) {
            server.reset();
            assertThat(query(connection, "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    @Order(8)
    void sharedMariaDb_isAsGoodAsNewBeforeEachTest(MariaDbDatabase database, MariaDbServer server) throws SQLException {
        assertThatThrownBy(() -> execute(server, "SELECT * FROM left_behind")).hasMessageContaining("doesn't exist");
        try (Connection connection = database.connection()) {
            assertThat(query(connection, "SELECT database()")).isEqualTo(database.name());
        }
    }
}
