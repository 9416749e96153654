package dev.holdfast.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProblemsTest {
    private static final Problem PORT =
            Problem.error("uri.port", "port", 70_000, "is out of range 1..65535", "use the port Redis listens on");
    private static final Problem POLICY =
            Problem.warning("policy", "maxmemory-policy", "noeviction", "does not suit a cache", "use allkeys-lfu");

    @Test
    void toString_showsSeverityPropertyValueMessageRemedyAndCode() {
        assertThat(PORT)
                .hasToString("ERROR port '70000': is out of range 1..65535: use the port Redis listens on [uri.port]");
    }

    @Test
    void problem_withANullComponent_namesIt() {
        assertThatNullPointerException()
                .isThrownBy(() -> new Problem("c", Severity.ERROR, "p", "v", "m", null))
                .withMessage("remedy");
    }

    @Test
    void orThrow_inProduction_throwsWithEveryProblem() {
        Problems problems = Problems.of("link").add(POLICY).add(PORT);
        assertThatThrownBy(() -> problems.orThrow(Profile.PRODUCTION))
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e -> assertThat(e.problems()).containsExactly(POLICY, PORT))
                .satisfies(e -> assertThat(e)
                        .hasMessageContaining("link: 2 problems")
                        .hasMessageContaining(PORT.toString())
                        .hasMessageContaining(POLICY.toString()));
    }

    @Test
    void orThrow_inDevelopment_onlyLogs() {
        Problems problems = Problems.of("link").add(PORT);
        problems.orThrow(Profile.DEVELOPMENT);
        assertThat(problems.hasErrors()).isTrue();
    }

    @Test
    void orThrow_withWarningsAlone_doesNotThrow() {
        Problems problems = Problems.of("link").addAll(List.of(POLICY));
        problems.orThrow();
        assertThat(problems.hasErrors()).isFalse();
        assertThat(problems.list()).containsExactly(POLICY);
    }

    @Test
    void require_whatHolds_addsNothing() {
        assertThat(Problems.of("x").require(true, "c", "p", 1, "m", "r").list()).isEmpty();
        assertThat(Problems.of("x").require(false, "c", "p", 1, "m", "r").list())
                .hasSize(1);
    }
}
