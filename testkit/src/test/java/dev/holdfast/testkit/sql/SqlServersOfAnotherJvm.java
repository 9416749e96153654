package dev.holdfast.testkit.sql;

import dev.holdfast.testkit.mariadb.MariaDbServer;
import dev.holdfast.testkit.mariadb.MariaDbServers;
import dev.holdfast.testkit.postgres.PostgresReplicated;
import dev.holdfast.testkit.postgres.PostgresServers;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The main class of a JVM that starts servers with connections to them, says which, and is then killed or told to exit. */
final class SqlServersOfAnotherJvm {

    private SqlServersOfAnotherJvm() {}

    public static void main(String[] arguments) throws IOException, InterruptedException, SQLException {
        PostgresReplicated postgres = PostgresServers.withReplica();
        MariaDbServer mariadb = MariaDbServers.single();
        try (Connection toPrimary = postgres.primary().connection();
                Connection toReplica = postgres.replica().connection();
                Connection toMariadb = mariadb.connection()) {
            Sql.execute(toPrimary, "CREATE TABLE t (id int)");
            Sql.execute(toReplica, "SELECT 1");
            Sql.execute(toMariadb, "CREATE TABLE t (id int)");
            postgres.primary().pause();
            ProcessHandle.current().descendants().forEach(server -> System.out.println(server.pid()));
            System.out.println("ready");
            if (System.in.read() < 0) {
                // The test closes this pipe when it ends this JVM by a signal, which is to come.
                new CountDownLatch(1).await(30, TimeUnit.SECONDS);
            }
        }
    }
}
