package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What surely only reads is told from everything else. */
class SqlWordsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from book",
                "  -- all\n SELECT * FROM book WHERE status = 'update'",
                "select \"delete\" from t /* insert */",
                "(select 1) union (select 2)",
                "with a as (select 1) select * from a for update",
                "select * from a for no key update skip locked",
                "set local statement_timeout = '1s'",
                "savepoint a"
            })
    void statement_thatOnlyReads_isKnown(String sql) {
        assertThat(SqlWords.onlyReads(sql)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "update book set x = 1",
                "select 1; delete from book",
                "with a as (insert into b values (1) returning x) select * from a",
                "explain analyze delete from book",
                "do $$ begin delete from book; end $$",
                "call p()",
                "copy book from stdin",
                "refresh materialized view v",
                "select 'it\\'; delete from book; select '",
                "select ' -- open\n; delete from book",
                "/*! delete from book */ select 1"
            })
    void statement_thatMayChangeRows_isNotTakenForARead(String sql) {
        assertThat(SqlWords.onlyReads(sql)).isFalse();
    }
}
