package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Crew;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Callers on all nodes of a fleet ask for the same key, which nobody has, at the same time. */
final class Stampede implements Scenario {

    private static final Target TIME = Target.atMost("stampede", 1.3);
    private static final Target LOADS = Target.exactly("stampede-loads", 1);
    private static final int NODES = 4;
    private static final int CALLERS = 16;
    private static final Duration SOURCE = Duration.ofMillis(50);

    private final AtomicInteger loads = new AtomicInteger();

    @Override
    public List<Target> targets() {
        return List.of(TIME, LOADS);
    }

    @Override
    public void run(Session session) throws Exception {
        List<Node<Long>> nodes = new ArrayList<>();
        try (Crew crew = new Crew(NODES * CALLERS)) {
            for (int i = 0; i < NODES; i++) {
                Node<Long> node =
                        Node.ofNumbers(session.redis().uri(), "bench-stampede", builder -> builder.loader(this::load));
                nodes.add(node);
                int number = i;
                node.awaitTier2(read -> -(read * NODES + number));
            }
            int[] most = new int[1];
            Side stampede = pair -> {
                int before = loads.get();
                Crew.Outcome outcome = crew.together(
                        member -> nodes.get(member % NODES).cache().get((long) pair));
                most[0] = Math.max(most[0], loads.get() - before);
                long digest = outcome.digests().stream().distinct().count() == 1
                        ? outcome.digests().get(0)
                        : -1;
                return new Sample(outcome.wallNanos(), digest);
            };
            Side one = pair -> {
                long start = System.nanoTime();
                long value = source(pair);
                return new Sample(System.nanoTime() - start, value);
            };
            session.report(
                    TIME,
                    PairedRun.named(NODES + " nodes with " + CALLERS + " callers each")
                            .subject("stampede", stampede)
                            .baseline("one load", one)
                            .warmUp(session.pick(Duration.ofMillis(700), Duration.ofSeconds(3)))
                            .measure(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(30)), 20)
                            .run(),
                    "ns");
            session.report(LOADS, most[0], "loads in the stampede that had most");
        } finally {
            nodes.forEach(Node::close);
        }
    }

    private Long load(Long key) throws InterruptedException {
        loads.incrementAndGet();
        return source(key);
    }

    private static long source(long key) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(SOURCE.toNanos());
        return 31 * key + 7;
    }
}
