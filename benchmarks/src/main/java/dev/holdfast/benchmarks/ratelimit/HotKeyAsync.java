package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Checks per second of one subject, 64 of them in flight, beside a script call for each. */
final class HotKeyAsync implements Scenario {

    private static final Target TARGET = Target.atLeast("limiter-hot-async", 5);
    private static final int IN_FLIGHT = 64;

    @Override
    public List<Target> targets() {
        return List.of(TARGET);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Holdfast limiter = new Holdfast(session.redis().uri());
                RawLettuce raw = new RawLettuce(session.redis().uri())) {
            Duration sample = session.pick(Duration.ofMillis(100), Duration.ofMillis(300));
            session.report(
                    TARGET,
                    PairedRun.named("one hot key, 64 in flight")
                            .subject(
                                    "RateLimiter.tryAcquireAsync",
                                    side(() -> limiter.takeAsync(0), decision -> decision.allowed(), sample))
                            .baseline("EVALSHA per check", side(() -> raw.gcraAsync(0), one -> one == 1, sample))
                            .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(6)))
                            .measure(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(15)), 12)
                            .run(),
                    "checks/s");
        }
    }

    private static <T> Side side(Supplier<CompletionStage<T>> check, Predicate<T> granted, Duration sample) {
        return pair -> {
            Semaphore places = new Semaphore(IN_FLIGHT);
            AtomicLong refused = new AtomicLong();
            long start = System.nanoTime();
            long end = start + sample.toNanos();
            long sent = 0;
            while (System.nanoTime() - end < 0) {
                places.acquire();
                sent++;
                check.get().whenComplete((answer, failure) -> {
                    if (failure != null || !granted.test(answer)) {
                        refused.incrementAndGet();
                    }
                    places.release();
                });
            }
            places.acquire(IN_FLIGHT);
            double rate = sent * 1e9 / (System.nanoTime() - start);
            return new Sample(rate, refused.get());
        };
    }
}
