package dev.holdfast.benchmarks.batch;

import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchScope;
import dev.holdfast.batch.jdbc.JdbcTable;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.postgres.PostgresServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A hundred parents with one child each on PostgreSQL: a loop of prepared single selects over one statement for all. */
final class Children implements Scenario {
    private static final int PARENTS = 100;
    private static final int ROWS = 100_000;
    private static final String PARENTS_BY_ID = "select user_id from orders where id between ? and ? order by id";

    private final Target ratio;
    private final Target statements;
    private final Duration roundTrip;

    record User(long id, String name) {}

    Children(String id, Duration roundTrip, double atLeast) {
        this.ratio = Target.atLeast(id, atLeast);
        this.statements = Target.exactly(id + "-statements", 2);
        this.roundTrip = roundTrip;
    }

    @Override
    public List<Target> targets() {
        return List.of(ratio, statements);
    }

    @Override
    public void run(Session session) throws Exception {
        session.progress("starting PostgreSQL");
        try (PostgresServer server = PostgresServers.single();
                FaultProxy proxy = FaultProxy.to(server)) {
            fill(server);
            proxy.latency(roundTrip.dividedBy(2));
            String url = server.jdbcUrl().replaceFirst("//[^/]+/", "//" + proxy.host() + ":" + proxy.port() + "/");
            try (Connection connection = DriverManager.getConnection(url, server.user(), server.password())) {
                compare(session, server, connection);
            }
        }
    }

    private void compare(Session session, PostgresServer server, Connection connection) throws Exception {
        BatchLoader<Long, User> users = JdbcTable.of(server.dataSource(), "users")
                .key("id", Long.class)
                .one(User.class)
                .build();
        try (PreparedStatement parents = connection.prepareStatement(PARENTS_BY_ID);
                PreparedStatement child = connection.prepareStatement("select id, name from users where id = ?")) {
            Timed timed = Timed.of(roundTrip.isZero() ? 5 : 1);
            session.report(
                    ratio,
                    PairedRun.named("100 parents with a child each, " + roundTrip.toMillis() + " ms round trip")
                            .subject("a loop of selects", timed.side((first, n) -> loop(parents, child, first, n)))
                            .baseline(
                                    "announce and load",
                                    timed.side((first, n) -> batch(connection, parents, users, first, n)))
                            .warmUp(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(8)))
                            .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(15)), 20)
                            .run(),
                    "ns");
        }
        ExecutedStatements counted = new ExecutedStatements(connection);
        try (PreparedStatement parents = counted.connection().prepareStatement(PARENTS_BY_ID)) {
            batch(counted.connection(), parents, users, 0, 1);
        }
        session.report(statements, (double) counted.executed(), "statements for the batch");
    }

    private static long loop(PreparedStatement parents, PreparedStatement child, long first, int operations)
            throws SQLException {
        long digest = 0;
        for (long run = first; run < first + operations; run++) {
            for (Long id : parents(parents, run)) {
                child.setLong(1, id);
                try (ResultSet row = child.executeQuery()) {
                    row.next();
                    digest = 31 * digest + new User(row.getLong(1), row.getString(2)).hashCode();
                }
            }
        }
        return digest;
    }

    private static long batch(
            Connection connection, PreparedStatement parents, BatchLoader<Long, User> users, long first, int operations)
            throws SQLException {
        long digest = 0;
        for (long run = first; run < first + operations; run++) {
            try (BatchScope scope = BatchScope.transaction(connection)) {
                List<Long> ids = parents(parents, run);
                users.announce(ids);
                for (Long id : ids) {
                    digest = 31 * digest + users.load(id).hashCode();
                }
                if (scope.isClosed()) {
                    throw new IllegalStateException("closed too early");
                }
            }
        }
        return digest;
    }

    private static List<Long> parents(PreparedStatement statement, long run) throws SQLException {
        long from = run * PARENTS % ROWS;
        statement.setLong(1, from);
        statement.setLong(2, from + PARENTS - 1);
        List<Long> ids = new ArrayList<>(PARENTS);
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                ids.add(rows.getLong(1));
            }
        }
        return ids;
    }

    private static void fill(PostgresServer server) throws SQLException {
        try (Connection connection = server.connection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table users (id bigint primary key, name text not null)");
            statement.execute("insert into users select n, 'user ' || n from generate_series(0, " + (ROWS - 1) + ") n");
            statement.execute("create table orders (id bigint primary key, user_id bigint not null)");
            statement.execute("insert into orders select n, (n * 7919) % " + ROWS + " from generate_series(0, "
                    + (ROWS - 1) + ") n");
            statement.execute("vacuum analyze");
        }
    }
}
