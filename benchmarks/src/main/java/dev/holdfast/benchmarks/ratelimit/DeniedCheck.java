package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.ratelimit.Decision;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** A check that the deny cache answers, in processor time of its thread. */
final class DeniedCheck implements Scenario {

    private static final Target TARGET = Target.atMost("limiter-deny", 200);
    private static final int SAMPLES = 60;

    @Override
    public List<Target> targets() {
        return List.of(TARGET);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Holdfast limiter = new Holdfast(session.redis().uri())) {
            Work refusals = (first, operations) -> {
                long byRedis = 0;
                for (int i = 0; i < operations; i++) {
                    Decision.Source source = limiter.refused();
                    if (source == Decision.Source.REDIS) {
                        byRedis++; // Once a second.
                    } else if (source != Decision.Source.DENY_CACHE) {
                        throw new IllegalStateException("refused by " + source);
                    }
                }
                if (byRedis * 100 > operations && operations > 1_000) {
                    throw new IllegalStateException(byRedis + " of " + operations + " denied checks went to Redis");
                }
                return 0;
            };
            Timed timed = Timed.calibrate(refusals, Duration.ofMillis(20));
            Side side = timed.cpuSide(refusals);
            for (int i = 0; i < SAMPLES; i++) {
                side.sample(i);
            }
            double[] nanos = new double[SAMPLES];
            for (int i = 0; i < SAMPLES; i++) {
                nanos[i] = side.sample(i).value();
            }
            Arrays.sort(nanos);
            session.report(TARGET, Math.rint(nanos[SAMPLES / 2] * 10) / 10, "ns per denied check, median of samples");
        }
    }
}
