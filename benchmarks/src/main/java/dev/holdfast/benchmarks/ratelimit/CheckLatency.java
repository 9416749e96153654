package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import java.time.Duration;
import java.util.List;

/** The median latency of one check on one thread, beside one GET and one script call of raw Lettuce. */
final class CheckLatency implements Scenario {

    private static final Target GET = Target.atMost("limiter-latency", 1.25);
    private static final Target SCRIPT = Target.atMost("limiter-script", 1.05);

    @Override
    public List<Target> targets() {
        return List.of(GET, SCRIPT);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Holdfast limiter = new Holdfast(session.redis().uri());
                RawLettuce raw = new RawLettuce(session.redis().uri())) {
            beside(session, GET, limiter, "GET", raw::get);
            beside(session, SCRIPT, limiter, "EVALSHA of a minimal GCRA", raw::gcra);
        }
    }

    private static void beside(Session session, Target target, Holdfast limiter, String label, Grant raw)
            throws Exception {
        Timed timed = Timed.calibrate(Rates.inTurn(raw), Duration.ofMillis(25));
        session.report(
                target,
                PairedRun.named("a check")
                        .subject(limiter.toString(), timed.medianSide(Rates.inTurn(limiter)))
                        .baseline(label, timed.medianSide(Rates.inTurn(raw)))
                        .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(8)))
                        .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(25)), 40)
                        .run(),
                "ns");
    }
}
