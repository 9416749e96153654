package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Allocations;
import dev.holdfast.benchmarks.Crew;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.ratelimit.Limit;
import dev.holdfast.ratelimit.LocalBucket;
import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.List;

/** The limiter of one process beside Bucket4j's, on one thread and on two that share it. */
final class LocalCheck implements Scenario {

    private static final Target ONE = Target.atLeast("limiter-local", 1.3);
    private static final Target TWO = Target.atLeast("limiter-local-2-threads", 1.3);
    private static final Target BYTES = Target.exactly("limiter-local-bytes", 0);

    @Override
    public List<Target> targets() {
        return List.of(ONE, TWO, BYTES);
    }

    @Override
    public void run(Session session) throws Exception {
        LocalBucket ours = LocalBucket.of(Limit.perSecond(Grant.PERMITS));
        Bucket theirs = Bucket.builder()
                .addLimit(limit -> limit.capacity(Grant.PERMITS).refillGreedy(Grant.PERMITS, Duration.ofSeconds(1)))
                .build();
        Work subject = Rates.inTurn(anyone -> ours.tryAcquire());
        Work baseline = Rates.inTurn(anyone -> theirs.tryConsume(1));
        Timed timed = Timed.calibrate(baseline, Duration.ofMillis(10));
        report(session, ONE, "one thread", timed.cpuSide(subject), timed.cpuSide(baseline));
        session.report(BYTES, Allocations.bytesPerOperation(subject, 1_000_000), "bytes per check");
        try (Crew crew = new Crew(2)) {
            report(
                    session,
                    TWO,
                    "two threads",
                    crew.cpuSide(subject, timed.operations()),
                    crew.cpuSide(baseline, timed.operations()));
        }
    }

    private static void report(Session session, Target target, String name, Side subject, Side baseline)
            throws Exception {
        session.report(
                target,
                PairedRun.named("a local check, " + name)
                        .subject("LocalBucket.tryAcquire", Rates.perSecond(subject))
                        .baseline("Bucket4j", Rates.perSecond(baseline))
                        .warmUp(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(5)))
                        .measure(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(10)), 30)
                        .run(),
                "checks/s");
    }
}
