package dev.holdfast.cache.tx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Plain JDBC on a real server: every way in which a transaction ends. */
@Servers
class CollectingConnectionTest {
    private final RecordingCache recording = new RecordingCache();
    private DataSource dataSource;

    @BeforeEach
    void createTable(PostgresServer postgres) throws SQLException {
        try (Connection connection = postgres.connection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE item (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, name text)");
        }
        dataSource = Invalidations.collecting(postgres.dataSource());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void insert(Connection connection, long id) throws SQLException {
        Invalidations.of(connection).key(recording.cache, id);
        execute(connection, "INSERT INTO item VALUES (" + id + ", 'x')");
    }

    @Test
    void commit_issues() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            insert(connection, 2);
            assertThat(recording.calls).isEmpty();
            connection.commit();
            assertThat(recording.calls).containsExactly("invalidateAll [1, 2]");
            insert(connection, 3);
            connection.commit();
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1, 2]", "invalidateAll [3]");
    }

    @Test
    void rollback_issuesNothing() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            connection.rollback();
        }
        assertThat(recording.calls).isEmpty();
    }

    @Test
    void rollbackToASavepoint_keepsWhatWasCollected_whichIsSafe() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            Savepoint savepoint = connection.setSavepoint();
            insert(connection, 2);
            connection.rollback(savepoint);
            assertThat(recording.calls).isEmpty();
            connection.commit();
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1, 2]");
    }

    @Test
    void autoCommit_issuesAtOnce_andAgainOnceTheStatementIsSurelyDone() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            insert(connection, 1);
            assertThat(recording.calls).containsExactly("invalidateAll [1]");
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1]", "invalidateAll [1]");
    }

    @Test
    void turningAutoCommitOn_commitsAndIssues() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            connection.setAutoCommit(false);
            assertThat(recording.calls).isEmpty();
            connection.setAutoCommit(true);
            assertThat(recording.calls).containsExactly("invalidateAll [1]");
        }
    }

    @Test
    void close_withoutCommit_issuesSinceDriversDiffer() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1]");
    }

    @Test
    void commit_thatTheServerRefuses_issuesAndThrowsItsException() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            insert(connection, 1);
            assertThatThrownBy(connection::commit)
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("duplicate key");
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1]");
    }

    @Test
    void connection_lostInTheCommit_issues_forTheCommitMayHaveArrived(PostgresServer postgres, FaultProxy proxy)
            throws Exception {
        PGSimpleDataSource proxied = new PGSimpleDataSource();
        proxied.setUrl(postgres.jdbcUrl().replace(":" + postgres.port() + "/", ":" + proxy.port() + "/"));
        proxied.setUser(postgres.user());
        proxied.setPassword(postgres.password());
        try (Connection connection = Invalidations.collecting(proxied).getConnection()) {
            connection.setAutoCommit(false);
            insert(connection, 1);
            proxy.swallowRepliesUntilReset();
            CompletableFuture<Void> commit = CompletableFuture.runAsync(() -> {
                try {
                    connection.commit();
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            });
            await().until(() -> proxy.bytesSwallowed() > 0);
            assertThat(recording.calls).isEmpty();
            proxy.resetAll();
            assertThatThrownBy(() -> commit.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(SQLException.class);
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1]");
        try (Connection direct = postgres.connection();
                Statement statement = direct.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM item")) {
            rows.next();
            assertThat(rows.getInt(1)).isEqualTo(1);
        }
    }

    @Test
    void plainConnection_collectsNothing_andSaysSo(PostgresServer postgres) throws SQLException {
        try (Connection connection = postgres.connection()) {
            assertThat(Invalidations.find(connection)).isNull();
            assertThatThrownBy(() -> Invalidations.of(connection))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Invalidations.collecting(dataSource)");
        }
    }

    @Test
    void collectingConnection_isAnOrdinaryOneOtherwise() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Connection second = dataSource.getConnection()) {
            assertThat(List.of(second, connection).indexOf(connection)).isEqualTo(1);
            assertThat(connection.unwrap(org.postgresql.PGConnection.class)).isNotNull();
            assertThat(connection.isWrapperFor(org.postgresql.PGConnection.class))
                    .isTrue();
            assertThat(connection.toString()).startsWith("collecting ");
            assertThatThrownBy(() -> execute(connection, "SELECT 1/0")).isInstanceOf(SQLException.class);
            assertThat(dataSource.isWrapperFor(PGSimpleDataSource.class)).isTrue();
            assertThat(dataSource.unwrap(PGSimpleDataSource.class)).isNotNull();
        }
    }
}
