package dev.holdfast.cache.jooq;

import org.jooq.ForeignKey;
import org.jooq.InverseForeignKey;
import org.jooq.Name;
import org.jooq.Record;
import org.jooq.Schema;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.TableOptions;
import org.jooq.UniqueKey;
import org.jooq.impl.DSL;
import org.jooq.impl.Internal;
import org.jooq.impl.SQLDataType;
import org.jooq.impl.SchemaImpl;
import org.jooq.impl.TableImpl;
import org.jooq.impl.UpdatableRecordImpl;

/** A schema as jOOQ's generator would write it, as far as the tests need it: aliases, paths, a view, updatable records. */
final class Shop {
    static final Schema PUBLIC = new SchemaImpl(DSL.name("public"));

    private Shop() {}

    static final class AuthorRecord extends UpdatableRecordImpl<AuthorRecord> {
        private static final long serialVersionUID = 1L;

        public AuthorRecord() {
            super(Author.AUTHOR);
        }
    }

    static final class Author extends TableImpl<AuthorRecord> {
        private static final long serialVersionUID = 1L;
        static final Author AUTHOR = new Author(DSL.name("author"), null);

        final TableField<AuthorRecord, Integer> id =
                createField(DSL.name("id"), SQLDataType.INTEGER.nullable(false), this);
        final TableField<AuthorRecord, String> name =
                createField(DSL.name("name"), SQLDataType.VARCHAR.nullable(false), this);

        private Author(Name alias, Table<AuthorRecord> aliased) {
            super(alias, null, aliased, null, DSL.comment(""), TableOptions.table());
        }

        <O extends Record> Author(
                Table<O> path, ForeignKey<O, AuthorRecord> child, InverseForeignKey<O, AuthorRecord> parent) {
            super(path, child, parent, AUTHOR);
        }

        @Override
        public Class<? extends AuthorRecord> getRecordType() {
            return AuthorRecord.class;
        }

        @Override
        public Schema getSchema() {
            return aliased() ? null : PUBLIC;
        }

        @Override
        public UniqueKey<AuthorRecord> getPrimaryKey() {
            return Keys.AUTHOR_PKEY;
        }

        @Override
        public Author as(String alias) {
            return new Author(DSL.name(alias), this);
        }
    }

    static final class Book extends TableImpl<Record> {
        private static final long serialVersionUID = 1L;
        static final Book BOOK = new Book(DSL.name("book"), null);

        final TableField<Record, Integer> id = createField(DSL.name("id"), SQLDataType.INTEGER, this);
        final TableField<Record, Integer> authorId = createField(DSL.name("author_id"), SQLDataType.INTEGER, this);
        final TableField<Record, String> title = createField(DSL.name("title"), SQLDataType.VARCHAR, this);

        private Book(Name alias, Table<Record> aliased) {
            super(alias, null, aliased, null, DSL.comment(""), TableOptions.table());
        }

        @Override
        public Schema getSchema() {
            return aliased() ? null : PUBLIC;
        }

        Author author() {
            return new Author(this, Keys.BOOK_AUTHOR, null);
        }

        @Override
        public Book as(String alias) {
            return new Book(DSL.name(alias), this);
        }
    }

    /** A generated view. */
    static final class Titles extends TableImpl<Record> {
        private static final long serialVersionUID = 1L;
        static final Titles TITLES = new Titles();

        final TableField<Record, String> title = createField(DSL.name("title"), SQLDataType.VARCHAR, this);

        private Titles() {
            super(DSL.name("titles"), PUBLIC, null, null, DSL.comment(""), TableOptions.view());
        }
    }

    private static final class Keys {
        static final UniqueKey<AuthorRecord> AUTHOR_PKEY = Internal.createUniqueKey(
                Author.AUTHOR, DSL.name("author_pkey"), new TableField[] {Author.AUTHOR.id}, true);
        static final ForeignKey<Record, AuthorRecord> BOOK_AUTHOR = Internal.createForeignKey(
                Book.BOOK,
                DSL.name("book_author"),
                new TableField[] {Book.BOOK.authorId},
                AUTHOR_PKEY,
                new TableField[] {Author.AUTHOR.id},
                true);
    }
}
