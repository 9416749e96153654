package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.floor.LettuceChannel;
import dev.holdfast.cache.CacheStats;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * How long it takes until another node has applied an invalidation, beside how long until a raw subscriber has a raw
 * message. Both are watched by the thread that sent, once its call returned.
 */
final class Propagation implements Scenario {

    private static final Target TIME = Target.atMost("propagation", 1.5);
    private static final Long KEY = 1L;

    @Override
    public List<Target> targets() {
        return List.of(TIME);
    }

    private static Node<Long> node(Session session) {
        return Node.ofNumbers(session.redis().uri(), "bench-propagation", builder -> builder.loader(key -> key));
    }

    @Override
    public void run(Session session) throws Exception {
        try (Node<Long> here = node(session);
                Node<Long> there = node(session);
                LettuceChannel channel = new LettuceChannel(session.redis().uri(), "raw:channel")) {
            here.awaitTier2(read -> -read);
            there.awaitTier2(read -> -read);
            Map<Long, Long> held = there.cache().asMap();
            Side invalidation = pair -> {
                // What is read while an earlier invalidation is still being applied is not kept.
                long ended = endedFills(there);
                await(() -> there.cache().get(KEY) != null && held.containsKey(KEY), System.nanoTime());
                // The raw message does not share its servers with a fill under way either.
                await(() -> endedFills(there) > ended, System.nanoTime());
                long start = System.nanoTime();
                here.cache().invalidate(KEY);
                await(() -> !held.containsKey(KEY), start);
                return new Sample(System.nanoTime() - start, 0);
            };
            Side message = pair -> {
                long start = System.nanoTime();
                channel.publish(pair);
                await(() -> channel.received() == pair, start);
                return new Sample(System.nanoTime() - start, 0);
            };
            session.report(
                    TIME,
                    PairedRun.named("news for another node")
                            .subject("invalidation applied", invalidation)
                            .baseline("PUBLISH received", message)
                            .warmUp(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(20)), 100)
                            .run(),
                    "ns");
        }
    }

    private static long endedFills(Node<Long> node) {
        CacheStats stats = node.cache().stats();
        return stats.fills() + stats.fillsRefused() + stats.tier2Failures();
    }

    private static void await(BooleanSupplier done, long start) {
        while (!done.getAsBoolean()) {
            if (System.nanoTime() - start > Node.PATIENCE.toNanos()) {
                throw new IllegalStateException("it did not arrive within " + Node.PATIENCE.toSeconds() + " s");
            }
            Thread.onSpinWait();
        }
    }
}
