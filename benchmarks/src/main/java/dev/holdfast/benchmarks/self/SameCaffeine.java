package dev.holdfast.benchmarks.self;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.CaffeineFloor;
import dev.holdfast.benchmarks.floor.Items;
import java.time.Duration;
import java.util.List;

/**
 * Two raw Caffeine caches of the same content: equal, and told apart when one of them is asked twice. On a busy machine
 * that takes less than twice the time, since the second time finds the entries in the processor's caches.
 */
final class SameCaffeine implements Scenario {

    private static final Target EQUAL = Target.atMost("self-caffeine-equal", 1.1);
    private static final Target TWICE = Target.atLeast("self-caffeine-twice", 1.3);

    @Override
    public List<Target> targets() {
        return List.of(EQUAL, TWICE);
    }

    @Override
    public void run(Session session) throws Exception {
        Items items = new Items();
        Work one = new CaffeineFloor(items).hits();
        Work other = new CaffeineFloor(items).hits();
        Work twice = (first, operations) -> (one.run(first, operations) + one.run(first, operations)) / 2;
        Timed timed = Timed.calibrate(other, Duration.ofMillis(10));
        session.report(
                EQUAL,
                PairedRun.named("caffeine against itself")
                        .subject("one", timed.cpuSide(one))
                        .baseline("other", timed.cpuSide(other))
                        .warmUp(Duration.ofSeconds(1))
                        .measure(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(10)), 50)
                        .run(),
                "ns");
        session.report(
                TWICE,
                PairedRun.named("caffeine asked twice")
                        .subject("twice", timed.cpuSide(twice))
                        .baseline("once", timed.cpuSide(other))
                        .warmUp(Duration.ofSeconds(1))
                        .measure(session.pick(Duration.ofSeconds(3), Duration.ofSeconds(10)), 50)
                        .run(),
                "ns");
    }
}
