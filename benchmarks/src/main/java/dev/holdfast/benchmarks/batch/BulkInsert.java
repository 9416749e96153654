package dev.holdfast.benchmarks.batch;

import dev.holdfast.batch.write.BulkWriter;
import dev.holdfast.batch.write.BulkWriterBuilder;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * Inserts and upserts 10,000 rows by {@link BulkWriter}, and by JDBC batches: inserts by one that the driver rewrites to
 * statements of many rows, upserts of which half are new by one of single upserts. Shows from how many rows on COPY pays.
 */
final class BulkInsert implements Scenario {
    private static final Target INSERT = Target.atLeast("batch-insert-rewritten", 2);
    private static final Target UPSERT = Target.atLeast("batch-upsert-addbatch", 4);
    private static final int ROWS = 10_000;
    private static final String INSERT_SQL = "INSERT INTO theirs (id, name, amount) VALUES (?, ?, ?)";
    private static final String UPSERT_SQL =
            INSERT_SQL + " ON CONFLICT (id) DO UPDATE SET name = excluded.name, amount = excluded.amount";

    @Override
    public List<Target> targets() {
        return List.of(INSERT, UPSERT);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Database database = new Database();
                Connection near = database.near();
                Connection rewriting = database.near("reWriteBatchedInserts")) {
            for (String table : List.of("ours", "theirs")) {
                Price.createTable(near, table);
            }
            String clean = "TRUNCATE ours, theirs";
            report(
                    session,
                    INSERT,
                    writer(near, BulkWriter.insert("ours"), clean),
                    batch(rewriting, near, INSERT_SQL, clean));
            for (int rows : new int[] {300, 1_000, 3_000, 5_000, 10_000}) {
                crossover(session, near, rows);
            }
            for (String table : List.of("ours", "theirs")) {
                Price.createTable(near, table);
            }
            String half = "DELETE FROM %s WHERE id >= " + Price.TABLE;
            report(session, UPSERT, writer(near, BulkWriter.upsert("ours"), half), batch(near, near, UPSERT_SQL, half));
        }
    }

    private static void report(Session session, Target target, Side ours, Side theirs) throws Exception {
        session.report(
                target,
                PairedRun.named(target.id())
                        .subject("BulkWriter", ours)
                        .baseline("addBatch", theirs)
                        .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(5)))
                        .measure(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(30)), 10)
                        .run(),
                "rows/s");
    }

    /** Time of INSERT … SELECT unnest(…) over that of COPY; the writer's default takes COPY from 5,000 rows on. */
    private static void crossover(Session session, Connection near, int rows) throws Exception {
        String clean = "TRUNCATE ours";
        Side[] sides = new Side[2];
        for (int i = 0; i < 2; i++) {
            BulkWriter<Price> writer = fields(BulkWriter.<Price>insert("ours"))
                    .copyFrom(i == 0 ? 1 : Integer.MAX_VALUE)
                    .build(Database.pool(near));
            sides[i] = pair -> {
                Database.execute(near, clean);
                List<Price> prices = Price.some(rows, pair);
                long start = System.nanoTime();
                writer.write(prices).orThrow();
                return BulkUpdate.sample(start, rows, near, "ours");
            };
        }
        session.progress(PairedRun.named("insert of " + rows + " rows")
                .subject("COPY", sides[0])
                .baseline("INSERT … SELECT unnest", sides[1])
                .warmUp(Duration.ofMillis(200))
                .measure(session.pick(Duration.ofMillis(200), Duration.ofSeconds(10)), 10)
                .run()
                .describe("rows/s"));
    }

    private static BulkWriterBuilder<Price> fields(BulkWriterBuilder<Price> builder) {
        return builder.key("id", Price::id).set("name", Price::name).set("amount", Price::amount);
    }

    private static Side writer(Connection near, BulkWriterBuilder<Price> builder, String before) {
        BulkWriter<Price> writer = fields(builder).build(Database.pool(near));
        return pair -> {
            prepare(near, before, "ours");
            List<Price> prices = Price.imported(ROWS, pair);
            long start = System.nanoTime();
            writer.write(prices).orThrow();
            return BulkUpdate.sample(start, ROWS, near, "ours");
        };
    }

    private static Side batch(Connection connection, Connection near, String sql, String before) {
        return pair -> {
            prepare(near, before, "theirs");
            List<Price> prices = Price.imported(ROWS, pair);
            long start = System.nanoTime();
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                for (Price price : prices) {
                    insert.setLong(1, price.id());
                    insert.setString(2, price.name());
                    insert.setBigDecimal(3, price.amount());
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            connection.commit();
            connection.setAutoCommit(true);
            return BulkUpdate.sample(start, ROWS, near, "theirs");
        };
    }

    private static void prepare(Connection near, String sql, String table) throws SQLException {
        Database.execute(near, String.format(sql, table).replace("ours, theirs", table));
    }
}
