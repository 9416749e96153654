package dev.holdfast.benchmarks.batch;

import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchScope;
import dev.holdfast.benchmarks.Allocations;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;

/** What a loader adds for each of a thousand keys to the batch function called with their list: time and bytes. */
final class OverheadPerKey implements Scenario {
    private static final int KEYS = 1_000;

    private final Target allTime = Target.atMost("loader-all-ns", 1_000);
    private final Target allBytes = Target.atMost("loader-all-bytes", 200);
    private final Target singleTime = Target.atMost("loader-single-ns", 1_000);
    private final Target singleBytes = Target.atMost("loader-single-bytes", 200);
    private final List<Long> keys = LongStream.range(0, KEYS).boxed().toList();
    private final BatchLoader<Long, Long> loader = BatchLoader.mapped("numbers", (asked, call) -> numbers(asked));

    @Override
    public List<Target> targets() {
        return List.of(allTime, allBytes, singleTime, singleBytes);
    }

    static Map<Long, Long> numbers(Collection<Long> keys) {
        Map<Long, Long> found = new HashMap<>(keys.size() * 2);
        for (Long key : keys) {
            found.put(key, key);
        }
        return found;
    }

    @Override
    public void run(Session session) throws Exception {
        Work function = each(this::callFunction);
        measure(session, each(this::loadAll), function, allTime, allBytes, "loadAll");
        measure(session, each(this::loadSingly), function, singleTime, singleBytes, "loadAsync and join");
    }

    private long callFunction() {
        Map<Long, Long> found = numbers(keys);
        long sum = 0;
        for (Long key : keys) {
            sum += found.get(key);
        }
        return sum;
    }

    private long loadAll() {
        try (BatchScope scope = BatchScope.open()) {
            Map<Long, Long> found = loader.loadAll(keys);
            long sum = scope.isClosed() ? -1 : 0;
            for (Long key : keys) {
                sum += found.get(key);
            }
            return sum;
        }
    }

    private long loadSingly() {
        try (BatchScope scope = BatchScope.open()) {
            List<CompletableFuture<Long>> futures = new ArrayList<>(KEYS);
            for (Long key : keys) {
                futures.add(loader.loadAsync(key));
            }
            long sum = scope.isClosed() ? -1 : 0;
            for (CompletableFuture<Long> future : futures) {
                sum += future.join();
            }
            return sum;
        }
    }

    private interface Call {
        long run();
    }

    private static Work each(Call call) {
        return (first, operations) -> {
            long digest = 0;
            for (int i = 0; i < operations; i++) {
                digest += call.run();
            }
            return digest;
        };
    }

    private static void measure(Session session, Work subject, Work function, Target time, Target bytes, String label)
            throws Exception {
        Timed timed = Timed.calibrate(function, Duration.ofMillis(5));
        Side with = timed.cpuSide(subject);
        Side without = timed.cpuSide(function);
        long warmUntil = System.nanoTime()
                + session.pick(Duration.ofSeconds(3), Duration.ofSeconds(8)).toNanos();
        int pair = 0;
        while (System.nanoTime() < warmUntil) {
            with.sample(pair);
            without.sample(pair++);
        }
        double[] added = new double[session.quick() ? 100 : 400];
        for (int i = 0; i < added.length; i++) {
            added[i] = with.sample(pair).value() - without.sample(pair++).value();
        }
        Arrays.sort(added);
        session.report(time, added[added.length / 2] / KEYS, "ns per key that " + label + " adds, the median of pairs");
        double more = Allocations.bytesPerOperation(subject, 2_000) - Allocations.bytesPerOperation(function, 2_000);
        session.report(bytes, more / KEYS, "bytes per key that " + label + " adds");
    }
}
