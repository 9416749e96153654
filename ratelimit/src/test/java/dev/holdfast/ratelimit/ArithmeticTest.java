package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import dev.holdfast.testkit.redis.RespClient;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The script, the arithmetic in Java and exact fractions walk the same random steps: costs, waits, refunds, changes of the
 * plan, clocks that jump back and forth. They differ nowhere.
 */
class ArithmeticTest {
    private static final int STEPS = 5_000;

    /** Versions of a plan that a fleet might run one after the other, or at once. */
    private static final List<List<List<Limit>>> PLANS = List.of(
            List.of(List.of(Limit.perSecond(3))),
            List.of(List.of(Limit.perSecond(700_000).burst(5))),
            List.of(List.of(Limit.perHour(999_983))),
            List.of(List.of(Limit.of(1, Duration.ofNanos(7_000)).burst(3))),
            List.of(List.of(Limit.perMinute(100).burst(20), Limit.perSecond(5), Limit.perHour(999_983))),
            List.of(List.of(Limit.slidingWindow(100, Duration.ofMinutes(15)), Limit.perMinute(50))),
            List.of(List.of(Limit.slidingWindow(7, Duration.ofNanos(11_000)))),
            // The same limits with other numbers.
            List.of(
                    List.of(Limit.perMinute(100), Limit.perSecond(30)),
                    List.of(Limit.perMinute(10), Limit.perSecond(7).burst(9)),
                    List.of(
                            Limit.perMinute(999_983).burst(200),
                            Limit.perSecond(700_000).burst(40))),
            List.of(
                    List.of(Limit.of(2_678_399, Duration.ofDays(31)).named("x").burst(1_000)),
                    List.of(Limit.of(1, Duration.ofDays(31).minusNanos(1_000))
                            .named("x")
                            .burst(3_000)),
                    List.of(Limit.perSecond(1).named("x").burst(1_000_000_000))),
            // Limits that come and go, and change their place.
            List.of(
                    List.of(Limit.perMinute(100), Limit.perSecond(10)),
                    List.of(Limit.perSecond(10), Limit.perMinute(100), Limit.perHour(500)),
                    List.of(Limit.perHour(500)),
                    List.of(
                            Limit.slidingWindow(40, Duration.ofSeconds(30)).named("w"),
                            Limit.perSecond(10),
                            Limit.perMinute(60)),
                    List.of(Limit.slidingWindow(60, Duration.ofSeconds(20)).named("w"), Limit.perMinute(60))));

    private record Step(long clock, int version, byte op, long cost, long count, long patience, long[] amounts) {}

    private static List<Step> steps(Random random, List<List<Limit>> versions, int count) {
        List<Step> steps = new ArrayList<>(count);
        long clock = 1_700_000_000_000_000L + random.nextInt(1_000_000_000);
        int version = 0;
        for (int i = 0; i < count; i++) {
            Limit limit = versions.get(version)
                    .get(random.nextInt(versions.get(version).size()));
            double perPermit = limit.period().toNanos() / 1e3 / limit.permits();
            clock += switch (random.nextInt(40)) {
                case 0 -> (long) Math.min(1e11, perPermit * limit.burst() * random.nextDouble() * 1.2);
                case 1 -> -10_000_000;
                case 2 -> 10_000_000;
                case 3 -> -(long) (perPermit * random.nextInt(3));
                case 4 -> random.nextInt(1_000) == 0 ? -400_000_000_000L : 0;
                case 5, 6, 7, 8, 9, 10 -> 0;
                case 11, 12, 13 -> random.nextInt(3);
                default -> (long) Math.min(1e11, perPermit * random.nextInt(40) / 20);
            };
            if (random.nextInt(10) == 0) {
                version = random.nextInt(versions.size());
            }
            List<Limit> now = versions.get(version);
            long capacity = now.stream().mapToLong(Limit::burst).min().orElseThrow();
            byte op = random.nextInt(12) == 0 ? (byte) random.nextInt(4) : CheckScript.TAKE;
            long cost = random.nextInt(3) > 0 ? 1 : 1 + random.nextInt((int) Math.min(capacity, 1_000));
            long times = op == CheckScript.TAKE ? random.nextInt(10) < 7 ? 1 : random.nextInt(20) : 1;
            long patience = op == CheckScript.RESERVE ? (long) (perPermit * random.nextInt(60) / 20) : 0;
            long[] amounts = new long[now.size()];
            for (int a = 0; a < amounts.length; a++) {
                amounts[a] = random.nextInt(1_000);
            }
            steps.add(new Step(clock, version, op, Math.min(cost, capacity), times, patience, amounts));
        }
        return steps;
    }

    /** The script as a function that a loop within Redis calls, with a clock and a store of its own. */
    private static String loop() {
        return """
                local store, clock = {}, 0
                local fake = {call = function(command, key, value)
                  if command == 'TIME' then
                    local us = math.fmod(clock, 1000000)
                    return {string.format('%.0f', (clock - us) / 1000000), string.format('%.0f', us)}
                  elseif command == 'GET' then return store[key] or false
                  elseif command == 'SET' then store[key] = value
                  elseif command == 'DEL' then store[key] = nil
                  elseif command == 'PTTL' then return 1
                  else error(command) end
                end}
                local function check(KEYS, ARGV, redis)
                """ + CheckScript.source() + """
                end
                local out, at, steps = {}, 1, ARGV[1]
                while at <= #steps do
                  local version, head, amounts
                  clock, version, head, amounts, at = struct.unpack('<I7Bc22c21', steps, at)
                  local force = string.byte(head) == 3 and amounts or nil
                  out[#out + 1] = check({'k'}, {head, ARGV[version + 2], force}, fake)
                end
                return out
                """;
    }

    private static byte[] encode(List<Step> steps) {
        ByteBuffer out = ByteBuffer.allocate(steps.size() * 51).order(ByteOrder.LITTLE_ENDIAN);
        for (Step step : steps) {
            Algorithm.put7(out, step.clock);
            out.put((byte) step.version);
            out.put(CheckScript.head(step.op, step.cost, step.count, step.patience));
            for (int i = 0; i < 3; i++) {
                Algorithm.put7(out, i < step.amounts.length ? step.amounts[i] : 0);
            }
        }
        return out.array();
    }

    private static void walk(RespClient client, long seed, List<List<Limit>> versions) {
        Random random = new Random(seed);
        List<Step> steps = steps(random, versions, STEPS);
        List<byte[]> words = new ArrayList<>(List.of(ascii("EVAL"), ascii(loop()), ascii("0"), encode(steps)));
        List<Terms> terms = versions.stream().map(Terms::of).toList();
        terms.forEach(t -> words.add(t.encoded()));
        var replies = client.call(words.toArray(byte[][]::new)).list();
        Reference reference = new Reference();
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            List<Limit> limits = versions.get(step.version);
            Reference.Answer expected =
                    reference.check(limits, step.clock, step.op, step.cost, step.count, step.patience, step.amounts);
            ByteBuffer reply = CheckScript.reply(replies.get(i).bytes());
            String where = "seed " + seed + " step " + i + " " + step + " of " + limits;
            if (Algorithm.get7(reply) != expected.granted() || Algorithm.get7(reply) != step.clock) {
                assertThat(CheckScript.reply(replies.get(i).bytes()).getInt())
                        .as(where)
                        .isEqualTo((int) expected.granted());
            }
            same(where, limits, expected, terms.get(step.version).decode(reply));
        }
    }

    private static void same(String where, List<Limit> limits, Reference.Answer expected, long[] actual) {
        long[] wanted = new long[actual.length];
        wanted[0] = expected.now();
        int at = 1;
        for (int i = 0; i < limits.size(); i++) {
            if (limits.get(i).isSlidingWindow()) {
                wanted[at++] = expected.levels()[i].newest();
                for (long count : expected.levels()[i].counts()) {
                    wanted[at++] = count;
                }
            } else {
                wanted[at++] = expected.levels()[i].missing().longValueExact();
            }
        }
        if (!java.util.Arrays.equals(wanted, actual)) {
            assertThat(actual).as(where).containsExactly(wanted);
        }
    }

    private static void walkScript(int rounds, long seed) {
        try (RedisServer redis = RedisServers.standalone();
                RespClient client = redis.client(Duration.ofSeconds(60))) {
            for (int round = 0; round < rounds; round++) {
                walk(client, seed + round, PLANS.get(round % PLANS.size()));
            }
        }
    }

    @Test
    void script_againstFractions_differsNowhereInAFiftyThousandSteps() {
        walkScript(10, 1);
    }

    @Test
    @Tag("nightly")
    void script_againstFractions_differsNowhereInAMillionSteps() {
        walkScript(200, System.nanoTime());
    }

    /** Plans whose limits stay the same but for their numbers; a node runs one version at a time. */
    private static void walkJava(int rounds, long seed) {
        for (int round = 0; round < rounds; round++) {
            List<List<Limit>> versions = PLANS.get(round % (PLANS.size() - 1));
            List<Terms> terms = versions.stream().map(Terms::of).toList();
            Reference reference = new Reference();
            Account account = new Account(terms.get(0));
            for (Step step : steps(new Random(seed + round), versions, STEPS)) {
                List<Limit> limits = versions.get(step.version);
                Terms now = terms.get(step.version);
                Reference.Answer expected = reference.check(
                        limits, step.clock, step.op, step.cost, step.count, step.patience, step.amounts);
                long[] after = new long[now.size()];
                long granted = step.count;
                switch (step.op) {
                    case CheckScript.REFUND -> account.refund(now, step.clock, step.cost, after);
                    case CheckScript.FORCE -> account.force(now, step.clock, step.amounts, after);
                    default -> granted = account.take(now, step.clock, step.cost, step.count, step.patience, after);
                }
                String where = "seed " + (seed + round) + " " + step + " of " + limits;
                if (granted != expected.granted()) {
                    assertThat(granted).as(where).isEqualTo(expected.granted());
                }
                same(where, limits, expected, after);
            }
        }
    }

    @Test
    void java_againstFractions_differsNowhereInHalfAMillionSteps() {
        walkJava(100, 1);
    }

    @Test
    @Tag("nightly")
    void java_againstFractions_differsNowhereInTenMillionSteps() {
        walkJava(2_000, System.nanoTime());
    }

    private static byte[] ascii(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }
}
