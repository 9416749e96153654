package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Crew;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import java.time.Duration;
import java.util.List;

/** Checks per second of 32 threads that ask for 10,000 subjects. */
final class ManyKeys implements Scenario {

    private static final Target BUCKET4J = Target.atLeast("limiter-10k-32", 1.7);
    private static final Target REDISSON = Target.atLeast("limiter-10k-32-redisson", 2.5);

    @Override
    public List<Target> targets() {
        return List.of(BUCKET4J, REDISSON);
    }

    @Override
    public void run(Session session) throws Exception {
        String uri = session.redis().uri();
        try (Holdfast limiter = new Holdfast(uri);
                Crew crew = new Crew(32)) {
            try (Bucket4jPeer peer = new Bucket4jPeer(uri, false)) {
                beside(session, crew, BUCKET4J, limiter, peer);
            }
            try (RedissonLimiter peer = new RedissonLimiter(uri)) {
                beside(session, crew, REDISSON, limiter, peer);
            }
        }
    }

    private static void beside(Session session, Crew crew, Target target, Holdfast limiter, Grant peer)
            throws Exception {
        Duration sample = session.pick(Duration.ofMillis(120), Duration.ofMillis(400));
        session.report(
                target,
                PairedRun.named("10,000 keys, 32 threads")
                        .subject(limiter.toString(), Rates.throughput(crew, limiter, Grant.SUBJECTS, sample))
                        .baseline(peer.toString(), Rates.throughput(crew, peer, Grant.SUBJECTS, sample))
                        .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(6)))
                        .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(20)), 10)
                        .run(),
                "checks/s");
    }
}
