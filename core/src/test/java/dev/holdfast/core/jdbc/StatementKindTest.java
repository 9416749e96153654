package dev.holdfast.core.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatementKindTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    select 1                                                                   | SELECT
                    /* hint: update */ -- delete\\n (SELECT 1) union (select 2)                 | SELECT
                    VALUES (1)                                                                 | SELECT
                    insert into t values (1)                                                   | INSERT
                    COPY t FROM STDIN                                                          | INSERT
                    Update t set a = 1                                                         | UPDATE
                    delete from t                                                              | DELETE
                    merge into t using s on (true) when matched then delete                    | MERGE
                    {call f(?)}                                                                | CALL
                    {? = call f(?)}                                                            | CALL
                    create table t (a int)                                                     | DDL
                    truncate t                                                                 | DDL
                    set search_path to x                                                       | OTHER
                    explain select 1                                                           | OTHER
                    with a as (select 1) select * from a                                       | SELECT
                    with a as (select 'update') update t set x = 1                             | UPDATE
                    with a as (delete from t returning *) insert into u select * from a        | INSERT
                    with recursive a(x) as (select 1) , b as (select 2) delete from t using a  | DELETE
                    with "update" as (select 1) select * from "update"                         | SELECT
                    ''                                                                         | OTHER
                    /* never closed                                                            | OTHER
                    """)
    void of_readsTheFirstKeyword(String sql, StatementKind kind) {
        assertThat(StatementKind.of(sql.replace("\\n", "\n"))).isEqualTo(kind);
    }

    @Test
    void of_stringThatIsNeverClosed_isOther() {
        assertThat(StatementKind.of("'never closed")).isEqualTo(StatementKind.OTHER);
    }
}
