package dev.holdfast.batch.write;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.batch.OneConnection;
import dev.holdfast.batch.write.WriterContract.Item;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.postgres.PostgresServers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.sql.DataSource;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.h2.jdbcx.JdbcDataSource;

/** Whatever is written, table and verdicts are those of a map that does the same row by row. */
class WriterPropertiesTest {
    private static PostgresServer server;
    private static OneConnection postgres;
    private static OneConnection h2;

    /** One call of a writer. */
    record Call(
            Operation operation,
            Transactions transactions,
            Duplicates duplicates,
            Locks locks,
            int chunkSize,
            int copyFrom,
            List<Item> rows) {}

    @BeforeContainer
    static void start() throws SQLException {
        server = PostgresServers.single();
        postgres = new OneConnection(server.dataSource());
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:properties;DB_CLOSE_DELAY=-1");
        h2 = new OneConnection(source);
    }

    @AfterContainer
    static void stop() throws SQLException {
        postgres.close();
        h2.close();
        server.close();
    }

    @Provide
    Arbitrary<List<Call>> calls() {
        // Few keys, so that they meet; a stock below 0 and a name that is null are refused by the table.
        Arbitrary<Item> items = Combinators.combine(
                        Arbitraries.longs().between(0, 12),
                        Arbitraries.of("a", "b'\"{,}\\", "", "ü\t\n").injectNull(0.05),
                        Arbitraries.integers().between(-1, 20).injectNull(0.2))
                .as((id, name, stock) -> new Item(id, name, null, stock));
        return Combinators.combine(
                        Arbitraries.of(Operation.class),
                        Arbitraries.of(Transactions.class),
                        Arbitraries.of(Duplicates.class),
                        Arbitraries.of(Locks.class),
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.of(1, 3, Integer.MAX_VALUE),
                        items.list().ofMaxSize(14))
                .as(Call::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }

    @Property(tries = 60)
    void onPostgres(@ForAll("calls") List<Call> calls) throws SQLException {
        run(postgres.source(), calls);
    }

    @Property(tries = 60)
    void onH2(@ForAll("calls") List<Call> calls) throws SQLException {
        run(h2.source(), calls);
    }

    private static void run(DataSource source, List<Call> calls) throws SQLException {
        execute(
                source,
                "DROP TABLE IF EXISTS item",
                "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(20) NOT NULL, stock int CHECK (stock >= 0))");
        Map<Long, Item> model = new TreeMap<>();
        for (Call call : calls) {
            BulkWriterBuilder<Item> builder = new BulkWriterBuilder<Item>(call.operation(), "item")
                    .key("id", Item::id)
                    .transactions(call.transactions())
                    .duplicates(call.duplicates())
                    .locks(call.locks())
                    .chunkSize(call.chunkSize())
                    .copyFrom(call.copyFrom());
            if (call.operation() != Operation.DELETE) {
                builder.set("name", Item::name).set("stock", Item::stock);
            }
            BulkWriter<Item> writer = builder.build(source);
            check(writer, call, model);
            assertThat(rows(source, "SELECT id, name, stock FROM item ORDER BY id"))
                    .isEqualTo(model.values().stream()
                            .map(item -> item.id() + "|" + item.name() + "|" + item.stock())
                            .toList());
        }
    }

    private static void check(BulkWriter<Item> writer, Call call, Map<Long, Item> model) {
        List<RowOutcome> expected = new ArrayList<>();
        Map<Long, Item> after = new TreeMap<>(model);
        boolean repeated = false;
        boolean refused = false;
        Map<Long, Integer> kept = new LinkedHashMap<>();
        for (int i = 0; i < call.rows().size(); i++) {
            Long id = call.rows().get(i).id();
            repeated |= kept.containsKey(id);
            if (call.duplicates() == Duplicates.LAST || !kept.containsKey(id)) {
                kept.put(id, i);
            }
        }
        Set<Integer> written = new HashSet<>(kept.values());
        for (int i = 0; i < call.rows().size(); i++) {
            Item row = call.rows().get(i);
            RowOutcome outcome = written.contains(i) ? apply(call.operation(), row, after) : RowOutcome.SUPERSEDED;
            refused |= outcome == RowOutcome.FAILED;
            expected.add(outcome);
        }
        if (repeated && call.duplicates() == Duplicates.REJECT) {
            assertThat(catchThrowable(() -> writer.write(call.rows()))).isInstanceOf(BulkInputException.class);
        } else if (refused && call.transactions() == Transactions.WHOLE) {
            Throwable thrown = catchThrowable(() -> writer.write(call.rows()));
            assertThat(thrown).isInstanceOf(BulkWriteException.class);
            BulkResult<?> result = ((BulkWriteException) thrown).result();
            assertThat(result.written()).isZero();
            assertThat(result.failed()).isPositive();
            for (RowFailure<?> failure : result.failures()) {
                assertThat(expected.get(failure.index())).isEqualTo(RowOutcome.FAILED);
            }
        } else {
            BulkResult<Item> result = writer.write(call.rows());
            for (int i = 0; i < expected.size(); i++) {
                assertThat(result.outcome(i)).as("row %d of %s", i, call).isEqualTo(expected.get(i));
            }
            model.clear();
            model.putAll(after);
        }
    }

    private static RowOutcome apply(Operation operation, Item row, Map<Long, Item> table) {
        boolean exists = table.containsKey(row.id());
        if (operation == Operation.DELETE) {
            return table.remove(row.id()) != null ? RowOutcome.WRITTEN : RowOutcome.MISSED;
        }
        if (operation == Operation.UPDATE && !exists) {
            return RowOutcome.MISSED;
        }
        if (row.name() == null
                || (row.stock() != null && row.stock() < 0)
                || (operation == Operation.INSERT && exists)) {
            return RowOutcome.FAILED;
        }
        table.put(row.id(), row);
        return RowOutcome.WRITTEN;
    }
}
