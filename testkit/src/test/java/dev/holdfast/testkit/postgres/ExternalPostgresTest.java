package dev.holdfast.testkit.postgres;

import static dev.holdfast.testkit.sql.Sql.execute;
import static dev.holdfast.testkit.sql.Sql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An embedded pair plays the servers that somebody else runs. */
@Tag("fault")
class ExternalPostgresTest {

    private final String before = System.getProperty(ServerSource.PROPERTY, "");

    private PostgresReplicated theirs;

    @BeforeEach
    void start() {
        theirs = PostgresReplicated.start(Map.of());
        System.setProperty(ServerSource.PROPERTY, "external");
        System.setProperty(PostgresSources.URL, theirs.primary().url());
        System.setProperty(PostgresSources.REPLICA_URL, theirs.replica().url());
    }

    @AfterEach
    void stop() {
        System.setProperty(ServerSource.PROPERTY, before);
        System.clearProperty(PostgresSources.URL);
        System.clearProperty(PostgresSources.REPLICA_URL);
        theirs.close();
    }

    @Test
    void single_isUsed_notBroken_andLeftRunning() throws SQLException {
        try (PostgresServer server = PostgresServers.single();
                PostgresDatabase database = server.createDatabase("mine")) {
            assertThat(server.port()).isEqualTo(theirs.primary().port());
            assertThat(server.isBreakable()).isFalse();
            assertThat(database.url()).startsWith("postgres://postgres:");
            assertThatThrownBy(server::kill)
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasMessageContaining("holdfast.servers is external");
            assertThatThrownBy(server::pause).isInstanceOf(UnsupportedServerException.class);
            assertThatThrownBy(server::restart).isInstanceOf(UnsupportedServerException.class);
            assertThatThrownBy(() -> PostgresServer.builder()
                            .setting("max_connections", "9")
                            .start())
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasMessageContaining("max_connections");
        }
        assertThat(query(theirs.primary(), "SELECT count(*) FROM pg_database WHERE datname LIKE 'mine%'"))
                .isEqualTo("0");
    }

    @Test
    void withReplica_replicates_butChangesNoRoles() throws SQLException {
        try (PostgresReplicated pair = PostgresServers.withReplica()) {
            execute(pair.primary(), "CREATE TABLE t AS SELECT 5 AS id");
            pair.awaitReplication();

            assertThat(query(pair.replica(), "SELECT id FROM t")).isEqualTo("5");
            assertThatThrownBy(pair::promoteReplica).isInstanceOf(UnsupportedServerException.class);
            assertThatThrownBy(pair::switchRoles).isInstanceOf(UnsupportedServerException.class);
        }
        assertThat(theirs.primary().isRunning()).isTrue();
    }
}
