package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.benchmarks.Target.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {

    @ParameterizedTest
    @CsvSource({"1.0,1.2,PASS", "1.2,1.4,PASS", "1.3,1.4,PASS", "1.301,1.4,FALL_SHORT", "2.0,3.0,FALL_SHORT"})
    void atMost_fallsShortOnlyWhenTheWholeIntervalLiesAbove(double low, double high, Verdict verdict) {
        assertThat(Target.atMost("a", 1.3).judge(new Interval((low + high) / 2, low, high)))
                .isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({"6.0,7.0,PASS", "4.0,6.0,PASS", "4.0,5.0,PASS", "4.0,4.99,FALL_SHORT", "0.9,1.1,FALL_SHORT"})
    void atLeast_fallsShortOnlyWhenTheWholeIntervalLiesBelow(double low, double high, Verdict verdict) {
        assertThat(Target.atLeast("a", 5).judge(new Interval((low + high) / 2, low, high)))
                .isEqualTo(verdict);
    }

    @ParameterizedTest
    @CsvSource({"1,PASS", "1.001,FALL_SHORT", "0.999,FALL_SHORT", "2,FALL_SHORT"})
    void exactly_anyOtherCount_fallsShort(double count, Verdict verdict) {
        assertThat(Target.exactly("a", 1).judge(count)).isEqualTo(verdict);
    }

    @Test
    void counts_canHaveABoundOnEitherSide() {
        assertThat(Target.atMost("a", 2).judge(2)).isEqualTo(Verdict.PASS);
        assertThat(Target.atMost("a", 2).judge(2.5)).isEqualTo(Verdict.FALL_SHORT);
        assertThat(Target.atLeast("a", 10).judge(10)).isEqualTo(Verdict.PASS);
        assertThat(Target.atLeast("a", 10).judge(9)).isEqualTo(Verdict.FALL_SHORT);
    }

    @Test
    void exactly_givenAnInterval_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.exactly("gets", 1).judge(new Interval(1, 1, 1)))
                .withMessageContaining("target gets is exact");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Tier1", "tier 1", "-a", "a_b"})
    void id_thatWouldNotStandInOneWord_isRefused(String id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.atMost(id, 1))
                .withMessageContaining("lower-case letters");
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void bound_thatNothingCanBeHeldAgainst_isRefused(double bound) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.atMost("a", bound))
                .withMessageContaining("must be finite");
    }

    @Test
    void line_isOneLineOfFiveWords() {
        Target target = Target.atMost("tier1-hit", 1.3);

        assertThat(new Outcome(target, 1.0425, Verdict.PASS).line()).isEqualTo("RATIO tier1-hit 1.043 <=1.3 PASS");
        assertThat(new Outcome(Target.atLeast("storefront", 5), 4.5, Verdict.FALL_SHORT).line())
                .isEqualTo("RATIO storefront 4.5 >=5 FALL-SHORT");
        assertThat(new Outcome(Target.exactly("tier1-hit-bytes", 0), 0, Verdict.PASS).line())
                .isEqualTo("RATIO tier1-hit-bytes 0 =0 PASS");
    }

    @ParameterizedTest
    @CsvSource({"1,1", "10,10", "100,100", "1.5,1.5", "1.3004,1.3", "0.0001,0", "12345.6789,12345.679"})
    void number_isCutToThreeDecimals(double value, String text) {
        assertThat(Target.number(value)).isEqualTo(text);
    }
}
