package dev.holdfast.batch.keyset;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.one;
import static dev.holdfast.batch.Sql.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A million rows, or as many as {@code -Dholdfast.batch.rows} says, in memory that does not grow. */
@Servers
class HugeTableTest {
    private static final int ROWS = Integer.getInteger("holdfast.batch.rows", 1_000_000);
    private static final long MEGABYTE = 1L << 20;

    private static DataSource source;

    @BeforeAll
    static void fill(PostgresDatabase database) throws SQLException {
        source = database.dataSource();
        execute(
                source,
                "CREATE UNLOGGED TABLE huge (id int NOT NULL, day int, note text)",
                "INSERT INTO huge SELECT g, nullif(g / 1000, 7), 'a note on number ' || g FROM generate_series(0, "
                        + (ROWS - 1) + ") g",
                "ALTER TABLE huge ADD PRIMARY KEY (id)",
                "CREATE INDEX ON huge (day, id)",
                "VACUUM ANALYZE huge");
    }

    private static Keyset<Integer> huge() {
        return Keyset.<Integer>from("huge")
                .ascending("day")
                .ascending("id")
                .map(row -> {
                    assertThat(row.getString("note")).isNotEmpty();
                    return row.getInt("id");
                })
                .build(source);
    }

    /** What is reachable, after a collection. */
    private static long reachable() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    @Test
    void aStreamOfAllRows_keepsTheHeapFlat() {
        List<Long> heap = new ArrayList<>();
        AtomicLong count = new AtomicLong();
        BitSet seen = new BitSet(ROWS);
        seen.set(0, ROWS);
        seen.clear();
        try (Stream<Integer> stream = huge().stream()) {
            stream.forEach(id -> {
                seen.set(id);
                if (count.incrementAndGet() % (ROWS / 5) == ROWS / 10) {
                    heap.add(reachable());
                }
            });
        }
        assertThat(count.get()).isEqualTo(ROWS);
        assertThat(seen.cardinality()).isEqualTo(ROWS);
        assertThat(heap).hasSize(5);
        long growth = heap.get(4) - heap.get(1);
        assertThat(growth).as("bytes more after 90 % than after 30 %: %s", heap).isLessThan(8 * MEGABYTE);
    }

    @Test
    @Tag("fault")
    void aReadingThatIsKilledInTheMiddle_goesOnAtTheRecordedPosition() throws SQLException {
        AtomicReference<String> recorded = new AtomicReference<>();
        BitSet recordedRows = new BitSet(ROWS);
        List<Integer> chunk = new ArrayList<>();
        AtomicLong twice = new AtomicLong();
        int half = ROWS / 2;
        ChunkHandler<Integer, SQLException> handler = rows -> {
            chunk.clear();
            chunk.addAll(rows);
            if (recordedRows.cardinality() >= half && recordedRows.cardinality() < half + 10_000) {
                // The next statement meets a table that is gone for it, as after the kill of a server.
                execute(source, "ALTER TABLE huge RENAME TO hidden");
            }
        };
        AtomicLong total = new AtomicLong();
        java.util.function.Consumer<ChunkProgress> recorder = progress -> {
            recorded.set(progress.position());
            for (int id : chunk) {
                twice.addAndGet(recordedRows.get(id) ? 1 : 0);
                recordedRows.set(id);
            }
            total.addAndGet(chunk.size());
        };

        Keyset<Integer> first = huge();
        assertThatThrownBy(
                        () -> first.chunks().size(10_000).onProgress(recorder).forEach(handler))
                .isInstanceOf(HoldfastException.class)
                .hasMessageContaining("huge");
        execute(source, "ALTER TABLE hidden RENAME TO huge");
        assertThat(recordedRows.cardinality()).isBetween(half, half + 20_000);
        huge().chunks()
                .size(10_000)
                .startAfter(recorded.get())
                .onProgress(recorder)
                .forEach(rows -> {
                    chunk.clear();
                    chunk.addAll(rows);
                });

        assertThat(recordedRows.cardinality()).isEqualTo(ROWS);
        assertThat(total.get()).isEqualTo(ROWS);
        assertThat(twice.get()).isZero();
    }

    @Test
    @Tag("fault")
    void aStreamWhoseConnectionIsKilled_failsAndGivesItBack() throws SQLException {
        try (Stream<Integer> stream = huge().stream()) {
            assertThatThrownBy(() -> stream.forEach(id -> {
                        if (id == 5_000) {
                            terminateOthers();
                        }
                    }))
                    .isInstanceOf(HoldfastException.class);
        }
        assertThat(one(source, "SELECT count(*) FROM huge")).isEqualTo(String.valueOf(ROWS));
    }

    private static void terminateOthers() {
        try {
            rows(
                    source,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
