package dev.holdfast.testkit.postgres;

import static dev.holdfast.testkit.sql.Sql.execute;
import static dev.holdfast.testkit.sql.Sql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.process.ExternalServer;
import dev.holdfast.testkit.sql.SqlAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Servers
@Tag("fault")
class PostgresReplicatedTest {

    private PostgresReplicated postgres;

    @BeforeEach
    void start(PostgresReplicated pair) throws SQLException {
        postgres = pair;
        execute(postgres.primary(), "CREATE TABLE t (id int)");
    }

    @Test
    void replica_receivesRows_andRefusesWrites() throws SQLException {
        execute(postgres.primary(), "INSERT INTO t VALUES (1)");

        postgres.awaitReplication();

        assertThat(query(postgres.replica(), "SELECT id FROM t")).isEqualTo("1");
        assertThat(query(postgres.replica(), "SELECT pg_is_in_recovery()")).isEqualTo("t");
        assertThatThrownBy(() -> execute(postgres.replica(), "INSERT INTO t VALUES (2)"))
                .hasMessageContaining("read-only transaction");
    }

    @Test
    void pauseReplay_makesTheReplicaFallBehind_resumeReplayLetsItCatchUp() throws SQLException {
        postgres.awaitReplication();
        postgres.pauseReplay();

        execute(postgres.primary(), "INSERT INTO t SELECT generate_series(1, 1000)");

        assertThat(postgres.lagBytes()).isGreaterThan(1_000);
        assertThat(query(postgres.replica(), "SELECT count(*) FROM t")).isEqualTo("0");

        postgres.resumeReplay();
        postgres.awaitReplication();
        assertThat(query(postgres.replica(), "SELECT count(*) FROM t")).isEqualTo("1000");
        await().until(() -> postgres.lagBytes() == 0);
    }

    @Test
    void promoteReplica_afterThePrimaryWasKilled_takesWrites() throws SQLException {
        execute(postgres.primary(), "INSERT INTO t VALUES (1)");
        postgres.awaitReplication();
        postgres.primary().kill();

        postgres.promoteReplica();

        execute(postgres.replica(), "INSERT INTO t VALUES (2)");
        assertThat(query(postgres.replica(), "SELECT count(*) FROM t")).isEqualTo("2");
        assertThat(postgres.primary().isRunning()).isFalse();
    }

    @Test
    void promoteReplica_whileThePrimaryIsFrozen_leavesAStalePrimaryBehind() throws SQLException {
        postgres.awaitReplication();
        postgres.primary().pause();

        postgres.promoteReplica();
        execute(postgres.replica(), "INSERT INTO t VALUES (2)");
        postgres.primary().resume();

        assertThat(query(postgres.primary(), "SELECT count(*) FROM t")).isEqualTo("0");
        assertThat(query(postgres.primary(), "SELECT pg_is_in_recovery()")).isEqualTo("f");
    }

    @Test
    void switchRoles_losesNothing_andGoesBackAgain() throws SQLException {
        PostgresServer first = postgres.primary();
        PostgresServer second = postgres.replica();
        execute(first, "INSERT INTO t VALUES (1)");

        postgres.switchRoles();

        assertThat(postgres.primary()).isSameAs(second);
        assertThat(postgres.replica()).isSameAs(first);
        execute(second, "INSERT INTO t VALUES (2)");
        postgres.awaitReplication();
        assertThat(query(first, "SELECT count(*) FROM t")).isEqualTo("2");

        postgres.switchRoles();

        assertThat(postgres.primary()).isSameAs(first);
        execute(first, "INSERT INTO t VALUES (3)");
        postgres.awaitReplication();
        assertThat(query(second, "SELECT count(*) FROM t")).isEqualTo("3");
    }

    @Test
    void replica_thatWasKilled_catchesUpAfterItsStart() throws SQLException {
        postgres.replica().kill();
        execute(postgres.primary(), "INSERT INTO t VALUES (1)");

        postgres.replica().start();
        postgres.awaitReplication();

        assertThat(query(postgres.replica(), "SELECT id FROM t")).isEqualTo("1");
    }

    @Test
    @Timeout(60)
    void whatAsksAFrozenServer_saysSo_insteadOfWaitingForEver() {
        postgres.primary().pause();

        assertThatThrownBy(postgres::awaitReplication)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("is paused");
        assertThatThrownBy(() -> postgres.primary().createDatabase("late"))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("is paused");
    }

    /** As one that hangs of itself: it accepts connections and never answers. */
    @Test
    @Timeout(60)
    void whatAsksAServerThatIsSilent_givesUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            SqlAddress address = new SqlAddress(
                    SqlAddress.Kind.POSTGRESQL, "127.0.0.1", silent.getLocalPort(), "postgres", "user", "password");
            PostgresServer server = new PostgresServer(address, new ExternalServer("silent"));

            assertThatThrownBy(PostgresReplicated.of(server, server)::awaitReplication)
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("did not answer");
        }
    }
}
