package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.cache.CacheStats;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Invalidates a tag that 100,000 entries carry in both tiers, beside one that a single entry carries. Before each sample all
 * of them are loaded again, so that all of them are valid; that takes seconds, so a quick look makes do with 5,000.
 */
final class InvalidateTag implements Scenario {

    private static final Target TIME = Target.atMost("invalidate-tag", 1.1);
    private static final long MANY = 100_000;
    private static final long MANY_IN_QUICK = 5_000;
    private static final long AT_ONCE = 500;
    private static final int TRIES = 3;

    @Override
    public List<Target> targets() {
        return List.of(TIME);
    }

    @Override
    public void run(Session session) throws Exception {
        long many = session.quick() ? MANY_IN_QUICK : MANY;
        try (Node<Long> node = Node.ofNumbers(
                session.redis().uri(),
                "bench-tag",
                builder -> builder.maximumSize(2 * MANY)
                        .tags(value -> Set.of(value < many ? "many" : "one"))
                        .loader(key -> key)
                        .bulkLoader(keys ->
                                keys.stream().collect(Collectors.toMap(Function.identity(), Function.identity()))))) {
            node.awaitTier2(read -> many + read);
            Side subject = pair -> {
                load(node, many);
                return new Sample(invalidate(node, "many", pair % many), 0);
            };
            Side one = pair -> {
                long fills = node.cache().stats().fills();
                node.cache().get(many);
                node.reachesFills(fills + 1);
                return new Sample(invalidate(node, "one", many), 0);
            };
            session.report(
                    TIME,
                    PairedRun.named("invalidation of a tag")
                            .subject(many + " entries", subject)
                            .baseline("1 entry", one)
                            .warmUp(session.pick(Duration.ofSeconds(1), Duration.ofSeconds(10)))
                            .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(60)), 20)
                            .run(),
                    "ns");
        }
    }

    /** Loads all entries of the tag into both tiers. */
    private static void load(Node<Long> node, long many) throws InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            CacheStats before = node.cache().stats();
            for (long first = 0; first < many; first += AT_ONCE) {
                node.cache()
                        .getAll(LongStream.range(first, first + AT_ONCE).boxed().toList());
            }
            // Redis would serve them before the invalidation that is measured.
            long loaded = node.cache().stats().misses() - before.misses();
            if (loaded >= many && node.reachesFills(before.fills() + loaded)) {
                return;
            }
            node.cache().invalidateTag("many"); // A busy machine made some of it too slow.
        }
        throw new IllegalStateException(
                "not everything was stored in tier 2: " + node.cache().stats());
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
