package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.tx.AmbientTransactions;
import dev.holdfast.cache.tx.Invalidations;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.redis.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jooq.Configuration;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The code in docs/query-cache.md compiles, runs, and is the code below. */
@Servers
class QueryCacheDocTest {
    private static final Table<Record> BOOK = table(name("book"));
    private static final Field<Integer> ID = field(name("id"), Integer.class);
    private static final Field<String> TITLE = field(name("title"), String.class);

    record Row(int id, String title) {}

    private RedisLink link;
    private DSLContext context;
    private DataSource dataSource;

    @BeforeEach
    void connect(RedisServer redis, PostgresServer postgres) {
        link = RedisLink.connect(redis.uri());
        dataSource = postgres.dataSource();
        context = DSL.using(dataSource, SQLDialect.POSTGRES);
        context.execute("create table book (id int primary key, title text);"
                + "insert into book select i, 'Book ' || i from generate_series(1, 25) i");
    }

    @AfterEach
    void disconnect() {
        link.close();
        TransactionSynchronizationManager.RESOURCES.clear();
        TransactionSynchronizationManager.SYNCHRONIZATIONS.clear();
    }

    @Test
    void overview() {
        int page = 1;
        // overview begin
        QueryCache queries = QueryCache.builder(TieredCache.<String, CachedRows>builder("queries")
                        .redis(link)
                        .maximumSize(10_000)
                        .timeToLive(Duration.ofMinutes(10)))
                .build();
        DSLContext db = queries.watch(context); // use this one wherever rows are changed

        int total = queries.fetchCount(db.selectFrom(BOOK)); // counted once per change of book, for the whole fleet
        List<Row> rows = queries.fetchInto(
                db.select(ID, TITLE).from(BOOK).orderBy(ID).limit(10).offset(10 * page), Row.class);

        db.transaction(tx -> {
            tx.dsl().deleteFrom(BOOK).where(ID.eq(7)).execute();
        }); // committed: both are loaded again when next asked for
        // overview end
        assertThat(total).isEqualTo(25);
        assertThat(rows).hasSize(10).contains(new Row(11, "Book 11"));
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(24);
        queries.close();
    }

    @Test
    void rules() {
        Supplier<String> currentTenant = () -> "7";
        // rules begin
        QueryCache queries = QueryCache.builder(TieredCache.<String, CachedRows>builder("queries")
                        .redis(link)
                        .maximumWeight(1_000_000, (key, rows) -> rows.weight()))
                .readCatalog(context) // views; in PostgreSQL what they read, cascades and partitions too
                .view("order_totals", "orders", "order_lines") // what a view reads
                .cascade("author", "book") // what a foreign key or a trigger changes too
                .unknownTables(UnknownTables.REJECT) // or CLEAR
                .partition(configuration -> currentTenant.get()) // row level security, search_path
                .maximumRows(5_000)
                .build();
        // rules end
        DSLContext db = queries.watch(context);
        // plain begin
        queries.reading("book").fetch(db.resultQuery("select count(*) from book"));
        queries.changing(db, "book").execute("update book set title = upper(title)");
        queries.changed("book"); // after a change that jOOQ did not make
        // plain end
        assertThat(queries.reading("book")
                        .fetch(db.resultQuery("select min(title) from book"))
                        .get(0)
                        .get(0))
                .isEqualTo("BOOK 1");
        queries.close();
    }

    @Test
    void jdbc() throws SQLException {
        TieredCache<Integer, String> titles = TieredCache.<Integer, String>builder("title")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .loader(id -> context.select(TITLE)
                        .from(BOOK)
                        .where(ID.eq(id))
                        .fetchSingle()
                        .value1())
                .build();
        DataSource pool = dataSource;
        assertThat(titles.get(7)).isEqualTo("Book 7");
        // jdbc begin
        DataSource collecting = Invalidations.collecting(pool); // around the pool, once

        try (Connection connection = collecting.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement update = connection.prepareStatement("UPDATE book SET title = ? WHERE id = ?")) {
                update.setString(1, "Renamed");
                update.setInt(2, 7);
                update.executeUpdate();
            }
            Invalidations.of(connection).key(titles, 7).tag(titles, "list");
            connection.commit(); // issues both; rollback() would drop them
        }
        // jdbc end
        assertThat(titles.get(7)).isEqualTo("Renamed");
        // explicit begin
        try (Invalidations tx = Invalidations.begin()) {
            tx.key(titles, 7).run(() -> sendMail());
            commit();
            tx.afterCommit();
        } // an exception on the way: outcome unknown, so issued
        // explicit end
        titles.close();
    }

    private void sendMail() {}

    private void commit() {}

    @Test
    void spring() {
        // spring begin
        AmbientTransactions spring = AmbientTransactions.of(
                () -> TransactionSynchronizationManager.getResource(dataSource),
                end -> TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                    @Override
                    public void afterCompletion(int status) {
                        if (status == STATUS_ROLLED_BACK) {
                            end.afterRollback();
                        } else {
                            end.afterCommit(); // committed, or unknown
                        }
                    }
                }));
        // spring end
        List<String> done = new ArrayList<>();
        assertThat(spring.current()).isNull();
        for (int status : new int[] {0, 1, 2}) {
            TransactionSynchronizationManager.RESOURCES.put(dataSource, new Object());
            spring.current().run(() -> done.add("status " + status));
            TransactionSynchronizationManager.complete(status);
        }
        assertThat(done).containsExactly("status 0", "status 2");
    }

    @Test
    void jakarta() {
        FakeRegistry registry = new FakeRegistry();
        // jakarta begin
        AmbientTransactions jakarta = AmbientTransactions.of(
                registry::getTransactionKey,
                end -> registry.registerInterposedSynchronization(new Synchronization() {
                    @Override
                    public void beforeCompletion() {}

                    @Override
                    public void afterCompletion(int status) {
                        if (status == Status.STATUS_ROLLEDBACK) {
                            end.afterRollback();
                        } else {
                            end.afterCommit();
                        }
                    }
                }));
        // jakarta end
        List<String> done = new ArrayList<>();
        jakarta.current().run(() -> done.add("committed"));
        registry.synchronizations.remove(0).afterCompletion(3);
        jakarta.current().run(() -> done.add("rolled back"));
        registry.synchronizations.remove(0).afterCompletion(Status.STATUS_ROLLEDBACK);
        assertThat(done).containsExactly("committed");
    }

    @Test
    void configuration() {
        QueryCache queries = QueryCache.builder(TieredCache.<String, CachedRows>builder("queries")
                        .redis(link)
                        .maximumSize(10))
                .build();
        Configuration jooq = context.configuration();
        // beans begin
        jooq.set(queries.executeListener());
        jooq.set(queries.transactionListener());
        // beans end
        DSLContext db = DSL.using(jooq);
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        db.transaction(tx -> tx.dsl().deleteFrom(BOOK).where(ID.eq(1)).execute());
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(24);
        queries.close();
    }

    @Test
    void code_inTheDocument_isTheCodeThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/cache/jooq/QueryCacheDocTest.java"));
        String document = Files.readString(Path.of("../docs/query-cache.md"));
        Matcher regions = Pattern.compile("// (\\w+) begin\n(.*?)\n *// \\1 end", Pattern.DOTALL)
                .matcher(here);
        List<String> found = new ArrayList<>();
        while (regions.find()) {
            found.add(regions.group(1));
            String code = regions.group(2)
                    .lines()
                    .map(line -> line.isBlank() ? "" : line.substring(Math.min(8, line.length())))
                    .collect(Collectors.joining("\n"));
            assertThat(document).as(regions.group(1)).contains(code);
        }
        assertThat(found)
                .containsExactly("overview", "rules", "plain", "jdbc", "explicit", "spring", "jakarta", "beans");
    }

    // Spring's and Jakarta's types as far as the document uses them: neither is a dependency of this module.

    private interface TransactionSynchronization {
        int STATUS_ROLLED_BACK = 1;

        void afterCompletion(int status);
    }

    private static final class TransactionSynchronizationManager {
        static final Map<Object, Object> RESOURCES = new HashMap<>();
        static final List<TransactionSynchronization> SYNCHRONIZATIONS = new ArrayList<>();

        static Object getResource(Object key) {
            return RESOURCES.get(key);
        }

        static void registerSynchronization(TransactionSynchronization synchronization) {
            SYNCHRONIZATIONS.add(synchronization);
        }

        static void complete(int status) {
            RESOURCES.clear();
            SYNCHRONIZATIONS.forEach(synchronization -> synchronization.afterCompletion(status));
            SYNCHRONIZATIONS.clear();
        }
    }

    @SuppressWarnings("UnusedMethod") // As the real one has it.
    private interface Synchronization {
        void beforeCompletion();

        void afterCompletion(int status);
    }

    private interface Status {
        int STATUS_ROLLEDBACK = 4;
    }

    private static final class FakeRegistry {
        final List<Synchronization> synchronizations = new ArrayList<>();

        Object getTransactionKey() {
            return "key";
        }

        void registerInterposedSynchronization(Synchronization synchronization) {
            synchronizations.add(synchronization);
        }
    }
}
