package dev.holdfast.batch.write;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.one;
import static dev.holdfast.batch.Sql.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.HoldfastException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a writer does in every database. */
abstract class WriterContract {

    record Item(Long id, String name, BigDecimal price, Integer stock) {
        Item(long id, String name) {
            this(id, name, null, null);
        }
    }

    /** The database under test, empty of the table {@code item}. */
    abstract DataSource source();

    /** A type of text by whose equality 'a' and 'A' or 'a' and 'a ' are one key. */
    abstract String looseText();

    /** Two texts that are one to {@link #looseText()}. */
    abstract List<String> sameTexts();

    @BeforeEach
    void createTable() throws SQLException {
        execute(
                source(),
                "DROP TABLE IF EXISTS item",
                "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(20) NOT NULL, price numeric(12,2),"
                        + " stock int CHECK (stock >= 0))");
    }

    void fill(int rows) throws SQLException {
        BulkResult<Item> result = inserting().build(source()).write(items(0, rows));
        assertThat(result.written()).isEqualTo(rows);
    }

    static List<Item> items(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> new Item((long) i, "item " + i, BigDecimal.valueOf(i, 2), i))
                .toList();
    }

    BulkWriterBuilder<Item> inserting() {
        return all(BulkWriter.insert("item"));
    }

    static BulkWriterBuilder<Item> all(BulkWriterBuilder<Item> builder) {
        return builder.key("id", Item::id)
                .set("name", Item::name)
                .set("price", Item::price)
                .set("stock", Item::stock);
    }

    static BulkWriterBuilder<Item> renaming() {
        return BulkWriter.<Item>update("item").key("id", Item::id).set("name", Item::name);
    }

    @Test
    void update_changesWhatIsThere_andTellsWhatIsNot() throws SQLException {
        fill(4);

        BulkResult<Item> result = renaming()
                .build(source())
                .write(List.of(new Item(3, "three"), new Item(9, "nine"), new Item(1, "it's \"one\"\\ ö")));

        assertThat(result.written()).isEqualTo(2);
        assertThat(result.missed()).isEqualTo(1);
        assertThat(result.outcome(1)).isEqualTo(RowOutcome.MISSED);
        assertThat(result.rows(RowOutcome.MISSED)).containsExactly(new Item(9, "nine"));
        assertThat(rows(source(), "SELECT id, name, price, stock FROM item ORDER BY id"))
                .containsExactly("0|item 0|0.00|0", "1|it's \"one\"\\ ö|0.01|1", "2|item 2|0.02|2", "3|three|0.03|3");
        assertThatThrownBy(result::orThrow)
                .isInstanceOf(BulkWriteException.class)
                .hasMessageContaining("3 rows: 2 written, 1 missed");
    }

    @Test
    void update_withoutOrderOfLocks_doesTheSame() throws SQLException {
        fill(4);
        BulkResult<Item> result = renaming()
                .locks(Locks.UNORDERED)
                .build(source())
                .write(List.of(new Item(3, "three"), new Item(9, "nine")));
        assertThat(result.outcome(0)).isEqualTo(RowOutcome.WRITTEN);
        assertThat(result.outcome(1)).isEqualTo(RowOutcome.MISSED);
        assertThat(one(source(), "SELECT name FROM item WHERE id = 3")).isEqualTo("three");
    }

    @Test
    void update_setsNulls_alsoWhereAllAreNull() throws SQLException {
        fill(3);
        BulkResult<Item> result = BulkWriter.<Item>update("item")
                .key("id", Item::id)
                .set("price", Item::price)
                .set("stock", Item::stock)
                .build(source())
                .write(List.of(new Item(0, "-"), new Item(2, "-")));
        assertThat(result.isComplete()).isTrue();
        assertThat(rows(source(), "SELECT id, price, stock FROM item ORDER BY id"))
                .containsExactly("0|null|null", "1|0.01|1", "2|null|null");
    }

    @Test
    void update_thatMovesTheKey() throws SQLException {
        fill(3);
        BulkResult<Item> result = BulkWriter.<Item>update("item")
                .key("id", Item::id)
                .set("id", item -> item.id() + 100)
                .build(source())
                .write(items(1, 3));
        assertThat(result.written()).isEqualTo(2);
        assertThat(rows(source(), "SELECT id FROM item ORDER BY id")).containsExactly("0", "101", "102");
    }

    @Test
    void upsert_insertsAndUpdates_andLeavesWhatOnlyAnInsertSets() throws SQLException {
        fill(3);
        BulkResult<Item> result = BulkWriter.<Item>upsert("item")
                .key("id", Item::id)
                .set("name", Item::name)
                .onInsert("stock", item -> 7)
                .build(source())
                .write(List.of(new Item(5, "five"), new Item(2, "two")));
        assertThat(result.written()).isEqualTo(2);
        assertThat(rows(source(), "SELECT id, name, stock FROM item ORDER BY id"))
                .containsExactly("0|item 0|0", "1|item 1|1", "2|two|2", "5|five|7");
    }

    @Test
    void delete_removesWhatIsThere_andTellsWhatIsNot() throws SQLException {
        fill(5);
        BulkResult<Long> result = BulkWriter.<Long>delete("item")
                .key("id", id -> id)
                .build(source())
                .write(List.of(4L, 77L, 0L));
        assertThat(result.written()).isEqualTo(2);
        assertThat(result.rows(RowOutcome.MISSED)).containsExactly(77L);
        assertThat(rows(source(), "SELECT id FROM item ORDER BY id")).containsExactly("1", "2", "3");
    }

    @Test
    void compositeKeys() throws SQLException {
        execute(
                source(),
                "DROP TABLE IF EXISTS line",
                "CREATE TABLE line (orders int, pos int, amount int, PRIMARY KEY (orders, pos))");
        BulkWriterBuilder<int[]> upsert = BulkWriter.<int[]>upsert("line")
                .key("orders", row -> row[0])
                .key("pos", row -> row[1])
                .set("amount", row -> row[2]);
        assertThat(upsert.build(source())
                        .write(List.of(new int[] {1, 2, 10}, new int[] {1, 1, 20}, new int[] {2, 1, 30}))
                        .written())
                .isEqualTo(3);
        BulkResult<int[]> result = BulkWriter.<int[]>update("line")
                .key("pos", row -> row[1])
                .key("orders", row -> row[0])
                .set("amount", row -> row[2])
                .build(source())
                .write(List.of(new int[] {1, 1, 21}, new int[] {2, 2, 99}));
        assertThat(result.outcome(1)).isEqualTo(RowOutcome.MISSED);
        assertThat(rows(source(), "SELECT * FROM line ORDER BY orders, pos"))
                .containsExactly("1|1|21", "1|2|10", "2|1|30");
    }

    @Test
    void badRowOfAThousand_isTheOnlyOneReported_andTheOthersAreStored() throws SQLException {
        fill(1_000);
        List<Item> rows = new ArrayList<>(LongStream.range(0, 1_000)
                .mapToObj(id -> new Item(id, "new", null, 5))
                .toList());
        rows.set(501, new Item(501L, "new", null, -1));
        BulkWriterBuilder<Item> builder = renaming().set("stock", Item::stock).transactions(Transactions.PER_CHUNK);

        BulkResult<Item> result = builder.build(source()).write(rows);

        assertThat(result.written()).isEqualTo(999);
        assertThat(result.failures()).singleElement().satisfies(failure -> {
            assertThat(failure.index()).isEqualTo(501);
            assertThat(failure.row()).isEqualTo(rows.get(501));
            assertThat(failure.cause().getSQLState()).startsWith("23");
        });
        assertThat(one(source(), "SELECT count(*) FROM item WHERE name = 'new'"))
                .isEqualTo("999");
        assertThat(one(source(), "SELECT name FROM item WHERE id = 501")).isEqualTo("item 501");
    }

    @Test
    void badRowOfAThousand_inOneTransaction_storesNothing_andIsStillTheOnlyOneReported() throws SQLException {
        fill(1_000);
        List<Item> rows = new ArrayList<>(LongStream.range(0, 1_000)
                .mapToObj(id -> new Item(id, "new", null, 5))
                .toList());
        rows.set(501, new Item(501L, "new", null, -1));
        BulkWriter<Item> writer =
                renaming().set("stock", Item::stock).chunkSize(200).build(source());

        BulkWriteException thrown = catchThrowableOfType(BulkWriteException.class, () -> writer.write(rows));

        assertThat(thrown).hasMessageContaining("none was stored").hasMessageContaining("row 501");
        assertThat(thrown.result().failed()).isEqualTo(1);
        assertThat(thrown.result().outcome(501)).isEqualTo(RowOutcome.FAILED);
        assertThat(thrown.result().count(RowOutcome.NOT_WRITTEN)).isEqualTo(999);
        assertThat(one(source(), "SELECT count(*) FROM item WHERE name = 'new'"))
                .isEqualTo("0");
    }

    @Test
    void badRows_ofInsertAndUpsert_areFound() throws SQLException {
        fill(3);
        List<Item> rows = List.of(
                new Item(10, "ten"),
                new Item(11, null),
                new Item(12L, "twelve", null, -1),
                new Item(13, "a name that is longer than its column"),
                new Item(1, "exists"));
        BulkResult<Item> inserted = inserting()
                .transactions(Transactions.PER_CHUNK)
                .copyFrom(2)
                .build(source())
                .write(rows);
        assertThat(inserted.written()).isEqualTo(1);
        assertThat(inserted.failures()).extracting(RowFailure::index).containsExactly(1, 2, 3, 4);
        BulkResult<Item> upserted = all(BulkWriter.<Item>upsert("item"))
                .transactions(Transactions.PER_CHUNK)
                .build(source())
                .write(rows);
        assertThat(upserted.written()).isEqualTo(2);
        assertThat(upserted.failures()).extracting(RowFailure::index).containsExactly(1, 2, 3);
        assertThat(rows(source(), "SELECT name FROM item ORDER BY id"))
                .containsExactly("item 0", "exists", "item 2", "ten");
    }

    @Test
    void tooManyBadRows_endTheCall_withWhatBecameOfEach() {
        BulkWriter<Item> writer = inserting()
                .transactions(Transactions.PER_CHUNK)
                .chunkSize(10)
                .maximumFailures(3)
                .build(source());
        List<Item> rows = new ArrayList<>(items(0, 10));
        IntStream.range(10, 20).forEach(i -> rows.add(new Item(i, null)));

        BulkWriteException thrown = catchThrowableOfType(BulkWriteException.class, () -> writer.write(rows));

        assertThat(thrown).hasMessageContaining("maximumFailures(3)");
        assertThat(thrown.result().written()).isEqualTo(10);
        assertThat(thrown.result().failed()).isEqualTo(4);
        assertThat(thrown.result().count(RowOutcome.NOT_WRITTEN)).isEqualTo(6);
    }

    @Test
    void duplicates_haveTheDeclaredOutcome_whateverIsDone() throws SQLException {
        List<Item> rows = List.of(new Item(1, "a"), new Item(2, "x"), new Item(1, "b"));
        for (Operation operation : List.of(Operation.INSERT, Operation.UPSERT, Operation.UPDATE)) {
            for (Duplicates policy : Duplicates.values()) {
                execute(source(), "DELETE FROM item");
                if (operation == Operation.UPDATE) {
                    fill(3);
                }
                BulkWriter<Item> writer = new BulkWriterBuilder<Item>(operation, "item")
                        .key("id", Item::id)
                        .set("name", Item::name)
                        .duplicates(policy)
                        .build(source());
                if (policy == Duplicates.REJECT) {
                    assertThatThrownBy(() -> writer.write(rows))
                            .isInstanceOf(BulkInputException.class)
                            .hasMessageMatching("(?s).*0 and 2 \\((?i:id)='1'\\).*")
                            .hasMessageContaining("duplicates(FIRST)");
                    assertThat(rows(source(), "SELECT name FROM item WHERE name = 'x'"))
                            .isEmpty();
                } else {
                    BulkResult<Item> result = writer.write(rows);
                    boolean first = policy == Duplicates.FIRST;
                    assertThat(result.outcome(first ? 2 : 0)).isEqualTo(RowOutcome.SUPERSEDED);
                    assertThat(result.orThrow().written()).isEqualTo(2);
                    assertThat(one(source(), "SELECT name FROM item WHERE id = 1"))
                            .isEqualTo(first ? "a" : "b");
                }
            }
        }
    }

    @Test
    void keysThatOnlyTheDatabaseFindsEqual_areDuplicatesToo() throws SQLException {
        execute(
                source(),
                "DROP TABLE IF EXISTS tag",
                "CREATE TABLE tag (name " + looseText() + " PRIMARY KEY, uses int)");
        List<String> names = List.of(sameTexts().get(0), "other", sameTexts().get(1));
        for (Operation operation : List.of(Operation.UPSERT, Operation.UPDATE, Operation.INSERT)) {
            BulkWriterBuilder<String> builder = new BulkWriterBuilder<String>(operation, "tag")
                    .key("name", name -> name)
                    .set("uses", names::indexOf);
            if (operation == Operation.INSERT) {
                execute(source(), "DELETE FROM tag");
            }
            assertThatThrownBy(() -> builder.build(source()).write(names))
                    .as("%s", operation)
                    .isInstanceOf(BulkInputException.class)
                    .hasMessageContaining("to the database")
                    .hasMessageContaining("0 and 2");
            BulkResult<String> last =
                    builder.duplicates(Duplicates.LAST).build(source()).write(names);
            assertThat(last.outcome(0)).as("%s", operation).isEqualTo(RowOutcome.SUPERSEDED);
            assertThat(last.written()).as("%s", operation).isEqualTo(2);
            assertThat(rows(source(), "SELECT uses FROM tag ORDER BY uses")).containsExactly("1", "2");
        }
    }

    @Test
    void numbersThatAreEqual_areDuplicates_whateverTheirScale() throws SQLException {
        execute(
                source(),
                "DROP TABLE IF EXISTS rate",
                "CREATE TABLE rate (amount numeric(10,2) PRIMARY KEY, n int)",
                "INSERT INTO rate VALUES (1.00, 0), (2.50, 0)");
        BulkWriterBuilder<BigDecimal> builder = BulkWriter.<BigDecimal>update("rate")
                .key("amount", amount -> amount)
                .set("n", BigDecimal::scale);
        assertThatThrownBy(() -> builder.build(source()).write(List.of(new BigDecimal("1.0"), new BigDecimal("1.000"))))
                .isInstanceOf(BulkInputException.class);
        BulkResult<BigDecimal> result = builder.build(source())
                .write(List.of(new BigDecimal("1.0"), new BigDecimal("2.5"), new BigDecimal("2.501")));
        assertThat(result.written()).isEqualTo(2);
        assertThat(result.outcome(2)).isEqualTo(RowOutcome.MISSED);
        assertThat(rows(source(), "SELECT n FROM rate")).containsExactly("1", "1");
    }

    @Test
    void badInput_isRefusedBeforeAnythingIsWritten_withRowColumnAndRemedy() throws SQLException {
        fill(2);
        BulkWriter<Map<String, Object>> writer =
                MapRows.update("item", List.of("id"), List.of("name", "stock")).build(source());
        Map<String, Object> good = Map.of("id", 0, "name", "changed", "stock", 1);
        Map<String, Object> nullKey = new HashMap<>(good);
        nullKey.put("id", null);

        assertThatThrownBy(() -> writer.write(List.of(good, nullKey)))
                .isInstanceOf(BulkInputException.class)
                .hasMessageMatching("(?s).*row 1, key column '(?i:id)': null finds no row.*");
        assertThatThrownBy(() -> writer.write(List.of(good, Map.of("id", "1", "name", "x", "stock", 1))))
                .isInstanceOf(BulkInputException.class)
                .hasMessageMatching("(?s).*row 1, column '(?i:id)'.*")
                .hasMessageContaining("java.lang.String '1' does not fit: give a whole number");
        assertThatThrownBy(() -> writer.write(List.of(good, Map.of("id", 1, "name", 5, "stock", 1.5))))
                .isInstanceOf(BulkInputException.class)
                .hasMessageMatching("(?s).*column '(?i:name)'.*")
                .hasMessageMatching("(?s).*column '(?i:stock)'.*")
                .hasMessageContaining("2 values");
        assertThatThrownBy(() -> writer.write(List.of(good, Map.of("id", 1, "name", "x"))))
                .isInstanceOf(BulkInputException.class)
                .hasMessageContaining("row 1")
                .hasMessageContaining("[stock] missing");
        assertThatThrownBy(() -> writer.write(java.util.Arrays.asList(good, null)))
                .isInstanceOf(BulkInputException.class)
                .hasMessageContaining("row 1 is null");
        BulkWriter<Item> throwing = BulkWriter.<Item>update("item")
                .key("id", Item::id)
                .set("name", item -> item.name().trim())
                .build(source());
        assertThatThrownBy(() -> throwing.write(List.of(new Item(1, null))))
                .isInstanceOf(BulkInputException.class)
                .hasMessageMatching("(?s).*the function of column '(?i:name)' threw on row 0.*");
        assertThat(rows(source(), "SELECT name FROM item ORDER BY id")).containsExactly("item 0", "item 1");
    }

    @Test
    void declarations_thatDoNotFit_areRefusedWhereTheyAreBuilt() {
        assertThatThrownBy(() -> BulkWriter.<Item>update("item")
                        .key("ident", Item::id)
                        .set("title", Item::name)
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("2 problems")
                .hasMessageContaining("column 'ident': table item has no such column");
        assertThatThrownBy(() -> BulkWriter.<Item>update("nothing")
                        .key("id", Item::id)
                        .set("name", Item::name)
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no such table");
        assertThatThrownBy(() -> BulkWriter.<Item>upsert("item")
                        .key("name", Item::name)
                        .set("stock", Item::stock)
                        .onInsert("id", Item::id)
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no unique index of item has exactly these columns");
        assertThatThrownBy(() -> BulkWriter.<Item>update("item")
                        .retries(-1)
                        .maximumFailures(-1)
                        .copyFrom(0)
                        .statementTimeout(Duration.ZERO)
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("6 problems");
        assertThatThrownBy(() -> renaming().chunkSize(0))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("1..100000");
        assertThatThrownBy(() -> BulkWriter.<Item>delete("item")
                        .key("id", Item::id)
                        .set("name", Item::name)
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a delete sets nothing");
        assertThatThrownBy(() -> BulkWriter.<Item>insert("item")
                        .set("id", Item::id)
                        .set("ID", Item::id)
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("is given twice");
    }

    @Test
    void withCheckOnFirstUse_theTableMayComeLater() throws SQLException {
        BulkWriter<Item> writer = BulkWriter.<Item>update("later")
                .key("id", Item::id)
                .set("name", Item::name)
                .checkOnFirstUse()
                .build(source());
        execute(source(), "DROP TABLE IF EXISTS later");
        assertThatThrownBy(() -> writer.write(items(0, 1))).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(writer::sql).isInstanceOf(IllegalStateException.class);
        execute(source(), "CREATE TABLE later (id int PRIMARY KEY, name varchar(20))");
        assertThat(writer.write(items(0, 1)).missed()).isEqualTo(1);
        assertThat(writer.sql()).isNotEmpty();
    }

    @Test
    void noRows_areNothingToDo() {
        BulkResult<Item> result = renaming().build(source()).write(List.of());
        assertThat(result.total()).isZero();
        assertThat(result.chunks()).isZero();
        assertThatCode(result::orThrow).doesNotThrowAnyException();
        assertThat(result).hasToString("0 rows");
    }

    @Test
    void chunks_areReportedOneAfterTheOther_alsoToAListenerThatThrows() {
        List<BulkProgress> seen = new ArrayList<>();
        BulkResult<Item> result = inserting()
                .chunkSize(300)
                .onProgress(progress -> {
                    seen.add(progress);
                    throw new IllegalStateException("a listener's own trouble");
                })
                .build(source())
                .write(items(0, 1_000));
        assertThat(result.written()).isEqualTo(1_000);
        assertThat(result.chunks()).isEqualTo(4);
        assertThat(seen).extracting(BulkProgress::done).containsExactly(300, 600, 900, 1_000);
        assertThat(seen).extracting(BulkProgress::total).containsOnly(1_000);
    }

    @Test
    void inTheCallersTransaction_everythingDependsOnTheCaller() throws SQLException {
        fill(3);
        BulkWriter<Item> writer = renaming().build();
        try (Connection connection = source().getConnection()) {
            assertThatThrownBy(() -> writer.write(connection, items(0, 1)))
                    .isInstanceOf(HoldfastException.class)
                    .hasMessageContaining("auto-commit");
            connection.setAutoCommit(false);
            assertThat(writer.write(connection, List.of(new Item(1, "mine"))).written())
                    .isEqualTo(1);
            assertThat(rows(connection, "SELECT name FROM item WHERE id = 1")).containsExactly("mine");
            connection.rollback();
            assertThat(rows(connection, "SELECT name FROM item WHERE id = 1")).containsExactly("item 1");
            writer.write(connection, List.of(new Item(2, "kept")));
            connection.commit();
        }
        assertThat(one(source(), "SELECT name FROM item WHERE id = 2")).isEqualTo("kept");
        assertThatThrownBy(() -> writer.write(items(0, 1)))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("built without a data source");
    }

    @Test
    void inTheCallersTransaction_aBadRowLeavesNothingOfTheCall_orIsLeftOut() throws SQLException {
        fill(4);
        List<Item> rows =
                List.of(new Item(0L, "new", null, 1), new Item(1L, "new", null, -1), new Item(2L, "new", null, 1));
        BulkWriterBuilder<Item> builder = renaming().set("stock", Item::stock);
        try (Connection connection = source().getConnection()) {
            connection.setAutoCommit(false);
            renaming().build().write(connection, List.of(new Item(3, "before")));
            BulkWriteException thrown = catchThrowableOfType(
                    BulkWriteException.class, () -> builder.build().write(connection, rows));
            assertThat(thrown.result().outcome(1)).isEqualTo(RowOutcome.FAILED);
            assertThat(thrown.result().count(RowOutcome.NOT_WRITTEN)).isEqualTo(2);
            assertThat(rows(connection, "SELECT name FROM item ORDER BY id"))
                    .containsExactly("item 0", "item 1", "item 2", "before");
            BulkResult<Item> isolated =
                    builder.transactions(Transactions.PER_CHUNK).build().write(connection, rows);
            assertThat(isolated.written()).isEqualTo(2);
            assertThat(isolated.failed()).isEqualTo(1);
            connection.commit();
        }
        assertThat(rows(source(), "SELECT name FROM item ORDER BY id"))
                .containsExactly("new", "item 1", "new", "before");
    }

    @Test
    void connectionsWithoutAutoCommit_areRefused_unlessDeclaredOwn() throws SQLException {
        fill(1);
        DataSource manual = ManualCommit.of(source());
        BulkWriterBuilder<Item> builder = renaming().checkOnFirstUse();
        assertThatThrownBy(() -> builder.build(manual).write(List.of(new Item(0, "x"))))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("ownConnections()");
        assertThat(builder.ownConnections()
                        .build(manual)
                        .write(List.of(new Item(0, "x")))
                        .written())
                .isEqualTo(1);
        assertThat(one(source(), "SELECT name FROM item")).isEqualTo("x");
    }

    @Test
    void rowsThatNeedEachOther_areWritten_thoughAnotherOneIsBad() throws SQLException {
        execute(
                source(),
                "DROP TABLE IF EXISTS node",
                "CREATE TABLE node (id int PRIMARY KEY, parent int, weight int CHECK (weight > 0),"
                        + " FOREIGN KEY (parent) REFERENCES node (id))");
        // Children first: halving writes them before their parents.
        List<int[]> rows = new ArrayList<>();
        for (int id = 1; id <= 8; id++) {
            rows.add(new int[] {id, id == 8 ? 8 : id + 1, 1});
        }
        rows.add(new int[] {20, 20, 0});
        BulkResult<int[]> result = BulkWriter.<int[]>insert("node")
                .key("id", row -> row[0])
                .set("parent", row -> row[1])
                .set("weight", row -> row[2])
                .transactions(Transactions.PER_CHUNK)
                .build(source())
                .write(rows);
        assertThat(result.failures())
                .singleElement()
                .satisfies(failure -> assertThat(failure.index()).isEqualTo(8));
        assertThat(result.written()).isEqualTo(8);
        execute(source(), "DROP TABLE node");
    }

    @Test
    void heavyRows_makeShortChunks() throws SQLException {
        execute(source(), "DROP TABLE IF EXISTS doc", "CREATE TABLE doc (id int PRIMARY KEY, body " + bigText() + ")");
        String body = "x".repeat(1_000_000);
        BulkResult<Integer> result = BulkWriter.<Integer>upsert("doc")
                .key("id", id -> id)
                .set("body", id -> body)
                .build(source())
                .write(IntStream.range(0, 20).boxed().toList());
        assertThat(result.written()).isEqualTo(20);
        assertThat(result.chunks()).isBetween(3, 4);
        execute(source(), "DROP TABLE doc");
    }

    String bigText() {
        return "text";
    }

    @Test
    void fourWriters_ofOverlappingRowsInAnyOrder_neverDeadlock() throws Exception {
        fill(300);
        BulkWriter<Item> updates = renaming().retries(0).build(source());
        BulkWriter<Item> upserts =
                all(BulkWriter.<Item>upsert("item")).retries(0).build(source());
        for (BulkWriter<Item> writer : List.of(updates, upserts)) {
            int rounds = 60;
            List<Callable<Integer>> writers = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                Random random = new Random(thread);
                writers.add(() -> {
                    int written = 0;
                    for (int round = 0; round < rounds; round++) {
                        List<Item> rows = new ArrayList<>(items(0, 300));
                        Collections.shuffle(rows, random);
                        written += writer.write(rows.subList(0, 200)).orThrow().written();
                    }
                    return written;
                });
            }
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                for (Future<Integer> written : threads.invokeAll(writers)) {
                    assertThat(written.get()).isEqualTo(rounds * 200);
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }
}
