package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Crew;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import java.time.Duration;
import java.util.List;

/** Checks per second of 32 threads that all ask for one subject. */
final class HotKey implements Scenario {

    private static final Target PLAIN = Target.atLeast("limiter-hot32", 40);
    private static final Target BATCHING = Target.atLeast("limiter-hot32-batching", 1.1);

    @Override
    public List<Target> targets() {
        return List.of(PLAIN, BATCHING);
    }

    @Override
    public void run(Session session) throws Exception {
        String uri = session.redis().uri();
        try (Holdfast limiter = new Holdfast(uri);
                Crew crew = new Crew(32)) {
            try (Bucket4jPeer peer = new Bucket4jPeer(uri, false)) {
                beside(session, crew, PLAIN, limiter, peer);
            }
            try (Bucket4jPeer peer = new Bucket4jPeer(uri, true)) {
                beside(session, crew, BATCHING, limiter, peer);
            }
        }
    }

    private static void beside(Session session, Crew crew, Target target, Holdfast limiter, Bucket4jPeer peer)
            throws Exception {
        Duration sample = session.pick(Duration.ofMillis(150), Duration.ofMillis(400));
        session.report(
                target,
                PairedRun.named("one hot key, 32 threads")
                        .subject(limiter.toString(), Rates.throughput(crew, limiter, 1, sample))
                        .baseline(peer.toString(), Rates.throughput(crew, peer, 1, sample))
                        .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(6)))
                        .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(20)), 8)
                        .run(),
                "checks/s");
    }
}
