package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import dev.holdfast.cache.jooq.Shop.Author;
import dev.holdfast.cache.jooq.Shop.AuthorRecord;
import dev.holdfast.cache.tx.AmbientTransactions;
import dev.holdfast.cache.tx.Invalidations;
import dev.holdfast.cache.tx.TransactionEnd;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.redis.RedisServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.impl.DataSourceConnectionProvider;
import org.jooq.impl.ThreadLocalTransactionProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes: every way to change rows, in every kind of transaction, on real servers. */
@Servers
class ChangeListenerTest {
    private static final Table<Record> ITEM = table(name("item"));
    private static final Field<Integer> ID = field(name("id"), Integer.class);
    private static final Field<String> NAME = field(name("name"), String.class);

    private RedisServer redis;
    private DataSource dataSource;
    private QueryNode node;
    private QueryCache queries;
    private DSLContext db;

    @BeforeEach
    void open(RedisServer redis, PostgresServer postgres) {
        this.redis = redis;
        dataSource = postgres.dataSource();
        DSL.using(dataSource, SQLDialect.POSTGRES).execute("""
                        create table item (id int primary key deferrable initially deferred, name text);
                        create table author (id int primary key, name text not null);
                        insert into item values (1, 'a'), (2, 'b');
                        create function add_item() returns void language sql as 'insert into item values (100, null)';
                        """);
        reopen(dataSource, builder -> builder);
    }

    private void reopen(DataSource through, UnaryOperator<QueryCacheBuilder> change) {
        close();
        node = new QueryNode(redis, through, change).awaitInStep();
        queries = node.queries;
        db = node.db;
    }

    @AfterEach
    void close() {
        if (node != null) {
            node.close();
        }
    }

    private int items() {
        return queries.fetchCount(db.selectFrom(ITEM));
    }

    private static void insert(DSLContext context, int id) {
        context.insertInto(ITEM, ID, NAME).values(id, "new").execute();
    }

    /** Has the count cached, and forgets how often the database was asked. */
    private void warm(int expected) {
        assertThat(items()).isEqualTo(expected);
        assertThat(items()).isEqualTo(expected);
        node.statements();
    }

    private void assertCached(int expected) {
        node.statements();
        assertThat(items()).isEqualTo(expected);
        assertThat(node.statements()).isZero();
    }

    @Test
    void everyKindOfStatement_inAutoCommitMode_invalidatesAtOnce() {
        warm(2);
        insert(db, 3);
        assertThat(items()).isEqualTo(3);
        db.update(ITEM).set(NAME, "x").execute();
        assertThat(queries.fetchCount(db.selectFrom(ITEM).where(NAME.eq("x")))).isEqualTo(3);
        db.insertInto(ITEM, ID).values(4).returning(ID).fetch();
        assertThat(items()).isEqualTo(4);
        db.deleteFrom(ITEM).where(ID.eq(4)).execute();
        assertThat(items()).isEqualTo(3);
        db.mergeInto(ITEM)
                .using(DSL.selectOne())
                .on(ID.eq(5))
                .whenNotMatchedThenInsert(ID)
                .values(5)
                .execute();
        assertThat(items()).isEqualTo(4);
        db.with(name("gone").as(DSL.deleteFrom(ITEM).where(ID.eq(5)).returning(ID)))
                .select()
                .from(name("gone"))
                .fetch();
        assertThat(items()).isEqualTo(3);
        db.truncate(ITEM).execute();
        assertThat(items()).isZero();
    }

    @Test
    void batches_invalidate() {
        warm(2);
        db.batch(db.insertInto(ITEM, ID).values(3), db.insertInto(ITEM, ID).values(4))
                .execute();
        assertThat(items()).isEqualTo(4);
        db.batch(db.insertInto(ITEM, ID).values((Integer) null)).bind(5).bind(6).execute();
        assertThat(items()).isEqualTo(6);
    }

    @Test
    void updatableRecords_invalidate() {
        AuthorRecord record = db.newRecord(Author.AUTHOR);
        assertThat(queries.fetchCount(db.selectFrom(Author.AUTHOR))).isZero();
        record.set(Author.AUTHOR.id, 1);
        record.set(Author.AUTHOR.name, "Ann");
        record.store();
        assertThat(queries.fetchCount(db.selectFrom(Author.AUTHOR))).isEqualTo(1);
        db.batchDelete(record).execute();
        assertThat(queries.fetchCount(db.selectFrom(Author.AUTHOR))).isZero();
    }

    @Test
    void commit_invalidates_andNotBefore() {
        warm(2);
        db.transaction(tx -> {
            insert(tx.dsl(), 3);
            assertCached(2);
        });
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void rollback_keepsWhatIsCached() {
        warm(2);
        assertThatThrownBy(() -> db.transaction(tx -> {
                    insert(tx.dsl(), 3);
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertCached(2);
    }

    @Test
    void transaction_seesItsOwnChanges_andCachesNoneOfThem() {
        warm(2);
        assertThatThrownBy(() -> db.transaction(tx -> {
                    insert(tx.dsl(), 3);
                    assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM))).isEqualTo(3);
                    assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM).where(ID.gt(0))))
                            .isEqualTo(3);
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertCached(2);
        assertThat(queries.fetchCount(db.selectFrom(ITEM).where(ID.gt(0)))).isEqualTo(2);
    }

    @Test
    void transaction_thatOnlyReads_usesTheCache() {
        warm(2);
        db.transaction(tx -> {
            assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM))).isEqualTo(2);
            assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM).where(ID.eq(1))))
                    .isEqualTo(1);
        });
        assertThat(node.statements()).isEqualTo(1);
        assertThat(queries.fetchCount(db.selectFrom(ITEM).where(ID.eq(1)))).isEqualTo(1);
        assertThat(node.statements()).isZero();
    }

    @Test
    void transactionWithAnOldSnapshot_isNotCached() {
        db.transaction(tx -> {
            tx.dsl().execute("set transaction isolation level repeatable read");
            tx.dsl().selectFrom(ITEM).fetch();
            insert(db, 3);
            assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM))).isEqualTo(2);
        });
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void nestedTransaction_waitsForTheOutermostCommit() {
        warm(2);
        db.transaction(outer -> {
            outer.dsl().transaction(inner -> insert(inner.dsl(), 3));
            assertCached(2);
        });
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void nestedTransaction_rolledBackWithTheOuter_keepsWhatIsCached() {
        warm(2);
        assertThatThrownBy(() -> db.transaction(outer -> {
                    outer.dsl().transaction(inner -> insert(inner.dsl(), 3));
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertCached(2);
    }

    @Test
    void nestedTransaction_rolledBackToItsSavepoint_leavesTheOuterItsInvalidations() {
        warm(2);
        db.transaction(outer -> {
            insert(outer.dsl(), 3);
            assertThatThrownBy(() -> outer.dsl().transaction(inner -> {
                        insert(inner.dsl(), 4);
                        throw new IllegalStateException("inner");
                    }))
                    .hasMessage("inner");
        });
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void commit_thatFails_invalidatesInCaseItHadArrived() {
        warm(2);
        assertThatThrownBy(() -> db.transaction(tx -> {
                    insert(tx.dsl(), 3);
                    insert(tx.dsl(), 3);
                }))
                .isInstanceOf(DataAccessException.class)
                .hasRootCauseMessage(
                        "ERROR: duplicate key value violates unique constraint \"item_pkey\"\n  Detail: Key"
                                + " (id)=(3) already exists.");
        assertThat(items()).isEqualTo(2);
        assertThat(node.statements()).isGreaterThan(2);
    }

    @Test
    void commitOnOneNode_isSeenOnAnother() {
        try (QueryNode other = new QueryNode(redis, dataSource).awaitInStep()) {
            warm(2);
            assertThat(other.queries.fetchCount(other.db.selectFrom(ITEM))).isEqualTo(2);
            db.transaction(tx -> insert(tx.dsl(), 3));
            await().until(() -> other.queries.fetchCount(other.db.selectFrom(ITEM)) == 3);
        }
    }

    @Test
    void threadLocalTransactions_areFollowedThroughAnyContext() {
        DSLContext bound = threadLocal();
        assertThat(queries.fetchCount(bound.selectFrom(ITEM))).isEqualTo(2);
        bound.transaction(() -> {
            bound.transaction(() -> insert(bound, 3));
            assertThat(queries.fetchCount(bound.selectFrom(ITEM))).isEqualTo(3);
        });
        assertThat(queries.fetchCount(bound.selectFrom(ITEM))).isEqualTo(3);
        assertThatThrownBy(() -> bound.transaction(() -> {
                    bound.transaction(() -> insert(bound, 4));
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertCached(3);
    }

    private DSLContext threadLocal() {
        DataSourceConnectionProvider provider = new DataSourceConnectionProvider(dataSource);
        ThreadLocalTransactionProvider transactions = new ThreadLocalTransactionProvider(provider);
        return DSL.using(db.configuration().derive(provider).derive(transactions));
    }

    @Test
    void plainJdbcTransaction_onACollectingConnection_isFollowed() throws SQLException {
        warm(2);
        try (Connection connection = Invalidations.collecting(dataSource).getConnection()) {
            connection.setAutoCommit(false);
            DSLContext context = queries.watch(DSL.using(connection, SQLDialect.POSTGRES));
            insert(context, 3);
            assertThat(queries.fetchCount(context.selectFrom(ITEM))).isEqualTo(3);
            assertCached(2);
            connection.rollback();
            assertCached(2);
            insert(context, 4);
            connection.commit();
        }
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void transactionOfJooq_onACollectingDataSource_isFollowedOnce() {
        reopen(Invalidations.collecting(dataSource), builder -> builder);
        warm(2);
        assertThatThrownBy(() -> db.transaction(tx -> {
                    insert(tx.dsl(), 3);
                    assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM))).isEqualTo(3);
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertCached(2);
        long sent = queries.cache().stats().invalidationsSent();
        db.transaction(tx -> tx.dsl().transaction(inner -> insert(inner.dsl(), 3)));
        assertThat(items()).isEqualTo(3);
        assertThat(queries.cache().stats().invalidationsSent() - sent).isEqualTo(2); // The tags of one change.
        db.transaction(tx -> {
            Connection connection = tx.connectionProvider().acquire();
            queries.changed(Invalidations.of(connection), "item");
            assertThat(queries.fetchCount(tx.dsl().selectFrom(ITEM))).isEqualTo(3);
            tx.connectionProvider().release(connection);
        });
    }

    @Test
    void transaction_whoseEndCannotBeSeen_isRefusedBeforeItChangesAnything() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            DSLContext context = queries.watch(DSL.using(connection, SQLDialect.POSTGRES));
            assertThatThrownBy(() -> insert(context, 3))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("[item]")
                    .hasMessageContaining("Invalidations.collecting");
            assertThat(queries.fetchCount(context.selectFrom(ITEM))).isEqualTo(2);
            connection.commit();
        }
        assertThat(items()).isEqualTo(2);
    }

    @Test
    void transactionOfAFramework_isFollowedThroughItsHook() throws SQLException {
        List<TransactionEnd> ends = new ArrayList<>();
        Object[] current = {null};
        reopen(dataSource, builder -> builder.transactions(AmbientTransactions.of(() -> current[0], ends::add)));
        warm(2);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            current[0] = "transaction 1";
            DSLContext bound = queries.watch(DSL.using(connection, SQLDialect.POSTGRES));
            assertThat(queries.fetchCount(bound.selectFrom(ITEM))).isEqualTo(2);
            assertThat(queries.fetchCount(bound.selectFrom(ITEM).where(ID.lt(10))))
                    .isEqualTo(2);
            assertThat(ends).isEmpty();
            // As with Spring: jOOQ's own transaction takes part in the framework's, whose commit comes later.
            bound.transaction(tx -> insert(tx.dsl(), 3));
            insert(bound, 4);
            assertThat(queries.fetchCount(bound.selectFrom(ITEM).where(ID.lt(10))))
                    .isEqualTo(4);
            assertThat(ends).hasSize(1);
            current[0] = null;
            assertCached(2);
            connection.commit();
            ends.get(0).afterCommit();
        }
        assertThat(items()).isEqualTo(4);
        assertThat(queries.fetchCount(db.selectFrom(ITEM).where(ID.lt(10)))).isEqualTo(4);
    }

    @Test
    void plainSqlThatChangesRows_isRefusedUnlessItsTablesAreNamed() {
        warm(2);
        assertThatThrownBy(() -> db.execute("insert into item values (3, 'x')"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("insert into item")
                .hasMessageContaining("queryCache.changing(context");
        assertThatThrownBy(() -> db.batch("insert into item values (3, 'x')").execute())
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> db.resultQuery("delete from item returning id").fetch())
                .isInstanceOf(IllegalArgumentException.class);
        assertCached(2);
        queries.changing(db, "item").execute("insert into item values (3, 'x')");
        assertThat(items()).isEqualTo(3);
        queries.changing(db, "public.item").transaction(tx -> tx.dsl().execute("delete from item"));
        assertThat(items()).isZero();
    }

    @Test
    void plainSqlThatOnlyReads_isLeftAlone() {
        warm(2);
        db.fetch("select id as \"insert\" from item for update");
        db.execute("set application_name = 'update'");
        db.fetch("select * from item where name = 'delete'");
        assertCached(2);
    }

    @Test
    void storedFunctions_areReportedByHand() {
        warm(2);
        queries.changing(db, "item").fetch("select add_item()");
        assertCached(2); // A call in a query cannot be told from a read.
        queries.changed("item");
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void unknownTables_mayBeAllowedToClearEverything() {
        reopen(dataSource, builder -> builder.unknownTables(UnknownTables.CLEAR));
        warm(2);
        db.transaction(tx -> {
            tx.dsl().execute("insert into item values (3, 'x')");
            assertCached(2);
        });
        assertThat(items()).isEqualTo(3);
    }

    @Test
    void definitions_invalidateWhatTheyMayChange() {
        warm(2);
        db.createTable(name("other")).column(ID).execute();
        db.execute("create table another (id int)");
        assertCached(2);
        db.alterTable(ITEM).add(field(name("more"), Integer.class)).execute();
        assertThat(node.statements()).isPositive();
        assertThat(items()).isEqualTo(2);
        assertThat(node.statements()).isEqualTo(1);
        db.execute("alter table item drop column more");
        node.statements();
        assertThat(items()).isEqualTo(2);
        assertThat(node.statements()).isEqualTo(1);
    }

    @Test
    void statementThatFails_inAutoCommitMode_invalidatesInCaseItHadWorked() {
        warm(2);
        assertThatThrownBy(() -> db.insertInto(ITEM, ID)
                        .select(db.select(ID).from(table(name("nope"))))
                        .execute())
                .isInstanceOf(DataAccessException.class);
        assertThat(items()).isEqualTo(2);
        assertThat(node.statements()).isEqualTo(2);
    }
}
