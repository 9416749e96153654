package dev.holdfast.batch.keyset;

import static dev.holdfast.batch.Sql.execute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.batch.OneConnection;
import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.HoldfastException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a keyset does in every database. */
abstract class KeysetContract {

    record Row(Integer a, String b, long id) {}

    /** Ties and nulls in both columns. */
    static final List<Row> ROWS = rows();

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        long id = 0;
        for (Integer a : new Integer[] {null, 1, 2, 1, null, -5}) {
            for (String b : new String[] {null, "x", "y", null, "x"}) {
                rows.add(new Row(a, b, id++));
            }
        }
        Collections.shuffle(rows, new java.util.Random(5));
        return List.copyOf(rows);
    }

    abstract DataSource source();

    @BeforeEach
    void fill() throws SQLException {
        execute(
                source(),
                "DROP TABLE IF EXISTS tied",
                "CREATE TABLE tied (a int, b varchar(10), id bigint PRIMARY KEY)");
        try (Connection connection = source().getConnection();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO tied VALUES (?, ?, ?)")) {
            for (Row row : ROWS) {
                insert.setObject(1, row.a());
                insert.setString(2, row.b());
                insert.setLong(3, row.id());
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    static Row read(java.sql.ResultSet row) throws SQLException {
        int a = row.getInt("a");
        return new Row(row.wasNull() ? null : a, row.getString("b"), row.getLong("id"));
    }

    static KeysetBuilder<Row> tied() {
        return Keyset.<Row>from("tied").map(KeysetContract::read);
    }

    private static KeysetBuilder<Row> by(KeysetBuilder<Row> builder, String column, boolean down, Nulls nulls) {
        return down ? builder.descending(column, nulls) : builder.ascending(column, nulls);
    }

    private static <V extends Comparable<V>> Comparator<V> like(boolean down, Nulls nulls) {
        Comparator<V> values = down ? Comparator.reverseOrder() : Comparator.naturalOrder();
        return nulls == Nulls.FIRST ? Comparator.nullsFirst(values) : Comparator.nullsLast(values);
    }

    /** All pages from the first to the last, then back to the first; each way as one list. */
    static <T> List<List<T>> bothWays(Keyset<T> keyset, int size, Object... arguments) {
        List<T> forward = new ArrayList<>();
        Page<T> page = keyset.page(PageRequest.first(size), arguments);
        assertThat(page.previous()).isEmpty();
        forward.addAll(page.items());
        while (page.next().isPresent()) {
            page = keyset.page(PageRequest.at(page.next().get()).size(size), arguments);
            assertThat(page.items()).isNotEmpty();
            forward.addAll(page.items());
        }
        List<T> backward = new ArrayList<>(page.items());
        while (page.previous().isPresent()) {
            page = keyset.page(PageRequest.at(page.previous().get()).size(size), arguments);
            backward.addAll(0, page.items());
            assertThat(page.next()).isPresent();
        }
        return List.of(forward, backward);
    }

    @Test
    void everyOrder_readForwardAndBackward_isTheFullSort() throws SQLException {
        try (OneConnection one = new OneConnection(source())) {
            everyOrder(one.source());
        }
    }

    private static void everyOrder(DataSource source) {
        for (int bits = 0; bits < 64; bits++) {
            boolean downA = (bits & 1) > 0;
            boolean downB = (bits & 2) > 0;
            boolean downId = (bits & 4) > 0;
            Nulls nullsA = (bits & 8) > 0 ? Nulls.FIRST : Nulls.LAST;
            Nulls nullsB = (bits & 16) > 0 ? Nulls.FIRST : Nulls.LAST;
            boolean bFirst = (bits & 32) > 0;
            KeysetBuilder<Row> builder = tied().fetchRows(7);
            if (bFirst) {
                by(builder, "b", downB, nullsB);
            }
            by(builder, "a", downA, nullsA);
            if (!bFirst) {
                by(builder, "b", downB, nullsB);
            }
            by(builder, "id", downId, Nulls.LAST);
            Comparator<Row> a = Comparator.comparing(Row::a, like(downA, nullsA));
            Comparator<Row> b = Comparator.comparing(Row::b, like(downB, nullsB));
            List<Row> sorted = ROWS.stream()
                    .sorted((bFirst ? b.thenComparing(a) : a.thenComparing(b))
                            .thenComparing(Row::id, like(downId, Nulls.LAST)))
                    .toList();

            Keyset<Row> keyset = builder.build(source);

            for (List<Row> way : bothWays(keyset, 4)) {
                assertThat(way).as("order %s", bits).isEqualTo(sorted);
            }
            try (Stream<Row> stream = keyset.stream()) {
                assertThat(stream.toList()).as("order %s", bits).isEqualTo(sorted);
            }
        }
    }

    @Test
    void conditions_columnsAndTotals() {
        Keyset<Row> keyset = tied().columns("b", "a")
                .where("a = ? OR b = ?")
                .ascending("a")
                .ascending("id")
                .build(source());
        List<Row> expected = ROWS.stream()
                .filter(row -> Integer.valueOf(1).equals(row.a()) || "y".equals(row.b()))
                .sorted(Comparator.comparing(Row::a, like(false, Nulls.LAST)).thenComparing(Row::id))
                .toList();
        assertThat(bothWays(keyset, 3, 1, "y")).containsExactly(expected, expected);
        assertThat(keyset.count(1, "y")).isEqualTo(expected.size());
        Page<Row> page = keyset.page(PageRequest.first().withTotal(), 1, "y");
        assertThat(page.total()).hasValue(expected.size());
        assertThat(keyset.page(PageRequest.first(), 77, "none").items()).isEmpty();
        assertThat(keyset.page(PageRequest.first(), 77, "none").next()).isEmpty();
    }

    @Test
    void counts_mayComeFromACache_underOneKeyForOneQuestion() {
        List<String> asked = new ArrayList<>();
        Keyset<Row> keyset = tied().where("a = ?")
                .ascending("id")
                .countThrough((key, count) -> {
                    asked.add(key);
                    return asked.size() == 1 ? count.getAsLong() : 4_711;
                })
                .build(source());
        assertThat(keyset.count(1)).isEqualTo(10);
        assertThat(keyset.count(1)).isEqualTo(4_711);
        keyset.count(2);
        assertThat(asked.get(0)).isEqualTo(asked.get(1)).isNotEqualTo(asked.get(2));
    }

    @Test
    void queries_areReadByTheirOwnColumns() {
        Keyset<Row> keyset = Keyset.<Row>query("SELECT t.a, t.b, t.id, t.id * 2 AS twice FROM tied t WHERE t.id >= ?")
                .map(KeysetContract::read)
                .where("twice < ?")
                .descending("a")
                .ascending("id")
                .build(source());
        List<Row> expected = ROWS.stream()
                .filter(row -> row.id() >= 5 && row.id() * 2 < 50)
                .sorted(Comparator.comparing(Row::a, like(true, Nulls.FIRST)).thenComparing(Row::id))
                .toList();
        assertThat(bothWays(keyset, 4, 5, 50)).containsExactly(expected, expected);
    }

    @Test
    void anOrderThatIsNotUnique_isRefusedWhereItIsBuilt() {
        assertThatThrownBy(() -> tied().ascending("a").descending("b").build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageMatching("(?s).*order '(?i:a, b)'.*there is \\((?i:id)\\).*");
        assertThatThrownBy(() -> tied().ascending("a").ascending("nope").build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("column 'nope': table tied has no such column");
        assertThatThrownBy(() -> tied().build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no column orders the rows");
        assertThatThrownBy(() -> Keyset.<Row>from("tied").ascending("id").build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("nothing makes objects of rows");
        assertThatThrownBy(() -> tied().ascending("id")
                        .ascending("ID")
                        .fetchRows(0)
                        .statementTimeout(Duration.ofMillis(1))
                        .cursorSecret(new byte[3])
                        .build(source()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("4 problems");
    }

    @Test
    void anOrderOfAQueryThatIsNotUnique_isNoticedWhileReading() {
        Keyset<Row> keyset = Keyset.<Row>query("SELECT * FROM tied WHERE a IS NOT NULL AND b IS NOT NULL")
                .map(KeysetContract::read)
                .ascending("a")
                .descending("b")
                .fetchRows(1)
                .build(source());
        assertThatThrownBy(() -> bothWays(keyset, 1))
                .isInstanceOf(NonUniqueOrderException.class)
                .hasMessageContaining("primary key");
        try (Stream<Row> stream = keyset.stream()) {
            assertThatThrownBy(stream::toList).isInstanceOf(NonUniqueOrderException.class);
        }
        assertThatThrownBy(() -> keyset.chunks().size(1).forEach(chunk -> {}))
                .isInstanceOf(NonUniqueOrderException.class);
    }

    @Test
    void neverNull_isHeldAgainstTheRows() {
        Keyset<Row> wrong = Keyset.<Row>query("SELECT * FROM tied")
                .map(KeysetContract::read)
                .neverNull()
                .ascending("a")
                .ascending("id")
                .build(source());
        assertThatThrownBy(() -> bothWays(wrong, 50))
                .isInstanceOf(NonUniqueOrderException.class)
                .hasMessageContaining("declared never to be");
        Keyset<Row> right = Keyset.<Row>query("SELECT * FROM tied")
                .map(KeysetContract::read)
                .neverNull()
                .descending("id")
                .build(source());
        assertThat(bothWays(right, 9).get(1)).hasSize(ROWS.size());
    }

    @Test
    void cursors_thatWereChangedOrBelongElsewhere_areRefused() {
        byte[] secret = "a secret of sixteen bytes or more".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Keyset<Row> keyset = tied().where("id > ?")
                .ascending("a")
                .ascending("id")
                .cursorSecret(secret)
                .build(source());
        String cursor = keyset.page(PageRequest.first(3), 0).next().orElseThrow();
        assertThat(cursor).matches("[A-Za-z0-9_-]+");
        for (int i = 0; i < cursor.length(); i++) {
            char other = cursor.charAt(i) == 'A' ? 'B' : 'A';
            String changed = cursor.substring(0, i) + other + cursor.substring(i + 1);
            assertThatThrownBy(() -> keyset.page(PageRequest.at(changed), 0))
                    .isInstanceOf(CursorException.class)
                    .hasMessageContaining("changed on its way");
        }
        for (String junk : List.of("", "A", "not base64!", cursor + "A", cursor.substring(4), "A".repeat(20_000))) {
            assertThatThrownBy(() -> keyset.page(PageRequest.at(junk), 0)).isInstanceOf(CursorException.class);
        }
        // Other arguments, another direction, another condition, another key.
        assertThatThrownBy(() -> keyset.page(PageRequest.at(cursor), 1))
                .isInstanceOf(CursorException.class)
                .hasMessageContaining("another order, query or arguments");
        List<Keyset<Row>> others = List.of(
                tied().where("id > ?")
                        .descending("a")
                        .ascending("id")
                        .cursorSecret(secret)
                        .build(source()),
                tied().where("id >= ?")
                        .ascending("a")
                        .ascending("id")
                        .cursorSecret(secret)
                        .build(source()));
        for (Keyset<Row> other : others) {
            assertThatThrownBy(() -> other.page(PageRequest.at(cursor), 0))
                    .isInstanceOf(CursorException.class)
                    .hasMessageContaining("another order, query or arguments");
        }
        Keyset<Row> ownKey =
                tied().where("id > ?").ascending("a").ascending("id").build(source());
        assertThatThrownBy(() -> ownKey.page(PageRequest.at(cursor), 0))
                .isInstanceOf(CursorException.class)
                .hasMessageContaining("no other node knows them");
        Keyset<Row> twin = tied().where("id > ?")
                .ascending("a")
                .ascending("id")
                .cursorSecret(secret)
                .build(source());
        assertThat(twin.page(PageRequest.at(cursor), 0)).isEqualTo(keyset.page(PageRequest.at(cursor), 0));
    }

    @Test
    void pages_haveOneToAHundredRows() {
        assertThat(PageRequest.first().size()).isEqualTo(50);
        assertThat(PageRequest.first(100).size()).isEqualTo(100);
        for (int size : new int[] {101, 0, -1}) {
            assertThatThrownBy(() -> PageRequest.first(size))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("page size " + size + " is out of range 1..100");
        }
        assertThatThrownBy(() -> tied().ascending("id").build(source()).chunks().size(0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void pagesWithoutRows_leadBackToWhereRowsAre() throws SQLException {
        Keyset<Row> keyset = tied().ascending("id").build(source());
        Page<Row> first = keyset.page(PageRequest.first(29));
        execute(source(), "DELETE FROM tied WHERE id >= 29");
        Page<Row> empty = keyset.page(PageRequest.at(first.next().orElseThrow()));
        assertThat(empty.items()).isEmpty();
        assertThat(empty.next()).isEmpty();
        Page<Row> last =
                keyset.page(PageRequest.at(empty.previous().orElseThrow()).size(5));
        assertThat(last.items()).extracting(Row::id).containsExactly(24L, 25L, 26L, 27L, 28L);
        assertThat(last.next()).isEmpty();
        Page<Row> before =
                keyset.page(PageRequest.at(last.previous().orElseThrow()).size(5));
        execute(source(), "DELETE FROM tied WHERE id < 19");
        Page<Row> emptyStart = keyset.page(PageRequest.at(before.previous().orElseThrow()));
        assertThat(emptyStart.items()).isEmpty();
        assertThat(emptyStart.previous()).isEmpty();
        assertThat(keyset.page(PageRequest.at(emptyStart.next().orElseThrow())).items())
                .extracting(Row::id)
                .startsWith(19L);
    }

    @Test
    void chunks_startAgainAtARecordedPosition_alsoAfterAFailure() {
        Keyset<Row> keyset = tied().descending("a").ascending("id").build(source());
        AtomicReference<String> recorded = new AtomicReference<>();
        List<Row> handled = new ArrayList<>();
        assertThatThrownBy(() -> keyset.chunks()
                        .size(8)
                        .onProgress(progress -> recorded.set(progress.position()))
                        .forEach(chunk -> {
                            if (handled.size() >= 16) {
                                throw new IllegalStateException("a handler's own trouble");
                            }
                            handled.addAll(chunk);
                        }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(handled).hasSize(16);
        // Another program with another key.
        Keyset<Row> restarted = tied().descending("a").ascending("id").build(source());
        ChunkProgress end =
                restarted.chunks().size(5).startAfter(recorded.get()).forEach(handled::addAll);
        try (Stream<Row> all = keyset.stream()) {
            assertThat(handled).isEqualTo(all.toList());
        }
        assertThat(end.rows()).isEqualTo(14);
        assertThat(end.chunks()).isEqualTo(3);
        assertThat(restarted
                        .chunks()
                        .startAfter(end.position())
                        .forEach(handled::addAll)
                        .rows())
                .isZero();
        assertThatThrownBy(() ->
                        restarted.chunks().startAfter("x" + end.position()).forEach(handled::addAll))
                .isInstanceOf(CursorException.class);
        assertThatThrownBy(() -> restarted.page(PageRequest.at(end.position()))).isInstanceOf(CursorException.class);
    }

    @Test
    void chunks_ofHeavyRows_areShort() {
        Keyset<Row> keyset = tied().ascending("id").build(source());
        List<Integer> sizes = new ArrayList<>();
        keyset.chunks()
                .size(10)
                .maximumWeight(30, row -> row.id() < 10 ? 10 : 15)
                .forEach(chunk -> sizes.add(chunk.size()));
        assertThat(sizes).startsWith(10, 3).contains(2);
        assertThat(sizes.stream().mapToInt(Integer::intValue).sum()).isEqualTo(ROWS.size());
        assertThatThrownBy(() -> keyset.chunks().maximumWeight(0, row -> 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void rowsThatStay_areReadOnce_whileOthersComeAndGo() throws Exception {
        execute(source(), "DELETE FROM tied");
        insert(IntStream.range(0, 2_000).map(i -> i * 10).toArray());
        Keyset<Long> keyset = Keyset.<Long>from("tied")
                .map(row -> row.getLong("id"))
                .ascending("id")
                .fetchRows(50)
                .build(source());
        AtomicBoolean done = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        AtomicReference<Exception> failure = new AtomicReference<>();
        Thread writer = new Thread(() -> {
            try (Connection connection = source().getConnection();
                    PreparedStatement in = connection.prepareStatement("INSERT INTO tied (id) VALUES (?)");
                    PreparedStatement out = connection.prepareStatement("DELETE FROM tied WHERE id = ?")) {
                while (!done.get()) {
                    long id = ThreadLocalRandom.current().nextInt(2_000) * 10L + 5;
                    out.setLong(1, id);
                    if (out.executeUpdate() == 0) {
                        in.setLong(1, id);
                        in.executeUpdate();
                    }
                    begun.countDown();
                }
            } catch (SQLException e) {
                failure.set(e);
                begun.countDown();
            }
        });
        writer.start();
        begun.await();
        try {
            for (int round = 0; round < 5; round++) {
                List<Long> read;
                try (Stream<Long> stream = keyset.stream()) {
                    read = stream.toList();
                }
                assertThat(read).isSorted().doesNotHaveDuplicates();
                assertThat(read.stream().filter(id -> id % 10 == 0)).hasSize(2_000);
            }
        } finally {
            done.set(true);
            writer.join();
        }
        assertThat(failure.get()).isNull();
    }

    private void insert(int... ids) throws SQLException {
        try (Connection connection = source().getConnection();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO tied (id) VALUES (?)")) {
            for (int id : ids) {
                insert.setLong(1, id);
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    @Test
    void streams_giveTheirConnectionBack_readOrNot() throws SQLException {
        try (CountingSource counting = new CountingSource(source())) {
            Keyset<Row> keyset = tied().ascending("id").fetchRows(10).build(counting.source());
            assertThat(counting.open()).isZero();
            Stream<Row> whole = keyset.stream();
            assertThat(counting.open()).isEqualTo(1);
            assertThat(whole.count()).isEqualTo(ROWS.size());
            assertThat(counting.open()).isZero();
            try (Stream<Row> part = keyset.stream()) {
                java.util.Iterator<Row> rows = part.iterator();
                rows.next();
                assertThat(counting.open()).isEqualTo(1);
            }
            assertThat(counting.open()).isZero();
            Keyset<Row> failing = Keyset.<Row>from("tied")
                    .map(row -> {
                        throw new SQLException("a mapper's own trouble");
                    })
                    .ascending("id")
                    .build(counting.source());
            assertThatThrownBy(() -> failing.stream().findFirst())
                    .isInstanceOf(HoldfastException.class)
                    .hasMessageContaining("a mapper's own trouble");
            assertThat(counting.open()).isZero();
        }
    }

    @Test
    void pagesAreOpaqueToTheirUsers_andEqualForEqualRows() {
        Keyset<Row> keyset = tied().ascending("id").build(source());
        Page<Row> page = keyset.page(PageRequest.first(2));
        assertThat(page.items()).extracting(Row::id).containsExactly(0L, 1L);
        assertThat(page.next()).isEqualTo(keyset.page(PageRequest.first(2)).next());
        assertThat(page.previous()).isEqualTo(Optional.empty());
    }
}
