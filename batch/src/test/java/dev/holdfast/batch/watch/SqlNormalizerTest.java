package dev.holdfast.batch.watch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlNormalizerTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    select  1                                        | select ?                                      | false
                    select a from t where b = 'x''y' and c = 1.5e3   | select a from t where b = ? and c = ?         | false
                    select t1.a2 from t1 where x_1 = $1              | select t1.a2 from t1 where x_1 = ?            | false
                    select /* 7 */ a -- 8                            | select a                                      | false
                    select a from t where id in (?, ?,?)             | select a from t where id in (?…)              | true
                    select a from t where id IN (1, 2, 3)            | select a from t where id IN (?…)              | true
                    select a from t where id in ('a','b')            | select a from t where id in (?…)              | true
                    select a from t where id in (?)                  | select a from t where id in (?)               | false
                    select coalesce(?, ?) from t where id = ?        | select coalesce(?,?) from t where id = ?      | false
                    select min(1, 2)                                 | select min(?,?)                               | false
                    insert into t values (1, ?), (2, ?), (3, ?)      | insert into t values (?,?)…                   | true
                    select a from "Tab le 1" where `b 2` = 3;        | select a from "Tab le 1" where `b 2` = ?      | false
                    select $tag$ it's $1 $tag$ as a                  | select ? as a                                 | false
                    select a from t where b = 'never closed          | select a from t where b = ?                   | false
                    select a from t where (b, c) > (?, ?)            | select a from t where (b, c) > (?,?)          | false
                    """)
    void text_leavesOutWhatDiffers(String sql, String expected, boolean list) {
        Fingerprint fingerprint = Fingerprint.of(sql);
        assertThat(fingerprint.text().replace(", ?", ",?")).isEqualTo(expected);
        assertThat(fingerprint.list()).isEqualTo(list);
    }

    @Test
    void id_isTheSame_whateverTheLiteralsAndTheLengthOfLists() {
        Fingerprint one = Fingerprint.of("select a from t where id in (?, ?) and b = 7");
        Fingerprint other = Fingerprint.of("select a\n  from t where id in (1,2,3,4) and b = 'x' -- why");
        assertThat(one.id()).isEqualTo(other.id()).hasSize(8);
        assertThat(Fingerprint.of("select b from t").id()).isNotEqualTo(one.id());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    select a from t limit ? offset ?             | true
                    select a from t limit 50                     | true
                    select a from t order by a LIMIT 2           | true
                    select a from t order by a limit 1           | false
                    select a from t fetch first 10 rows only     | true
                    select a from t fetch first 1 rows only      | false
                    select limits from t                         | false
                    """)
    void paging_isToldFromTheText(String sql, boolean paging) {
        assertThat(Fingerprint.of(sql).paging()).isEqualTo(paging);
    }
}
