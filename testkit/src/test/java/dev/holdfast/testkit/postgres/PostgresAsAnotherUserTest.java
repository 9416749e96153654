package dev.holdfast.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.sql.Sql;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens by itself where root may not make namespaces, as in an ordinary container. */
@Tag("fault")
class PostgresAsAnotherUserTest {

    @Test
    void root_runsPostgresAsNobody() throws Exception {
        assumeTrue(isRoot(), "only root has to");
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-D" + Unprivileged.PROPERTY + "=nobody",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Scenario.class.getName())
                .redirectErrorStream(true)
                .start();

        String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(jvm.waitFor()).as(output).isZero();
        assertThat(output.lines()).contains("owner 65534", "rows 2");
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** The main class of the other JVM. */
    static final class Scenario {

        private Scenario() {}

        public static void main(String[] arguments) throws SQLException, IOException {
            try (PostgresReplicated postgres = PostgresServers.withReplica()) {
                Sql.execute(postgres.primary(), "CREATE TABLE t AS SELECT 1 AS id");
                postgres.switchRoles();
                postgres.primary().kill();
                postgres.primary().start();
                Sql.execute(postgres.primary(), "INSERT INTO t VALUES (2)");
                postgres.awaitReplication();
                Path data = Path.of(Sql.query(postgres.primary(), "SHOW data_directory"));
                System.out.println("owner " + Files.getAttribute(data.resolve("PG_VERSION"), "unix:uid"));
                System.out.println("rows " + Sql.query(postgres.replica(), "SELECT count(*) FROM t"));
            }
        }
    }
}
