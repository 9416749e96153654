package dev.holdfast.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReadingTest {
    @Test
    void facts_afterConstruction_cannotBeChanged() {
        Map<String, Object> facts = new HashMap<>(Map.of("latency", 1));
        Reading reading = new Reading(Status.UP, "", facts);
        facts.put("later", 2);
        assertThat(reading.facts()).containsOnlyKeys("latency");
        assertThatThrownBy(() -> reading.facts().put("x", 1)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void with_addsAFactToACopy() {
        Reading reading = Reading.of(Status.DEGRADED, "slow");
        Reading more = reading.with("a", 1).with("b", 2);
        assertThat(more.facts()).containsExactly(Map.entry("a", 1), Map.entry("b", 2));
        assertThat(reading.facts()).isEmpty();
    }

    @Test
    void facts_withANull_nameTheFact() {
        assertThatNullPointerException()
                .isThrownBy(() -> Reading.of(Status.UP, "").with("latency", null))
                .withMessage("latency");
    }
}
