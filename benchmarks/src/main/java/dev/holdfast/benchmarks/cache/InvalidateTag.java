package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Invalidates a tag that 100,000 entries carry in both tiers, beside one that a single entry carries.
 *
 * <p>Loading them all again takes seconds, so a quick look does it once: after the first invalidation the entries still are
 * where they were and carry the tag, but only the one that is read again is valid.
 */
final class InvalidateTag implements Scenario {

    private static final Target TIME = Target.atMost("invalidate-tag", 1.1);
    private static final long MANY = 100_000;
    private static final long AT_ONCE = 500;

    @Override
    public List<Target> targets() {
        return List.of(TIME);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Node<Long> node = Node.ofNumbers(
                session.redis().uri(),
                "bench-tag",
                builder -> builder.maximumSize(2 * MANY)
                        .tags(value -> Set.of(value < MANY ? "many" : "one"))
                        .loader(key -> key)
                        .bulkLoader(keys ->
                                keys.stream().collect(Collectors.toMap(Function.identity(), Function.identity()))))) {
            node.awaitTier2(read -> MANY + read);
            for (int warm = 0; warm < 200; warm++) {
                invalidate(node, "one", MANY);
            }
            load(node);
            session.progress("first of its kind, with all entries valid: "
                    + Math.round(invalidate(node, "many", 0)) / 1_000 + " us for " + MANY + ", "
                    + Math.round(invalidate(node, "one", MANY)) / 1_000 + " us for 1");
            Side many = pair -> {
                if (!session.quick()) {
                    load(node);
                }
                return new Sample(invalidate(node, "many", pair % MANY), 0);
            };
            Side one = pair -> new Sample(invalidate(node, "one", MANY), 0);
            session.report(
                    TIME,
                    PairedRun.named("invalidation of a tag")
                            .subject(MANY + " entries", many)
                            .baseline("1 entry", one)
                            .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(10)))
                            .measure(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(60)), 20)
                            .run(),
                    "ns");
        }
    }

    private static void load(Node<Long> node) throws InterruptedException {
        long misses = node.cache().stats().misses();
        long fills = node.cache().stats().fills();
        for (long first = 0; first < MANY; first += AT_ONCE) {
            node.cache().getAll(LongStream.range(first, first + AT_ONCE).boxed().toList());
        }
        // Redis would serve them before the invalidation that is measured.
        node.awaitFills(fills + node.cache().stats().misses() - misses);
    }

    /** Nanoseconds for a tag of which at least the entry of this key is valid. */
    private static double invalidate(Node<Long> node, String tag, long key) {
        node.cache().get(key);
        Map<Long, Long> held = node.cache().asMap();
        if (!held.containsKey(key)) {
            throw new IllegalStateException("tier 1 does not hold " + key + ", which was just read");
        }
        long start = System.nanoTime();
        node.cache().invalidateTag(tag);
        double took = System.nanoTime() - start;
        if (held.containsKey(key)) {
            throw new IllegalStateException("tier 1 holds " + key + ", whose tag was invalidated");
        }
        return took;
    }
}
