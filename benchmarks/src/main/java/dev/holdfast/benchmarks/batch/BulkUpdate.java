package dev.holdfast.benchmarks.batch;

import dev.holdfast.batch.write.BulkWriter;
import dev.holdfast.batch.write.Locks;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;

/** Updates rows of a table of 100,000 by {@link BulkWriter}, by a loop in auto-commit mode, and by a JDBC batch. */
final class BulkUpdate implements Scenario {
    private static final Target UNORDERED = Target.atLeast("batch-update-loop-unordered", 75);
    private static final Target ORDERED = Target.atLeast("batch-update-loop", 30);
    private static final Target BATCH_FAR = Target.atLeast("batch-update-addbatch-1ms", 2);
    private static final Target BATCH_NEAR = Target.atLeast("batch-update-addbatch", 1.5);
    private static final Target BATCH_MANY = Target.atLeast("batch-update-addbatch-10000", 2);

    @Override
    public List<Target> targets() {
        return List.of(UNORDERED, ORDERED, BATCH_FAR, BATCH_NEAR, BATCH_MANY);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Database database = new Database();
                Connection near = database.near();
                Connection far = database.far()) {
            Price.createTable(near, "ours");
            Price.createTable(near, "theirs");
            warm(near, far);
            compare(session, UNORDERED, near, writer(near, far, Locks.UNORDERED, 1_000), loop(near, far, 1_000), 6);
            compare(session, ORDERED, near, writer(near, far, Locks.ORDERED, 1_000), loop(near, far, 1_000), 6);
            compare(session, BATCH_FAR, near, writer(near, far, Locks.UNORDERED, 1_000), batch(near, far, 1_000), 20);
            compare(
                    session,
                    BATCH_NEAR,
                    near,
                    writer(near, near, Locks.UNORDERED, 1_000),
                    batch(near, near, 1_000),
                    20);
            compare(
                    session,
                    BATCH_MANY,
                    near,
                    writer(near, near, Locks.UNORDERED, 10_000),
                    batch(near, near, 10_000),
                    10);
            // Not held against anything: what the order of locks costs in the same comparison.
            session.progress(PairedRun.named("update of 1,000 rows over loopback, ordered locks")
                    .subject("BulkWriter", writer(near, near, Locks.ORDERED, 1_000))
                    .baseline("addBatch", batch(near, near, 1_000))
                    .measure(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(20)), 10)
                    .run()
                    .describe("rows/s"));
        }
    }

    /** One round of the loop takes seconds, so what a warm-up can hold of it is too little to warm the other side. */
    private static void warm(Connection near, Connection far) throws Exception {
        Price.createTable(near, "warm");
        for (Locks locks : Locks.values()) {
            BulkWriter<Price> writer = declare("warm", locks, far);
            for (int pair = 0; pair < 50; pair++) {
                writer.write(Price.some(1_000, pair)).orThrow();
            }
        }
    }

    private static void compare(Session session, Target target, Connection near, Side ours, Side theirs, int pairs)
            throws Exception {
        Database.execute(near, "VACUUM ours", "VACUUM theirs", "CHECKPOINT");
        session.report(
                target,
                PairedRun.named(target.id())
                        .subject("BulkWriter", ours)
                        .baseline(target.id().contains("loop") ? "auto-commit loop" : "addBatch", theirs)
                        .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(5)))
                        .measure(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(30)), pairs)
                        .run(),
                "rows/s");
    }

    private static Side writer(Connection near, Connection connection, Locks locks, int rows) {
        BulkWriter<Price> writer = declare("ours", locks, connection);
        return pair -> {
            List<Price> prices = Price.some(rows, pair);
            long start = System.nanoTime();
            writer.write(prices).orThrow();
            return sample(start, rows, near, "ours");
        };
    }

    private static BulkWriter<Price> declare(String table, Locks locks, Connection connection) {
        return BulkWriter.<Price>update(table)
                .key("id", Price::id)
                .set("name", Price::name)
                .set("amount", Price::amount)
                .locks(locks)
                .build(Database.pool(connection));
    }

    private static Side loop(Connection near, Connection connection, int rows) {
        return pair -> {
            List<Price> prices = Price.some(rows, pair);
            long start = System.nanoTime();
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE theirs SET name = ?, amount = ? WHERE id = ?")) {
                for (Price price : prices) {
                    bind(update, price);
                    update.executeUpdate();
                }
            }
            return sample(start, rows, near, "theirs");
        };
    }

    private static Side batch(Connection near, Connection connection, int rows) {
        return pair -> {
            List<Price> prices = Price.some(rows, pair);
            long start = System.nanoTime();
            connection.setAutoCommit(false);
            try (PreparedStatement update =
                    connection.prepareStatement("UPDATE theirs SET name = ?, amount = ? WHERE id = ?")) {
                for (Price price : prices) {
                    bind(update, price);
                    update.addBatch();
                }
                update.executeBatch();
            }
            connection.commit();
            connection.setAutoCommit(true);
            return sample(start, rows, near, "theirs");
        };
    }

    private static void bind(PreparedStatement update, Price price) throws java.sql.SQLException {
        update.setString(1, price.name());
        update.setBigDecimal(2, price.amount());
        update.setLong(3, price.id());
    }

    static Sample sample(long start, int rows, Connection near, String table) throws java.sql.SQLException {
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Sample(rows / seconds, Price.digest(near, table));
    }
}
