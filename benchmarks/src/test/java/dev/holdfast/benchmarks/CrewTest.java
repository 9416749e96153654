package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CrewTest {

    @Test
    void together_allMembersWorkAtTheSameTime_andAnswerInTheirOrder() throws Exception {
        CyclicBarrier allAreHere = new CyclicBarrier(4);
        try (Crew crew = new Crew(4)) {
            Crew.Outcome outcome = crew.together(member -> {
                allAreHere.await(30, TimeUnit.SECONDS);
                return 10L * member;
            });

            assertThat(outcome.digests()).containsExactly(0L, 10L, 20L, 30L);
        }
    }

    @Test
    void together_wallTime_lastsUntilTheLastMemberIsDone() throws Exception {
        long pause = TimeUnit.MILLISECONDS.toNanos(30);
        try (Crew crew = new Crew(3)) {
            Crew.Outcome outcome = crew.together(member -> {
                if (member == 1) {
                    TimeUnit.NANOSECONDS.sleep(pause);
                }
                return 0;
            });

            assertThat(outcome.wallNanos()).isGreaterThanOrEqualTo(pause);
            assertThat(outcome.cpuNanos()).as("sleeping takes no processor").isLessThan(pause);
        }
    }

    @Test
    void together_memberThatThrows_isHeard_andTheCrewGoesOn() throws Exception {
        try (Crew crew = new Crew(2)) {
            assertThatThrownBy(() -> crew.together(member -> {
                        if (member == 1) {
                            throw new IllegalStateException("no such item");
                        }
                        return 0;
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no such item");

            assertThat(crew.together(member -> member).digests()).containsExactly(0L, 1L);
        }
    }

    @Test
    void cpuSide_membersGetInputsOfTheirOwn_thatNoOtherSampleHas() throws Exception {
        Set<Long> inputs = ConcurrentHashMap.newKeySet();
        Work work = (first, operations) -> {
            for (long n = first; n < first + operations; n++) {
                if (!inputs.add(n)) {
                    throw new IllegalStateException(n + " came twice");
                }
            }
            return operations;
        };
        try (Crew crew = new Crew(2)) {
            Side side = crew.cpuSide(work, 100);

            assertThat(side.sample(0).digest()).isEqualTo(200);
            assertThat(side.sample(1).digest()).isEqualTo(200);
            assertThat(inputs).hasSize(400).contains(0L, 399L);
        }
    }
}
