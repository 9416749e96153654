package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import dev.holdfast.testkit.redis.RespClient;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The script and the arithmetic in Java punish alike, whatever the clock does. */
class PenaltyArithmeticTest {
    private static final int STEPS = 3_000;
    private static final List<Penalty> PENALTIES = List.of(
            Penalty.fixed(Duration.ofSeconds(3)),
            Penalty.escalating(Duration.ofSeconds(1), Duration.ofSeconds(20)),
            Penalty.escalating(Duration.ofMillis(1), Duration.ofDays(31)).afterRefusals(3),
            new Penalty(Duration.ofMillis(700), Duration.ofSeconds(5), 4, Duration.ofSeconds(2)));

    private record Step(long clock, long count) {}

    /** The script as a function that a loop within Redis calls, with a clock and a store of its own, which forgets nothing. */
    private static String loop() {
        return """
                local store, clock = {}, 0
                local fake = {call = function(command, key, value, _, millis)
                  if command == 'TIME' then
                    local us = math.fmod(clock, 1000000)
                    return {string.format('%.0f', (clock - us) / 1000000), string.format('%.0f', us)}
                  elseif command == 'GET' then return store[key] or false
                  elseif command == 'SET' then
                    if millis < 1 then error('no time to live') end
                    store[key] = value
                  elseif command == 'DEL' then store[key] = nil
                  elseif command == 'PTTL' then return 1
                  else error(command) end
                end}
                local function check(KEYS, ARGV, redis)
                """ + CheckScript.source() + """
                end
                local out, at = {}, 1
                while at <= #ARGV[1] do
                  local head
                  clock, head, at = struct.unpack('<I7c22', ARGV[1], at)
                  out[#out + 1] = check({'k', 'p'}, {head, ARGV[2]}, fake)
                end
                return out
                """;
    }

    private static List<Step> steps(Random random) {
        List<Step> steps = new ArrayList<>();
        long clock = 1_700_000_000_000_000L;
        for (int i = 0; i < STEPS; i++) {
            clock += switch (random.nextInt(60)) {
                case 0 -> random.nextInt(100_000_000);
                case 1 -> -random.nextInt(2_000_000);
                case 2 -> -40_000_000;
                default -> random.nextInt(900_000);
            };
            steps.add(new Step(clock, random.nextInt(5) == 0 ? random.nextInt(9) : 1));
        }
        return steps;
    }

    @Test
    void scriptAndJava_walkingRandomSteps_blockAlike() {
        try (RedisServer redis = RedisServers.standalone();
                RespClient client = redis.client(Duration.ofSeconds(60))) {
            for (int seed = 0; seed < 8; seed++) {
                assertThat(walk(client, seed))
                        .as("checks that were blocked, seed %d", seed)
                        .isPositive();
            }
        }
    }

    private static int walk(RespClient client, int seed) {
        Penalty penalty = PENALTIES.get(seed % PENALTIES.size());
        Plan plan = Plan.of(Limit.perSecond(2).burst(5)).penalty(penalty);
        List<Step> steps = steps(new Random(seed));
        ByteBuffer input = ByteBuffer.allocate(steps.size() * 29).order(ByteOrder.LITTLE_ENDIAN);
        for (Step step : steps) {
            Algorithm.put7(input, step.clock);
            input.put(CheckScript.head(CheckScript.TAKE, 1, step.count, 0));
        }
        var replies = client.call(
                        "EVAL".getBytes(StandardCharsets.US_ASCII),
                        loop().getBytes(StandardCharsets.UTF_8),
                        "0".getBytes(StandardCharsets.US_ASCII),
                        input.array(),
                        plan.encoded())
                .list();
        Account account = new Account(plan.terms());
        Offence offence = new Offence();
        int blocked = 0;
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            long wait = offence.blocked(penalty, step.clock);
            long[] after = new long[plan.terms().size()];
            long granted = account.take(plan.terms(), step.clock, 1, wait > 0 ? 0 : step.count, 0, after);
            if (wait > 0) {
                blocked++;
            } else if (granted < step.count) {
                wait = offence.refused(penalty, step.count - granted, step.clock);
            }
            ByteBuffer reply = CheckScript.reply(replies.get(i).bytes());
            long[] actual = {
                Algorithm.get7(reply), Algorithm.get7(reply), plan.terms().decode(reply)[1], Algorithm.get7(reply)
            };
            assertThat(actual)
                    .as("seed %d step %d %s", seed, i, step)
                    .containsExactly(granted, step.clock, after[1], wait);
        }
        return blocked;
    }

    @Test
    void escalation_doublesUntilTheLongest_andForgetsOneStepAtATime() {
        Penalty penalty = new Penalty(Duration.ofSeconds(1), Duration.ofSeconds(5), 1, Duration.ofSeconds(60));
        Offence offence = new Offence();
        long now = 0;
        for (long seconds : new long[] {1, 2, 4, 5, 5}) {
            assertThat(offence.refused(penalty, 1, now)).isEqualTo(seconds * 1_000_000);
            now += seconds * 1_000_000;
        }
        now += 60_000_000; // one step is forgotten: from 5 (capped 8) to 4
        assertThat(offence.refused(penalty, 1, now)).isEqualTo(4_000_000);
        now += 4_000_000 + 120_000_000; // two of the three steps there are
        assertThat(offence.refused(penalty, 1, now)).isEqualTo(2_000_000);
    }

    @Test
    void refusals_beforeTheBlock_areForgottenWithTheirTime() {
        Penalty penalty = new Penalty(Duration.ofSeconds(1), Duration.ofSeconds(1), 3, Duration.ofSeconds(10));
        Offence offence = new Offence();
        assertThat(offence.refused(penalty, 1, 0)).isZero();
        assertThat(offence.refused(penalty, 1, 9_000_000)).isZero();
        assertThat(offence.refused(penalty, 1, 10_000_000)).isZero();
        assertThat(offence.refused(penalty, 2, 11_000_000)).isEqualTo(1_000_000);
    }

    @Test
    void asking_duringABlock_neitherCountsNorProlongs() {
        Penalty penalty = Penalty.escalating(Duration.ofSeconds(10), Duration.ofSeconds(40));
        Offence offence = new Offence();
        assertThat(offence.refused(penalty, 1, 0)).isEqualTo(10_000_000);
        for (int second = 1; second < 10; second++) {
            assertThat(offence.refused(penalty, 1, second * 1_000_000L)).isEqualTo((10 - second) * 1_000_000L);
        }
        assertThat(offence.refused(penalty, 1, 10_000_000)).isEqualTo(20_000_000);
    }
}
