package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.sequence;
import static org.jooq.impl.DSL.table;

import dev.holdfast.cache.jooq.Shop.Author;
import dev.holdfast.cache.jooq.Shop.AuthorRecord;
import dev.holdfast.cache.jooq.Shop.Book;
import dev.holdfast.cache.jooq.Shop.Titles;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.redis.RedisServer;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Record1;
import org.jooq.Result;
import org.jooq.SQLDialect;
import org.jooq.Select;
import org.jooq.Table;
import org.jooq.exception.DataAccessException;
import org.jooq.exception.TooManyRowsException;
import org.jooq.impl.AbstractRoutine;
import org.jooq.impl.DSL;
import org.jooq.impl.Internal;
import org.jooq.impl.SQLDataType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads: what is cached, what is told apart, and what is refused; on real servers. */
@Servers
class QueryCacheTest {
    private static final Table<Record> BOOK = table(name("book"));
    private static final Table<Record> AUTHOR = table(name("author"));
    private static final Field<Integer> ID = field(name("id"), Integer.class);
    private static final Field<String> TITLE = field(name("title"), String.class);

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
                        create table author (id int primary key, name text not null);
                        create table book (id int primary key, author_id int references author on delete cascade, title text);
                        create view titles as select title from book;
                        create sequence s;
                        create function book_count() returns bigint language sql as 'select count(*) from book';
                        insert into author values (1, 'Ann'), (2, 'Bob');
                        insert into book select i, 1 + i % 2, 'Book ' || i from generate_series(1, 25) i;
                        """);
        reopen(builder -> builder);
    }

    private void reopen(UnaryOperator<QueryCacheBuilder> change) {
        close();
        node = new QueryNode(redis, dataSource, change).awaitInStep();
        queries = node.queries;
        db = node.db;
    }

    @AfterEach
    void close() {
        if (node != null) {
            node.close();
        }
    }

    private Select<Record1<String>> page(int number) {
        return db.select(TITLE).from(BOOK).orderBy(ID).limit(10).offset(10 * number);
    }

    @Test
    void countOfAPagedList_isCountedOncePerChange() {
        for (int page = 0; page < 3; page++) {
            assertThat(queries.fetch(page(page))).hasSize(page < 2 ? 10 : 5);
            assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        }
        assertThat(node.statements()).isEqualTo(4);

        db.insertInto(BOOK, ID, TITLE).values(26, "New").execute();
        assertThat(node.statements()).isEqualTo(1);
        for (int page = 0; page < 3; page++) {
            assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(26);
        }
        assertThat(queries.fetch(page(2))).hasSize(6);
        assertThat(node.statements()).isEqualTo(2);
    }

    @Test
    void limitAndOffset_areToldApart() {
        assertThat(queries.fetch(page(0)).get(0).value1()).isEqualTo("Book 1");
        assertThat(queries.fetch(page(1)).get(0).value1()).isEqualTo("Book 11");
        assertThat(queries.fetch(page(0)).get(0).value1()).isEqualTo("Book 1");
        assertThat(node.statements()).isEqualTo(2);
    }

    @Test
    void bindValues_areToldApart_byTypeToo() {
        Select<?> one = db.select(TITLE).from(BOOK).where(ID.eq(1));
        Select<?> two = db.select(TITLE).from(BOOK).where(ID.eq(2));
        assertThat(queries.fetch(one).getValues(0, String.class)).containsExactly("Book 1");
        assertThat(queries.fetch(two).getValues(0, String.class)).containsExactly("Book 2");
        assertThat(queries.fetchCount(one)).isEqualTo(1);
        assertThat(queries.fetch(db.select(DSL.val(1))))
                .hasToString(queries.fetch(db.select(DSL.val(1))).toString());
        assertThat(queries.fetch(db.select(DSL.val("1"))).get(0).value1()).isEqualTo("1");
        assertThat(queries.fetch(db.select(DSL.val((String) null))).get(0).value1())
                .isNull();
    }

    @Test
    void columnTypes_areToldApart() {
        Field<Long> wide = field(name("id"), Long.class);
        assertThat(queries.fetch(db.select(ID).from(BOOK).orderBy(ID).limit(1))
                        .get(0)
                        .value1())
                .isEqualTo(1);
        assertThat(queries.fetch(db.select(wide).from(BOOK).orderBy(wide).limit(1))
                        .get(0)
                        .value1())
                .isEqualTo(1L);
    }

    @Test
    void result_isTheCallersOwn() {
        Result<Record1<String>> first = queries.fetch(page(0));
        first.get(0).value1("changed");
        first.remove(1);
        assertThat(queries.fetch(page(0))).hasSize(10);
        assertThat(queries.fetch(page(0)).get(0).value1()).isEqualTo("Book 1");
        assertThat(queries.fetch(page(0)).get(0).changed()).isFalse();
    }

    @Test
    void otherNode_getsTheResultFromTierTwo() {
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        await().until(() -> queries.cache().stats().fills() == 1);
        try (QueryNode other = new QueryNode(redis, dataSource).awaitInStep()) {
            assertThat(other.queries.fetchCount(other.db.selectFrom(BOOK))).isEqualTo(25);
            assertThat(other.statements()).isZero();
        }
    }

    @Test
    void records_ofGeneratedTables_areOfTheirTypeAndAttached() {
        for (int i = 0; i < 2; i++) {
            Result<AuthorRecord> authors =
                    queries.fetch(db.selectFrom(Author.AUTHOR).orderBy(Author.AUTHOR.id));
            AuthorRecord ann = authors.get(0);
            assertThat(ann.get(Author.AUTHOR.name)).isEqualTo("Ann");
            assertThat(ann.changed()).isFalse();
            assertThat(ann.configuration()).isNotNull();
        }
        assertThat(node.statements()).isEqualTo(1);
        AuthorRecord bob = queries.fetchOne(db.selectFrom(Author.AUTHOR).where(Author.AUTHOR.id.eq(2)));
        bob.set(Author.AUTHOR.name, "Rob");
        assertThat(bob.update()).isEqualTo(1);
        assertThat(queries.fetch(db.selectFrom(Author.AUTHOR)).getValues(Author.AUTHOR.name))
                .containsExactlyInAnyOrder("Ann", "Rob");
    }

    @Test
    void fetchOne_isOneOrNoneOrAnError() {
        assertThat(queries.fetchOne(db.select(TITLE).from(BOOK).where(ID.eq(3))).value1())
                .isEqualTo("Book 3");
        assertThat(queries.fetchOne(db.select(TITLE).from(BOOK).where(ID.eq(99))))
                .isNull();
        assertThatThrownBy(() -> queries.fetchOne(db.select(TITLE).from(BOOK)))
                .isInstanceOf(TooManyRowsException.class)
                .hasMessageContaining("25");
    }

    record Named(int id, String name) {}

    @Test
    void fetchInto_mapsLikeJooq() {
        assertThat(queries.fetchInto(
                        db.select(ID, field(name("name"), String.class))
                                .from(AUTHOR)
                                .orderBy(ID),
                        Named.class))
                .containsExactly(new Named(1, "Ann"), new Named(2, "Bob"));
    }

    @Test
    void twoTablesJoined_areInvalidatedByEither() {
        Select<?> joined = db.select(Book.BOOK.title, Book.BOOK.author().name)
                .from(Book.BOOK)
                .where(Book.BOOK.id.eq(1));
        queries.fetch(joined);
        queries.fetch(joined);
        assertThat(node.statements()).isEqualTo(1);
        db.update(AUTHOR).set(field(name("name")), "Rob").where(ID.eq(2)).execute();
        assertThat(queries.fetch(joined).get(0).get(1)).isEqualTo("Rob");
        db.update(BOOK).set(TITLE, "Renamed").where(ID.eq(1)).execute();
        assertThat(queries.fetch(joined).get(0).get(0)).isEqualTo("Renamed");
        assertThat(node.statements()).isEqualTo(4);
    }

    @Test
    void otherTable_keepsTheResult() {
        queries.fetchCount(db.selectFrom(BOOK));
        db.update(AUTHOR).set(field(name("name")), "Rob").where(ID.eq(2)).execute();
        queries.fetchCount(db.selectFrom(BOOK));
        assertThat(node.statements()).isEqualTo(2);
    }

    @Test
    void plainSql_needsItsTablesNamed() {
        assertThatThrownBy(() -> queries.fetch(db.resultQuery("select count(*) from book")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("queryCache.reading(\"table\", ...)");
        QueryCache named = queries.reading("book");
        for (int i = 0; i < 2; i++) {
            Result<Record> result =
                    named.fetch(db.resultQuery("select count(*) as n, 'x' as x from book where id > ?", 5));
            assertThat(result.get(0).get("n")).isEqualTo(20L);
            assertThat(result.get(0).get("x")).isEqualTo("x");
        }
        assertThat(node.statements()).isEqualTo(1);
        db.deleteFrom(BOOK).where(ID.eq(20)).execute();
        assertThat(named.fetch(db.resultQuery("select count(*) as n, 'x' as x from book where id > ?", 5))
                        .get(0)
                        .get("n"))
                .isEqualTo(19L);
    }

    @Test
    void unknownColumns_comeBackAsTheDatabaseNamedThem() {
        for (int i = 0; i < 2; i++) {
            Record row = queries.fetchOne(db.selectFrom(AUTHOR).where(ID.eq(1)));
            assertThat(row.get("name")).isEqualTo("Ann");
            assertThat(row.get("id")).isEqualTo(1);
        }
        assertThat(node.statements()).isEqualTo(1);
    }

    @Test
    void view_needsItsTablesNamed_orDeclaredOnce() {
        Select<?> select = db.select(count()).from(Titles.TITLES);
        assertThatThrownBy(() -> queries.fetch(select)).hasMessageContaining("view(\"public.titles\", \"table\", ...)");
        assertThat(queries.reading("book").fetch(select).get(0).get(0)).isEqualTo(25);
        reopen(builder -> builder.view("titles", "book"));
        Select<?> declared = db.select(count()).from(Titles.TITLES);
        assertThat(queries.fetch(declared).get(0).get(0)).isEqualTo(25);
        db.deleteFrom(BOOK).where(ID.eq(1)).execute();
        assertThat(queries.fetch(declared).get(0).get(0)).isEqualTo(24);
    }

    @Test
    void catalog_tellsViewsAndWhatTheyRead() {
        DSLContext plain = DSL.using(dataSource, SQLDialect.POSTGRES);
        plain.execute("""
                create view short_titles as select left(title, 3) as title from titles where exists (select 1 from author);
                create view counted as select book_count() as n;
                create materialized view frozen as select title from book;
                """);
        reopen(builder -> builder.readCatalog(plain));
        Table<Record> nested = table(name("short_titles"));
        assertThat(queries.fetchCount(db.selectFrom(nested))).isEqualTo(25);
        db.deleteFrom(BOOK).where(ID.eq(1)).execute();
        assertThat(queries.fetchCount(db.selectFrom(nested))).isEqualTo(24);
        assertThatThrownBy(() -> queries.fetchCount(db.selectFrom(table(name("counted")))))
                .hasMessageContaining("counted is a view");
        assertThatThrownBy(() -> queries.fetchCount(db.selectFrom("public.frozen")))
                .hasMessageContaining("public.frozen is a view");
        assertThat(queries.reading("book").fetchCount(db.selectFrom("counted"))).isEqualTo(1);
    }

    @Test
    void catalog_tellsWhatChangesTogether() {
        DSLContext plain = DSL.using(dataSource, SQLDialect.POSTGRES);
        plain.execute("""
                create table event (id int, day int) partition by list (day);
                create table event_1 partition of event for values in (1);
                """);
        reopen(builder -> builder.readCatalog(plain));
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        db.deleteFrom(AUTHOR).where(ID.eq(1)).execute();
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(13);

        Field<Integer> day = field(name("day"), Integer.class);
        assertThat(queries.fetchCount(db.selectFrom("event"))).isZero();
        assertThat(queries.fetchCount(db.selectFrom("event_1"))).isZero();
        db.insertInto(table(name("event_1")), ID, day).values(1, 1).execute();
        assertThat(queries.fetchCount(db.selectFrom("event"))).isEqualTo(1);
        db.insertInto(table(name("event")), ID, day).values(2, 1).execute();
        assertThat(queries.fetchCount(db.selectFrom("event_1"))).isEqualTo(2);
    }

    @Test
    void catalogOfAnyOtherDatabase_tellsViews() {
        DSLContext plain = DSL.using(dataSource, SQLDialect.DEFAULT); // Only JDBC's metadata are asked.
        reopen(builder -> builder.readCatalog(plain));
        assertThatThrownBy(() -> queries.fetchCount(db.selectFrom(table(name("titles")))))
                .hasMessageContaining("titles is a view");
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
    }

    @Test
    void storedFunction_ofTheGenerator_needsItsTablesNamed() {
        Select<?> select = db.select(new BookCount().asField());
        assertThatThrownBy(() -> queries.fetch(select)).hasMessageContaining("the stored function");
        assertThat(queries.reading("book").fetch(select).get(0).get(0)).isEqualTo(25L);
    }

    private static final class BookCount extends AbstractRoutine<Long> {
        private static final long serialVersionUID = 1L;

        BookCount() {
            super("book_count", Shop.PUBLIC, SQLDataType.BIGINT);
            setReturnParameter(Internal.createParameter("RETURN_VALUE", SQLDataType.BIGINT, false, false));
        }
    }

    @Test
    void cascade_isDeclared() {
        reopen(builder -> builder.cascade("author", "book"));
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        db.deleteFrom(AUTHOR).where(ID.eq(1)).execute();
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(13);
    }

    @Test
    void changesPastTheCache_areReported() {
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        DSL.using(dataSource, SQLDialect.POSTGRES).execute("delete from book where id = 1");
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
        queries.changed("public.book");
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(24);
    }

    @Test
    void partition_separatesTenants() {
        String[] tenant = {"a"};
        reopen(builder -> builder.partition(configuration -> tenant[0]));
        queries.fetchCount(db.selectFrom(BOOK));
        tenant[0] = "b";
        queries.fetchCount(db.selectFrom(BOOK));
        tenant[0] = "a";
        queries.fetchCount(db.selectFrom(BOOK));
        assertThat(node.statements()).isEqualTo(2);
    }

    @Test
    void largeResult_isReturnedAndNotCached() {
        reopen(builder -> builder.maximumRows(24));
        assertThat(queries.fetch(db.select(ID).from(BOOK))).hasSize(25);
        assertThat(queries.fetch(db.select(ID).from(BOOK))).hasSize(25);
        assertThat(node.statements()).isEqualTo(2);
    }

    @Test
    void manyTables_areInvalidatedByAnyChange() {
        Select<Record1<Integer>> select = db.select(DSL.inline(1)).from(BOOK);
        for (int i = 0; i < 40; i++) {
            db.execute("create table t" + i + " (id int)");
            select = select.unionAll(db.select(ID).from(table(name("t" + i))));
        }
        node.statements();
        assertThat(queries.fetch(select)).hasSize(25);
        assertThat(queries.fetch(select)).hasSize(25);
        assertThat(node.statements()).isEqualTo(1);
        db.insertInto(table(name("t39")), ID).values(1).execute();
        assertThat(queries.fetch(select)).hasSize(26);
    }

    @Test
    void unusualNames_areTags() {
        String odd = "Straße {%} " + "ü".repeat(20);
        db.createTable(name(odd)).column(ID).execute();
        assertThat(queries.fetchCount(db.selectFrom(table(name(odd))))).isZero();
        db.insertInto(table(name("public", odd)), ID).values(1).execute();
        assertThat(queries.fetchCount(db.selectFrom(table(name(odd))))).isEqualTo(1);
    }

    @Test
    void whatMustNotBeCached_isRefused() {
        assertThatThrownBy(() -> queries.fetch(db.select(ID).from(BOOK).forUpdate()))
                .hasMessageContaining("locks rows");
        assertThatThrownBy(() -> queries.fetch(db.select(sequence(name("s")).nextval())))
                .hasMessageContaining("sequence");
        assertThatThrownBy(() -> queries.fetch(db.deleteFrom(BOOK).returning(ID)))
                .hasMessageContaining("may change rows");
        assertThatThrownBy(() -> queries.fetch(DSL.select(ID).from(BOOK))).hasMessageContaining("no connection");
        Field<List<?>> oneWay = field(name("title"), String.class).convertFrom(List::of);
        assertThatThrownBy(() -> queries.fetch(db.select(oneWay).from(BOOK)))
                .hasMessageContaining("column \"title\"")
                .hasMessageContaining("does not convert back");
        assertThat(queries.fetchCount(db.selectFrom(BOOK))).isEqualTo(25);
    }

    @Test
    void failingQuery_throwsWhatItWouldWithoutTheCache() {
        assertThatThrownBy(() -> queries.fetch(db.select(field(name("nope"))).from(BOOK)))
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("nope");
    }
}
