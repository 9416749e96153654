package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jooq.impl.DSL.asterisk;
import static org.jooq.impl.DSL.condition;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.deleteFrom;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.generateSeries;
import static org.jooq.impl.DSL.insertInto;
import static org.jooq.impl.DSL.lateral;
import static org.jooq.impl.DSL.mergeInto;
import static org.jooq.impl.DSL.multiset;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.query;
import static org.jooq.impl.DSL.resultQuery;
import static org.jooq.impl.DSL.row;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectFrom;
import static org.jooq.impl.DSL.selectOne;
import static org.jooq.impl.DSL.sequence;
import static org.jooq.impl.DSL.table;
import static org.jooq.impl.DSL.truncate;
import static org.jooq.impl.DSL.update;
import static org.jooq.impl.DSL.values;
import static org.jooq.impl.DSL.with;

import dev.holdfast.cache.jooq.Shop.Author;
import dev.holdfast.cache.jooq.Shop.Book;
import dev.holdfast.cache.jooq.Shop.Titles;
import java.util.Collection;
import java.util.List;
import org.jooq.Configuration;
import org.jooq.Field;
import org.jooq.Query;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.conf.MappedSchema;
import org.jooq.conf.RenderMapping;
import org.jooq.conf.Settings;
import org.jooq.impl.DefaultConfiguration;
import org.junit.jupiter.api.Test;

/** Every table a statement reads or changes is found, or said to be hidden. */
class TableScanTest {
    private static final Table<Record> BOOK = table(name("public", "book"));
    private static final Table<Record> AUTHOR = table(name("author"));
    private static final Table<Record> REVIEW = table(name("review"));
    private static final Field<Integer> ID = field(name("id"), Integer.class);

    private static TableScan scan(Query query) {
        return TableScan.of(query, new DefaultConfiguration().set(SQLDialect.POSTGRES));
    }

    private static List<String> names(Collection<TableName> tables) {
        return tables.stream().map(TableName::toString).toList();
    }

    private static void reads(Query query, String... tables) {
        TableScan scan = scan(query);
        assertThat(names(scan.reads())).as(scan.sql()).containsExactlyInAnyOrder(tables);
        assertThat(scan.changes()).as(scan.sql()).isEmpty();
        assertThat(scan.hidden()).as(scan.sql()).isEmpty();
        assertThat(scan.mayHideChange()).as(scan.sql()).isFalse();
    }

    private static void changes(Query query, String... tables) {
        TableScan scan = scan(query);
        assertThat(names(scan.changes())).as(scan.sql()).containsExactlyInAnyOrder(tables);
        assertThat(scan.mayHideChange()).as(scan.sql()).isFalse();
    }

    @Test
    void select_readsJoinedTablesUnderTheirAliases() {
        reads(select(asterisk()).from(BOOK.as("b").join(AUTHOR.as("a")).on(ID.eq(ID))), "public.book", "author");
        reads(select().from(BOOK).leftJoin(AUTHOR).on(ID.eq(ID)).crossJoin(REVIEW), "public.book", "author", "review");
        reads(select().from(BOOK, lateral(selectFrom(AUTHOR).asTable("l"))), "public.book", "author");
    }

    @Test
    void select_readsSubqueriesWhereverTheyAre() {
        reads(select(ID, field(select(count()).from(AUTHOR))).from(BOOK), "public.book", "author");
        reads(select().from(selectFrom(BOOK).asTable("d")), "public.book");
        reads(select().from(BOOK).where(exists(selectOne().from(AUTHOR))), "public.book", "author");
        reads(select().from(BOOK).where(ID.in(select(ID).from(AUTHOR))), "public.book", "author");
        reads(
                select(ID)
                        .from(BOOK)
                        .groupBy(ID)
                        .having(count().gt(select(count()).from(AUTHOR))),
                "public.book",
                "author");
        reads(select(ID).from(BOOK).orderBy(field(select(count()).from(AUTHOR))), "public.book", "author");
        reads(select(ID, multiset(select(ID).from(AUTHOR))).from(BOOK), "public.book", "author");
        reads(
                select(field("coalesce({0}, 0)", Integer.class, field(select(ID).from(AUTHOR))))
                        .from(BOOK),
                "public.book",
                "author");
    }

    @Test
    void select_readsCommonTableExpressionsAndSetOperations() {
        reads(with(name("c").as(select().from(BOOK))).select().from(name("c")), "public.book", "c");
        reads(
                select(ID)
                        .from(BOOK)
                        .union(select(ID).from(AUTHOR))
                        .except(select(ID).from(REVIEW)),
                "public.book",
                "author",
                "review");
        reads(select(ID).from(BOOK).orderBy(ID).limit(10).offset(20), "public.book");
    }

    @Test
    void select_ofGeneratedTables_readsWhatAliasesAndPathsStandFor() {
        Book book = Book.BOOK.as("b");
        reads(select(book.title).from(book), "public.book");
        reads(select(Book.BOOK.title, Book.BOOK.author().name).from(Book.BOOK), "public.book", "public.author");
        reads(
                select(book.title)
                        .from(book)
                        .leftJoin(book.author())
                        .on(book.author().id.eq(1)),
                "public.book",
                "public.author");
        reads(selectFrom(Author.AUTHOR).where(Author.AUTHOR.id.eq(1)), "public.author");
    }

    @Test
    void select_ofNoTable_readsNone() {
        reads(selectOne());
        reads(select().from(generateSeries(1, 3)));
        reads(select().from(values(row(1)).as("v", "x")));
    }

    @Test
    void plainName_isATable_andOtherPlainSqlHidesThem() {
        reads(select().from("book"), "book");
        reads(select().from("\"public\".\"Book\""), "public.book");
        assertThat(scan(select().from("book b join author a on true")).hidden()).hasSize(1);
        assertThat(scan(select().from("my_function(1)")).hidden()).hasSize(1);
        assertThat(scan(select().from(BOOK).where("id in (select id from author)"))
                        .hidden())
                .hasSize(1);
        assertThat(scan(select(field("(table author)")).from(BOOK)).hidden()).hasSize(1);
        assertThat(scan(resultQuery("select 1")).hidden()).contains("a statement in plain SQL");
    }

    @Test
    void plainExpression_withoutAQuery_hidesNothing() {
        reads(
                select(field("extract(year from published)"), count())
                        .from(BOOK)
                        .where(condition("price > 3")),
                "public.book");
        reads(select(field("'please select'")).from(BOOK), "public.book");
    }

    @Test
    void view_isKnownAsOne() {
        TableScan scan = scan(select(Titles.TITLES.title).from(Titles.TITLES));
        assertThat(names(scan.views())).containsExactly("public.titles");
        assertThat(scan(select().from(BOOK)).views()).isEmpty();
    }

    @Test
    void sequence_isNoticed() {
        assertThat(scan(select(sequence(name("s")).nextval())).usesSequence()).isTrue();
        assertThat(scan(select(ID).from(BOOK)).usesSequence()).isFalse();
    }

    @Test
    void changeOfRows_isOfItsTargetOnly() {
        changes(insertInto(BOOK, ID).values(1), "public.book");
        changes(
                insertInto(BOOK, ID)
                        .select(select(ID).from(AUTHOR))
                        .onConflict(ID)
                        .doNothing(),
                "public.book");
        changes(insertInto(BOOK, ID).values(1).returning(ID), "public.book");
        changes(
                update(BOOK.as("b"))
                        .set(ID, 1)
                        .from(AUTHOR)
                        .where(ID.in(select(ID).from(REVIEW))),
                "public.book");
        changes(deleteFrom(BOOK).where(ID.in(select(ID).from(AUTHOR))), "public.book");
        changes(truncate(BOOK, AUTHOR), "public.book", "author");
        changes(
                mergeInto(BOOK)
                        .using(AUTHOR)
                        .on(ID.eq(1))
                        .whenMatchedThenUpdate()
                        .set(ID, 2),
                "public.book");
        changes(update(Book.BOOK.as("b")).set(Book.BOOK.as("b").title, "x"), "public.book");
        changes(update(table("book")).set(ID, 1), "book");
        changes(with("c").as(select(ID).from(AUTHOR)).update(BOOK).set(ID, 1), "public.book");
    }

    @Test
    void changeInsideACommonTableExpression_isFound() {
        changes(with(name("c").as(deleteFrom(BOOK).returning(ID))).select().from(name("c")), "public.book");
    }

    @Test
    void changeInPlainSql_isSaidToBeHidden() {
        assertThat(scan(query("update book set id = 1")).mayHideChange()).isTrue();
        assertThat(scan(update(table("only book")).set(ID, 1)).mayHideChange()).isTrue();
    }

    @Test
    void schemaMapping_isFollowed() {
        Configuration tenant = new DefaultConfiguration()
                .set(SQLDialect.POSTGRES)
                .set(new Settings()
                        .withRenderMapping(new RenderMapping()
                                .withSchemata(
                                        new MappedSchema().withInput("public").withOutput("tenant_7"))));
        assertThat(names(TableScan.of(selectFrom(Author.AUTHOR), tenant).reads()))
                .containsExactly("tenant_7.author");
        Configuration bare =
                new DefaultConfiguration().set(SQLDialect.POSTGRES).set(new Settings().withRenderSchema(false));
        assertThat(names(TableScan.of(selectFrom(Author.AUTHOR), bare).reads())).containsExactly("author");
    }

    @Test
    void namesWithAndWithoutSchema_meet() {
        TableName qualified = TableName.parse("public.book");
        TableName bare = TableName.parse("Book");
        TableName other = TableName.parse("archive.book");
        assertThat(qualified.readTags()).containsAnyElementsOf(qualified.writeTags());
        assertThat(qualified.readTags()).containsAnyElementsOf(bare.writeTags());
        assertThat(bare.readTags()).containsAnyElementsOf(qualified.writeTags());
        assertThat(bare.readTags()).containsAnyElementsOf(bare.writeTags());
        assertThat(other.readTags()).doesNotContainAnyElementsOf(qualified.writeTags());
    }
}
